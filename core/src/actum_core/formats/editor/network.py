"""What the nodes of a scenario have in common while they are written: names, ports, and what tokens look like.

A token of the editor has one value, and formulas call it by several names (``data.value``, ``data.aggregatedValue``);
here it is ``token.value`` itself. Only where a node makes several fields is a value an object.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from actum_core.formats.cel_text import member
from actum_core.formats.editor.formulas import (
    Formula,
    Path,
    Resolve,
    Untranslatable,
    failing_text,
    read_member,
    translate_formula,
)
from actum_core.formats.editor.scenario import COMMON, End, Node
from actum_core.formats.editor.scripts import Returned, returned_by
from actum_core.formats.editor.wiring import Wiring
from actum_core.formats.findings import Findings
from actum_core.formats.naming import Names, node_name, variable_name
from actum_core.limits import (
    EDITOR_FORMULAS_CHARACTERS_MAX,
    EDITOR_FORMULAS_MAX,
    EDITOR_SCRIPT_PARTS_MAX,
    EDITOR_SCRIPTS_PARTS_MAX,
)

#: What the one value of a token is called, whatever made it.
_VALUE_NAMES: Final = frozenset(
    {"value", "aggregatedValue", "transformedValue", "result", "output", "currentState", "state"}
)
#: What formulas call the token of a node with one input.
_TOKEN_NAMES: Final = frozenset({"input", "token", "inputs"})


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of a token's value, or None when the value is one thing; ``names`` are said to name that."""

    fields: tuple[str, ...] | None = None
    names: frozenset[str] = frozenset()
    #: The method by which it was made of several, which is a name for it too.
    method: str = ""


class Network:
    def __init__(self, wiring: Wiring, findings: Findings) -> None:
        self.wiring = wiring
        self.findings = findings
        self.names = Names(node_name)
        self.variables: dict[str, dict[str, Any]] = {}
        self.actions: dict[str, dict[str, Any]] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self._variable_names = Names(variable_name)
        self._ports: dict[str, Names] = {}
        self._formulas = 0
        self._characters = 0
        self._is_full = False
        self._parts_left = EDITOR_SCRIPTS_PARTS_MAX
        self._scripts: dict[str, Returned | Untranslatable] = {}
        #: Where tokens enter and leave the nodes of the scenario: ``node.port`` by path and name.
        self.entrances: dict[tuple[str, str], str] = {}
        self.exits: dict[tuple[str, str], str] = {}
        #: Edges between the nodes that stand for one node of the scenario.
        self.between: list[tuple[str, str]] = []
        #: The fields of what leaves a node by an output, where it is not one value.
        self.fields: dict[tuple[str, str], tuple[str, ...]] = {}

    def add(self, node: Node, content: dict[str, Any], suffix: str = "") -> str:
        """Put a node into the network; answers with its name."""
        name = self.names.give(node.path) if not suffix else self.names.make(f"{node.path}_{suffix}")
        title = node.title[:200]
        self.nodes[name] = {"title": title, **content} if title and title != name else content
        return name

    def port(self, node: Node, side: str, text: str) -> str:
        """The name of a port: what the editor calls it, as far as that is a name here."""
        return self._ports.setdefault(f"{side}{node.path}", Names(node_name)).give(text)

    def variable(self, node: Node, text: str, initial: object) -> str:
        """Declare a variable of a node, which the network keeps for it."""
        name = self._variable_names.give(f"{node.path}\x1f{text}")
        if name not in self.variables:
            self.variables[name] = {
                "type": "any",
                "initial": initial,
                "title": f"{text} of {node.title or node.id}"[:200],
            }
        return name

    def enter(self, node: Node, name: str) -> None:
        """All inputs of a node lead to the one port ``in``."""
        for text in self.input_names(node):
            self.entrances[node.path, text] = f"{name}.in"

    def leave(self, node: Node, address: str) -> None:
        """All outputs of a node are one port."""
        names = [end.name for end in node.outputs]
        for text in (*names, *(wire.output for wire in self.wiring.out_of(node))):
            self.exits[node.path, text] = address

    def check_members(self, node: Node, known: tuple[str, ...]) -> None:
        """Tell of the members of a node that nothing reads."""
        self.check_known(node.members, node.pointer, (*COMMON, *known))

    def check_known(self, members: Mapping[str, Any], pointer: str, known: tuple[str, ...]) -> None:
        for name in members:
            if name not in known:
                self.findings.unknown(pointer, name, known)

    def input_shape(self, node: Node, name: str) -> Shape:
        """What the tokens look like that come to an input."""
        wires = [wire for wire in self.wiring.into(node) if wire.input == name]
        found = {self._output_fields(wire.source, wire.output) for wire in wires}
        told = [end for end in node.inputs if end.name == name]
        told += [end for wire in wires for end in wire.source.outputs if end.name == wire.output]
        names = frozenset(field for end in told for field in _required(end))
        methods = {_method_of(wire.source) for wire in wires}
        fields = next(iter(found)) if len(found) == 1 else None
        return Shape(fields, names, methods.pop() if len(methods) == 1 else "")

    def _output_fields(self, node: Node, output: str) -> tuple[str, ...] | None:
        """The fields of what leaves a node: its own, or those of what came where it only hands on."""
        seen: set[str] = set()
        while (node.path, output) not in self.fields and is_handing_on(node) and node.path not in seen:
            seen.add(node.path)
            wires = self.wiring.into(node)
            if not wires:
                return None
            node, output = wires[0].source, wires[0].output
        return self.fields.get((node.path, output))

    def input_names(self, node: Node) -> list[str]:
        """The inputs of a node: those it lists, or those that something leads to."""
        listed = [end.name for end in node.inputs]
        return listed or list(dict.fromkeys(wire.input for wire in self.wiring.into(node))) or ["input"]

    def resolver(
        self, node: Node, values: Mapping[str, str], extra: Mapping[str, str] | None = None
    ) -> Resolve:
        """What names in the formulas of a node stand for: ``values`` are the texts for its inputs."""
        by_name = self._input_by_name(node, values)
        variables = {} if extra is None else extra

        def resolve(path: Path) -> str:
            root, rest = str(path[0]), path[1:]
            if root == "inputs" and rest and str(rest[0]) in by_name:
                root, rest = str(rest[0]), rest[1:]
            if root in ("variables", "context", "vars") and rest and str(rest[0]) in variables:
                root, rest = str(rest[0]), rest[1:]
            if root in variables and root not in values:
                return read_member(f"vars.{variables[root]}", rest)
            name = by_name.get(root)
            if name is None and root.endswith("Value"):
                name = by_name.get(root.removesuffix("Value"))
            if name is None and len(values) == 1:
                name = (
                    next(iter(values))
                    if root in (*_TOKEN_NAMES, *_VALUE_NAMES, "data", "tokenValue")
                    else None
                )
                rest = rest if root in (*_TOKEN_NAMES, "tokenValue") else path
            if name is None:
                raise Untranslatable(f"{root[:64]!r} is no input of this node")
            return _read(values[name], self.input_shape(node, name), rest)

        return resolve

    def formula(self, source: object, resolve: Resolve, pointer: str) -> Formula:
        """The translation of a formula; with a problem, one that always fails and says why."""
        if not isinstance(source, str) or not source.strip():
            self.findings.report(pointer, "formula", "a formula was expected")
            return Formula(failing_text("there was no formula"))
        if not self._is_one_more(source, pointer):
            return Formula(failing_text("there were too many formulas"))
        try:
            return translate_formula(source, resolve)
        except Untranslatable as problem:
            self.findings.report(pointer, "formula", f"{source[:200]!r} cannot be translated: {problem}")
            return Formula(failing_text(f"not translated: {source}"))

    def script(self, node: Node) -> Returned | Untranslatable:
        """What the script of a node returns, or why that is not known; read once."""
        if node.path not in self._scripts:
            self._scripts[node.path] = self._read_script(node)
        return self._scripts[node.path]

    def _read_script(self, node: Node) -> Returned | Untranslatable:
        processing = node.members.get("processing")
        source = processing.get("logic") if isinstance(processing, dict) else None
        if not isinstance(source, str) or not source.strip():
            return Untranslatable("a processor without a formula has a script in logic")
        if not self._is_one_more(source, f"{node.pointer}/processing/logic"):
            return Untranslatable("there are too many formulas")
        allowed = min(EDITOR_SCRIPT_PARTS_MAX, self._parts_left)
        try:
            returned = returned_by(source, allowed)
        except Untranslatable as problem:
            self._parts_left -= allowed
            return problem
        self._parts_left -= returned.parts
        return returned

    def _is_one_more(self, source: str, pointer: str) -> bool:
        """Count a formula or script; a problem tells of the first that is too many."""
        if self._is_full:
            return False
        self._formulas += 1
        self._characters += len(source)
        self._is_full = (
            self._formulas > EDITOR_FORMULAS_MAX or self._characters > EDITOR_FORMULAS_CHARACTERS_MAX
        )
        if self._is_full:
            most = (
                f"{EDITOR_FORMULAS_MAX} formulas and scripts, of {EDITOR_FORMULAS_CHARACTERS_MAX} characters"
            )
            detail = f"at most {most} together, are translated"
            self.findings.report(pointer, "too_many", detail)
        return not self._is_full

    def _input_by_name(self, node: Node, values: Mapping[str, str]) -> dict[str, str]:
        """Every name that a formula may use for an input: its own, its alias, and the nodes that lead to it."""
        found: dict[str, str] = {}
        for wire in self.wiring.into(node):
            if wire.input in values:
                found.setdefault(wire.source.id, wire.input)
        for end in node.inputs:
            alias = end.members.get("alias")
            if isinstance(alias, str) and alias and end.name in values:
                found[alias] = end.name
        return found | {name: name for name in values}


def is_handing_on(node: Node) -> bool:
    """True for a node that chooses where tokens go and leaves them as they are."""
    return node.kind == "StateMultiplexer" or (
        node.kind == "Queue" and node.members.get("aggregation") is None
    )


def _method_of(node: Node) -> str:
    """How a queue makes one value of many; ``""`` for every other node."""
    aggregation = node.members.get("aggregation")
    method = aggregation.get("method") if isinstance(aggregation, dict) else None
    return method if node.kind == "Queue" and isinstance(method, str) else ""


def _required(end: End) -> list[str]:
    """The fields that an end says tokens must have."""
    interface = end.members.get("interface")
    listed = interface.get("requiredFields") if isinstance(interface, dict) else None
    texts = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    return [text.removeprefix("data.") for text in texts if not text.startswith("metadata.")]


def _read(text: str, shape: Shape, path: Path) -> str:
    """What a path into a token reads."""
    rest = path[1:] if path and path[0] == "data" else path
    if not rest:
        return text
    name = str(rest[0])
    if shape.fields is not None:
        if name in shape.fields:
            return read_member(member(text, name), rest[1:])
        if name in _VALUE_NAMES and len(rest) == 1:
            return text
        raise Untranslatable(f"the token has no field {name[:64]!r}, but {', '.join(shape.fields)[:200]}")
    if len(rest) == 1 and (name in _VALUE_NAMES or shape.names == {name} or name == shape.method):
        return text
    raise Untranslatable(f"the token is one value: it has no field {'.'.join(map(str, rest))[:64]!r}")
