"""SQL that only reads executions: pages and single rows for requests and replays."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from actum.platform import sql
from actum.platform.database import Row, Transaction
from actum_core.engine.replay import OPENING_KINDS
from actum_core.identifiers import IdentifierInvalid, Prefix, parse_identifier
from actum_core.ledger.chain import StoredEntry

_queries = sql.load("actum.executions")
_FIND_EXECUTION: Final = _queries["find_execution"]
_LIST_EXECUTIONS: Final = _queries["list_executions"]
_LIST_INPUTS: Final = _queries["list_inputs"]
_FIND_INPUTS_BY_SEQUENCE: Final = _queries["find_inputs_by_sequence"]
_LIST_ENTRIES_OF_KIND: Final = _queries["list_entries_of_kind"]
_LIST_ENTRIES_OF_FLOW: Final = _queries["list_entries_of_flow"]
_FIND_COMPLETION: Final = _queries["find_completion"]
_LIST_SNAPSHOTS: Final = _queries["list_snapshots"]
_FIND_SNAPSHOT: Final = _queries["find_snapshot"]
_LIST_RECORDED: Final = _queries["list_recorded"]
_FIND_INPUT_END: Final = _queries["find_input_end"]

#: Kinds of entries that have an index, so that few of them among many others are found at once.
FLOW_KINDS: Final = frozenset({"token", "dropped", "requested"})


async def find_execution(tx: Transaction, org_id: UUID, name: str) -> Row | None:
    """An execution by its id or external id, with where it stands."""
    if "\0" in name:  # which PostgreSQL's text cannot hold, so nothing has this name
        return None
    try:
        return await tx.fetch_row(_FIND_EXECUTION, org_id, parse_identifier(Prefix.EXECUTION, name), None)
    except IdentifierInvalid:
        return await tx.fetch_row(_FIND_EXECUTION, org_id, None, name)


class ExecutionFilter(NamedTuple):
    """Which executions are wanted: those before an id, of a template, in a lifecycle."""

    before: UUID | None
    template_id: UUID | None
    lifecycle: str | None


async def list_executions(tx: Transaction, org_id: UUID, which: ExecutionFilter, limit: int) -> list[Row]:
    """A page of executions, latest first."""
    return await tx.fetch(_LIST_EXECUTIONS, org_id, *which, limit)


class Part(NamedTuple):
    """A part of an execution's record: what comes after a sequence, and how much of it."""

    org_id: UUID
    execution_id: UUID
    after: int
    limit: int


async def list_inputs(tx: Transaction, part: Part, kind: str | None) -> list[Row]:
    """A page of inputs, in order."""
    return await tx.fetch(_LIST_INPUTS, part.org_id, part.execution_id, part.after, kind, part.limit)


async def find_inputs_by_sequence(
    tx: Transaction, place: tuple[UUID, UUID], sequences: Sequence[int]
) -> list[Row]:
    """Inputs by their places, in order."""
    return await tx.fetch(_FIND_INPUTS_BY_SEQUENCE, *place, list(sequences))


async def list_entries_of_kind(tx: Transaction, part: Part, kind: str) -> list[Row]:
    """A page of entries of one kind, in order."""
    query = _LIST_ENTRIES_OF_FLOW if kind in FLOW_KINDS else _LIST_ENTRIES_OF_KIND
    return await tx.fetch(query, part.org_id, part.execution_id, part.after, kind, part.limit)


async def was_completed_between(tx: Transaction, place: tuple[UUID, UUID], after: int, up_to: int) -> bool:
    """Whether an execution was completed by the entries after a sequence, up to another."""
    return await tx.fetch_value(_FIND_COMPLETION, *place, after, up_to) is not None


async def list_snapshots(
    tx: Transaction, place: tuple[UUID, UUID], before: int | None, limit: int
) -> list[Row]:
    """A page of snapshots, latest first."""
    return await tx.fetch(_LIST_SNAPSHOTS, *place, before, limit)


async def find_snapshot(tx: Transaction, place: tuple[UUID, UUID], snapshot_id: UUID) -> Row | None:
    """One snapshot with its state."""
    return await tx.fetch_row(_FIND_SNAPSHOT, *place, snapshot_id)


async def list_recorded(tx: Transaction, part: Part, up_to: int) -> list[StoredEntry]:
    """A page of entries, in order, for a replay."""
    rows = await tx.fetch(_LIST_RECORDED, part.org_id, part.execution_id, part.after, up_to, part.limit)
    return [StoredEntry(*row.values()) for row in rows]


async def find_input_end(tx: Transaction, place: tuple[UUID, UUID], up_to: int) -> int:
    """The last entry, not after ``up_to``, that ends an input."""
    return int(await tx.fetch_value(_FIND_INPUT_END, *place, up_to, sorted(OPENING_KINDS)) or 0)
