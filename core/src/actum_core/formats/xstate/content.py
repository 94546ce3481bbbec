"""Guards, actions, delays and values of an XState machine: what JSON says of them, and what is bound to their names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.formats.cel_text import Level, quoted
from actum_core.formats.findings import Findings
from actum_core.formats.formula import Formula, failing, is_expression, literal_data, literal_text, write_data
from actum_core.formats.scxml.languages import read_delay
from actum_core.formats.xstate.expressions import Parameters, Unmatched, from_xstate, with_parameters
from actum_core.formats.xstate.names import CEL, CODE, EXPRESSION, LANGUAGE
from actum_core.formats.xstate.nodes import Tree
from actum_core.limits import CONTENT_NESTING_MAX
from actum_core.template.names import is_event_name, is_state_id

Content = list[dict[str, Any]]
Bindings = Mapping[str, Any]

_BUILT_IN: Final = ("assign", "raise", "log", "cancel", "emit", "sendTo", "sendParent", "send", "spawnChild")


@dataclass(frozen=True, slots=True)
class Where:
    """What the names of an expression mean at its place."""

    is_done: bool = False
    parameters: Parameters | None = None


@dataclass(frozen=True, slots=True)
class _Parameters:
    """What an action is given. ``is_read_once`` where a single action of ours reads them."""

    value: Any
    pointer: str
    is_read_once: bool


@dataclass(slots=True)
class Reader:
    """Reads the parts of one machine. ``unbound`` are the names that somebody must still say the meaning of."""

    config: dict[str, Any]
    tree: Tree
    variables: dict[str, str]
    bindings: Bindings
    findings: Findings
    language: str
    unbound: dict[str, list[str]] = field(default_factory=dict)

    # --- Values ---------------------------------------------------------------------------------------

    def expression(self, value: Any, pointer: str, where: Where) -> str | None:
        """The expression of an ``@expr``; None for any other value. One that cannot be read always fails."""
        if not isinstance(value, dict) or (EXPRESSION not in value and CODE not in value):
            return None
        source, language = value.get(EXPRESSION), value.get(LANGUAGE, self.language)
        if not isinstance(source, str):
            self.findings.report(pointer, "unsupported", "code of another language is replaced by an error")
            return failing("code")
        if language != CEL:
            what = (
                f"expressions of the language {language!r}" if language else "expressions without a language"
            )
            self.findings.report(pointer, "unsupported", f"{what} are not known: replaced by an error")
            return failing(source)
        return self.rewritten(source, pointer, where)

    def rewritten(self, source: str, pointer: str, where: Where) -> str:
        try:
            return from_xstate(source, self.variables, is_done=where.is_done, parameters=where.parameters)
        except Unmatched as unmatched:
            self.findings.report(pointer, "not_translated", f"{unmatched.detail}: replaced by an error")
            return failing(source)

    def value(self, value: Any, pointer: str, where: Where) -> Any:
        """A value in which any part may be an expression, as data."""
        source = self.expression(value, pointer, where)
        if source is not None:
            return f"={source}"
        if isinstance(value, dict):
            return {key: self.value(each, pointer + pointer_of(key), where) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(each, f"{pointer}/{index}", where) for index, each in enumerate(value)]
        return literal_data(value)

    def delay(self, value: Any, pointer: str) -> str:
        """A length of time: milliseconds, text, an expression for milliseconds, or a name."""
        source = self.expression(value, pointer, Where())
        if source is not None:
            return f"=duration(string(int({source})) + 'ms')"
        if isinstance(value, int | float) and not isinstance(value, bool):
            return f"{value}ms"
        text = str(value)
        plain = f"{text}ms" if text.replace(".", "", 1).isdigit() else read_delay(text)
        if plain is not None:
            return plain
        declared = self.config.get("delays")
        if isinstance(declared, dict) and text in declared:
            found = declared[text]
            found = found.get("duration") if isinstance(found, dict) and "duration" in found else found
            if found != text:
                return self.delay(found, pointer_of("delays", text))
        return self._unknown_delay(text, pointer)

    def _unknown_delay(self, name: str, pointer: str) -> str:
        bound = self.bound("delays", name)
        if isinstance(bound, int | float):
            return f"{bound}ms"
        if isinstance(bound, str):
            return bound if bound.startswith("=") or read_delay(bound) is None else str(read_delay(bound))
        self.missing("delays", name, pointer)
        return f"={failing(f'the delay {name}')}"

    # --- Names ----------------------------------------------------------------------------------------

    def bound(self, kind: str, name: str) -> Any:
        """What a name is bound to: by kind and name, else by name alone."""
        found = self.bindings.get(f"{kind}.{name}")
        return self.bindings.get(name) if found is None else found

    def missing(self, kind: str, name: str, pointer: str) -> None:
        """A name that nothing says the meaning of: somebody must."""
        self.unbound.setdefault(kind, [])
        if name not in self.unbound[kind]:
            self.unbound[kind].append(name)
        detail = (
            f"the {kind[:-1]} {name[:64]!r} is a name only: bind it; until then it is replaced by an error"
        )
        self.findings.report(pointer, "unbound_name", detail)

    # --- Guards ---------------------------------------------------------------------------------------

    def guard(self, value: Any, pointer: str, where: Where, depth: int = 0) -> str:
        """The condition that a guard is."""
        source = self.expression(value, pointer, where)
        if source is not None:
            return source
        if isinstance(value, str):
            value = {"type": value}
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or depth > CONTENT_NESTING_MAX:
            self.findings.report(pointer, "unsupported", "this is no guard that can be read: it never holds")
            return failing("guard")
        parameters = value.get("params") or {}
        if kind.startswith("xstate."):
            return self._built_in_guard(kind, value, pointer, where, depth)
        declared = self.config.get("guards")
        if isinstance(declared, dict) and isinstance(declared.get(kind), dict) and "when" in declared[kind]:
            inner = self._with_parameters(parameters, pointer + "/params", where)
            place = pointer_of("guards", kind, "when")
            return self.guard(declared[kind]["when"], place, Where(where.is_done, inner), depth + 1)
        bound = self.bound("guards", kind)
        if isinstance(bound, str):
            if parameters:
                return with_parameters(bound, self._with_parameters(parameters, pointer + "/params", where))
            return bound
        self.missing("guards", kind, pointer)
        return failing(f"the guard {kind}")

    def _with_parameters(self, parameters: Any, pointer: str, where: Where) -> Parameters:
        """Parameters that are written out wherever they are read."""
        data = self.value(parameters, pointer, where)
        if not isinstance(data, dict):
            return write_data(data).source
        return {name: write_data(each).within(Level.MEMBER) for name, each in data.items()}

    def _built_in_guard(
        self, kind: str, value: dict[str, Any], pointer: str, where: Where, depth: int
    ) -> str:
        parameters = value.get("params")
        parameters = parameters if isinstance(parameters, dict) else {}
        listed = value.get("guards", parameters.get("guards"))
        match kind:
            case "xstate.not":
                inner = parameters.get("guard") or (
                    listed[0] if isinstance(listed, list) and listed else None
                )
                made = Formula(self.guard(inner, pointer + "/params/guard", where, depth + 1), Level.CHOICE)
                return f"!{made.within(Level.MEMBER)}"
            case "xstate.and" | "xstate.or" if isinstance(listed, list) and listed:
                parts = [
                    f"({self.guard(each, f'{pointer}/guards/{index}', where, depth + 1)})"
                    for index, each in enumerate(listed)
                ]
                return (" && " if kind == "xstate.and" else " || ").join(parts)
            case "xstate.stateIn":
                return self.state_in(parameters.get("stateId", value.get("stateValue")), pointer)
        self.findings.report(pointer, "unsupported", f"the guard {kind[:64]!r} is not known: it never holds")
        return failing(kind)

    def state_in(self, value: Any, pointer: str) -> str:
        """Whether a state is active, by its id or by a value of the machine."""
        node = self.tree.find_id(value.removeprefix("#")) if isinstance(value, str) else None
        if node is None and isinstance(value, str):
            node = self.tree.find(value, self.tree.root, pointer)
        if node is None or not node.state:
            self.findings.report(
                pointer, "unsupported", "this is no state that can be asked for: it never holds"
            )
            return failing("stateIn")
        return f"in_state({quoted(node.state)})"

    # --- Actions --------------------------------------------------------------------------------------

    def actions(self, value: Any, pointer: str, where: Where, depth: int = 0) -> Content:
        """The content that one action or a list of them is."""
        if not isinstance(value, list):
            return self.action(value, pointer, where, depth)
        return [
            made
            for index, each in enumerate(value)
            for made in self.action(each, f"{pointer}/{index}", where, depth)
        ]

    def action(self, value: Any, pointer: str, where: Where, depth: int = 0) -> Content:
        if isinstance(value, str):
            value = {"type": value}
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or depth > CONTENT_NESTING_MAX:
            self.findings.report(pointer, "unsupported", "code cannot be carried over: replaced by an error")
            return [_fail("an action")]
        built_in = kind.removeprefix("@").removeprefix("xstate.")
        if kind != built_in and built_in in _BUILT_IN:
            return self._built_in(built_in, value, pointer, where)
        declared = self.config.get("actions")
        parameters = value.get("params") or {}
        if isinstance(declared, dict) and kind in declared:
            place = pointer_of("actions", kind)
            meant = declared[kind]
            is_single = isinstance(meant, dict) and str(meant.get("type")).startswith("@xstate.")
            return self._bind(
                _Parameters(parameters, pointer + "/params", is_single),
                where,
                lambda inner: self.actions(meant, place, inner, depth + 1),
            )
        bound = self.bound("actions", kind)
        if isinstance(bound, dict | list):
            content = [bound] if isinstance(bound, dict) else list(bound)
            is_single = len(content) == 1 and not {"if", "for_each"} & content[0].keys()
            return self._bind(
                _Parameters(parameters, pointer + "/params", is_single),
                where,
                lambda inner: _reading(content, inner.parameters or "null"),
            )
        self.missing("actions", kind, pointer)
        return [_fail(f"the action {kind}")]

    def _bind(self, given: "_Parameters", where: Where, make: Callable[[Where], Content]) -> Content:
        """Content that reads parameters: a loop over a list of one gives them a name."""
        if not given.value:
            return make(Where(where.is_done, None))
        data = self.value(given.value, given.pointer, where)
        # Constants, and what is read by one action only, may stand wherever they are read; anything else is
        # computed once, before the actions.
        if isinstance(data, dict) and (given.is_read_once or not any(map(_is_computed, data.values()))):
            written = {name: write_data(each).within(Level.MEMBER) for name, each in data.items()}
            return make(Where(where.is_done, written))
        content = make(Where(where.is_done, "given"))
        return [{"for_each": {"in": f"[{write_data(data).source}]", "as": "given", "do": content}}]

    def _built_in(self, kind: str, value: dict[str, Any], pointer: str, where: Where) -> Content:
        match kind:
            case "assign":
                context = value.get("context", value.get("assignment"))
                return self.assign(context, pointer + "/context", where)
            case "raise":
                return self._raise(value, pointer, where)
            case "cancel" if "id" in value or "sendId" in value:
                name = str(value.get("id", value.get("sendId")))
                return [{"cancel": name if is_state_id(name) else f"={quoted(name)}"}]
            case "log":
                return [_log(self.value(value.get("args", value.get("value")), pointer + "/args", where))]
        detail = f"{kind} has no counterpart within a machine: it is replaced by an error"
        self.findings.report(pointer, "unsupported", detail)
        return [_fail(kind)]

    def assign(self, context: Any, pointer: str, where: Where) -> Content:
        """New values of the context, all computed from the old ones."""
        if not isinstance(context, dict) or not context or EXPRESSION in context or CODE in context:
            if context:
                self.findings.report(
                    pointer, "unsupported", "the context as a whole cannot be assigned: error"
                )
                return [_fail("assign")]
            return []
        values: dict[str, Any] = {}
        for name, each in context.items():
            own = self.variables.get(name)
            if own is None:
                self.findings.report(
                    pointer + pointer_of(name), "unknown_variable", f"the context has no {name!r}"
                )
                return [_fail("assign")]
            values[own] = write_data(self.value(each, pointer + pointer_of(name), where)).source
        return [{"assign": values}]

    def _raise(self, value: dict[str, Any], pointer: str, where: Where) -> Content:
        event = value.get("event", value.get("params"))
        event = {"type": event} if isinstance(event, str) else event
        name = event.get("type") if isinstance(event, dict) else None
        if not isinstance(name, str) or not is_event_name(name):
            self.findings.report(
                pointer + "/event", "unsupported", "this is no event that can be raised: error"
            )
            return [_fail("raise")]
        made: dict[str, Any] = {"event": literal_text(name)}
        assert isinstance(event, dict)
        data = {key: each for key, each in event.items() if key != "type"}
        if data:
            made["data"] = self.value(data, pointer + "/event", where)
        if value.get("delay") is None:
            return [{"raise": made}]
        # What is raised with a delay arrives like everything from outside.
        made["delay"] = self.delay(value["delay"], pointer + "/delay")
        if isinstance(value.get("id"), str):
            made["id"] = value["id"] if is_state_id(value["id"]) else f"={quoted(value['id'])}"
        return [{"send": made}]


def _is_computed(data: Any) -> bool:
    return isinstance(data, dict | list) or (isinstance(data, str) and data.startswith("="))


def _reading(content: Any, parameters: Parameters, name: str = "") -> Any:
    """Content that somebody wrote, with its parameters in place of ``params``."""
    if isinstance(content, list):
        return [_reading(each, parameters, name) for each in content]
    if isinstance(content, dict):
        inside = "expression" if name == "assign" else ""
        return {key: _reading(each, parameters, inside or key) for key, each in content.items()}
    if isinstance(content, str) and name in ("expression", "if", "in"):
        return with_parameters(content, parameters)
    if is_expression(content):
        return "=" + with_parameters(content[1:], parameters)
    return content


def _fail(reason: str) -> dict[str, Any]:
    return {"log": {"label": "error", "value": f"={failing(reason)}"}}


def _log(arguments: Any) -> dict[str, Any]:
    if not isinstance(arguments, list):
        return {"log": {"value": arguments}}
    if len(arguments) == 2 and isinstance(arguments[0], str) and not arguments[0].startswith("="):
        return {"log": {"label": arguments[0], "value": arguments[1]}}
    return {"log": {"value": arguments[0] if len(arguments) == 1 else arguments}}
