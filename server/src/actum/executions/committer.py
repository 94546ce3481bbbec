"""Commit one batch: load, decide, write; the short way in one round trip, the long way under locks."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from actum.executions import store
from actum.executions.arrivals import Answer, Submission
from actum.executions.decide import Batch, InputName, decide_submission
from actum.executions.places import Place, PlaceCache
from actum.executions.salts import Salts
from actum.platform import limits
from actum.platform.database import Database, Transaction
from actum.platform.database_clock import DatabaseClock
from actum.platform.signals import Place as Moved
from actum.platform.signals import Signals
from actum.platform.telemetry import Metrics
from actum.templates.programs import ProgramCache
from actum.work.alarm import Alarm
from actum_core.engine.fold import ENGINE_VERSION, Subject
from actum_core.engine.inputs import InputKind
from actum_core.engine.lifecycle import Command, restore_execution
from actum_core.errors import ActumError
from actum_core.identifiers import Prefix, derive_identifier, format_identifier
from actum_core.ledger.entry import Chain


@dataclass(frozen=True, slots=True)
class IngestParts:
    """What the ingest works with."""

    database: Database
    programs: ProgramCache
    signals: Signals
    metrics: Metrics
    alarm: Alarm = field(default_factory=Alarm)
    snapshot_every_inputs: int = 1_000
    batch_events_max: int = limits.BATCH_EVENTS_MAX


#: Kinds of inputs that need nothing but their execution's state to be decided.
_PLAIN: Final = frozenset({InputKind.EVENT, InputKind.TIMER})

#: The answers to each submission of a batch, and who moved how far.
_Done = tuple[list[list[Answer | ActumError]], dict[Moved, int]]


class Committer:
    """Commits batches, several at once if they share no execution, and keeps what saves reading between them."""

    def __init__(self, parts: IngestParts) -> None:
        self._parts = parts
        self._places = PlaceCache(limits.CACHED_PLACES_MAX, limits.CACHED_STATE_BYTES_MAX)
        self._salts = Salts()
        self._clock = DatabaseClock()
        self._search_until = 0.0
        self._lock_until = 0.0

    def keep(self, place: Place) -> None:
        """Know where an execution stands that was committed elsewhere in this process."""
        if place.execution.next_due is not None:
            self._parts.alarm.set(place.execution.next_due)
        self._places.keep(place, len(place.execution.canonical()))

    async def commit(self, submissions: Sequence[Submission]) -> None:
        """Commit a batch and answer it. Raises what the database refuses it for as a whole."""
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
            if kept is None or any(received.kind not in _PLAIN for received in submission.received):
                return None
            places[submission.execution_id] = kept.standing_at(kept.execution, kept.head)
        batch = Batch(now=now, places=places, salts=self._salts.take)
        answers = self._decide(batch, submissions)
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
        self._note_timers(batch, moved)
        for place, state in zip(moved, states, strict=True):
            self._places.keep(place, len(state))
        return answers, _moves_of(moved, recorded.ends)

    def _decide(self, batch: Batch, submissions: Sequence[Submission]) -> list[list[Answer | ActumError]]:
        began = time.perf_counter()
        answers = [decide_submission(batch, submission) for submission in submissions]
        events = sum(len(submission.received) for submission in submissions)
        self._parts.metrics.step_seconds.observe((time.perf_counter() - began) / events)
        return answers

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
                answers = self._decide(batch, submissions)
                if batch.was_refused and not batch.was_searched:
                    # A refusal only stands when the input is no repeat of one that was taken.
                    batch = batch.begin_again()
                    await self._search(tx, batch, submissions)
                    answers = self._decide(batch, submissions)
                moved = [place for place in batch.places.values() if place.was_moved]
                states = [place.execution.canonical() for place in moved]
                moves = await self._write(tx, batch, moved, states) if moved else {}
        except BaseException:
            for _, execution_id in wanted:
                self._places.forget(execution_id)
            raise
        self._note_timers(batch, moved)
        for place, state in zip(moved, states, strict=True):
            self._places.keep(place, len(state))
        return answers, moves

    def _note_timers(self, batch: Batch, moved: Iterable[Place]) -> None:
        """Tell whoever fires timers of deadlines that were just set, and the metrics how late some fired."""
        for place in moved:
            due_at = place.execution.next_due
            if due_at is not None and due_at != place.stored_execution.next_due:
                self._parts.alarm.set(due_at)
        for _, received, answer in batch.written.inputs:
            if received.kind is InputKind.TIMER and received.occurred_at is not None:
                late = store.parse_instant(answer.received_at) - store.parse_instant(received.occurred_at)
                self._parts.metrics.timer_lateness_seconds.observe(late.total_seconds())

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
