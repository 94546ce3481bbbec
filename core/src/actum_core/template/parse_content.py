"""Read data, event descriptors and executable content of a template."""

from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.errors import pointer_of
from actum_core.limits import CONTENT_NESTING_MAX
from actum_core.template import names
from actum_core.template.document import Action, Assign, Block, Data, ForEach, If, Log, Raise
from actum_core.template.reader import Reader, suggestion

_LATER: Final = "this kind of action is not supported yet"
_UNSUPPORTED: Final = (
    "do",
    "send",
    "cancel",
    "emit",
    "mint",
    "transfer",
    "burn",
    "hold",
    "post",
    "void",
    "invoke",
)
_KINDS: Final = ("assign", "raise", "if", "for_each", "log")


def sorted_data(value: JsonValue) -> Data:
    """``value`` with the keys of every object in canonical order (RFC 8785, 3.2.3).

    Maps are run through by expressions in the order of their keys, so the live program must have the order
    that its canonical form has.
    """
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: sorted_data(value[key]) for key in keys}
    if isinstance(value, list):
        return [sorted_data(member) for member in value]
    return value


def parse_descriptors(value: object, reader: Reader, pointer: str) -> tuple[str, ...]:
    """The event descriptors of one text, separated by spaces (SCXML, 3.12.1)."""
    text = reader.text(value, pointer)
    if text is None:
        return ()
    descriptors = []
    for token in text.split():
        descriptor = names.normal_descriptor(token)
        if descriptor is None:
            reader.report(
                pointer, "bad_name", f"{token[:64]!r} is not an event descriptor, such as order.paid or *"
            )
        elif descriptor not in descriptors:
            descriptors.append(descriptor)
    if not text.split():
        reader.report(pointer, "bad_name", "an event descriptor was expected, such as order.paid or *")
    return tuple(descriptors)


def parse_name(value: object, reader: Reader, pointer: str) -> str | None:
    """The name of an event or message: literal, or data that an expression makes."""
    text = reader.text(value, pointer)
    if text is None:
        return None
    if text.startswith("=") or names.is_event_name(text):
        return text
    reader.report(pointer, "bad_name", f"{text[:64]!r} is not a name, such as order.paid")
    return None


def parse_blocks(value: object, reader: Reader, pointer: str) -> tuple[Block, ...]:
    """Entry or exit content: one list of actions, or a list of such lists.

    Each list is a block: what fails ends its own block only (SCXML, 4.9).
    """
    listed = reader.array(value, pointer)
    if listed is None:
        return ()
    if listed and all(isinstance(member, list) for member in listed):
        blocks = (parse_block(member, reader, f"{pointer}/{i}") for i, member in enumerate(listed))
        return tuple(block for block in blocks if block)
    block = parse_block(listed, reader, pointer)
    return (block,) if block else ()


def parse_block(value: object, reader: Reader, pointer: str, depth: int = 0) -> Block:
    listed = reader.array(value, pointer)
    if listed is None:
        return ()
    if depth > CONTENT_NESTING_MAX:
        reader.report(pointer, "too_deep", f"if and for_each may be nested {CONTENT_NESTING_MAX} deep")
        return ()
    actions = (_parse_action(member, reader, f"{pointer}/{i}", depth) for i, member in enumerate(listed))
    return tuple(action for action in actions if action is not None)


def _parse_action(value: object, reader: Reader, pointer: str, depth: int) -> Action | None:
    members = reader.mapping(value, pointer)
    if members is None:
        return None
    kinds = [name for name in members if name in _KINDS]
    if len(kinds) != 1:
        for name in members:
            if name in _UNSUPPORTED:
                reader.report(pointer + pointer_of(name), "unsupported", _LATER)
                return None
        _report_kind(members, kinds, reader, pointer)
        return None
    match kinds[0]:
        case "assign":
            return _parse_assign(members, reader, pointer)
        case "raise":
            return _parse_raise(members, reader, pointer)
        case "if":
            return _parse_if(members, reader, pointer, depth)
        case "for_each":
            return _parse_for_each(members, reader, pointer, depth)
        case _:
            return _parse_log(members, reader, pointer)


def _report_kind(members: dict[str, Any], kinds: list[str], reader: Reader, pointer: str) -> None:
    if kinds:
        reader.report(pointer, "bad_value", f"one action was expected, {' and '.join(kinds)} were found")
        return
    hint = suggestion(next(iter(members)), _KINDS) if members else ""
    reader.report(pointer, "unknown_action", f"an action is one of {', '.join(_KINDS)}{hint}")


def _parse_assign(members: dict[str, Any], reader: Reader, pointer: str) -> Assign | None:
    reader.members(members, pointer, ("assign",))
    place = pointer + "/assign"
    values = reader.mapping(members["assign"], place)
    if values is None:
        return None
    if not values:
        reader.report(place, "bad_value", "a variable and its expression were expected, the object is empty")
    parsed = []
    for name in sorted(values):
        source = reader.expression(values[name], place + pointer_of(name))
        if source is not None:
            parsed.append((name, source))
    return Assign(tuple(parsed), pointer)


def _parse_raise(members: dict[str, Any], reader: Reader, pointer: str) -> Raise | None:
    reader.members(members, pointer, ("raise",))
    place = pointer + "/raise"
    value = members["raise"]
    if isinstance(value, str):
        name = parse_name(value, reader, place)
        return None if name is None else Raise(name, None, pointer)
    fields = reader.members(value, place, ("event", "data"))
    if fields is None:
        return None
    if "event" not in fields:
        reader.report(place, "missing_field", "the field 'event' is missing")
        return None
    name = parse_name(fields["event"], reader, place + "/event")
    return None if name is None else Raise(name, sorted_data(fields.get("data")), pointer)


def _parse_if(members: dict[str, Any], reader: Reader, pointer: str, depth: int) -> If | None:
    reader.members(members, pointer, ("if", "then", "else"))
    condition = reader.expression(members["if"], pointer + "/if")
    if "then" not in members:
        reader.report(pointer, "missing_field", "the field 'then' is missing")
    then = parse_block(members["then"], reader, pointer + "/then", depth + 1) if "then" in members else ()
    otherwise = (
        parse_block(members["else"], reader, pointer + "/else", depth + 1) if "else" in members else ()
    )
    return None if condition is None else If(condition, then, otherwise, pointer)


def _parse_for_each(members: dict[str, Any], reader: Reader, pointer: str, depth: int) -> ForEach | None:
    reader.members(members, pointer, ("for_each",))
    place = pointer + "/for_each"
    fields = reader.members(members["for_each"], place, ("in", "as", "index", "do"))
    if fields is None:
        return None
    for name in ("in", "as", "do"):
        if name not in fields:
            reader.report(place, "missing_field", f"the field {name!r} is missing")
    source = reader.expression(fields["in"], place + "/in") if "in" in fields else None
    member = _parse_local(fields["as"], reader, place + "/as") if "as" in fields else None
    index = _parse_local(fields["index"], reader, place + "/index") if "index" in fields else None
    if member is not None and member == index:
        reader.report(place + "/index", "duplicate", f"{index!r} already names the member")
    body = parse_block(fields.get("do", []), reader, place + "/do", depth + 1)
    return None if source is None or member is None else ForEach(source, member, index, body, pointer)


def _parse_local(value: object, reader: Reader, pointer: str) -> str | None:
    text = reader.text(value, pointer)
    if text is None:
        return None
    if names.is_variable_name(text) and text not in names.ROOT_NAMES:
        return text
    reader.report(pointer, "bad_name", f"{text[:64]!r} cannot name a value here")
    return None


def _parse_log(members: dict[str, Any], reader: Reader, pointer: str) -> Log | None:
    reader.members(members, pointer, ("log",))
    value = members["log"]
    if not isinstance(value, dict):
        return Log(None, sorted_data(value), pointer)
    fields = reader.members(value, pointer + "/log", ("label", "value"))
    if fields is None:
        return None
    label = reader.text(fields["label"], pointer + "/log/label") if "label" in fields else None
    return Log(label, sorted_data(fields.get("value")), pointer)
