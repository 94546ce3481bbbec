"""Pages of lists: opaque cursors bound to their route, and the one envelope all lists have."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from actum.platform.http_errors import CursorInvalid
from actum.platform.limits import CURSOR_LENGTH_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX
from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.errors import MalformedJson

_SEAL_BYTES: Final = 8

Member = TypeVar("Member")
Row = TypeVar("Row")

#: How the two parameters of every list are declared in a handler.
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_SIZE_MAX, description="Entries on one page.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        description="Where to go on: `nextCursor` of the page before.", max_length=CURSOR_LENGTH_MAX
    ),
]
LIMIT_DEFAULT: Final = PAGE_SIZE_DEFAULT


class Page(
    msgspec.Struct,
    Generic[Member],
    frozen=True,
    kw_only=True,
    rename="camel",
    tag_field="object",
    tag="list",
):
    """One page of a list; `nextCursor` is there exactly when `hasMore` is true."""

    data: Sequence[Member]
    has_more: bool
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of one route's list is asked for: `position` is what the last entry seen sorts by."""

    route: str
    limit: int
    position: tuple[JsonValue, ...] | None

    @property
    def rows_wanted(self) -> int:
        """One row more than the page holds: its presence says that there is more."""
        return self.limit + 1


def parse_place(route: str, limit: int, cursor: str | None) -> Place:
    """The place a caller asks for. Raises CursorInvalid for a cursor that this route did not give."""
    return Place(route, limit, None if cursor is None else _decode(route, cursor))


def page_of(
    place: Place,
    rows: Sequence[Row],
    show: Callable[[Row], Member],
    position: Callable[[Row], tuple[Any, ...]],
) -> Page[Member]:
    """The page made of at most `rows_wanted` rows in list order."""
    shown = rows[: place.limit]
    has_more = len(rows) > place.limit
    return Page(
        data=[show(row) for row in shown],
        has_more=has_more,
        next_cursor=_encode(place.route, position(shown[-1])) if has_more else None,
    )


def _encode(route: str, position: tuple[Any, ...]) -> str:
    content = canonical_json.encode(list(position))
    return base64.urlsafe_b64encode(_seal(route, content) + content).rstrip(b"=").decode()


def _decode(route: str, cursor: str) -> tuple[JsonValue, ...]:
    if len(cursor) > CURSOR_LENGTH_MAX:
        raise CursorInvalid(f"a cursor has at most {CURSOR_LENGTH_MAX} characters")
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        seal, content = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
        if seal != _seal(route, content):
            raise CursorInvalid("this cursor is not one that this list returned")
        return tuple(canonical_json.parse(content))
    except (binascii.Error, ValueError, MalformedJson):
        raise CursorInvalid("this cursor is not one that this list returned") from None


def _seal(route: str, content: bytes) -> bytes:
    # Not a secret: a position says nothing that its list does not. It catches cursors of other lists and typos.
    return hashlib.sha256(b"actum/cursor/v1\n" + route.encode() + b"\n" + content).digest()[:_SEAL_BYTES]


def position_id(place: Place) -> UUID | None:
    """The id that a list sorted by ids goes on after; None at its beginning."""
    if place.position is None:
        return None
    try:
        return UUID(str(place.position[0]))
    except (IndexError, ValueError):
        raise CursorInvalid("this cursor is not one that this list returned") from None


def position_number(place: Place) -> int | None:
    """The number that a list sorted by numbers goes on after; None at its beginning."""
    if place.position is None:
        return None
    number = place.position[0] if place.position else None
    if not isinstance(number, int):
        raise CursorInvalid("this cursor is not one that this list returned")
    return number
