"""The heart: gather what arrived, lock, decide, write once, commit once, answer everybody.

Group commit: while one batch commits, the next one gathers; a lone input commits at once. Several processes
may serve the same execution: the row lock orders them, the unique keys and the compare-and-set on the head
make anything else impossible. Nothing here calls upward; streams learn of a commit through signals.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from actum.executions import store
from actum.executions.arrivals import Answer, IngestFailed, Submission
from actum.executions.decide import Batch, InputName, decide_submission
from actum.executions.places import Place, PlaceCache
from actum.platform import limits
from actum.platform.database import Database, DatabaseUnavailable, Transaction
from actum.platform.signals import Place as Moved
from actum.platform.signals import Signals
from actum.platform.telemetry import Metrics
from actum.templates.programs import ProgramCache
from actum_core.engine.fold import ENGINE_VERSION, Subject
from actum_core.engine.inputs import InputKind
from actum_core.engine.lifecycle import Command, restore_execution
from actum_core.errors import ActumError
from actum_core.identifiers import Prefix, derive_identifier, format_identifier
from actum_core.ledger.entry import SALT_BYTES, Chain

_log = structlog.get_logger()

_SALTS_AT_ONCE: Final = 256


class Overloaded(ActumError):
    """Wait as the answer says and send it again: more is arriving than can be committed."""

    code = "overloaded"


@dataclass(frozen=True, slots=True)
class IngestParts:
    """What the ingest works with."""

    database: Database
    programs: ProgramCache
    signals: Signals
    metrics: Metrics
    snapshot_every_inputs: int = 1_000
    batch_events_max: int = limits.BATCH_EVENTS_MAX


class Salts:
    """Random salts, taken from the operating system many at a time."""

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def take(self) -> bytes:
        """Thirty-two random bytes that were never given before."""
        if self._at >= len(self._pool):
            self._pool, self._at = os.urandom(SALT_BYTES * _SALTS_AT_ONCE), 0
        self._at += SALT_BYTES
        return self._pool[self._at - SALT_BYTES : self._at]


class Ingest:
    """Takes submissions and answers them after their batch is durably committed."""

    def __init__(self, parts: IngestParts) -> None:
        self._parts = parts
        self._places = PlaceCache(limits.CACHED_PLACES_MAX, limits.CACHED_STATE_BYTES_MAX)
        self._salts = Salts()
        self._pending: deque[Submission] = deque()
        self._pending_events = 0
        self._arrived = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None
        self._is_draining = False
        self._search_until = 0.0

    def start(self) -> None:
        """Begin to commit. Call from the running event loop."""
        self._committer = asyncio.create_task(self._commit_forever(), name="ingest")

    async def drain(self) -> None:
        """Commit what has arrived, then stop; what arrives later is refused as overloaded."""
        self._is_draining = True
        self._arrived.set()
        if self._committer is not None:
            await self._committer

    def enqueue(self, submission: Submission) -> None:
        """Take a submission; its future gets the answers once what it changed is durable.

        Raises Overloaded when too much is waiting already. The future gets DatabaseUnavailable when the
        database went away before the outcome was known: a repeat with the same keys then tells it.
        """
        if self._is_draining or self._pending_events > limits.PENDING_EVENTS_MAX:
            raise Overloaded("too many events are waiting to be committed")
        self._pending.append(submission)
        self._pending_events += len(submission.received)
        self._arrived.set()

    async def submit(self, submission: Submission) -> list[Answer | ActumError]:
        """As `enqueue`, and wait for the answers."""
        self.enqueue(submission)
        return await submission.answers

    async def _commit_forever(self) -> None:
        while True:
            if not self._pending:
                if self._is_draining:
                    return
                self._arrived.clear()
                await self._arrived.wait()
                continue
            await self._commit_isolating(self._gather())

    def _gather(self) -> list[Submission]:
        gathered = [self._pending.popleft()]
        events = len(gathered[0].received)
        while self._pending and events + len(self._pending[0].received) <= self._parts.batch_events_max:
            submission = self._pending.popleft()
            events += len(submission.received)
            gathered.append(submission)
        self._pending_events -= events
        return gathered

    async def _commit_isolating(self, submissions: Sequence[Submission]) -> None:
        """Commit a batch; if the database refuses it as a whole, find the submission it refuses."""
        try:
            await self._commit(submissions)
        except DatabaseUnavailable as error:
            _refuse(submissions, error)
        except Exception as error:
            if len(submissions) > 1:
                _log.warning("batch_refused", submissions=len(submissions), error=repr(error))
                for submission in submissions:
                    await self._commit_isolating([submission])
            else:
                _log.exception("submission_refused")
                _refuse(submissions, IngestFailed("the database refused it"))

    async def _commit(self, submissions: Sequence[Submission]) -> None:
        began = time.perf_counter()
        is_searched = began < self._search_until
        try:
            answers, moves = await self._try_commit(submissions, is_searched)
        except asyncpg.UniqueViolationError:
            if is_searched:
                raise
            # A repeat was among them. Repeats come in swarms (a client or a network that came back), so for
            # a while every batch looks for them first.
            self._search_until = began + limits.SEARCH_REPEATS_SECONDS
            answers, moves = await self._try_commit(submissions, True)
        metrics = self._parts.metrics
        metrics.commit_seconds.observe(time.perf_counter() - began)
        metrics.batch_size.observe(sum(len(submission.received) for submission in submissions))
        metrics.batches.inc()
        self._parts.signals.publish(moves)
        for submission, answered in zip(submissions, answers, strict=True):
            metrics.events_ingested.inc(sum(1 for answer in answered if isinstance(answer, Answer)))
            if not submission.answers.done():  # the client may have gone
                submission.answers.set_result(answered)

    async def _try_commit(
        self,
        submissions: Sequence[Submission],
        is_searched: bool,  # noqa: FBT001
    ) -> tuple[list[list[Answer | ActumError]], dict[Moved, int]]:
        wanted = sorted({(submission.org_id, submission.execution_id) for submission in submissions})
        try:
            async with self._parts.database.transaction(sorted({org_id for org_id, _ in wanted})) as tx:
                batch = await self._load(tx, wanted)
                if is_searched:
                    await self._search(tx, batch, submissions)
                await self._load_held(tx, batch, submissions)
                answers = [decide_submission(batch, submission) for submission in submissions]
                if batch.was_refused and not batch.was_searched:
                    # A refusal only stands when the input is no repeat of one that was taken.
                    batch = batch.begin_again()
                    await self._search(tx, batch, submissions)
                    answers = [decide_submission(batch, submission) for submission in submissions]
                moved = [place for place in batch.places.values() if place.was_moved]
                states = [place.execution.canonical() for place in moved]
                moves = await self._write(tx, batch, moved, states) if moved else {}
        except BaseException:
            for _, execution_id in wanted:
                self._places.forget(execution_id)
            raise
        for place, state in zip(moved, states, strict=True):
            self._places.keep(place, len(state))
        return answers, moves

    async def _load(self, tx: Transaction, wanted: Sequence[tuple[UUID, UUID]]) -> Batch:
        """Lock the executions, and read what the copies kept from earlier batches do not give."""
        kept = {execution_id: self._places.find(execution_id) for _, execution_id in wanted}
        known = [
            place.head.entry_hash if (place := kept[execution_id]) else None for _, execution_id in wanted
        ]
        locked = await store.lock_heads(tx, wanted, known)
        strange = [(head.org_id, head.execution_id) for head in locked if kept[head.execution_id] is None]
        subjects = (
            {found.execution_id: found for found in await store.find_subjects(tx, strange)} if strange else {}
        )
        places: dict[UUID, Place] = {}
        for found in locked:
            place = kept[found.execution_id]
            if place is None:
                place = await self._meet(tx, found, subjects[found.execution_id])
            elif found.state is not None:  # another process moved it
                place = place.standing_at(restore_execution(place.subject.program, found.state), found.head)
            else:
                place = place.standing_at(place.execution, place.head)
            places[found.execution_id] = place
        return Batch(now=locked[0].now if locked else "", places=places, salts=self._salts.take)

    async def _meet(self, tx: Transaction, found: store.LockedHead, subject: store.FoundSubject) -> Place:
        program = await self._parts.programs.load(tx, found.org_id, subject.program_digest)
        assert found.state is not None
        execution = restore_execution(program, found.state)
        return Place(
            org_id=found.org_id,
            execution_id=found.execution_id,
            chain=Chain(
                log=subject.log_name,
                execution=format_identifier(Prefix.EXECUTION, found.execution_id),
                program=subject.program_digest.hex(),
                engine=ENGINE_VERSION,
            ),
            subject=Subject(program, subject.state_salt),
            execution=execution,
            head=found.head,
            stored_execution=execution,
            stored_head=found.head,
        )

    async def _search(self, tx: Transaction, batch: Batch, submissions: Sequence[Submission]) -> None:
        batch.first_answers = await store.find_first_answers(tx, _names_of(submissions))
        batch.was_searched = True

    async def _load_held(self, tx: Transaction, batch: Batch, submissions: Iterable[Submission]) -> None:
        """Read the events that resumed executions held back."""
        for submission in submissions:
            resumes = any(
                received.kind is InputKind.COMMAND and received.name == Command.RESUME
                for received in submission.received
            )
            place = batch.places.get(submission.execution_id)
            if resumes and place is not None and place.execution.held:
                for arrival in await store.list_held(tx, place):
                    batch.held[place.execution_id, arrival.input.sequence] = arrival

    async def _write(
        self, tx: Transaction, batch: Batch, moved: list[Place], states: list[bytes]
    ) -> dict[Moved, int]:
        """Store the batch; returns who moved, and how far, for the streams."""
        ends = await store.write_batch(tx, batch.written, moved, states)
        changed = [
            place for place in moved if place.execution.lifecycle is not place.stored_execution.lifecycle
        ]
        if changed:
            await store.save_lifecycles(tx, changed)
        every = self._parts.snapshot_every_inputs
        snapshots = [
            describe_snapshot(place, state)
            for place, state in zip(moved, states, strict=True)
            if place.execution.input_sequence // every > place.stored_execution.input_sequence // every
        ]
        if snapshots:
            await store.insert_snapshots(tx, snapshots)
        moves = {Moved(org_id): index for org_id, index in ends.items()}
        moves.update((Moved(place.org_id, place.execution_id), place.head.sequence) for place in moved)
        return moves


def describe_snapshot(place: Place, state: bytes) -> store.SnapshotRow:
    """A snapshot of a place as it now stands."""
    return store.SnapshotRow(
        org_id=place.org_id,
        execution_id=place.execution_id,
        sequence=place.head.sequence,
        snapshot_id=derive_identifier(place.execution_id, "snapshot", place.head.sequence),
        input_sequence=place.execution.input_sequence,
        state=state,
        created_at=store.parse_instant(place.head.recorded_at),
    )


def _names_of(submissions: Iterable[Submission]) -> Iterable[tuple[UUID, InputName]]:
    for submission in submissions:
        for received in submission.received:
            yield submission.org_id, (submission.execution_id, received.source, received.key)


def _refuse(submissions: Iterable[Submission], error: Exception) -> None:
    for submission in submissions:
        if not submission.answers.done():
            submission.answers.set_exception(error)
