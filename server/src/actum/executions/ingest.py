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
from datetime import datetime, timedelta
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


class DatabaseClock:
    """The database's clock as it last told it, carried on by this process's monotonic clock.

    All times in the ledger are the database's, so that many server processes agree. Asking costs a round trip;
    between two answers the monotonic clock, which nobody sets, is as good for as long as a minute.
    """

    def __init__(self) -> None:
        self._told: datetime | None = None
        self._heard_at = 0.0

    def note(self, now: str) -> None:
        """Take over what the database said just now."""
        self._told = store.parse_instant(now)
        self._heard_at = time.monotonic()

    def estimate(self) -> str | None:
        """The database's time, or None when it was not heard of for too long."""
        age = time.monotonic() - self._heard_at
        if self._told is None or age > limits.CLOCK_CARRIED_SECONDS_MAX:
            return None
        moment = self._told + timedelta(seconds=age)
        return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


#: The answers to each submission of a batch, and who moved how far.
_Done = tuple[list[list[Answer | ActumError]], dict[Moved, int]]


class Ingest:
    """Takes submissions and answers them after their batch is durably committed.

    A few batches may be under way at once, never two with the same execution: what one decides while another
    is written costs no time, and the inputs of an execution keep the order in which they arrived.
    """

    def __init__(self, parts: IngestParts) -> None:
        self._parts = parts
        self._places = PlaceCache(limits.CACHED_PLACES_MAX, limits.CACHED_STATE_BYTES_MAX)
        self._salts = Salts()
        self._clock = DatabaseClock()
        self._pending: deque[Submission] = deque()
        self._pending_events = 0
        self._busy: set[UUID] = set()
        self._batches: set[asyncio.Task[None]] = set()
        self._is_dispatching = False
        self._is_draining = False
        self._search_until = 0.0
        self._lock_until = 0.0

    async def drain(self) -> None:
        """Commit what has arrived, then return; what arrives later is refused as overloaded."""
        self._is_draining = True
        self._dispatch()
        while self._batches:
            await asyncio.wait(self._batches)

    def enqueue(self, submission: Submission) -> None:
        """Take a submission; its future gets the answers once what it changed is durable.

        Raises Overloaded when too much is waiting already. The future gets DatabaseUnavailable when the
        database went away before the outcome was known: a repeat with the same keys then tells it.
        """
        if self._is_draining or self._pending_events > limits.PENDING_EVENTS_MAX:
            raise Overloaded("too many events are waiting to be committed")
        self._pending.append(submission)
        self._pending_events += len(submission.received)
        if not self._is_dispatching:
            # Not at once: whatever else has arrived in this turn of the event loop goes into the same batch.
            self._is_dispatching = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    async def submit(self, submission: Submission) -> list[Answer | ActumError]:
        """As `enqueue`, and wait for the answers."""
        self.enqueue(submission)
        return await submission.answers

    def _dispatch(self) -> None:
        """Begin as many batches as there is work and room for."""
        self._is_dispatching = False
        while self._pending and len(self._batches) < limits.BATCHES_AT_ONCE_MAX:
            # A further batch beside one under way pays only when it is worth a commit of its own.
            least = limits.FURTHER_BATCH_EVENTS_MIN if self._batches else 1
            gathered = self._gather(least)
            if not gathered:
                return
            task = asyncio.create_task(self._run(gathered), name="ingest")
            self._batches.add(task)

    def _gather(self, least: int) -> list[Submission]:
        """Take the next batch: in order of arrival, no execution that is busy, at least so many events or none."""
        if self._pending_events < least:
            return []
        gathered: list[Submission] = []
        left: list[Submission] = []
        waiting: set[UUID] = set()
        events = 0
        for submission in self._pending:
            count = len(submission.received)
            is_free = submission.execution_id not in self._busy and submission.execution_id not in waiting
            if is_free and (not gathered or events + count <= self._parts.batch_events_max):
                gathered.append(submission)
                events += count
            else:
                left.append(submission)
                waiting.add(submission.execution_id)
        if events < least:
            return []
        self._pending = deque(left)
        self._pending_events -= events
        self._busy.update(submission.execution_id for submission in gathered)
        return gathered

    async def _run(self, submissions: list[Submission]) -> None:
        try:
            await self._commit_isolating(submissions)
        finally:
            self._busy.difference_update(submission.execution_id for submission in submissions)
            task = asyncio.current_task()
            assert task is not None
            self._batches.discard(task)
            self._dispatch()

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
            done = None if is_searched else await self._commit_at_once(submissions)
            answers, moves = done or await self._commit_locked(submissions, is_searched)
        except asyncpg.UniqueViolationError:
            if is_searched:
                raise
            # A repeat was among them. Repeats come in swarms (a client or a network that came back), so for
            # a while every batch looks for them first.
            self._search_until = began + limits.SEARCH_REPEATS_SECONDS
            answers, moves = await self._commit_locked(submissions, True)
        metrics = self._parts.metrics
        metrics.commit_seconds.observe(time.perf_counter() - began)
        metrics.batch_size.observe(sum(len(submission.received) for submission in submissions))
        metrics.batches.inc()
        self._parts.signals.publish(moves)
        for submission, answered in zip(submissions, answers, strict=True):
            metrics.events_ingested.inc(sum(1 for answer in answered if isinstance(answer, Answer)))
            if not submission.answers.done():  # the client may have gone
                submission.answers.set_result(answered)

    async def _commit_at_once(self, submissions: Sequence[Submission]) -> _Done | None:
        """The short way: decide on the copies kept, and write in one round trip; None for the long way.

        It is taken for plain events of executions that are all at hand. That the copies are the latest is
        decided by the compare-and-set on the heads, that nothing is a repeat by the unique key; a refusal is
        left to the long way, since only a search can tell that what is refused was not taken before.
        """
        now = self._clock.estimate()
        if now is None or time.perf_counter() < self._lock_until:
            return None
        places: dict[UUID, Place] = {}
        for submission in submissions:
            kept = self._places.find(submission.execution_id)
            if kept is None or any(received.kind is not InputKind.EVENT for received in submission.received):
                return None
            places[submission.execution_id] = kept.standing_at(kept.execution, kept.head)
        batch = Batch(now=now, places=places, salts=self._salts.take)
        answers = [decide_submission(batch, submission) for submission in submissions]
        moved = [place for place in places.values() if place.was_moved]
        if batch.was_refused or not moved or any(self._needs_more(place) for place in moved):
            return None
        states = [place.execution.canonical() for place in moved]
        try:
            recorded = await store.write_batch_at_once(self._parts.database, batch.written, moved, states)
        except store.HeadMoved:
            # Another process serves these executions too: for a while, lock first.
            self._lock_until = time.perf_counter() + limits.LOCK_FIRST_SECONDS
            return None
        except BaseException:
            for place in moved:
                self._places.forget(place.execution_id)
            raise
        self._clock.note(recorded.now)
        for place, state in zip(moved, states, strict=True):
            self._places.keep(place, len(state))
        return answers, _moves_of(moved, recorded.ends)

    def _needs_more(self, place: Place) -> bool:
        """True when more than inputs and entries is to be stored: a new lifecycle, or a snapshot."""
        return place.execution.lifecycle is not place.stored_execution.lifecycle or self._is_snapshot_due(
            place
        )

    def _is_snapshot_due(self, place: Place) -> bool:
        every = self._parts.snapshot_every_inputs
        return place.execution.input_sequence // every > place.stored_execution.input_sequence // every

    async def _commit_locked(
        self,
        submissions: Sequence[Submission],
        is_searched: bool,  # noqa: FBT001
    ) -> _Done:
        """The long way: lock and read the heads, look for repeats where there may be any, decide, write."""
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
        recorded = await store.write_batch(tx, batch.written, moved, states)
        self._clock.note(recorded.now)
        changed = [
            place for place in moved if place.execution.lifecycle is not place.stored_execution.lifecycle
        ]
        if changed:
            await store.save_lifecycles(tx, changed)
        snapshots = [
            describe_snapshot(place, state)
            for place, state in zip(moved, states, strict=True)
            if self._is_snapshot_due(place)
        ]
        if snapshots:
            await store.insert_snapshots(tx, snapshots)
        return _moves_of(moved, recorded.ends)


def _moves_of(moved: Sequence[Place], ends: dict[UUID, int]) -> dict[Moved, int]:
    """Who moved, and how far, for the streams: executions by their sequence, orgs by their log's last index."""
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
