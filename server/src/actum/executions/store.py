"""All SQL of executions: rows to types and back, constraint names to errors."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from actum.executions.arrivals import Answer
from actum.executions.decide import InputName, Written
from actum.executions.places import Place
from actum.platform import sql
from actum.platform.database import Transaction
from actum_core import canonical_json
from actum_core.engine.fold import Arrival
from actum_core.engine.inputs import Input, InputKind
from actum_core.ledger.entry import Head

_queries = sql.load("actum.executions")
_LOCK_HEADS: Final = _queries["lock_heads"]
_FIND_SUBJECTS: Final = _queries["find_subjects"]
_FIND_INPUTS: Final = _queries["find_inputs"]
_LIST_HELD: Final = _queries["list_held"]
_WRITE_BATCH: Final = _queries["write_batch"]
_SAVE_LIFECYCLES: Final = _queries["save_lifecycles"]
_INSERT_SNAPSHOTS: Final = _queries["insert_snapshots"]


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
    """A head was not where it was locked: only a fault of ours can do that, so nothing is committed."""


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
            ),
        )
        for row in rows
    }


async def list_held(tx: Transaction, place: Place) -> list[Arrival]:
    """The events that a paused execution holds, as they were recorded."""
    last = place.execution.input_sequence
    rows = await tx.fetch(_LIST_HELD, place.org_id, place.execution_id, last - place.execution.held + 1, last)
    return [
        restore_event(place.chain.execution, row["input_sequence"], row["received_at"], row["payload"])
        for row in rows
    ]


async def write_batch(
    tx: Transaction, written: Written, places: Sequence[Place], states: Sequence[bytes]
) -> None:
    """Store what a batch decided, in one statement. Raises HeadMoved when a compare-and-set fails."""
    instants: dict[str, datetime] = {}

    def instant(text: str) -> datetime:
        found = instants.get(text)
        if found is None:
            found = instants[text] = parse_instant(text)
        return found

    inputs, entries = written.inputs, written.entries
    row = await tx.fetch_row(
        _WRITE_BATCH,
        [place.org_id for place in places],
        [place.execution_id for place in places],
        [place.stored_head.sequence for place in places],
        [place.stored_head.entry_hash for place in places],
        [place.head.sequence for place in places],
        [place.execution.input_sequence for place in places],
        [place.head.entry_hash for place in places],
        [instant(place.head.recorded_at) for place in places],
        states,
        [place.org_id for place, _, _ in inputs],
        [place.execution_id for place, _, _ in inputs],
        [answer.input_sequence for _, _, answer in inputs],
        [received.kind.value for _, received, _ in inputs],
        [received.name for _, received, _ in inputs],
        [received.source for _, received, _ in inputs],
        [received.key for _, received, _ in inputs],
        [received.fingerprint for _, received, _ in inputs],
        [answer.outcome for _, _, answer in inputs],
        [instant(answer.received_at) for _, _, answer in inputs],
        [answer.first_sequence for _, _, answer in inputs],
        [answer.last_sequence for _, _, answer in inputs],
        [answer.configuration for _, _, answer in inputs],
        [place.org_id for place, _ in entries],
        [place.execution_id for place, _ in entries],
        [entry.sequence for _, entry in entries],
        [entry.input_sequence for _, entry in entries],
        [entry.kind for _, entry in entries],
        [entry.entry_hash for _, entry in entries],
        [entry.header for _, entry in entries],
        [entry.payload for _, entry in entries],
        [entry.payload_salt for _, entry in entries],
    )
    if row is None or row["moved"] != len(places):
        raise HeadMoved("a head was not where it was locked")


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


def restore_event(execution: str, sequence: int, received_at: datetime, payload: bytes) -> Arrival:
    """An event as it entered, from its recorded payload."""
    said: dict[str, Any] = canonical_json.parse(payload)
    at = received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Arrival(
        Input(
            kind=InputKind.EVENT,
            name=said["type"],
            data=said["data"],
            at=at,
            sequence=sequence,
            execution=execution,
            id=said["id"],
            source=said["source"],
            occurred_at=said.get("occurredAt"),
        ),
        payload,
    )
