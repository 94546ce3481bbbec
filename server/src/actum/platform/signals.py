"""Wake-ups for streams: who moved, and how far. Hints only: the reader always reads the table itself.

A position that is told late or twice does no harm, so many moves are told as one, and after a lost
connection everybody is woken once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Place:
    """What may move: one execution (to a sequence), or, without an execution, an org's log (to an index)."""

    org_id: UUID
    execution_id: UUID | None = None


class Subscription:
    """One reader's interest in one place. Not for use by several tasks at once."""

    def __init__(self, position: int) -> None:
        self._position = position
        self._is_stale = False
        self._woken = asyncio.Event()

    async def wait_beyond(self, position: int) -> int:
        """Wait until the place may have moved beyond a position; return the farthest position heard of.

        It also returns when moves may have been missed; then the answer may not be beyond the position.
        """
        while self._position <= position and not self._is_stale:
            self._woken.clear()
            await self._woken.wait()
        self._is_stale = False
        return self._position

    def _move(self, position: int) -> None:
        if position > self._position:
            self._position = position
            self._woken.set()

    def _wake(self) -> None:
        self._is_stale = True
        self._woken.set()


class Signals:
    """Publish and subscribe inside one process. Everything happens on the event loop's thread."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[Place, set[Subscription]] = defaultdict(set)
        self._forward: Callable[[Mapping[Place, int]], None] | None = None

    @contextmanager
    def subscribe(self, place: Place, position: int = -1) -> Iterator[Subscription]:
        """Hear of a place's moves from now on. Subscribe first and read the table then, or a move is missed."""
        subscription = Subscription(position)
        self._subscriptions[place].add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[place].discard(subscription)
            if not self._subscriptions[place]:
                del self._subscriptions[place]

    def publish_execution(self, org_id: UUID, execution_id: UUID, sequence: int) -> None:
        """Tell that an execution's ledger has, after a commit, reached this sequence."""
        self.publish({Place(org_id, execution_id): sequence})

    def publish_org(self, org_id: UUID, index: int) -> None:
        """Tell that an org's log has, after a commit, reached this index."""
        self.publish({Place(org_id): index})

    def publish(self, moves: Mapping[Place, int]) -> None:
        """Tell this process's readers, and through the notifier the others', what a committed batch moved."""
        self.deliver(moves)
        if self._forward is not None:
            self._forward(moves)

    def deliver(self, moves: Mapping[Place, int]) -> None:
        """Tell this process's readers only."""
        for place, position in moves.items():
            for subscription in self._subscriptions.get(place, ()):
                subscription._move(position)

    def wake(self, orgs: Iterable[UUID] | None = None) -> None:
        """Make the readers of these orgs, or all, look for themselves: moves may have been missed."""
        chosen = None if orgs is None else set(orgs)
        for place, subscriptions in self._subscriptions.items():
            if chosen is None or place.org_id in chosen:
                for subscription in subscriptions:
                    subscription._wake()

    def forward_to(self, forward: Callable[[Mapping[Place, int]], None] | None) -> None:
        """Hand what is published to a notifier as well; None ends that."""
        self._forward = forward

    @property
    def places(self) -> Mapping[Place, int]:
        """How many readers each place has, for tests and metrics."""
        return MappingProxyType({place: len(found) for place, found in self._subscriptions.items()})
