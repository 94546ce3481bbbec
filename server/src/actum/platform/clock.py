"""The server's clocks: the real one, and one for tests that moves only when told."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Whoever needs the time is given a clock; nothing below the entry points reads the system's."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is advanced."""

    def __init__(self, start: datetime) -> None:
        self._now = _require_utc(start)

    def now(self) -> datetime:
        return self._now

    def advance(self, amount: timedelta) -> datetime:
        """Move forward and return the new instant; time never goes back."""
        if amount < timedelta(0):
            raise ValueError("a clock cannot be moved back")
        self._now += amount
        return self._now


def format_instant(instant: datetime) -> str:
    """Write an aware instant as `YYYY-MM-DDTHH:MM:SS.ffffffZ`, the ledger's only form of time."""
    moment = instant.astimezone(UTC) if instant.tzinfo is not None else _require_utc(instant)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _require_utc(instant: datetime) -> datetime:
    if instant.utcoffset() != timedelta(0):
        raise ValueError("an instant must be aware and in UTC")
    return instant
