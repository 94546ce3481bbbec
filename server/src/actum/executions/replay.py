"""Replay a recorded execution: read its entries page by page, fold them again, report what differs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from actum.executions import reading, store
from actum.platform.database import Database, Row, Transaction
from actum.templates.programs import ProgramCache
from actum_core import canonical_json
from actum_core.engine.fold import ENGINE_VERSION, Arrival, Subject, new_execution
from actum_core.engine.lifecycle import Execution, restore_execution
from actum_core.engine.replay import Difference, Replayed, Replayer
from actum_core.errors import ActumError
from actum_core.identifiers import Prefix, format_identifier
from actum_core.ledger.chain import StoredEntry
from actum_core.ledger.entry import NO_HASH, START_OF_CHAIN, Chain, Head, commit_state

#: Entries read at a time, and entries folded before other work of the process gets its turn.
_PAGE: Final = 2_000
_SLICE: Final = 100


class ReplayBeyondHead(ActumError):
    """Ask for a sequence that the execution has reached, and that is not before the snapshot."""

    code: ClassVar[str] = "replay_beyond_head"


@dataclass(frozen=True, slots=True)
class Scope:
    """What to replay: an execution's row, up to which entry, from which snapshot."""

    execution: Row
    up_to: int | None
    snapshot: Row | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay has come: entries folded, of how many."""

    entries: int
    of: int


@dataclass(frozen=True, slots=True)
class Finished:
    """What a replay found, and the head it was compared with."""

    replayed: Replayed
    start: int
    entries: int
    recorded: Head
    seconds: float

    @property
    def is_equal(self) -> bool:
        """True when nothing differed and the recomputed head is the recorded one."""
        return self.replayed.difference is None and self.replayed.head[:2] == self.recorded[:2]


def check_scope(scope: Scope) -> None:
    """Raise ReplayBeyondHead unless the execution, and the snapshot, have what is to be replayed."""
    if scope.up_to is None:
        return
    if scope.up_to > scope.execution["sequence"]:
        raise ReplayBeyondHead(f"the execution has {scope.execution['sequence']} entries")
    if scope.snapshot is not None and scope.up_to < scope.snapshot["sequence"]:
        raise ReplayBeyondHead(f"the snapshot was taken at {scope.snapshot['sequence']}, which is after that")


async def replay_execution(
    database: Database, programs: ProgramCache, org_id: UUID, scope: Scope
) -> AsyncIterator[Progress | Finished]:
    """Progress as the replay goes on, and at last what it found. Nothing is stored and nothing fires.

    The scope has been checked. The replay ends with the last input that is complete at ``up_to``.
    """
    began = time.perf_counter()
    found = scope.execution
    place = (org_id, found["execution_id"])
    async with database.read_transaction(org_id) as tx:
        program = await programs.load(tx, org_id, found["program_digest"])
        chain = Chain(
            found["log_name"],
            format_identifier(Prefix.EXECUTION, found["execution_id"]),
            program.digest,
            ENGINE_VERSION,
        )
        subject = Subject(program, found["state_salt"])
        start = new_execution(program), START_OF_CHAIN
        if scope.snapshot is not None:
            begin = await _find_start(tx, place, scope.snapshot, subject)
            if begin.difference is not None:
                head = begin.head
                yield Finished(begin, head.sequence, 0, head, time.perf_counter() - began)
                return
            start = begin.execution, begin.head
        held = await _list_held(tx, place, start[0])
        end = found["sequence"]
        if scope.up_to is not None and scope.up_to < end:
            end = await reading.find_input_end(tx, place, scope.up_to)
        replayer = Replayer(subject, chain, start, held.__getitem__)
        after, recorded = start[1].sequence, start[1]
        async for page in _read_ahead(tx, place, after, end):
            for at in range(0, len(page), _SLICE):
                replayer.feed(page[at : at + _SLICE])
                await asyncio.sleep(0)
            after = page[-1].sequence
            recorded = Head(after, page[-1].entry_hash, "")
            yield Progress(after - start[1].sequence, end - start[1].sequence)
    if end == found["sequence"]:
        recorded = Head(found["sequence"], found["entry_hash"], "")
    folded = replayer.finish()
    yield Finished(
        folded, start[1].sequence, after - start[1].sequence, recorded, time.perf_counter() - began
    )


async def _read_ahead(
    tx: Transaction, place: tuple[UUID, UUID], after: int, end: int
) -> AsyncIterator[list[StoredEntry]]:
    """The entries after one and up to another, page by page; each is read while the one before is folded."""

    def read(sequence: int) -> asyncio.Task[list[StoredEntry]]:
        return asyncio.create_task(reading.list_recorded(tx, reading.Part(*place, sequence, _PAGE), end))

    coming = read(after) if after < end else None
    try:
        while coming is not None and (page := await coming):
            last = page[-1].sequence
            coming = read(last) if last < end else None
            yield page
    finally:
        if coming is not None and not coming.done():
            # The connection is handed back only when nothing is under way on it.
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming


async def _find_start(tx: Transaction, place: tuple[UUID, UUID], snapshot: Row, subject: Subject) -> Replayed:
    """Where a replay from a snapshot begins, or how the snapshot differs from what its entry commits to."""
    sequence = snapshot["sequence"]
    recorded = await reading.list_recorded(tx, reading.Part(*place, sequence - 1, 1), sequence)
    head = Head(sequence, recorded[0].entry_hash if recorded else NO_HASH, "")
    execution, committed, found = new_execution(subject.program), "nothing", ""
    try:
        committed = str(canonical_json.parse(recorded[0].header)["state"]) if recorded else committed
        execution = restore_execution(subject.program, snapshot["state"])
        found = commit_state(subject.state_salt, execution.committed_form())
    except (ActumError, LookupError, TypeError, ValueError, AttributeError) as error:
        found = f"not readable: {error}"
    difference = None if found == committed else Difference(sequence, "snapshot", committed, found)
    return Replayed(execution, head, 0, difference)


async def _list_held(tx: Transaction, place: tuple[UUID, UUID], standing: Execution) -> dict[int, Arrival]:
    """Events that were held back before the place where the replay begins."""
    if not standing.held:
        return {}
    first = standing.input_sequence - standing.held + 1
    found = await store.list_held_between(tx, place, first, standing.input_sequence)
    return {arrival.input.sequence: arrival for arrival in found}
