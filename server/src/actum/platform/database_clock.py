"""The database's time, without asking for it each time."""

import time
from datetime import datetime, timedelta

from actum.platform.limits import CLOCK_CARRIED_SECONDS_MAX


class DatabaseClock:
    """The database's clock as it last told it, carried on by this process's monotonic clock.

    All times in the ledger are the database's, so that many server processes agree. Asking costs a round trip;
    between two answers the monotonic clock, which nobody sets, is as good for some seconds.
    """

    def __init__(self) -> None:
        self._told: datetime | None = None
        self._heard_at = 0.0

    def note(self, now: str) -> None:
        """Take over what the database said just now, as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``."""
        self._told = datetime.fromisoformat(now)
        self._heard_at = time.monotonic()

    def estimate(self) -> str | None:
        """The database's time, or None when it was not heard of for too long."""
        age = time.monotonic() - self._heard_at
        if self._told is None or age > CLOCK_CARRIED_SECONDS_MAX:
            return None
        moment = self._told + timedelta(seconds=age)
        return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
