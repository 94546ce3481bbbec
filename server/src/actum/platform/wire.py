"""The types that the wire forms of every slice are made of."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from actum.platform.clock import format_instant
from actum.platform.http_errors import RequestInvalid
from actum.platform.limits import LABEL_LENGTH_MAX, NOTE_LENGTH_MAX
from actum_core.errors import Problem

#: Without control characters: PostgreSQL's text cannot hold NUL, and the others have no place in a name.
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*$"

#: A display name of 1 to LABEL_LENGTH_MAX characters.
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=LABEL_LENGTH_MAX, pattern=_PRINTABLE)]

#: A point in time as it is received: RFC 3339 with its offset, because a time without one is nobody's.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]

#: Free text of several lines.
Note = Annotated[str, msgspec.Meta(max_length=NOTE_LENGTH_MAX, pattern=r"^[^\x00]*$")]


class Received(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a body is converted to: a member that is not declared refuses the whole request."""


class Told(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is answered. Members may be added in later versions; clients must ignore those they do not know."""


def instant_text(instant: datetime, pointer: str) -> str:
    """A received point in time in the ledger's form. Raises RequestInvalid when UTC has no such year."""
    try:
        return format_instant(instant)
    except OverflowError:
        detail = "a time from the year 1 to the year 9999 in UTC"
        raise RequestInvalid([Problem(pointer, "bad_value", detail)]) from None
