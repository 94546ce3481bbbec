"""Read a template: from untrusted JSON to a typed document, or every problem at once with its JSON pointer."""

from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.errors import Invalid, pointer_of
from actum_core.limits import EMISSIONS_MAX, EVENT_TYPES_MAX, RULES_MAX, VARIABLES_MAX
from actum_core.template import names
from actum_core.template.document import (
    Emission,
    EventType,
    Rule,
    State,
    StateKind,
    Template,
    Variable,
    VariableType,
)
from actum_core.template.parse_content import parse_descriptors, parse_name, sorted_data
from actum_core.template.parse_machine import parse_machine
from actum_core.template.reader import Reader, normal_json, suggestion
from actum_core.template.schema import Schema, parse_schema

FORMAT: Final = "actum/1"

_FIELDS: Final = (
    *(
        "format",
        "name",
        "title",
        "description",
        "input",
        "vars",
        "events",
        "unknown_events",
        "rules",
        "machine",
        "layout",
    ),
)
_LATER: Final = {
    "nodes": "networks of nodes are not supported yet: write one 'machine'",
    "edges": "networks of nodes are not supported yet: write one 'machine'",
    "actions": "actions are not supported yet",
    "tokens": "token types are not supported yet",
}
_TYPES: Final = tuple(kind.value for kind in VariableType)


def parse_template(document: object) -> Template:
    """The typed template behind a JSON document.

    Only the form is read here: what names refer to and whether expressions are sound is for ``check_template``.
    Raises Invalid with every problem of form, up to PROBLEMS_MAX.
    """
    reader = Reader()
    template = read_template(document, reader)
    if reader.has_errors:
        raise Invalid(reader.problems)
    return template


def read_template(document: object, reader: Reader) -> Template:
    """Like ``parse_template``, but leaves the problems with the reader and answers with what could be read."""
    value = normal_json(document, reader)
    members = None if reader.has_errors else reader.members(value, "", _FIELDS, _LATER)
    if members is None:
        return Template("", State("", StateKind.COMPOUND))
    _check_head(members, reader)
    if "machine" not in members and "nodes" not in members:
        reader.report("", "missing_field", "the field 'machine' is missing")
    unknown = members.get("unknown_events", "refuse")
    if unknown not in ("refuse", "ignore"):
        reader.report(
            "/unknown_events", "bad_value", "unknown events are refused (refuse) or ignored (ignore)"
        )
    return Template(
        name=members["name"] if isinstance(members.get("name"), str) else "",
        machine=parse_machine(members.get("machine", {}), reader, "/machine"),
        input=_schema(members.get("input"), reader, "/input"),
        variables=_variables(members.get("vars", {}), reader),
        events=_events(members["events"], reader) if "events" in members else None,
        ignores_unknown_events=unknown == "ignore",
        rules=_rules(members.get("rules", []), reader),
        title=_text(members, "title", reader),
        description=_text(members, "description", reader),
    )


def _check_head(members: dict[str, Any], reader: Reader) -> None:
    for name in ("format", "name"):
        if name not in members:
            reader.report("", "missing_field", f"the field {name!r} is missing")
    if members.get("format", FORMAT) != FORMAT:
        reader.report("/format", "bad_value", f"the format must be {FORMAT!r}")
    named = reader.text(members.get("name", "unnamed"), "/name")
    if named is not None and not names.is_template_name(named):
        reader.report(
            "/name", "bad_name", "a name is lower-case letters, digits and single hyphens between them"
        )
    if "layout" in members:
        reader.mapping(members["layout"], "/layout")


def _text(members: dict[str, Any], name: str, reader: Reader) -> str:
    return reader.text(members.get(name, ""), f"/{name}") or ""


def _schema(value: JsonValue, reader: Reader, pointer: str) -> Schema | None:
    return None if value is None else parse_schema(value, reader, pointer)


def _variables(value: object, reader: Reader) -> tuple[Variable, ...]:
    members = reader.mapping(value, "/vars") or {}
    reader.is_within(len(members), VARIABLES_MAX, "/vars", "variables")
    found = []
    for name in sorted(members):
        pointer = "/vars" + pointer_of(name)
        if not names.is_variable_name(name):
            reader.report(pointer, "bad_name", f"{name[:64]!r} is not a variable name: letters, digits and _")
        fields = reader.members(members[name], pointer, ("type", "initial", "title", "description"))
        if fields is None:
            continue
        word = fields.get("type", "any")
        if word not in _TYPES:
            hint = suggestion(word, _TYPES) if isinstance(word, str) else ""
            reader.report(pointer + "/type", "bad_value", f"a type is one of {', '.join(_TYPES)}{hint}")
            continue
        kind = VariableType(word)
        initial = sorted_data(fields["initial"]) if "initial" in fields else ZERO_VALUES[kind]
        found.append(Variable(name, kind, initial, pointer))
    return tuple(found)


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


def _events(value: object, reader: Reader) -> tuple[EventType, ...]:
    members = reader.mapping(value, "/events") or {}
    reader.is_within(len(members), EVENT_TYPES_MAX, "/events", "event types")
    found = []
    for name in sorted(members):
        pointer = "/events" + pointer_of(name)
        if not names.is_event_name(name):
            reader.report(pointer, "bad_name", f"{name[:64]!r} is not an event name, such as order.paid")
        elif names.is_reserved_event(name):
            reader.report(pointer, "bad_name", "events named error.… and done.… come from the engine only")
        fields = reader.members(members[name] or {}, pointer, ("schema", "title", "description"))
        schema = _schema(fields.get("schema"), reader, pointer + "/schema") if fields else None
        found.append(EventType(name, schema, pointer))
    return tuple(found)


def _rules(value: object, reader: Reader) -> tuple[Rule, ...]:
    listed = reader.array(value, "/rules") or []
    reader.is_within(len(listed), RULES_MAX, "/rules", "rules")
    found: list[Rule] = []
    places: dict[str, str] = {}
    for index, member in enumerate(listed):
        rule = _rule(member, reader, f"/rules/{index}")
        if rule is None:
            continue
        if rule.id in places:
            reader.report(rule.pointer + "/id", "duplicate", f"the rule at {places[rule.id]} has this id too")
        places.setdefault(rule.id, rule.pointer)
        found.append(rule)
    return tuple(found)


def _rule(value: object, reader: Reader, pointer: str) -> Rule | None:
    if isinstance(value, dict) and value.get("kind", "cel") != "cel":
        reader.report(
            pointer + "/kind", "unsupported", "rules of another kind than 'cel' are not supported yet"
        )
        return None
    members = reader.members(value, pointer, ("id", "kind", "on", "when", "emit", "title", "description"))
    if members is None:
        return None
    for name in ("id", "on", "emit"):
        if name not in members:
            reader.report(pointer, "missing_field", f"the field {name!r} is missing")
    rule_id = reader.text(members.get("id", "_"), pointer + "/id") or ""
    if not names.is_rule_id(rule_id):
        reader.report(
            pointer + "/id", "bad_name", f"{rule_id[:64]!r} is not a rule id: letters, digits and _ . : -"
        )
    when = reader.expression(members["when"], pointer + "/when") if "when" in members else None
    on = parse_descriptors(members.get("on", "*"), reader, pointer + "/on")
    return Rule(rule_id, on, when, _emissions(members.get("emit", []), reader, pointer + "/emit"), pointer)


def _emissions(value: object, reader: Reader, pointer: str) -> tuple[Emission, ...]:
    if not isinstance(value, list):
        emission = _emission(value, reader, pointer)
        return () if emission is None else (emission,)
    reader.is_within(len(value), EMISSIONS_MAX, pointer, "messages of one rule")
    found = (_emission(member, reader, f"{pointer}/{i}") for i, member in enumerate(value))
    return tuple(emission for emission in found if emission is not None)


def _emission(value: object, reader: Reader, pointer: str) -> Emission | None:
    if isinstance(value, str):
        message = parse_name(value, reader, pointer)
        return None if message is None else Emission(message, None, pointer)
    members = reader.members(value, pointer, ("message", "data"))
    if members is None:
        return None
    if "message" not in members:
        reader.report(pointer, "missing_field", "the field 'message' is missing")
        return None
    message = parse_name(members["message"], reader, pointer + "/message")
    return None if message is None else Emission(message, sorted_data(members.get("data")), pointer)
