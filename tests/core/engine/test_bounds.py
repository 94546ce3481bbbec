"""Every bound of a step holds at it and past it; past it, nothing of the input applies."""

from typing import Any

import pytest

from actum_core.engine import Input, InputKind, State, StepFailed, step
from actum_core.limits import (
    CONTENT_ACTIONS_MAX,
    DATA_BYTES_MAX,
    DRAFTS_MAX,
    INTERNAL_QUEUE_MAX,
    MICROSTEPS_MAX,
    STATE_BYTES_MAX,
    VALUE_DEPTH_MAX,
)
from actum_core.template import Program, compile_template

from ..documents import document
from .driving import NOW, event_input, start, start_input


def program_with(*actions: dict[str, Any], always: Any = None) -> Program:
    state: dict[str, Any] = {"on": {"e": {"actions": list(actions)}}}
    if always is not None:
        state["always"] = always
    machine = {"initial": "a", "states": {"a": state}}
    return compile_template(document(machine, vars={"n": {"type": "int"}, "value": {}}))


def for_each(*actions: dict[str, Any]) -> dict[str, Any]:
    return {"for_each": {"in": "event.data", "as": "x", "do": list(actions)}}


#: Counts down from what the event says, one eventless transition at a time.
COUNTDOWN = {"guard": "vars.n > 0", "actions": [{"assign": {"n": "vars.n - 1"}}]}

#: The bytes that variables take beside the one under test: its quotes, and the digit of ``n``.
BESIDE = 3

BOUNDS: list[tuple[str, Program, Any, Any]] = [
    (
        "too_many_microsteps",
        program_with({"assign": {"n": "event.data"}}, always=COUNTDOWN),
        MICROSTEPS_MAX - 1,
        MICROSTEPS_MAX,
    ),
    (
        "too_many_actions",
        program_with(for_each()),
        [0] * (CONTENT_ACTIONS_MAX - 1),
        [0] * CONTENT_ACTIONS_MAX,
    ),
    ("too_many_drafts", program_with(for_each({"log": "x"})), [0] * (DRAFTS_MAX - 1), [0] * DRAFTS_MAX),
    (
        "too_many_events",
        program_with(for_each({"raise": "r"})),
        [0] * INTERNAL_QUEUE_MAX,
        [0] * (INTERNAL_QUEUE_MAX + 1),
    ),
    (
        "state_too_large",
        program_with({"assign": {"value": "event.data"}}),
        "x" * (STATE_BYTES_MAX - BESIDE),
        "x" * (STATE_BYTES_MAX - BESIDE + 1),
    ),
    (
        "payload_too_large",
        program_with({"log": "=event.data"}),
        "x" * (DATA_BYTES_MAX - 2),
        "x" * (DATA_BYTES_MAX - 1),
    ),
    (
        "cost_exceeded",
        program_with({"if": "event.data.all(x, event.data.all(y, x + y >= 0))", "then": []}),
        [0] * 10,
        [0] * 2_000,
    ),
]


@pytest.mark.parametrize(("code", "program", "within", "beyond"), BOUNDS, ids=[row[0] for row in BOUNDS])
def test_a_step_ends_at_its_bound(code: str, program: Program, within: Any, beyond: Any) -> None:
    state = start(program).state
    before = state.canonical()
    assert step(program, state, event_input("e", within)).drafts[-1].kind == "transition"
    with pytest.raises(StepFailed) as caught:
        step(program, state, event_input("e", beyond))
    assert caught.value.code == code
    assert state.canonical() == before


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def test_a_value_too_deep_for_a_state_is_an_error_in_the_machine() -> None:
    program = program_with({"assign": {"value": "event.data"}})
    state = start(program).state
    kept = step(program, state, event_input("e", nested(VALUE_DEPTH_MAX)))
    assert State.from_json(program, kept.state.to_json()).canonical() == kept.state.canonical()
    refused = step(program, state, event_input("e", nested(VALUE_DEPTH_MAX + 1)))
    assert [(draft.kind, draft.payload.get("code")) for draft in refused.drafts] == [
        ("error", "too_deep"),
        ("transition", None),
    ]


def test_replacing_a_large_value_gives_its_bytes_back() -> None:
    program = program_with({"assign": {"value": "event.data"}})
    state = start(program).state
    for text in ["x" * (STATE_BYTES_MAX - BESIDE), "", "y" * (STATE_BYTES_MAX - BESIDE)]:
        state = step(program, state, event_input("e", text)).state
    assert state.size == STATE_BYTES_MAX


UNEXPECTED = [(InputKind.EVENT, False), (InputKind.START, True)] + [
    (kind, True) for kind in InputKind if kind not in (InputKind.START, InputKind.EVENT)
]


@pytest.mark.parametrize(("kind", "is_started"), UNEXPECTED)
def test_an_input_that_cannot_come_now_is_refused(kind: InputKind, is_started: bool) -> None:
    program = program_with()
    state = (
        step(program, State.initial(program), start_input()).state if is_started else State.initial(program)
    )
    with pytest.raises(StepFailed) as caught:
        step(program, state, Input(kind, "e", None, NOW, 1, "exe_test"))
    assert caught.value.code == "unexpected_input"
