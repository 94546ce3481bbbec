"""All SQL of the ledger: rows to the core's types."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from actum.platform import sql
from actum.platform.database import Row, Transaction
from actum_core.ledger.chain import StoredEntry

_queries = sql.load("actum.ledger")
_LIST_ENTRIES: Final = _queries["list_entries"]
_FIND_CHAIN: Final = _queries["find_chain"]
_LIST_INPUTS: Final = _queries["list_inputs"]
_LIST_SNAPSHOTS: Final = _queries["list_snapshots"]
_LIST_EXECUTION_IDS: Final = _queries["list_execution_ids"]
_LIST_STRAYS: Final = _queries["list_strays"]
_LIST_FALSE_PROGRAMS: Final = _queries["list_false_programs"]
_LIST_BATCHES: Final = _queries["list_batches"]
_FIND_LOG: Final = _queries["find_log"]
_LIST_RANGES: Final = _queries["list_ranges"]
_FIND_EXECUTION_ID: Final = _queries["find_execution_id"]

#: Rows read at a time by what walks whole chains.
_PAGE: Final = 1_000


class Log(NamedTuple):
    """An org's log: its name, and how many entries it holds."""

    name: str
    size: int


class Batched(NamedTuple):
    """What one transaction appended to an org's log: ranges of entries, in order.

    ``is_whole`` is false when the three columns that the ranges are read from do not fit together.
    """

    first_index: int
    size: int
    ranges: tuple[tuple[UUID, int, int], ...]
    is_whole: bool = True


def entry_of(row: Row) -> StoredEntry:
    """A row of entries as the core's type."""
    return StoredEntry(
        row["sequence"],
        row["input_sequence"],
        row["kind"],
        row["entry_hash"],
        row["header"],
        row["payload"],
        row["payload_salt"],
    )


async def list_entries(
    tx: Transaction, execution: tuple[UUID, UUID], after: int, limit: int
) -> list[StoredEntry]:
    """Entries of an (org, execution) after a sequence."""
    return [entry_of(row) for row in await tx.fetch(_LIST_ENTRIES, *execution, after, limit)]


async def iterate_entries(
    tx: Transaction, execution: tuple[UUID, UUID], after: int = 0
) -> AsyncIterator[list[StoredEntry]]:
    """All entries after a sequence, page by page."""
    while page := await list_entries(tx, execution, after, _PAGE):
        yield page
        after = page[-1].sequence


async def find_chain(tx: Transaction, execution: tuple[UUID, UUID]) -> Row | None:
    """Everything beside the entries that they must agree with."""
    return await tx.fetch_row(_FIND_CHAIN, *execution)


async def iterate_inputs(tx: Transaction, execution: tuple[UUID, UUID]) -> AsyncIterator[list[Row]]:
    """All input rows of an execution, page by page."""
    after = 0
    while page := await tx.fetch(_LIST_INPUTS, *execution, after, _PAGE):
        yield page
        after = page[-1]["input_sequence"]


async def iterate_snapshots(tx: Transaction, execution: tuple[UUID, UUID]) -> AsyncIterator[Row]:
    """All snapshots of an execution, in order, and those that stand where no entry can."""
    after = -(2**63)
    while page := await tx.fetch(_LIST_SNAPSHOTS, *execution, after, 20):
        for row in page:
            yield row
        after = page[-1]["sequence"]


async def iterate_execution_ids(tx: Transaction, org_id: UUID) -> AsyncIterator[UUID]:
    """All executions of an org, oldest first."""
    after: UUID | None = None
    while page := await tx.fetch(_LIST_EXECUTION_IDS, org_id, after, _PAGE):
        for row in page:
            yield row["execution_id"]
        after = page[-1]["execution_id"]


async def list_strays(tx: Transaction, org_id: UUID) -> list[UUID]:
    """Executions without a row of their own that something else names."""
    return [row["execution_id"] for row in await tx.fetch(_LIST_STRAYS, org_id)]


async def list_false_programs(tx: Transaction, org_id: UUID) -> list[bytes]:
    """Digests that are not their program's."""
    return [row["program_digest"] for row in await tx.fetch(_LIST_FALSE_PROGRAMS, org_id)]


async def find_log(tx: Transaction, org_id: UUID) -> Log | None:
    """The org's log, or None for an org that is not there."""
    row = await tx.fetch_row(_FIND_LOG, org_id)
    return None if row is None else Log(row["log_name"], row["log_size"])


async def iterate_batches(tx: Transaction, org_id: UUID) -> AsyncIterator[Batched]:
    """The whole order of an org's log."""
    from_index = 0
    while page := await tx.fetch(_LIST_BATCHES, org_id, from_index, _PAGE):
        for row in page:
            yield _batched(row)
        from_index = page[-1]["first_index"] + 1


async def list_ranges(
    tx: Transaction, org_id: UUID, ranges: Sequence[tuple[UUID, int, int]]
) -> list[tuple[UUID, StoredEntry]]:
    """The entries of (execution, from, to) ranges, in the order of the ranges."""
    columns: list[list[Any]] = (
        [list(column) for column in zip(*ranges, strict=True)] if ranges else [[], [], []]
    )
    rows = await tx.fetch(_LIST_RANGES, org_id, *columns)
    return [(row["execution_id"], entry_of(row)) for row in rows]


def _batched(row: Row) -> Batched:
    columns = [row[name] or [] for name in ("execution_ids", "from_sequences", "to_sequences")]
    ranges = tuple(zip(*columns, strict=False))
    is_even = all(len(column) == len(ranges) for column in columns)
    is_whole = is_even and not any(None in each for each in ranges)
    return Batched(row["first_index"], row["size"], ranges if is_whole else (), is_whole)


async def find_execution_id(
    tx: Transaction, org_id: UUID, execution_id: UUID | None, external_id: str
) -> UUID | None:
    """The execution of an org that has this id, or this external id."""
    if "\0" in external_id:  # which PostgreSQL's text cannot hold, so nothing has this name
        return None
    name = external_id if execution_id is None else None  # an id is never another execution's own name
    found: UUID | None = await tx.fetch_value(_FIND_EXECUTION_ID, org_id, execution_id, name)
    return found
