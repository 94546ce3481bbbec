"""Decide what a batch of inputs does: step, chain, collect. No input or output, no clock, nothing shared.

Everything a batch needs was loaded before, and everything it decided is written after. An input is refused
by an exception before it changes anything here; a refused one never holds back the others.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple
from uuid import UUID

import structlog

from actum.executions.arrivals import (
    DUE_TIMERS,
    TIMER_SOURCE,
    Answer,
    EventInvalid,
    IngestFailed,
    NothingDue,
    NotRecorded,
    Received,
    SequenceConflict,
    Submission,
)
from actum.executions.places import Place
from actum.platform import limits
from actum.platform.http_errors import IdempotencyKeyReused, NotFound
from actum_core.engine.fold import Arrival, Outcome, describe_timer, fold_input
from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.lifecycle import (
    Command,
    check_command_admissible,
    check_event_admissible,
    check_outcome_admissible,
    find_due_timer,
)
from actum_core.errors import ActumError
from actum_core.ledger.entry import Actor, Entry, Head, write_entries

_log = structlog.get_logger()

#: What a paused execution holds back.
_HELD: Final = frozenset({InputKind.EVENT, InputKind.OUTCOME})

#: (execution, source, key): what names an input for its execution's whole life.
InputName = tuple[UUID, str, str]


@dataclass(slots=True)
class Written:
    """What a batch is going to store, in the order it was decided."""

    inputs: list[tuple[Place, Received, Answer]] = field(default_factory=list)
    entries: list[tuple[Place, Entry]] = field(default_factory=list)
    #: Executions some of whose timers fired: whoever claimed them is done, though more may be due.
    fired: set[UUID] = field(default_factory=set)


@dataclass(slots=True)
class Batch:
    """A batch while it is decided.

    ``first_answers`` holds the inputs found stored under the batch's keys and those the batch itself adds;
    ``was_searched`` says whether the stored ones were looked up at all. ``was_refused`` becomes true when
    any input was refused: without the search, it might have been a repeat that must not be refused.
    """

    now: str
    places: dict[UUID, Place]
    salts: Callable[[], bytes]
    first_answers: dict[InputName, tuple[bytes, Answer]] = field(default_factory=dict)
    #: Events held back by executions that the batch resumes, by execution and input sequence.
    held: dict[tuple[UUID, int], Arrival] = field(default_factory=dict)
    #: Events that the batch itself holds back; it may resume their execution too.
    held_now: dict[tuple[UUID, int], Arrival] = field(default_factory=dict)
    was_searched: bool = False
    was_refused: bool = False
    #: Timers that may still fire beside the first of each execution, so that no batch grows without bound.
    timers_left: int = limits.BATCH_EVENTS_MAX
    written: Written = field(default_factory=Written)

    def find_held(self, execution_id: UUID, input_sequence: int) -> Arrival:
        """An event that was held back, whether by this batch or an earlier one."""
        place = (execution_id, input_sequence)
        return self.held_now.get(place) or self.held[place]

    def begin_again(self) -> "Batch":
        """The batch before anything was decided; the rows are still locked, so what was loaded still holds."""
        places = {
            execution_id: place.standing_at(place.stored_execution, place.stored_head)
            for execution_id, place in self.places.items()
        }
        return Batch(now=self.now, places=places, salts=self.salts, held=self.held)


def decide_submission(batch: Batch, submission: Submission) -> list[Answer | ActumError]:
    """The answers to a submission's inputs, in order: each is decided alone unless all stand together."""
    place = batch.places.get(submission.execution_id)
    if place is None or place.org_id != submission.org_id:
        batch.was_refused = True
        return [NotFound("there is no such execution") for _ in submission.received]
    before = (place.execution, place.head, len(batch.written.inputs), len(batch.written.entries))
    answers = [_answer(batch, place, submission.actor, received) for received in submission.received]
    if submission.is_atomic and any(isinstance(answer, ActumError) for answer in answers):
        place.execution, place.head = before[:2]
        for _, received, _ in batch.written.inputs[before[2] :]:
            batch.first_answers.pop((place.execution_id, received.source, received.key), None)
        del batch.written.inputs[before[2] :]
        del batch.written.entries[before[3] :]
        # What was recorded before keeps its answer; nothing of this submission was.
        return [
            answer
            if isinstance(answer, ActumError)
            or (place.execution_id, received.source, received.key) in batch.first_answers
            else NotRecorded("another event was refused")
            for received, answer in zip(submission.received, answers, strict=True)
        ]
    return answers


def _answer(batch: Batch, place: Place, actor: Actor, received: Received) -> Answer | ActumError:
    try:
        return _decide(batch, place, actor, received)
    except ActumError as refusal:
        batch.was_refused = True
        return refusal
    except Exception:
        # A fault of ours in one step must not take the others' events with it.
        _log.exception("step_crashed", executionId=place.chain.execution, eventId=received.key)
        batch.was_refused = True
        return IngestFailed("the step failed unexpectedly")


def _decide(batch: Batch, place: Place, actor: Actor, received: Received) -> Answer:
    if received is DUE_TIMERS:
        return _fire_timers(batch, place, actor)
    name = (place.execution_id, received.source, received.key)
    first = batch.first_answers.get(name)
    if first is not None:
        fingerprint, answer = first
        if fingerprint != received.fingerprint:
            raise IdempotencyKeyReused(f"{received.key!r} was first used with other content")
        return answer._replace(is_duplicate=True)
    # After the search for repeats, so that a client that retries with its old expectation gets its first answer.
    if received.expected_sequence is not None and received.expected_sequence != place.head.sequence:
        raise SequenceConflict(received.expected_sequence, place.head.sequence)
    _check_admissible(place, received)
    recorded_at = max(batch.now, place.head.recorded_at)
    # What is not recorded of an input it does not say either: an outcome's names are ours.
    is_named = received.kind is not InputKind.OUTCOME
    arrival = Arrival(
        Input(
            kind=received.kind,
            name=received.name,
            data=received.data,
            at=recorded_at,
            sequence=place.execution.input_sequence + 1,
            execution=place.chain.execution,
            id=received.key if is_named else "",
            source=received.source if is_named else "",
            occurred_at=received.occurred_at,
        ),
        received.payload,
    )
    return take_in(batch, place, Entering(actor, received, arrival))


def _fire_timers(batch: Batch, place: Place, actor: Actor) -> Answer:
    """Let every timer that is due enter, in the order of their deadlines; the answer is the last one's.

    What a timer sets off may set others that are due at once. Raises NothingDue.
    """
    answer = None
    recorded_at = max(batch.now, place.head.recorded_at)
    while answer is None or batch.timers_left > 0:
        first = find_due_timer(place.execution, recorded_at)
        if first is None:
            break
        batch.timers_left -= 1
        key, due = first
        payload = describe_timer(key, due)
        fingerprint = hashlib.sha256(payload).digest()
        received = Received(InputKind.TIMER, key, TIMER_SOURCE, key, None, payload, fingerprint, due)
        sequence = place.execution.input_sequence + 1
        entering = Input(InputKind.TIMER, key, None, recorded_at, sequence, place.chain.execution)
        answer = take_in(batch, place, Entering(actor, received, Arrival(entering, payload)))
    if answer is None:
        raise NothingDue("no timer is due")
    batch.written.fired.add(place.execution_id)
    return answer


class Entering(NamedTuple):
    """An input that was found admissible: who sent it, as what it was received, and as what it enters the fold."""

    actor: Actor
    received: Received
    arrival: Arrival


def take_in(batch: Batch, place: Place, entering: Entering) -> Answer:
    """Fold an input into its execution, chain what it caused, and collect what is to be stored."""
    actor, received, arrival = entering
    recorded_at = arrival.input.at
    fold = fold_input(
        place.subject,
        place.execution,
        arrival,
        lambda sequence: batch.find_held(place.execution_id, sequence),
    )
    lines = [(line, batch.salts()) for line in fold.lines]
    entries = write_entries(place.chain, place.head, (actor, recorded_at), lines)
    last = entries[-1]
    answer = Answer(
        source=received.source,
        key=received.key,
        kind=received.kind,
        input_sequence=arrival.input.sequence,
        first_sequence=entries[0].sequence,
        last_sequence=last.sequence,
        entry_hash=last.entry_hash,
        outcome=fold.outcome.value,
        received_at=recorded_at,
        configuration=fold.execution.state.configuration_text,
        failure=last.payload if fold.outcome is Outcome.FAILED else None,
    )
    # Nothing above has changed anything; nothing below can fail.
    place.execution = fold.execution
    place.head = Head(last.sequence, last.entry_hash, recorded_at)
    name = (place.execution_id, received.source, received.key)
    batch.first_answers[name] = (received.fingerprint, answer)
    if received.kind in _HELD and fold.execution.held:
        batch.held_now[place.execution_id, arrival.input.sequence] = arrival
    batch.written.inputs.append((place, received, answer))
    batch.written.entries.extend((place, entry) for entry in entries)
    return answer


def _check_admissible(place: Place, received: Received) -> None:
    if received.kind is InputKind.COMMAND:
        check_command_admissible(place.execution, Command(received.name))
        return
    if received.kind is InputKind.OUTCOME:
        check_outcome_admissible(place.execution, received.name)
        return
    check_event_admissible(place.execution)
    problems = place.subject.program.check_event(received.name, received.data)
    if problems:
        raise EventInvalid(
            replace(
                problem, pointer="/type" if problem.code == "unknown_event" else "/data" + problem.pointer
            )
            for problem in problems
        )
