"""All SQL of streams: what comes after a place in an execution's ledger, or in an org's log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from actum.ledger.store import Batched, entry_of
from actum.platform import sql
from actum.platform.database import Transaction
from actum_core.engine.lifecycle import Lifecycle
from actum_core.ledger.chain import StoredEntry

_queries = sql.load("actum.streams")
_LIST_NEXT_ENTRIES: Final = _queries["list_next_entries"]
_LIST_NEXT_BATCHES: Final = _queries["list_next_batches"]
_LIST_RANGES_WITHIN: Final = _queries["list_ranges_within"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one read may give; ``bytes_max`` is of headers and payloads, and one entry may exceed it."""

    entries_max: int
    bytes_max: int


class Standing(NamedTuple):
    """An execution at the moment of a read: its lifecycle, the sequence of its head, and its next entries."""

    lifecycle: Lifecycle
    head_sequence: int
    entries: list[StoredEntry]


class Range(NamedTuple):
    """Entries of one execution that follow each other in an org's log, both ends included."""

    execution_id: UUID
    first: int
    last: int


async def find_next_entries(
    tx: Transaction, execution: tuple[UUID, UUID], after: int, bounds: Bounds
) -> Standing | None:
    """What comes after a sequence; None when there is no such execution."""
    rows = await tx.fetch(_LIST_NEXT_ENTRIES, *execution, after, bounds.entries_max, bounds.bytes_max)
    if not rows:
        return None
    entries = [entry_of(row) for row in rows if row["sequence"] is not None]
    return Standing(Lifecycle(rows[0]["lifecycle"]), rows[0]["head_sequence"], entries)


async def list_next_ranges(tx: Transaction, org_id: UUID, index: int, entries_max: int) -> list[Range]:
    """Where the entries of an org's log from an index on are to be found, at most so many."""
    rows = await tx.fetch(_LIST_NEXT_BATCHES, org_id, index, entries_max)
    batches = [
        Batched(
            row["first_index"],
            row["size"],
            tuple(zip(row["execution_ids"], row["from_sequences"], row["to_sequences"], strict=True)),
        )
        for row in rows
    ]
    return cut_ranges(batches, index, entries_max)


def cut_ranges(batches: Sequence[Batched], index: int, entries_max: int) -> list[Range]:
    """The ranges of following batches, without what stands before the index and after so many entries."""
    found: list[Range] = []
    if not batches:
        return found
    skipped = index - batches[0].first_index
    left = entries_max
    for execution_id, first, last in (each for batch in batches for each in batch.ranges):
        size = last - first + 1
        if skipped >= size:
            skipped -= size
            continue
        taken = min(size - skipped, left)
        found.append(Range(execution_id, first + skipped, first + skipped + taken - 1))
        skipped = 0
        left -= taken
        if not left:
            break
    return found


async def list_ranges(
    tx: Transaction, org_id: UUID, ranges: Sequence[Range], bytes_max: int
) -> list[tuple[UUID, StoredEntry]]:
    """The entries of ranges in their order, cut off where they would be too many bytes."""
    if not ranges:
        return []
    columns: list[list[Any]] = [list(column) for column in zip(*ranges, strict=True)]
    rows = await tx.fetch(_LIST_RANGES_WITHIN, org_id, *columns, bytes_max)
    return [(row["execution_id"], entry_of(row)) for row in rows]
