"""Read the content that reaches beyond its machine: messages sent, tokens emitted, actions requested."""

from collections.abc import Callable
from typing import Any

from actum_core.template import fields as known
from actum_core.template.document import Cancel, Do, Drop, Emit, Send
from actum_core.template.names import is_node_name
from actum_core.template.parse_values import (
    parse_id,
    parse_label,
    parse_length,
    parse_moment,
    parse_name,
    parse_text,
    parse_variable,
    report_missing,
    sorted_data,
)
from actum_core.template.reader import Reader


def parse_send(value: object, reader: Reader, pointer: str) -> Send | None:
    place = pointer + "/send"
    if isinstance(value, str):
        name = parse_name(value, reader, place)
        return None if name is None else Send(name, pointer=pointer)
    fields = reader.members(value, place, known.SEND)
    if fields is None:
        return None
    report_missing(fields, ("event",), reader, place)
    name = parse_name(fields["event"], reader, place + "/event") if "event" in fields else None
    read = _Fields(fields, reader, place)
    made = Send(
        name or "",
        sorted_data(fields.get("data")),
        delay=read.optional("delay", parse_length),
        at=read.optional("at", parse_moment),
        id=read.optional("id", parse_label),
        to=read.optional("to", parse_text),
        id_to=read.optional("id_to", parse_variable),
        pointer=pointer,
    )
    return None if name is None else made


def parse_cancel(value: object, reader: Reader, pointer: str) -> Cancel | None:
    found = parse_label(value, reader, pointer + "/cancel")
    return None if found is None else Cancel(found, pointer)


def parse_emit(value: Any, reader: Reader, pointer: str) -> Emit | None:
    place = pointer + "/emit"
    if not isinstance(value, dict):
        return Emit(sorted_data(value), pointer=pointer)
    fields = reader.members(value, place, known.EMIT)
    if fields is None:
        return None
    report_missing(fields, ("value",), reader, place)
    read = _Fields(fields, reader, place)
    return Emit(
        sorted_data(fields.get("value")),
        port=read.optional("port", parse_port) or "out",
        type=read.optional("type", parse_text),
        parents=read.optional("parents", _parse_sure),
        pointer=pointer,
    )


def parse_drop(value: object, reader: Reader, pointer: str) -> Drop | None:
    place = pointer + "/drop"
    if not isinstance(value, dict):
        token = _parse_sure(value, reader, place)
        return None if token is None else Drop(token, pointer=pointer)
    fields = reader.members(value, place, known.DROP)
    if fields is None:
        return None
    report_missing(fields, ("token",), reader, place)
    read = _Fields(fields, reader, place)
    token = read.optional("token", _parse_sure)
    port, reason = read.optional("port", parse_port), read.optional("reason", parse_text)
    return None if token is None else Drop(token, port or "in", reason or "let_go", pointer)


def parse_do(value: object, reader: Reader, pointer: str) -> Do | None:
    place = pointer + "/do"
    if isinstance(value, str):
        name = parse_id(value, reader, place)
        return None if name is None else Do(name, pointer=pointer)
    fields = reader.members(value, place, known.DO)
    if fields is None:
        return None
    report_missing(fields, ("action",), reader, place)
    read = _Fields(fields, reader, place)
    action = read.optional("action", parse_id)
    request_id = read.optional("id", parse_label)
    return None if action is None else Do(action, sorted_data(fields.get("with")), request_id, pointer)


def parse_port(value: object, reader: Reader, pointer: str) -> str | None:
    """The name of a port, or an expression for one."""
    text = parse_text(value, reader, pointer)
    if text is None or text.startswith("=") or is_node_name(text):
        return text
    reader.report(pointer, "bad_name", f"{text[:64]!r} is not the name of a port: letters, digits, _ and -")
    return None


def _parse_sure(value: object, reader: Reader, pointer: str) -> str | None:
    """An expression; the sign before it may be left out, since nothing else can stand here."""
    source = reader.expression(value, pointer)
    return None if source is None else source.removeprefix("=")


class _Fields:
    """Reads fields that may be absent."""

    def __init__(self, fields: dict[str, Any], reader: Reader, pointer: str) -> None:
        self._fields = fields
        self._reader = reader
        self._pointer = pointer

    def optional(self, name: str, parse: Callable[[object, Reader, str], str | None]) -> str | None:
        if name not in self._fields:
            return None
        return parse(self._fields[name], self._reader, f"{self._pointer}/{name}")
