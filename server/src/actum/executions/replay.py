"""Replay a recorded execution: read its entries page by page, fold them again, report what differs."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from actum.executions import store
from actum.platform.database import Database, Row, Transaction
from actum.templates.programs import ProgramCache
from actum_core.engine.fold import ENGINE_VERSION, Arrival, Subject, new_execution
from actum_core.engine.lifecycle import Execution, restore_execution
from actum_core.engine.replay import Replayed, Replayer
from actum_core.errors import ActumError
from actum_core.identifiers import Prefix, format_identifier
from actum_core.ledger.entry import START_OF_CHAIN, Chain, Head
from actum_core.template import Program

#: Entries read at a time, and entries folded before other work of the process gets its turn.
_PAGE: Final = 2_000
_SLICE: Final = 100


class ReplayBeyondHead(ActumError):
    """Ask for a sequence that the execution has reached."""

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


async def replay_execution(
    database: Database, programs: ProgramCache, org_id: UUID, scope: Scope
) -> AsyncIterator[Progress | Finished]:
    """Progress as the replay goes on, and at last what it found. Nothing is stored and nothing fires.

    Raises ReplayBeyondHead. The replay ends with the last input that is complete at ``up_to``.
    """
    began = time.perf_counter()
    found = scope.execution
    if scope.up_to is not None and scope.up_to > found["sequence"]:
        raise ReplayBeyondHead(f"the execution has {found['sequence']} entries")
    place = (org_id, found["execution_id"])
    async with database.read_transaction(org_id) as tx:
        program = await programs.load(tx, org_id, found["program_digest"])
        chain = Chain(
            found["log_name"],
            format_identifier(Prefix.EXECUTION, found["execution_id"]),
            program.digest,
            ENGINE_VERSION,
        )
        start = await _find_start(tx, place, scope.snapshot, program)
        subject = Subject(program, found["state_salt"])
        held = await _list_held(tx, place, start[0])
        end = found["sequence"]
        if scope.up_to is not None and scope.up_to < end:
            end = await store.find_input_end(tx, place, scope.up_to)
        replayer = Replayer(subject, chain, start, held.__getitem__)
        after, recorded = start[1].sequence, start[1]
        while after < end:
            page = await store.list_recorded(tx, store.Part(*place, after, _PAGE), end)
            if not page:
                break
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


async def _find_start(
    tx: Transaction, place: tuple[UUID, UUID], snapshot: Row | None, program: Program
) -> tuple[Execution, Head]:
    """Where the replay begins. The snapshot's state is taken as it is: that it is what the chain commits to
    shows when the next entry's commitment is recomputed from it."""
    if snapshot is None:
        return new_execution(program), START_OF_CHAIN
    sequence = snapshot["sequence"]
    entry = (await store.list_recorded(tx, store.Part(*place, sequence - 1, 1), sequence))[0]
    return restore_execution(program, snapshot["state"]), Head(sequence, entry.entry_hash, "")


async def _list_held(tx: Transaction, place: tuple[UUID, UUID], standing: Execution) -> dict[int, Arrival]:
    """Events that were held back before the place where the replay begins."""
    if not standing.held:
        return {}
    first = standing.input_sequence - standing.held + 1
    found = await store.list_held_between(tx, place, first, standing.input_sequence)
    return {arrival.input.sequence: arrival for arrival in found}
