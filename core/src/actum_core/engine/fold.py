"""Fold one input into an execution: the single place where live ingest and replay decide what happens.

Both call ``fold_input`` with the same recorded facts, so replay equals live by construction: it decides the
lifecycle, calls ``step``, and writes down as ledger lines what came of it. It never fails for what an input
does: a step that exceeds a bound is recorded as failed and the state stays where it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from actum_core import canonical_json
from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.lifecycle import COMMANDS, Command, Execution, Lifecycle
from actum_core.engine.outputs import Draft, StepFailed
from actum_core.engine.state import State
from actum_core.engine.step import step
from actum_core.errors import MalformedJson
from actum_core.ledger.entry import Line, commit_state
from actum_core.limits import PAYLOAD_BYTES_MAX
from actum_core.template import Program

#: Raised with any change that alters any byte of any history; it stands in every entry's header.
ENGINE_VERSION = "actum-1"


class Outcome(StrEnum):
    """What became of an input when it came in."""

    APPLIED = "applied"
    FAILED = "failed"
    HELD = "held"


class Arrival(NamedTuple):
    """An input, and the canonical bytes that are recorded of it; the input's values are the parse of these."""

    input: Input
    payload: bytes


@dataclass(frozen=True, slots=True)
class Subject:
    """What stays the same through an execution: its program, and the salt of its state commitments."""

    program: Program
    state_salt: bytes


class Fold(NamedTuple):
    """The execution after an input, what became of that input, and the ledger lines it caused."""

    execution: Execution
    outcome: Outcome
    lines: list[Line]


#: Finds a held event again by its input sequence.
FindHeld = Callable[[int], Arrival]


def new_execution(program: Program) -> Execution:
    """An execution before anything entered it."""
    return Execution(Lifecycle.CREATED, 0, 0, State.initial(program))


def describe_creation(subject: Subject, execution: Execution, payload: bytes) -> Line:
    """The first line of every chain, written under input 0."""
    return Line("created", 0, payload, commit_state(subject.state_salt, execution.committed_form()))


def fold_input(subject: Subject, execution: Execution, arrival: Arrival, find_held: FindHeld) -> Fold:
    """The execution after ``arrival``, which the caller has found admissible, and the lines it caused.

    ``find_held`` is asked only when the input resumes a paused execution.
    """
    entered = Execution(execution.lifecycle, arrival.input.sequence, execution.held, execution.state)
    if arrival.input.kind is InputKind.EVENT:
        if entered.lifecycle is Lifecycle.PAUSED:
            return _hold(subject, entered, arrival)
        return _apply(subject, entered, arrival, "event")
    if arrival.input.kind is InputKind.START:
        return _apply(subject, replace(entered, lifecycle=Lifecycle.RUNNING), arrival, "started")
    return _obey(subject, entered, arrival, find_held)


def _hold(subject: Subject, execution: Execution, arrival: Arrival) -> Fold:
    held = replace(execution, held=execution.held + 1)
    commitment = commit_state(subject.state_salt, held.committed_form())
    return Fold(held, Outcome.HELD, [Line("held", arrival.input.sequence, arrival.payload, commitment)])


def _apply(subject: Subject, execution: Execution, arrival: Arrival, kind: str) -> Fold:
    """Step the machine once; ``kind`` names the line that records the input itself."""
    sequence = arrival.input.sequence
    said: list[tuple[str, bytes]] = [(kind, arrival.payload)]
    outcome = Outcome.APPLIED
    try:
        stepped = step(subject.program, execution.state, arrival.input)
        caused = [(draft.kind, _encode_draft(draft)) for draft in stepped.drafts]
    except StepFailed as failure:
        outcome = Outcome.FAILED
        said.append(("failed", _describe_failure(failure.code, failure.message, failure.place)))
        ends = arrival.input.kind is InputKind.START
        after = replace(execution, lifecycle=Lifecycle.FAILED) if ends else execution
    else:
        said.extend(caused)
        lifecycle = Lifecycle.COMPLETED if stepped.state.is_final else execution.lifecycle
        after = Execution(lifecycle, execution.input_sequence, execution.held, stepped.state)
    lines = [Line(kind, sequence, payload, None) for kind, payload in said[:-1]]
    last_kind, last_payload = said[-1]
    commitment = commit_state(subject.state_salt, after.committed_form())
    lines.append(Line(last_kind, sequence, last_payload, commitment))
    return Fold(after, outcome, lines)


def _obey(subject: Subject, execution: Execution, arrival: Arrival, find_held: FindHeld) -> Fold:
    command = Command(arrival.input.name)
    count = execution.held
    after = replace(execution, lifecycle=COMMANDS[command][1], held=0)
    commitment = commit_state(subject.state_salt, after.committed_form())
    lines = [Line(_PAST[command], arrival.input.sequence, arrival.payload, commitment)]
    if command is not Command.RESUME:
        return Fold(after, Outcome.APPLIED, lines)
    for sequence in range(arrival.input.sequence - count, arrival.input.sequence):
        after, released = _release(subject, after, find_held(sequence))
        lines.extend(released)
    return Fold(after, Outcome.APPLIED, lines)


def _release(subject: Subject, execution: Execution, held: Arrival) -> tuple[Execution, list[Line]]:
    """Apply an event that was held. It was recorded in full then, so its line now is only its name."""
    reference = canonical_json.encode({"input": held.input.sequence})
    if execution.lifecycle.is_over:
        commitment = commit_state(subject.state_salt, execution.committed_form())
        reason = _describe_failure("invalid_state", f"the execution is {execution.lifecycle.value}", "")
        sequence = held.input.sequence
        return execution, [
            Line("released", sequence, reference, None),
            Line("failed", sequence, reason, commitment),
        ]
    fold = _apply(subject, execution, Arrival(held.input, reference), "released")
    return fold.execution, fold.lines


def _encode_draft(draft: Draft) -> bytes:
    """The payload of the entry that a draft becomes. Raises StepFailed when no entry can hold it.

    A template may wrap what an event brought, so what is within the bounds of an event may leave them here.
    """
    try:
        payload = draft.canonical or canonical_json.encode(draft.payload)
    except MalformedJson as error:
        detail = error.problems[0].detail
        raise StepFailed("payload_too_deep", f"what a {draft.kind} would say is {detail}") from None
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise StepFailed(
            "payload_too_large", f"what a {draft.kind} would say is more than {PAYLOAD_BYTES_MAX} bytes"
        )
    return payload


def _describe_failure(code: str, message: str, place: str) -> bytes:
    return canonical_json.encode({"code": code, "message": message, "place": place})


_PAST = {Command.PAUSE: "paused", Command.RESUME: "resumed", Command.CANCEL: "cancelled"}
