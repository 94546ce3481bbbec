"""Write the processors, actions and sinks of a scenario."""

import re
from typing import Any, Final

from actum_core.formats.cel_text import member
from actum_core.formats.ecmascript.syntax import Expression, ObjectLiteral
from actum_core.formats.editor.formulas import (
    Formula,
    Resolve,
    Untranslatable,
    failing_text,
    parse_formula,
    text_of,
    translate_tree,
)
from actum_core.formats.editor.network import Network
from actum_core.formats.editor.scenario import End, Node
from actum_core.formats.editor.scripts import Returned
from actum_core.formats.editor.sources import is_number, literal
from actum_core.formats.naming import Names, variable_name

_TRANSFORMATION: Final = ("formula", "fieldMapping", "type")
_PLACEHOLDER: Final = re.compile(r"\{\{([^{}]*)\}\}")
#: Kinds of actions of the editor, and the kinds that they are declared as.
_ACTION_KINDS: Final = {
    **{name: name for name in ("webhook", "http", "email", "log")},
    **dict.fromkeys(("api", "rest", "request"), "http"),
    **dict.fromkeys(("post", "callback"), "webhook"),
}


def find_fields(network: Network, node: Node) -> None:
    """Note the outputs of a processor that make several fields, before anything that reads them is written."""
    for end in node.outputs:
        transformation = end.members.get("transformation")
        members = transformation if isinstance(transformation, dict) else {}
        mapping = members.get("fieldMapping")
        formula = members.get("formula", end.members.get("formula", node.members.get("formula")))
        if isinstance(mapping, dict) and len(mapping) > 1:
            network.fields[node.path, end.name] = tuple(name.removeprefix("data.") for name in mapping)
        elif isinstance(formula, str) and formula.lstrip("( \n\t").startswith("{"):
            try:
                tree = parse_formula(formula)
            except Untranslatable:
                continue
            _note_fields(network, node, end, tree)
        elif formula is None and "processing" in node.members:
            returned = network.script(node)
            if isinstance(returned, Returned):
                _note_fields(network, node, end, returned.value)


def _note_fields(network: Network, node: Node, end: End, tree: Expression) -> None:
    if isinstance(tree, ObjectLiteral):
        network.fields[node.path, end.name] = tuple(name for name, _ in tree.members)


def write_process(network: Network, node: Node) -> None:
    network.check_members(node, ("formula", "processing", "inputNodeIds"))
    ports = {name: network.port(node, "in", name) for name in network.input_names(node)}
    values = {name: member("message.data", port) for name, port in ports.items()}
    outputs = []
    own = ("transformation", "formula")
    if len(node.outputs) > 1 and not any(end.members.keys() & set(own) for end in node.outputs):
        detail = "what the node makes leaves by every output: none says what else leaves by it"
        network.findings.warn(node.pointer + "/outputs", "every_output", detail)
    output = _Output(network, node, values)
    for end in node.outputs:
        made = output.formula(end)
        outputs.append({"to": network.port(node, "out", end.name), "value": made.data})
    if not outputs:
        network.findings.warn(node.pointer, "no_output", "the node makes nothing of what comes to it")
        outputs = [{"to": "out", "value": None}]
    arguments: dict[str, Any] = {"inputs": list(ports.values()), "outputs": outputs}
    optional = [ports[end.name] for end in node.inputs if end.members.get("required") is False]
    if optional:
        arguments["optional"] = optional
    name = network.add(node, {"use": "process@1", "with": arguments})
    for text, port in ports.items():
        network.entrances[node.path, text] = f"{name}.{port}"
    for end in node.outputs:
        network.exits[node.path, end.name] = f"{name}.{network.port(node, 'out', end.name)}"


class _Output:
    """What leaves a processor at its outputs."""

    def __init__(self, network: Network, node: Node, values: dict[str, str]) -> None:
        self._network = network
        self._findings = network.findings
        self._node = node
        self._values = values
        self._resolve: Resolve = network.resolver(node, values)
        self._scripted: Formula | None = None

    def formula(self, end: End) -> Formula:
        """Its fields, its formula, the formula of the node, or else what came."""
        place = end.pointer + "/transformation"
        found = end.members.get("transformation")
        members = (self._findings.mapping(found, place) or {}) if found is not None else {}
        self._network.check_known(members, place, _TRANSFORMATION)
        mapping = members.get("fieldMapping")
        fields = mapping if isinstance(mapping, dict) else {}
        if len(fields) > 1:
            return self._object(fields, place + "/fieldMapping")
        formula, at = self._source(end, members, place)
        for name, text in fields.items():
            if formula is None:
                formula, at = text, f"{place}/fieldMapping/{name}"
            elif isinstance(formula, str) and isinstance(text, str) and text.strip() != formula.strip():
                detail = "the field is computed otherwise than the formula: the formula is used"
                self._findings.report(f"{place}/fieldMapping/{name}", "formula", detail)
        if formula is not None:
            return self._network.formula(formula, self._resolve, at)
        return self._handed_on(end)

    def _source(self, end: End, members: dict[str, Any], place: str) -> tuple[Any, str]:
        """The formula that holds for an output, and where it stands."""
        for value, at in (
            (members.get("formula"), place + "/formula"),
            (end.members.get("formula"), end.pointer + "/formula"),
            (self._node.members.get("formula"), self._node.pointer + "/formula"),
        ):
            if value not in (None, ""):
                return value, at
        return None, place

    def _object(self, fields: dict[str, Any], place: str) -> Formula:
        made = {
            name.removeprefix("data."): self._network.formula(text, self._resolve, f"{place}/{name}").text
            for name, text in fields.items()
        }
        whole = ", ".join(f"{text_of(name)}: {text}" for name, text in made.items())
        return Formula(f"{{{whole}}}", "map", tuple(made.items()))

    def _handed_on(self, end: End) -> Formula:
        if "processing" in self._node.members:
            if self._scripted is None:
                self._scripted = self._of_script(self._node.pointer + "/processing")
            return self._scripted
        first = next(iter(self._values))
        if len(self._values) > 1:
            detail = f"the output has no formula: what comes to the first input, {first[:64]!r}, is handed on"
            self._findings.report(end.pointer, "formula", detail)
        return Formula(self._values[first])

    def _of_script(self, place: str) -> Formula:
        """What a script returns; every output hands it on."""
        members = self._findings.mapping(self._node.members["processing"], place) or {}
        self._network.check_known(members, place, ("type", "logic"))
        returned = self._network.script(self._node)
        try:
            if isinstance(returned, Untranslatable):
                raise returned
            made = translate_tree(returned.value, self._resolve)
        except Untranslatable as problem:
            detail = f"the script is not translated: {problem}; the output always fails and says so"
            self._findings.report(place, "script", detail)
            return Formula(failing_text("the script was not translated"))
        for name in returned.others:
            detail = f"{name!r} of what the script returns is left out: tokens have it of themselves"
            self._findings.warn(place + "/logic", "left_out", detail)
        return made


class ActionWriter:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._findings = network.findings
        self._names = Names(variable_name)

    def write(self, node: Node) -> None:
        self._network.check_members(node, ("trigger", "action", "config"))
        config = node.members.get("config")
        members = {**config, **node.members} if isinstance(config, dict) else node.members
        place = node.pointer + "/action"
        action = self._findings.mapping(members.get("action"), place) or {}
        resolve = self._network.resolver(node, dict.fromkeys(self._network.input_names(node), "token.value"))
        arguments: dict[str, Any] = {"action": self._declare(node, action, place)}
        body = action.get("bodyTemplate", action.get("body"))
        if isinstance(body, str):
            arguments["with"] = {"body": self._filled(body, resolve, place + "/bodyTemplate")}
        elif body is not None:
            arguments["with"] = {"body": literal(body)}
        when = self._condition(members.get("trigger"), resolve, node.pointer + "/trigger")
        if when is not None:
            arguments["when"] = f"={when}"
        made = self._network.add(node, {"use": "action@1", "with": arguments})
        self._network.enter(node, made)
        for index, end in enumerate(node.outputs):
            is_failure = index > 0 or any(word in end.name.lower() for word in ("fail", "error"))
            self._network.exits[node.path, end.name] = f"{made}.{'error' if is_failure else 'done'}"

    def _declare(self, node: Node, action: dict[str, Any], place: str) -> str:
        settings = {
            name: each for name, each in action.items() if name not in ("type", "bodyTemplate", "body")
        }
        word = action.get("type")
        kind = _ACTION_KINDS.get(word.lower()) if isinstance(word, str) else None
        if kind is None:
            detail = (
                f"actions of the kind {str(word)[:64]!r} are not known: it is declared as one to be logged"
            )
            self._findings.report(place + "/type", "action", detail)
            settings["type"] = word
        name = self._names.make(node.title or node.id)
        self._network.actions[name] = {**settings, "kind": kind or "log"}
        return name

    def _condition(self, value: object, resolve: Resolve, place: str) -> str | None:
        if value is None:
            return None
        members = self._findings.mapping(value, place) or {}
        kind, amount = members.get("type"), members.get("value", members.get("threshold"))
        if kind in ("immediate", "always", "token_received"):
            return None
        if kind == "threshold" and is_number(amount):
            self._findings.warn(place, "trigger", "a threshold is met by a value that is as large or larger")
            return self._network.formula(f"input.data.value >= {amount}", resolve, place).text
        if kind in ("condition", "formula"):
            source = members.get("condition", members.get("formula"))
            return self._network.formula(source, resolve, place).text
        detail = f"when it acts is not understood ({str(kind)[:64]!r}): it does for every token"
        self._findings.report(place, "trigger", detail)
        return None

    def _filled(self, template: str, resolve: Resolve, place: str) -> str:
        """A text with ``{{formulas}}`` in it, as data."""
        parts: list[str] = []
        end = 0
        for match in _PLACEHOLDER.finditer(template):
            if match.start() > end:
                parts.append(text_of(template[end : match.start()]))
            parts.append(f"string({self._network.formula(match.group(1), resolve, place).text})")
            end = match.end()
        if not parts:
            return str(literal(template))
        if end < len(template):
            parts.append(text_of(template[end:]))
        return "=" + " + ".join(parts)


def write_sink(network: Network, node: Node) -> None:
    network.check_members(node, ())
    network.enter(node, network.add(node, {"use": "sink@1"}))
