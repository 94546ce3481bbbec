"""Every bound of a step holds at it and past it; past it, nothing of the input applies."""

from typing import Any

import pytest

from actum_core.engine import Input, InputKind, State, StepFailed, step
from actum_core.limits import (
    CHILD_NESTING_MAX,
    CHILDREN_MAX,
    CONTENT_ACTIONS_MAX,
    DATA_BYTES_MAX,
    DELIVERIES_WAITING_MAX,
    DRAFTS_MAX,
    INTERNAL_QUEUE_MAX,
    MICROSTEPS_MAX,
    NETWORK_DRAFTS_MAX,
    NETWORK_MICROSTEPS_MAX,
    REQUESTS_MAX,
    STATE_BYTES_MAX,
    TIMERS_MAX,
    TOKEN_PARENTS_MAX,
    TOKENS_MAX,
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
    return compile_template(document(machine, vars=VARIABLES, actions={"act": {"kind": "log"}}))


def network_with(*actions: dict[str, Any], always: Any = None) -> Program:
    state: dict[str, Any] = {"on": {"e": {"actions": list(actions)}}}
    if always is not None:
        state["always"] = always
    made = document(None, vars=VARIABLES, nodes={"a": {"machine": {"initial": "a", "states": {"a": state}}}})
    del made["machine"]
    return compile_template(made)


def nesting() -> Program:
    """As many children within each other as the event says."""
    inner = {"use": "kid", "with": {"n": "=input.n - 1"}}
    kid = {
        "initial": "a",
        "states": {"a": {"always": {"guard": "input.n > 1", "target": "b"}}, "b": {"invoke": inner}},
    }
    outer = {"use": "kid", "with": {"n": "=vars.n"}}
    go = {"target": "b", "actions": [{"assign": {"n": "event.data"}}]}
    machine = {"initial": "a", "states": {"a": {"on": {"e": go}}, "b": {"invoke": outer}}}
    return compile_template(document(machine, vars=VARIABLES, machines={"kid": {"machine": kid}}))


VARIABLES: dict[str, Any] = {"n": {"type": "int"}, "value": {}}


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
        "too_many_microsteps",
        network_with({"assign": {"n": "event.data"}}, always=COUNTDOWN),
        NETWORK_MICROSTEPS_MAX - 1,
        NETWORK_MICROSTEPS_MAX,
    ),
    (
        "too_many_drafts",
        network_with(for_each({"log": "x"}, {"log": "x"}, {"log": "x"})),
        [0] * (NETWORK_DRAFTS_MAX // 3),
        [0] * (NETWORK_DRAFTS_MAX // 3 + 1),
    ),
    (
        "too_many_messages",
        network_with(for_each({"send": "x"})),
        [0] * DELIVERIES_WAITING_MAX,
        [0] * (DELIVERIES_WAITING_MAX + 1),
    ),
    ("too_many_tokens", network_with(for_each({"emit": 1})), [0] * TOKENS_MAX, [0] * (TOKENS_MAX + 1)),
    (
        "too_many_timers",
        program_with(for_each({"send": {"event": "x", "delay": "1s"}})),
        [0] * TIMERS_MAX,
        [0] * (TIMERS_MAX + 1),
    ),
    (
        "too_many_requests",
        program_with(for_each({"do": {"action": "act"}})),
        [0] * REQUESTS_MAX,
        [0] * (REQUESTS_MAX + 1),
    ),
    ("children_too_deep", nesting(), CHILD_NESTING_MAX, CHILD_NESTING_MAX + 1),
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


@pytest.mark.parametrize(("count", "code"), [(CHILDREN_MAX, ""), (CHILDREN_MAX + 1, "too_many_children")])
def test_an_execution_has_a_bounded_number_of_children(count: int, code: str) -> None:
    """Sixteen of them, or what is left, in each region of a parallel state."""
    kid = {"machine": {"initial": "w", "states": {"w": {}}}}
    regions = {
        f"r{i}": {"initial": f"x{i}", "states": {f"x{i}": {"invoke": [{"use": "kid"}] * min(16, count - i)}}}
        for i in range(0, count, 16)
    }
    states = {"a": {"on": {"e": "p"}}, "p": {"type": "parallel", "states": regions}}
    program = compile_template(document({"initial": "a", "states": states}, machines={"kid": kid}))
    state = start(program).state
    if code:
        with pytest.raises(StepFailed) as caught:
            step(program, state, event_input("e"))
        assert caught.value.code == code
    else:
        children = step(program, state, event_input("e")).state.to_json()["children"]
        assert isinstance(children, dict)
        assert len(children) == count


def test_a_token_names_a_bounded_number_of_parents() -> None:
    program = network_with({"emit": {"value": "=1", "parents": "event.data"}})
    state = start(program).state
    for count, expected in (
        (TOKEN_PARENTS_MAX, ["token", "transition"]),
        (TOKEN_PARENTS_MAX + 1, ["error", "transition"]),
    ):
        drafts = step(program, state, event_input("e", ["tok"] * count)).drafts
        assert [draft.kind for draft in drafts] == expected


def test_data_that_waits_counts_in_the_state() -> None:
    program = program_with({"send": {"event": "x", "delay": "1s", "data": "=event.data"}})
    state = start(program).state
    room = STATE_BYTES_MAX - state.size - len("x") - 2
    full = step(program, state, event_input("e", "x" * room)).state
    assert full.size == STATE_BYTES_MAX
    assert State.from_json(program, full.to_json()).size == full.size
    with pytest.raises(StepFailed) as caught:
        step(program, state, event_input("e", "x" * (room + 1)))
    assert caught.value.code == "state_too_large"


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


@pytest.mark.parametrize("program", [program_with(), network_with()], ids=["machine", "network"])
@pytest.mark.parametrize(("kind", "is_started"), UNEXPECTED)
def test_an_input_that_cannot_come_now_is_refused(
    kind: InputKind, is_started: bool, program: Program
) -> None:
    state = (
        step(program, State.initial(program), start_input()).state if is_started else State.initial(program)
    )
    with pytest.raises(StepFailed) as caught:
        step(program, state, Input(kind, "e", None, NOW, 1, "exe_test"))
    assert caught.value.code == "unexpected_input"
