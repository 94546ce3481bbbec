"""Follow a feed: wait without holding anything, read what is there, and know when to stop.

One loop for every transport. It is woken by signals; a poll now and then covers one that was missed. While the
client does not take what it was given, the loop does not go on: the cursor is all there is to remember.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import structlog

from actum.orgs.access import Caller, Permission, require
from actum.orgs.authenticate import Authenticator
from actum.platform import limits
from actum.platform.database import Database, DatabaseUnavailable
from actum.platform.exchange import Exchange
from actum.platform.signals import Place, Signals, Subscription
from actum.streams.feeds import Feed, Page
from actum.streams.gate import Gate
from actum.streams.settings import StreamSettings
from actum.streams.wire import View, view_of

#: What a caller needs for every stream.
PERMISSION: Final = Permission.EXECUTIONS_READ

_NOTHING: Final = Page((), is_full=False)

_log = structlog.get_logger(__name__)


class Quiet(Enum):
    """Nothing was told for a while."""

    HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class StreamParts:
    """What streams work with."""

    database: Database
    authenticator: Authenticator
    signals: Signals
    settings: StreamSettings = field(default_factory=StreamSettings)


class Visit:
    """One open connection and its caller, who is looked at again every few seconds."""

    def __init__(self, parts: StreamParts, header: bytes | None, caller: Caller, exchange: Exchange) -> None:
        self._authenticator = parts.authenticator
        self._seconds = parts.settings.recheck_seconds
        self._header = header
        self._checked_at = time.monotonic()
        self.caller = caller
        self.exchange = exchange

    @property
    def view(self) -> View:
        """How much of entries this caller may see."""
        return view_of(self.caller)

    async def recheck(self) -> None:
        """Raise Unauthenticated or PermissionDenied when the caller may not go on, if it is time to look."""
        if time.monotonic() - self._checked_at >= self._seconds:
            self.caller = await self._authenticator.authenticate(self._header)
            require(self.caller, PERMISSION)
            self._checked_at = time.monotonic()


class Follower:
    """Follows feeds, any number at a time, with few reads at once."""

    def __init__(self, parts: StreamParts, gate: Gate) -> None:
        self._database = parts.database
        self._signals = parts.signals
        self._settings = parts.settings
        self._gate = gate
        self._reading = asyncio.Semaphore(limits.STREAM_READS_AT_ONCE_MAX)

    async def follow(self, visit: Visit, feed: Feed, after: int) -> AsyncGenerator[Page | Quiet, None]:
        """Yield pages with entries as they are written, and Quiet when there were none for long.

        Ends after a page that has an end. Raises what ends the stream: Unauthenticated, PermissionDenied, and
        LogBroken or NotFound when what is stored is not what must be there.
        """
        # Subscribed before the first read: what is committed after that read is heard of.
        with self._signals.subscribe(Place(feed.org_id, feed.execution_id)) as subscription:
            listening = _Listening(subscription, self._settings)
            while True:
                began = time.monotonic()
                page = await self._read(visit, feed, after)
                if page.entries or page.end is not None:
                    yield page
                    listening.told()
                if page.end is not None:
                    return
                if page.entries:
                    after = page.entries[-1][0]
                if page.is_full:
                    continue
                while not await listening.wait(visit, after if feed.execution_id else -1):
                    yield Quiet.HEARTBEAT
                    listening.told()
                await self._pace(began)

    async def _read(self, visit: Visit, feed: Feed, after: int) -> Page:
        try:
            await visit.recheck()
            async with self._reading, self._database.transaction(feed.org_id) as tx:
                return await feed.read(tx, after, visit.view)
        except DatabaseUnavailable as error:
            # The client keeps its connection and its place; the next poll looks again.
            _log.warning("stream waits for the database", **visit.exchange.fields(), error=str(error))
            return _NOTHING

    async def _pace(self, began: float) -> None:
        """Let a moment pass since the last read began, the longer the more streams are open."""
        pause = limits.STREAM_READ_SECONDS_PER_STREAM * self._gate.open_streams
        left = began + max(limits.STREAM_READ_SECONDS_MIN, pause) - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)


class _Listening:
    """When to read again, and when to say something because nothing was said for long."""

    def __init__(self, subscription: Subscription, settings: StreamSettings) -> None:
        self._subscription = subscription
        self._settings = settings
        self._heard = -1
        self._quiet_at = 0.0
        self._poll_at: float | None = None
        self.told()

    def told(self) -> None:
        """Something was sent just now."""
        self._quiet_at = time.monotonic() + self._settings.heartbeat_seconds

    async def wait(self, visit: Visit, position: int) -> bool:
        """Return True when it is time to read, False when it is time for a heartbeat."""
        if self._poll_at is None:
            self._poll_at = time.monotonic() + self._settings.poll_seconds
        while (now := time.monotonic()) < self._poll_at:
            if now >= self._quiet_at:
                return False
            try:
                async with asyncio.timeout(
                    min(self._poll_at - now, self._quiet_at - now, self._settings.recheck_seconds)
                ):
                    # Beyond what was heard before, not only beyond what was read: a position that is told
                    # too high must not make this return for ever.
                    floor = max(self._heard, position)
                    self._heard = max(self._heard, await self._subscription.wait_beyond(floor))
                break
            except TimeoutError:
                await _recheck(visit)
        self._poll_at = None
        return True


async def _recheck(visit: Visit) -> None:
    try:
        await visit.recheck()
    except DatabaseUnavailable:
        return  # nothing can be read either; the next look decides
