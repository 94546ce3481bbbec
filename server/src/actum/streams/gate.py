"""Who may stream: counts what is open, refuses what would be too many, and ends all of it when the server stops."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar
from uuid import UUID

from actum.platform.http_errors import Unavailable
from actum.streams.settings import StreamSettings
from actum_core.errors import ActumError


class TooManyStreams(ActumError):
    """Close streams that nobody reads any more, or watch the whole org with one: your org has too many open."""

    code: ClassVar[str] = "too_many_streams"
    retry_after_seconds: ClassVar[int] = 10


class StreamsFull(Unavailable):
    """Wait as the answer says and connect again: this server has as many streams open as it can serve."""

    code: ClassVar[str] = "streams_full"
    retry_after_seconds: ClassVar[int] = 5


class Gate:
    """Every stream of this process passes through here once."""

    def __init__(self, settings: StreamSettings) -> None:
        self._settings = settings
        self._open = 0
        self._open_by_org: Counter[UUID] = Counter()
        #: Set once, when the server begins to stop; every stream waits for it beside all else.
        self.draining = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def open_streams(self) -> int:
        """How many streams are open in this process."""
        return self._open

    @contextmanager
    def admit(self, org_id: UUID) -> Iterator[None]:
        """Hold a place while a stream is open. Raises TooManyStreams (429), StreamsFull or Unavailable (503)."""
        if self.draining.is_set():
            raise Unavailable("this server is about to stop")
        if self._open >= self._settings.streams_max:
            raise StreamsFull(f"{self._open} streams are open")
        if self._open_by_org[org_id] >= self._settings.streams_per_org_max:
            raise TooManyStreams(f"{self._open_by_org[org_id]} streams of the org are open on this server")
        self._open += 1
        self._open_by_org[org_id] += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._open -= 1
            self._open_by_org[org_id] -= 1
            if not self._open_by_org[org_id]:
                del self._open_by_org[org_id]
            if not self._open:
                self._empty.set()

    async def drain(self) -> None:
        """Let every stream say goodbye, and return when all are gone."""
        self.draining.set()
        await self._empty.wait()
