"""Where a stream begins: after what the client has, or at the head for one that has nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from actum.platform.http_errors import ParameterInvalid
from actum_core.errors import Problem
from actum_core.limits import JSON_INTEGER_MAX

LAST_EVENT_ID: Final = "last-event-id"
_DIGITS_MAX: Final = len(str(JSON_INTEGER_MAX))


@dataclass(frozen=True, slots=True)
class Position:
    """The id of the last entry that the client has, and where the request says so."""

    after: int
    pointer: str


def choose_start(head: int, wanted: Position | None) -> int:
    """The id after which to begin. Raises ParameterInvalid for one that no entry has had yet."""
    if wanted is None:
        return head
    if wanted.after > head:
        detail = f"the latest entry is {head}: nobody can have {wanted.after}"
        raise ParameterInvalid([Problem(wanted.pointer, "beyond_head", detail)])
    return wanted.after


def parse_last_event_id(headers: Iterable[tuple[bytes, bytes]]) -> Position | None:
    """The Last-Event-ID header; None when it is absent or empty. Raises ParameterInvalid."""
    found = [value for name, value in headers if name == LAST_EVENT_ID.encode()]
    if not found or not found[-1]:
        return None
    return _parse(found[-1].decode("latin-1"), f"/header/{LAST_EVENT_ID}")


def parse_after(query: bytes) -> Position | None:
    """The parameter `after` of a WebSocket's address. Raises ParameterInvalid."""
    found = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("after")
    return None if found is None else _parse(found[-1], "/query/after")


def _parse(text: str, pointer: str) -> Position:
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX and int(text) <= JSON_INTEGER_MAX:
        return Position(int(text), pointer)
    raise ParameterInvalid(
        [Problem(pointer, "bad_value", "a whole number from 0: the id of the last entry you have")]
    )
