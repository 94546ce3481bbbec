"""Moments as the ledger writes them, ``YYYY-MM-DDTHH:MM:SS.ffffffZ``, and as expressions count them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from actum_core.expression import Timestamp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: 0001-01-01 and the end of 9999 in microseconds since 1970.
_FIRST: Final = -62_135_596_800_000_000
_LAST: Final = 253_402_300_799_999_999


def read_moment(text: str) -> int:
    """Nanoseconds since 1970."""
    return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND * 1_000


def moment_of(text: str) -> Timestamp:
    """As expressions see it."""
    return Timestamp(read_moment(text))


def write_moment(nanoseconds: int) -> str | None:
    """The first whole microsecond that is not before it, so that nothing is ever early; None beyond the year 9999."""
    microseconds = -(-nanoseconds // 1_000)
    if not _FIRST <= microseconds <= _LAST:
        return None
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
