"""Read what a document declares beside its machines: variables, events, child machines, actions, parameters."""

from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.errors import pointer_of
from actum_core.limits import (
    ACTION_DECLARATIONS_MAX,
    ATTEMPTS_MAX,
    CHILD_MACHINES_MAX,
    EVENT_TYPES_MAX,
    PARAMETERS_MAX,
    VARIABLES_MAX,
)
from actum_core.template import fields as known
from actum_core.template import names
from actum_core.template.document import (
    ActionDeclaration,
    ChildMachine,
    EventType,
    Parameter,
    ParameterKind,
    TimerPolicy,
    Variable,
    VariableType,
)
from actum_core.template.parse_machine import parse_machine
from actum_core.template.parse_values import check_texts, report_missing, sorted_data
from actum_core.template.reader import Reader, suggestion
from actum_core.template.schema import Schema, parse_schema

_TYPES: Final = tuple(kind.value for kind in VariableType)

#: What a variable holds when its author says nothing.
ZERO_VALUES: Final[dict[VariableType, JsonValue]] = {
    VariableType.INT: 0,
    VariableType.UINT: 0,
    VariableType.DOUBLE: 0,
    VariableType.STRING: "",
    VariableType.BOOL: False,
    VariableType.BYTES: "",
    VariableType.TIMESTAMP: "1970-01-01T00:00:00Z",
    VariableType.DURATION: "0s",
    VariableType.LIST: [],
    VariableType.MAP: {},
    VariableType.ANY: None,
}


def parse_optional_schema(members: dict[str, Any], name: str, reader: Reader, pointer: str) -> Schema | None:
    """The schema under a name; none when it is absent or null."""
    value = members.get(name)
    return None if value is None else parse_schema(value, reader, f"{pointer}/{name}")


def parse_variables(value: object, reader: Reader, pointer: str) -> tuple[Variable, ...]:
    members = reader.mapping(value, pointer) or {}
    reader.is_within(len(members), VARIABLES_MAX, pointer, "variables")
    found = []
    for name in sorted(members):
        place = pointer + pointer_of(name)
        if not names.is_variable_name(name):
            reader.report(place, "bad_name", f"{name[:64]!r} is not a variable name: letters, digits and _")
        fields = reader.members(members[name], place, known.VARIABLE)
        if fields is None:
            continue
        word = fields.get("type", "any")
        if word not in _TYPES:
            hint = suggestion(word, _TYPES) if isinstance(word, str) else ""
            reader.report(place + "/type", "bad_value", f"a type is one of {', '.join(_TYPES)}{hint}")
            continue
        kind = VariableType(word)
        initial = sorted_data(fields["initial"]) if "initial" in fields else ZERO_VALUES[kind]
        found.append(Variable(name, kind, initial, place))
    return tuple(found)


def parse_events(value: object, reader: Reader) -> tuple[EventType, ...]:
    members = reader.mapping(value, "/events") or {}
    reader.is_within(len(members), EVENT_TYPES_MAX, "/events", "event types")
    found = []
    for name in sorted(members):
        pointer = "/events" + pointer_of(name)
        if not names.is_event_name(name):
            reader.report(pointer, "bad_name", f"{name[:64]!r} is not an event name, such as order.paid")
        elif names.is_reserved_event(name):
            reader.report(pointer, "bad_name", "events named error.… and done.… come from the engine only")
        fields = reader.members(members[name] or {}, pointer, known.EVENT)
        schema = parse_optional_schema(fields, "schema", reader, pointer) if fields else None
        found.append(EventType(name, schema, pointer))
    return tuple(found)


def parse_children(value: object, reader: Reader, pointer: str) -> tuple[ChildMachine, ...]:
    """The machines that ``invoke`` can start, by name."""
    members = reader.mapping(value, pointer) or {}
    reader.is_within(len(members), CHILD_MACHINES_MAX, pointer, "machines")
    found = []
    for name in sorted(members):
        place = pointer + pointer_of(name)
        _check_id(name, "machine", reader, place)
        fields = reader.members(members[name], place, known.CHILD)
        if fields is None:
            continue
        check_texts(fields, reader, place)
        report_missing(fields, ("machine",), reader, place)
        found.append(
            ChildMachine(
                name,
                parse_machine(fields.get("machine", {}), reader, place + "/machine"),
                parse_variables(fields.get("vars", {}), reader, place + "/vars"),
                parse_optional_schema(fields, "input", reader, place),
                place,
            )
        )
    return tuple(found)


def parse_actions(value: object, reader: Reader) -> tuple[ActionDeclaration, ...]:
    """The actions that ``do`` can request. What else they say is for whoever carries them out."""
    members = reader.mapping(value, "/actions") or {}
    reader.is_within(len(members), ACTION_DECLARATIONS_MAX, "/actions", "actions")
    found = []
    for name in sorted(members):
        pointer = "/actions" + pointer_of(name)
        _check_id(name, "action", reader, pointer)
        fields = reader.mapping(members[name], pointer)
        if fields is None:
            continue
        check_texts(fields, reader, pointer)
        kind = fields.get("kind")
        if "kind" not in fields:
            report_missing(fields, ("kind",), reader, pointer)
        elif kind not in known.ACTION_KINDS:
            detail = f"a kind of action is one of {', '.join(known.ACTION_KINDS)}"
            reader.report(pointer + "/kind", "bad_value", detail)
        if "retry" in fields:
            _check_retry(fields["retry"], reader, pointer + "/retry")
        settings = {name: fields[name] for name in fields if name not in ("kind", *known.TEXTS)}
        found.append(ActionDeclaration(name, str(kind), sorted_data(settings), pointer))
    return tuple(found)


def _check_retry(value: object, reader: Reader, pointer: str) -> None:
    fields = reader.members(value, pointer, known.RETRY) or {}
    attempts = fields.get("attempts", 1)
    if not isinstance(attempts, int) or isinstance(attempts, bool) or not 1 <= attempts <= ATTEMPTS_MAX:
        reader.report(pointer + "/attempts", "bad_value", f"an integer from 1 to {ATTEMPTS_MAX} was expected")
    if fields.get("backoff", known.BACKOFFS[0]) not in known.BACKOFFS:
        reader.report(pointer + "/backoff", "bad_value", f"backoff is {' or '.join(known.BACKOFFS)}")


def parse_timers(value: object, reader: Reader) -> TimerPolicy:
    fields = reader.members(value, "/timers", known.TIMERS) or {}
    word = fields.get("on_resume", TimerPolicy.KEEP.value)
    if word in known.RESUME_POLICIES:
        return TimerPolicy(word)
    reader.report(
        "/timers/on_resume", "bad_value", "deadlines are kept (keep), or what remains of them (remaining)"
    )
    return TimerPolicy.KEEP


def parse_parameters(value: object, reader: Reader) -> tuple[Parameter, ...]:
    members = reader.mapping(value, "/params") or {}
    reader.is_within(len(members), PARAMETERS_MAX, "/params", "parameters")
    found = []
    for name in sorted(members):
        pointer = "/params" + pointer_of(name)
        if not names.is_variable_name(name):
            reader.report(
                pointer, "bad_name", f"{name[:64]!r} is not a parameter's name: letters, digits and _"
            )
        fields = reader.members(members[name] or {}, pointer, known.PARAMETER)
        if fields is None:
            continue
        check_texts(fields, reader, pointer)
        truths = {
            word: reader.truth(fields[word], f"{pointer}/{word}")
            for word in ("expression", "message", "required")
            if word in fields
        }
        kind = ParameterKind.PLAIN
        if truths.get("expression") and truths.get("message"):
            detail = "a parameter is an expression or the name of a message, not both"
            reader.report(pointer, "bad_value", detail)
        elif truths.get("expression"):
            kind = ParameterKind.EXPRESSION
        elif truths.get("message"):
            kind = ParameterKind.MESSAGE
        is_required = truths.get("required", False)
        if is_required and "default" in fields:
            reader.report(pointer + "/default", "bad_value", "what must be given is nothing by default")
        schema = parse_optional_schema(fields, "schema", reader, pointer)
        found.append(Parameter(name, kind, schema, sorted_data(fields.get("default")), is_required, pointer))
    return tuple(found)


def _check_id(name: str, what: str, reader: Reader, pointer: str) -> None:
    if not names.is_state_id(name):
        detail = f"{name[:64]!r} does not name a {what}: letters, digits and _ . : -"
        reader.report(pointer, "bad_name", detail)
