"""Wakes whoever waits for work when this process has just set a deadline that is earlier than all it knew."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime


class Alarm:
    """The earliest deadline set in this process since somebody last looked. A hint: the table is what counts."""

    def __init__(self) -> None:
        self._earliest: datetime | None = None
        self._is_earlier = asyncio.Event()

    def set(self, due_at: str) -> None:
        """Note a deadline (RFC 3339, UTC) that was just committed."""
        moment = datetime.fromisoformat(due_at)
        if self._earliest is None or moment < self._earliest:
            self._earliest = moment
            self._is_earlier.set()

    def look(self) -> None:
        """Forget what was noted: the table is about to be read."""
        self._earliest = None
        self._is_earlier.clear()

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until the earliest deadline noted meanwhile."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            left = end - loop.time()
            if self._earliest is not None:
                left = min(left, (self._earliest - datetime.now(UTC)).total_seconds())
            if left <= 0:
                return
            self._is_earlier.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._is_earlier.wait()
