"""SQL that executions are decided by and written with: rows to types and back, constraint names to errors."""

from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from actum.executions.arrays import plain_array, text_array
from actum.executions.arrivals import Answer, Wanted
from actum.executions.decide import InputName, Written
from actum.executions.places import Place
from actum.platform import sql
from actum.platform.database import Database, Row, Transaction
from actum_core import canonical_json
from actum_core.engine.fold import Arrival
from actum_core.engine.inputs import InputKind
from actum_core.engine.replay import read_arrival
from actum_core.identifiers import IdentifierInvalid, Prefix, format_identifier, parse_identifier
from actum_core.ledger.chain import StoredEntry
from actum_core.ledger.entry import Head

_queries = sql.load("actum.executions")
_LOCK_HEADS: Final = _queries["lock_heads"]
_FIND_SUBJECTS: Final = _queries["find_subjects"]
_FIND_INPUTS: Final = _queries["find_inputs"]
_LIST_HELD: Final = _queries["list_held"]
_WRITE_BATCH: Final = _queries["write_batch"]
_WRITE_BATCH_AND_TIMERS: Final = _queries["write_batch_and_timers"]
_SAVE_LIFECYCLES: Final = _queries["save_lifecycles"]
_INSERT_SNAPSHOTS: Final = _queries["insert_snapshots"]
_INSERT_EXECUTION: Final = _queries["insert_execution"]
_INSERT_HEAD: Final = _queries["insert_head"]
_FIND_VERSION: Final = _queries["find_version"]
_FIND_BY_EXTERNAL_ID: Final = _queries["find_by_external_id"]
_FIND_NOW: Final = _queries["find_now"]
_FIND_LOG_NAME: Final = _queries["find_log_name"]


#: What `write_batch` raises when a head is not where it was read.
_HEAD_MOVED: Final = "AC001"


class LockedHead(NamedTuple):
    """A head as it was locked; ``state`` is None where the caller's copy is the latest."""

    org_id: UUID
    execution_id: UUID
    head: Head
    state: bytes | None
    now: str


class FoundSubject(NamedTuple):
    """What stays the same through an execution."""

    execution_id: UUID
    program_digest: bytes
    state_salt: bytes
    log_name: str


class SnapshotRow(NamedTuple):
    """A snapshot to be stored."""

    org_id: UUID
    execution_id: UUID
    sequence: int
    snapshot_id: UUID
    input_sequence: int
    state: bytes
    created_at: datetime


class HeadMoved(Exception):
    """A head is not where it was read: another process moved it first, and nothing was stored."""


def parse_instant(text: str) -> datetime:
    """``YYYY-MM-DDTHH:MM:SS.ffffffZ`` as an aware datetime."""
    return datetime.fromisoformat(text)


async def lock_heads(
    tx: Transaction, wanted: Sequence[tuple[UUID, UUID]], known_hashes: Sequence[bytes | None]
) -> list[LockedHead]:
    """Lock the heads of (org, execution) pairs in a fixed order; those that do not exist are left out."""
    rows = await tx.fetch(
        _LOCK_HEADS,
        [org_id for org_id, _ in wanted],
        [execution_id for _, execution_id in wanted],
        known_hashes,
    )
    return [
        LockedHead(
            row["org_id"],
            row["execution_id"],
            Head(row["sequence"], row["entry_hash"], row["recorded_at"]),
            row["state"],
            row["now"],
        )
        for row in rows
    ]


async def find_subjects(tx: Transaction, wanted: Sequence[tuple[UUID, UUID]]) -> list[FoundSubject]:
    """The constant part of each execution."""
    rows = await tx.fetch(_FIND_SUBJECTS, [org for org, _ in wanted], [execution for _, execution in wanted])
    return [FoundSubject(*row.values()) for row in rows]


async def find_first_answers(
    tx: Transaction, names: Iterable[tuple[UUID, InputName]]
) -> dict[InputName, tuple[bytes, Answer]]:
    """The answers already given to inputs of these names, with the fingerprints they were given for."""
    wanted = list(names)
    rows = await tx.fetch(
        _FIND_INPUTS,
        [org_id for org_id, _ in wanted],
        [name[0] for _, name in wanted],
        [name[1] for _, name in wanted],
        [name[2] for _, name in wanted],
    )
    return {
        (row["execution_id"], row["source"], row["key"]): (
            row["fingerprint"],
            Answer(
                source=row["source"],
                key=row["key"],
                kind=InputKind(row["kind"]),
                input_sequence=row["input_sequence"],
                first_sequence=row["first_sequence"],
                last_sequence=row["last_sequence"],
                entry_hash=row["entry_hash"],
                outcome=row["outcome"],
                received_at=row["received_at"],
                configuration=row["configuration"],
                failure=row["failure"],
            ),
        )
        for row in rows
    }


async def list_held(tx: Transaction, place: Place) -> list[Arrival]:
    """The events that a paused execution holds, as they were recorded."""
    last = place.execution.input_sequence
    first = last - place.execution.held + 1
    return await list_held_between(tx, (place.org_id, place.execution_id), first, last)


async def list_held_between(
    tx: Transaction, place: tuple[UUID, UUID], first: int, last: int
) -> list[Arrival]:
    """Held events and outcomes of an (org, execution) by their input sequences, both included."""
    execution = format_identifier(Prefix.EXECUTION, place[1])
    return [
        read_arrival(execution, StoredEntry(*list(row.values())[1:]), row["received_at"])
        for row in await tx.fetch(_LIST_HELD, *place, first, last)
    ]


class Recorded(NamedTuple):
    """Where each org's log now ends (the last index), and the database's clock after the batch."""

    ends: dict[UUID, int]
    now: str


async def write_batch(
    tx: Transaction, written: Written, places: Sequence[Place], states: Sequence[bytes]
) -> Recorded:
    """Store what a batch decided, within a transaction. Raises HeadMoved when a compare-and-set fails."""
    query, columns = _statement(written, places, states)
    return _recorded(await _moved_or(tx.fetch(query, *columns)))


async def write_batch_at_once(
    database: Database, written: Written, places: Sequence[Place], states: Sequence[bytes]
) -> Recorded:
    """As `write_batch`, as a transaction of its own: begun, done and committed in one round trip."""
    query, columns = _statement(written, places, states)
    return _recorded(await _moved_or(database.fetch_at_once(query, *columns)))


def _statement(
    written: Written, places: Sequence[Place], states: Sequence[bytes]
) -> tuple[sql.Query, tuple[str, ...]]:
    """What stores a batch; with the executions' timers where these are next due at another time than before."""
    columns = _columns(written, places, states)
    set_anew = [
        place
        for place in places
        if place.execution.next_due != place.stored_execution.next_due or place.execution_id in written.fired
    ]
    if not set_anew:
        return _WRITE_BATCH, columns
    return _WRITE_BATCH_AND_TIMERS, (
        *columns,
        plain_array({place.org_id for place in set_anew}),
        plain_array([place.org_id for place in set_anew]),
        plain_array([place.execution_id for place in set_anew]),
        plain_array([place.execution.next_due or "NULL" for place in set_anew]),
    )


async def _moved_or(rows: Awaitable[list[Row]]) -> list[Row]:
    try:
        return await rows
    except asyncpg.PostgresError as error:
        if error.sqlstate == _HEAD_MOVED:
            raise HeadMoved("a head was not where it was read") from None
        raise


def _recorded(rows: list[Row]) -> Recorded:
    return Recorded({row["org_id"]: row["last_index"] for row in rows}, rows[0]["now"])


def _columns(written: Written, places: Sequence[Place], states: Sequence[bytes]) -> tuple[str, ...]:
    """The arguments of `write_batch`, in its order."""
    inputs, entries = written.inputs, written.entries
    number = {id(place): position for position, place in enumerate(places, 1)}
    return (
        plain_array({place.org_id for place in places}),
        plain_array([place.org_id for place in places]),
        plain_array([place.execution_id for place in places]),
        plain_array([place.stored_head.sequence for place in places]),
        plain_array([place.stored_head.entry_hash.hex() for place in places]),
        plain_array([place.head.sequence for place in places]),
        plain_array([place.execution.input_sequence for place in places]),
        plain_array([place.head.entry_hash.hex() for place in places]),
        plain_array([place.head.recorded_at for place in places]),
        text_array([state.decode() for state in states]),
        plain_array([number[id(place)] for place, _, _ in inputs]),
        plain_array([answer.input_sequence for _, _, answer in inputs]),
        plain_array([received.kind.value for _, received, _ in inputs]),
        text_array([received.name for _, received, _ in inputs]),
        text_array([received.source for _, received, _ in inputs]),
        text_array([received.key for _, received, _ in inputs]),
        plain_array([received.fingerprint.hex() for _, received, _ in inputs]),
        plain_array([answer.outcome for _, _, answer in inputs]),
        plain_array([answer.received_at for _, _, answer in inputs]),
        plain_array([answer.first_sequence for _, _, answer in inputs]),
        plain_array([answer.last_sequence for _, _, answer in inputs]),
        text_array([answer.configuration for _, _, answer in inputs]),
        plain_array([number[id(place)] for place, _ in entries]),
        plain_array([entry.sequence for _, entry in entries]),
        plain_array([entry.input_sequence for _, entry in entries]),
        plain_array([entry.kind for _, entry in entries]),
        plain_array([entry.entry_hash.hex() for _, entry in entries]),
        text_array([entry.header.decode() for _, entry in entries]),
        text_array([entry.payload.decode() for _, entry in entries]),
        plain_array([entry.payload_salt.hex() for _, entry in entries]),
    )


async def save_lifecycles(tx: Transaction, places: Sequence[Place]) -> None:
    """Note changed lifecycles where lists find them."""
    await tx.execute(
        _SAVE_LIFECYCLES,
        [place.org_id for place in places],
        [place.execution_id for place in places],
        [place.execution.lifecycle.value for place in places],
    )


async def insert_snapshots(tx: Transaction, rows: Sequence[SnapshotRow]) -> None:
    """Store snapshots; a place that has one keeps it."""
    await tx.execute(_INSERT_SNAPSHOTS, *(list(column) for column in zip(*rows, strict=True)))


async def find_version(tx: Transaction, org_id: UUID, template: str, version: int | None) -> Row | None:
    """A published version by its template's id or name; the latest when no version is given."""
    try:
        template_id: UUID | None = parse_identifier(Prefix.TEMPLATE, template)
    except IdentifierInvalid:
        template_id = None
    return await tx.fetch_row(_FIND_VERSION, org_id, template_id, template, version)


async def find_now(tx: Transaction) -> str:
    """The database's clock."""
    return str(await tx.fetch_value(_FIND_NOW))


async def find_log_name(tx: Transaction, org_id: UUID) -> str:
    """The name of the org's log."""
    return str(await tx.fetch_value(_FIND_LOG_NAME, org_id))


async def find_by_external_id(tx: Transaction, org_id: UUID, external_id: str) -> Row | None:
    """The execution that the caller named so, with what it was created from."""
    return await tx.fetch_row(_FIND_BY_EXTERNAL_ID, org_id, external_id)


async def insert_execution(
    tx: Transaction, place: Place, wanted: Wanted, version: Row, created_by: str
) -> bool:
    """Store a new execution and its head; False when its external id is taken."""
    moment = parse_instant(place.head.recorded_at)
    inserted = await tx.fetch_value(
        _INSERT_EXECUTION,
        place.org_id,
        place.execution_id,
        version["template_id"],
        version["version"],
        version["program_digest"],
        wanted.external_id,
        canonical_json.encode(wanted.metadata),
        place.subject.state_salt,
        moment,
        created_by,
    )
    if inserted is None:
        return False
    state = place.execution.canonical()
    await tx.execute(_INSERT_HEAD, place.org_id, place.execution_id, place.head.entry_hash, moment, state)
    return True
