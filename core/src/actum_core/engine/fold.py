"""Fold one input into an execution: the single place where live ingest and replay decide what happens.

Both call ``fold_input`` with the same recorded facts, so replay equals live by construction: it decides the
lifecycle, calls ``step``, and writes down as ledger lines what came of it. It never fails for what an input
does: a step that exceeds a bound is recorded as failed and the state stays where it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.lifecycle import COMMANDS, Command, Execution, Lifecycle, stop_waiting
from actum_core.engine.moments import read_moment
from actum_core.engine.network_state import NetworkState
from actum_core.engine.outputs import Draft, Request, StepFailed
from actum_core.engine.state import State
from actum_core.engine.step import step
from actum_core.engine.trace import Trace
from actum_core.errors import MalformedJson
from actum_core.expression import Duration
from actum_core.ledger.entry import Line, commit_state
from actum_core.limits import PAYLOAD_BYTES_MAX
from actum_core.template import Program
from actum_core.template.document import TimerPolicy
from actum_core.template.times import format_duration

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
    """The execution after an input, what became of that input, the ledger lines it caused, and the work it asks for.

    A replay asks for nothing: it leaves ``requests`` alone. ``execution.next_due`` says when to fire a timer.
    """

    execution: Execution
    outcome: Outcome
    lines: list[Line]
    requests: tuple[Request, ...] = ()


#: How an input enters that moves machines: the kind of the line that records it.
_LINES: Final = {
    InputKind.START: "started",
    InputKind.EVENT: "event",
    InputKind.TIMER: "timer",
    InputKind.OUTCOME: "outcome",
}

#: Finds a held event or outcome again by its input sequence.
FindHeld = Callable[[int], Arrival]


def new_execution(program: Program) -> Execution:
    """An execution before anything entered it."""
    return Execution(Lifecycle.CREATED, 0, 0, State.initial(program))


def describe_creation(subject: Subject, execution: Execution, payload: bytes) -> Line:
    """The first line of every chain, written under input 0."""
    return Line("created", 0, payload, commit_state(subject.state_salt, execution.committed_form()))


def describe_timer(key: str, due: str) -> bytes:
    """What is recorded of a timer that fires."""
    return canonical_json.encode({"due": due, "timer": key})


def describe_outcome(request_id: str, outcome: JsonValue) -> bytes:
    """What is recorded of an outcome; the input's data MUST be the parse of its ``outcome`` member."""
    return canonical_json.encode({"outcome": outcome, "request": request_id})


def fold_input(
    subject: Subject,
    execution: Execution,
    arrival: Arrival,
    find_held: FindHeld,
    *,
    trace: Trace | None = None,
) -> Fold:
    """The execution after ``arrival``, which the caller has found admissible, and the lines it caused.

    ``find_held`` is asked only when the input resumes a paused execution. A ``trace`` hears of every step that is
    taken, those of released inputs too.
    """
    kind, sequence = arrival.input.kind, arrival.input.sequence
    entered = Execution(execution.lifecycle, sequence, execution.held, execution.state, execution.paused_at)
    if kind is InputKind.COMMAND:
        return _obey(subject, entered, arrival, (find_held, trace))
    if kind is InputKind.START:
        entered = replace(entered, lifecycle=Lifecycle.RUNNING)
    elif entered.lifecycle is Lifecycle.PAUSED:
        return _hold(subject, entered, arrival)
    return _apply(subject, entered, (arrival, _LINES[kind]), trace)


def _hold(subject: Subject, execution: Execution, arrival: Arrival) -> Fold:
    held = replace(execution, held=execution.held + 1)
    commitment = commit_state(subject.state_salt, held.committed_form())
    return Fold(held, Outcome.HELD, [Line("held", arrival.input.sequence, arrival.payload, commitment)])


def _apply(
    subject: Subject, execution: Execution, entering: tuple[Arrival, str], trace: Trace | None
) -> Fold:
    """Step once; an arrival comes with the kind of the line that records the input itself."""
    arrival, kind = entering
    sequence = arrival.input.sequence
    said: list[tuple[str, bytes]] = [(kind, arrival.payload)]
    outcome = Outcome.APPLIED
    requests: tuple[Request, ...] = ()
    try:
        stepped = step(subject.program, execution.state, arrival.input, trace)
        caused = [(draft.kind, _encode_draft(draft)) for draft in stepped.drafts]
    except StepFailed as failure:
        outcome = Outcome.FAILED
        said.append(("failed", _describe_failure(failure.code, failure.message, failure.place)))
        after = _after_failure(execution, arrival.input)
    else:
        said.extend(caused)
        requests = stepped.requests
        lifecycle = Lifecycle.COMPLETED if stepped.state.is_final else execution.lifecycle
        after = Execution(
            lifecycle, execution.input_sequence, execution.held, stepped.state, execution.paused_at
        )
    return Fold(after, outcome, _write_lines(subject, after, sequence, said), requests)


def _write_lines(
    subject: Subject, after: Execution, sequence: int, said: list[tuple[str, bytes]]
) -> list[Line]:
    """What was said, the last of it with the commitment to the state that it led to."""
    lines = [Line(kind, sequence, payload, None) for kind, payload in said[:-1]]
    last_kind, last_payload = said[-1]
    commitment = commit_state(subject.state_salt, after.committed_form())
    lines.append(Line(last_kind, sequence, last_payload, commitment))
    return lines


def _after_failure(execution: Execution, given: Input) -> Execution:
    """The state does not move, but what has come to pass is not waited for any more: else it would come for ever."""
    state = execution.state
    if given.kind is InputKind.START:
        return replace(execution, lifecycle=Lifecycle.FAILED)
    if given.kind is InputKind.TIMER and isinstance(state, NetworkState) and given.name in state.timers:
        return replace(execution, state=state.without(timer=given.name))
    if given.kind is InputKind.OUTCOME and isinstance(state, NetworkState) and given.name in state.requests:
        return replace(execution, state=state.without(request=given.name))
    return execution


def _obey(
    subject: Subject, execution: Execution, arrival: Arrival, releasing: tuple[FindHeld, Trace | None]
) -> Fold:
    command, sequence = Command(arrival.input.name), arrival.input.sequence
    count = execution.held
    after = replace(execution, lifecycle=COMMANDS[command][1], held=0, paused_at="")
    said: list[tuple[str, bytes]] = [(_PAST[command], arrival.payload)]
    match command:
        case Command.PAUSE if execution.state.timers and _puts_off(subject):
            after = replace(after, paused_at=arrival.input.at)
        case Command.CANCEL:
            after = replace(after, state=stop_waiting(after.state))
        case Command.RESUME if execution.paused_at:
            after, told = _put_off(after, execution.paused_at, arrival.input.at)
            said.append(("postponed", told))
    lines = _write_lines(subject, after, sequence, said)
    requests: list[Request] = []
    if command is Command.RESUME:
        find_held, trace = releasing
        for held in range(sequence - count, sequence):
            after, released, asked = _release(subject, after, find_held(held), trace)
            lines.extend(released)
            requests.extend(asked)
    return Fold(after, Outcome.APPLIED, lines, tuple(requests))


def _puts_off(subject: Subject) -> bool:
    return subject.program.template.on_resume is TimerPolicy.REMAINING


def _put_off(execution: Execution, paused_at: str, at: str) -> tuple[Execution, bytes]:
    """Every timer waits as long as it had still to wait when the execution was paused; and what is said of that."""
    state, by = execution.state, read_moment(at) - read_moment(paused_at)
    assert isinstance(state, NetworkState), "only such a state has timers"
    state = state.put_off(by)
    due = {key: timer.due for key, timer in state.timers.items()}
    told = {"by": format_duration(Duration(by)), "timers": due}
    return replace(execution, state=state), canonical_json.encode(told)


def _release(
    subject: Subject, execution: Execution, held: Arrival, trace: Trace | None
) -> tuple[Execution, list[Line], tuple[Request, ...]]:
    """Apply an event or outcome that was held. It was recorded in full then, so its line now is only its name."""
    reference = canonical_json.encode({"input": held.input.sequence})
    if execution.lifecycle.is_over:
        commitment = commit_state(subject.state_salt, execution.committed_form())
        reason = _describe_failure("invalid_state", f"the execution is {execution.lifecycle.value}", "")
        sequence = held.input.sequence
        lines = [Line("released", sequence, reference, None), Line("failed", sequence, reason, commitment)]
        return execution, lines, ()
    fold = _apply(subject, execution, (Arrival(held.input, reference), "released"), trace)
    return fold.execution, fold.lines, fold.requests


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
