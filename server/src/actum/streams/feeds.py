"""The two things that can be watched, an execution's ledger and an org's log, read by a cursor that is a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import msgspec

from actum.ledger.store import find_execution_id, find_log
from actum.platform.database import Transaction
from actum.platform.http_errors import NotFound
from actum.streams import store
from actum.streams.store import Bounds
from actum.streams.wire import EndTold, View, encode, streamed_entry
from actum_core.identifiers import IdentifierInvalid, Prefix, format_identifier, parse_identifier


class LogBroken(Exception):
    """What the log names is not what is stored: only tampering or a fault of ours can do that; check the ledger."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one read found: entries by their id, encoded; and, when there will never be more, how it ended.

    The id of an entry is its sequence, or in an org's log its index plus one: either way the number of entries
    that a reader of everything up to it has. `is_full` says that there may be more at once.
    """

    entries: Sequence[tuple[int, bytes]]
    is_full: bool
    end: EndTold | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The id of a feed's latest entry, and whether there will never be another."""

    id: int
    is_over: bool


class Feed(Protocol):
    """Something that can be watched."""

    @property
    def org_id(self) -> UUID:
        """Whose ledger it is."""
        ...

    @property
    def execution_id(self) -> UUID | None:
        """Which execution it is of; None for the whole org."""
        ...

    @property
    def name(self) -> str | None:
        """The execution's id as it is told."""
        ...

    async def read(self, tx: Transaction, after: int, view: View) -> Page:
        """What comes after the entry with this id. Raises NotFound when it is not there."""
        ...

    async def find_head(self, tx: Transaction) -> Head:
        """Where the feed stands now. Raises NotFound when it is not there."""
        ...


@dataclass(frozen=True, slots=True)
class ExecutionFeed:
    """The ledger of one execution."""

    org_id: UUID
    execution_id: UUID
    name: str
    bounds: Bounds

    async def read(self, tx: Transaction, after: int, view: View) -> Page:
        found = await self._find(tx, after, self.bounds)
        told = [(entry.sequence, encode(streamed_entry(self.name, entry, view))) for entry in found.entries]
        last = told[-1][0] if told else after
        if last < found.head_sequence:
            if not told:
                raise LogBroken(f"the entry {after + 1} of {self.name} is missing")
            return Page(told, is_full=True)
        # What is over takes no more inputs, so nothing can come after this head.
        end = EndTold(execution_id=self.name, seq=found.head_sequence, lifecycle=found.lifecycle.value)
        return Page(told, is_full=False, end=end if found.lifecycle.is_over else None)

    async def find_head(self, tx: Transaction) -> Head:
        found = await self._find(tx, 0, Bounds(0, 0))
        return Head(found.head_sequence, found.lifecycle.is_over)

    async def _find(self, tx: Transaction, after: int, bounds: Bounds) -> store.Standing:
        found = await store.find_next_entries(tx, (self.org_id, self.execution_id), after, bounds)
        if found is None:
            raise NotFound(f"there is no execution {self.name!r}")
        return found


@dataclass(frozen=True, slots=True)
class OrgFeed:
    """The log of an org: the entries of all its executions in the one order in which they were committed."""

    org_id: UUID
    bounds: Bounds
    execution_id: UUID | None = None
    name: str | None = None

    async def read(self, tx: Transaction, after: int, view: View) -> Page:
        ranges = await store.list_next_ranges(tx, self.org_id, after, self.bounds.entries_max)
        found = await store.list_ranges(tx, self.org_id, ranges, self.bounds.bytes_max)
        named = (
            (each.execution_id, sequence) for each in ranges for sequence in range(each.first, each.last + 1)
        )
        told: list[tuple[int, bytes]] = []
        for index, ((execution_id, entry), name) in enumerate(zip(found, named, strict=False), start=after):
            if name != (execution_id, entry.sequence):
                # An index that is off by one would be worse than none: resuming by it would lose entries.
                raise LogBroken(f"the entry with the index {index} is missing")
            execution = format_identifier(Prefix.EXECUTION, execution_id)
            streamed = streamed_entry(execution, entry, view)
            told.append((index + 1, encode(msgspec.structs.replace(streamed, index=index))))
        if ranges and not told:
            raise LogBroken(f"the entry with the index {after} is missing")
        is_cut = len(told) < sum(each.last - each.first + 1 for each in ranges)
        return Page(told, is_full=is_cut or len(told) == self.bounds.entries_max)

    async def find_head(self, tx: Transaction) -> Head:
        found = await find_log(tx, self.org_id)
        if found is None:
            raise NotFound("the org is gone")
        return Head(found.size, is_over=False)


async def find_execution_feed(tx: Transaction, org_id: UUID, name: str, bounds: Bounds) -> ExecutionFeed:
    """The ledger of an execution of this org, by its id or external id. Raises NotFound."""
    try:
        execution_id: UUID | None = parse_identifier(Prefix.EXECUTION, name)
    except IdentifierInvalid:
        execution_id = None
    found = await find_execution_id(tx, org_id, execution_id, name)
    if found is None:
        raise NotFound(f"there is no execution {name[:64]!r}")
    return ExecutionFeed(org_id, found, format_identifier(Prefix.EXECUTION, found), bounds)
