"""What both transports open a stream with: where it begins, and the parts that all streams share."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from actum.orgs.access import Caller
from actum.streams.feeds import Feed, OrgFeed, find_execution_feed
from actum.streams.follow import Follower, StreamParts
from actum.streams.gate import Gate
from actum.streams.positions import Position, choose_start
from actum.streams.settings import StreamSettings

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Start:
    """A feed, and the id of the entry after which to begin; `is_over` when nothing will ever come after it."""

    feed: Feed
    after: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """The shared parts: one of each in a process."""

    parts: StreamParts
    gate: Gate
    follower: Follower

    @property
    def settings(self) -> StreamSettings:
        """How streams behave."""
        return self.parts.settings

    async def find(self, caller: Caller, execution: str | None, wanted: Position | None) -> Start:
        """Where a stream of an execution, or of the caller's whole org, begins.

        Raises NotFound for the execution, ParameterInvalid for the position.
        """
        bounds = self.settings.bounds
        async with self.parts.database.transaction(caller.org_id) as tx:
            feed: Feed = OrgFeed(caller.org_id, bounds)
            if execution is not None:
                feed = await find_execution_feed(tx, caller.org_id, execution, bounds)
            head = await feed.find_head(tx)
        after = choose_start(head.id, wanted)
        return Start(feed, after, is_over=head.is_over and after == head.id)


def open_desk(parts: StreamParts) -> Desk:
    """The shared parts of a process."""
    gate = Gate(parts.settings)
    return Desk(parts, gate, Follower(parts, gate))


class Tasks:
    """Tasks that end with the block: cancelled and awaited, so that nothing of a connection outlives it."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []

    def begin(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Run a coroutine beside the block."""
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task

    async def end(self, task: asyncio.Task[Any]) -> None:
        """Cancel one of them before the others, and wait until it is gone."""
        self._tasks.remove(task)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def __aenter__(self) -> "Tasks":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
