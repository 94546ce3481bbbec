"""Read the executable content of a template."""

from collections.abc import Callable
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.limits import CONTENT_NESTING_MAX
from actum_core.template import fields as known
from actum_core.template import names
from actum_core.template.document import Action, Assign, Block, ForEach, If, Log, Raise
from actum_core.template.parse_sending import parse_cancel, parse_do, parse_drop, parse_emit, parse_send
from actum_core.template.parse_values import parse_name, report_missing, sorted_data
from actum_core.template.reader import Reader, suggestion

_LATER: Final = "this kind of action is not supported yet"
_KINDS: Final = tuple(known.CONTENT)


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
            if name in known.CONTENT_LATER:
                reader.report(pointer + pointer_of(name), "unsupported", _LATER)
                return None
        _report_kind(members, kinds, reader, pointer)
        return None
    kind = kinds[0]
    reader.members(members, pointer, (kind, *known.CONTENT[kind]))
    match kind:
        case "if":
            return _parse_if(members, reader, pointer, depth)
        case "for_each":
            return _parse_for_each(members[kind], reader, pointer, depth)
    return _SIMPLE[kind](members[kind], reader, pointer)


def _report_kind(members: dict[str, Any], kinds: list[str], reader: Reader, pointer: str) -> None:
    if kinds:
        reader.report(pointer, "bad_value", f"one action was expected, {' and '.join(kinds)} were found")
        return
    hint = suggestion(next(iter(members)), _KINDS) if members else ""
    reader.report(pointer, "unknown_action", f"an action is one of {', '.join(_KINDS)}{hint}")


def _parse_assign(value: object, reader: Reader, pointer: str) -> Assign | None:
    place = pointer + "/assign"
    values = reader.mapping(value, place)
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


def _parse_raise(value: object, reader: Reader, pointer: str) -> Raise | None:
    place = pointer + "/raise"
    if isinstance(value, str):
        name = parse_name(value, reader, place)
        return None if name is None else Raise(name, None, pointer)
    fields = reader.members(value, place, known.RAISE)
    if fields is None:
        return None
    if "event" not in fields:
        report_missing(fields, ("event",), reader, place)
        return None
    name = parse_name(fields["event"], reader, place + "/event")
    return None if name is None else Raise(name, sorted_data(fields.get("data")), pointer)


def _parse_if(members: dict[str, Any], reader: Reader, pointer: str, depth: int) -> If | None:
    condition = reader.expression(members["if"], pointer + "/if")
    report_missing(members, ("then",), reader, pointer)
    then = parse_block(members["then"], reader, pointer + "/then", depth + 1) if "then" in members else ()
    otherwise = (
        parse_block(members["else"], reader, pointer + "/else", depth + 1) if "else" in members else ()
    )
    return None if condition is None else If(condition, then, otherwise, pointer)


def _parse_for_each(value: object, reader: Reader, pointer: str, depth: int) -> ForEach | None:
    place = pointer + "/for_each"
    fields = reader.members(value, place, known.FOR_EACH)
    if fields is None:
        return None
    report_missing(fields, ("in", "as", "do"), reader, place)
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


def _parse_log(value: Any, reader: Reader, pointer: str) -> Log | None:
    if not isinstance(value, dict):
        return Log(None, sorted_data(value), pointer)
    fields = reader.members(value, pointer + "/log", known.LOG)
    if fields is None:
        return None
    label = reader.text(fields["label"], pointer + "/log/label") if "label" in fields else None
    return Log(label, sorted_data(fields.get("value")), pointer)


_SIMPLE: Final[dict[str, Callable[[Any, Reader, str], Action | None]]] = {
    "assign": _parse_assign,
    "raise": _parse_raise,
    "send": parse_send,
    "cancel": parse_cancel,
    "drop": parse_drop,
    "emit": parse_emit,
    "do": parse_do,
    "log": _parse_log,
}
