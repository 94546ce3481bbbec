"""Laws of whole executions: what is live, restored and replayed is the same, and nothing is lost."""

import os
from collections.abc import Iterator
from functools import cache
from itertools import count, islice
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from actum_core import canonical_json
from actum_core.engine.fold import Outcome
from actum_core.engine.lifecycle import Command, InvalidState, Lifecycle, UnknownRequest, restore_execution
from actum_core.template import Program, check_template, compile_template, load_program

from .living import Life
from .networks import NetworkMaker, find_component

pytestmark = pytest.mark.slow

#: Templates that are tried for each law, and inputs of each life.
TEMPLATES = 22
INPUTS = 25

ANSWERS: list[dict[str, Any]] = [
    {"ok": True, "output": {"even": True}},
    {"ok": True, "output": 3},
    {"ok": False, "error": {"code": "timeout"}},
]


@cache
def templates() -> list[tuple[int, Program, list[tuple[str, Any]]]]:
    return list(islice(_make_templates(), TEMPLATES))


def _make_templates() -> Iterator[tuple[int, Program, list[tuple[str, Any]]]]:
    for seed in count():
        maker = NetworkMaker(seed)
        document = maker.template()
        errors = [
            problem
            for problem in check_template(document, find_component=find_component)
            if problem.severity == "error"
        ]
        assert errors == []
        program = compile_template(document, find_component=find_component)
        life = Life(program)
        if life.start({"site": "x"}).outcome is Outcome.APPLIED:
            yield seed, program, maker.events()


@cache
def lives() -> list[Life]:
    return [live(Life(program), seed, events) for seed, program, events in templates()]


def live(life: Life, seed: int, events: list[tuple[str, Any]]) -> Life:
    """The same life for the same seed: events, timers, outcomes, and people who pause it."""
    random = Random(seed)
    life.start({"site": "x"})
    for _ in range(INPUTS):
        if life.execution.lifecycle.is_over:
            break
        life.seconds += random.choice([0, 0, 0.5, 3])
        try:
            _go_on(life, random, events)
        except (InvalidState, UnknownRequest):
            continue
    return life


def _go_on(life: Life, random: Random, events: list[tuple[str, Any]]) -> None:
    chance = random.random()
    is_paused = life.execution.lifecycle is Lifecycle.PAUSED
    if chance < 0.4 and life.execution.next_due is not None:
        life.fire()
    elif chance < 0.5 and life.asked:
        life.answer(**random.choice(ANSWERS))
    elif chance < 0.6:
        life.command(Command.RESUME if is_paused else Command.PAUSE)
    elif chance < 0.61:
        life.command(Command.CANCEL)
    else:
        life.post(*random.choice(events))


law = settings(
    max_examples=int(os.environ.get("ACTUM_LAW_EXAMPLES", "20")),
    deadline=None,
    derandomize="ACTUM_LAW_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
seeds = st.integers(0, 1_000_000)


def lead(seed: int) -> tuple[Life, list[tuple[str, Any]]]:
    """A life of the template of a seed, if that can be started at all."""
    maker = NetworkMaker(seed)
    program = compile_template(maker.template(), find_component=find_component)
    events = maker.events()
    assume(Life(program).start({"site": "x"}).outcome is Outcome.APPLIED)
    return live(Life(program), seed, events), events


@law
@given(seeds)
def test_a_life_read_back_from_its_bytes_before_every_input_is_the_same(seed: int) -> None:
    kept, events = lead(seed)
    restored = live(Life(load_program(kept.program.canonical), is_restored=True), seed, events)
    assert restored.entries == kept.entries
    assert restored.stored == kept.stored


@law
@given(seeds, st.integers(1, 9), st.integers(0, INPUTS))
def test_a_snapshot_anywhere_and_the_rest_of_the_record_give_the_same_chain(
    seed: int, parts: int, place: int
) -> None:
    life, _ = lead(seed)
    for start in (0, list(life.stored)[min(place, len(life.stored) - 1)]):
        replayed = life.replay(start, parts)
        assert replayed.difference is None
        assert replayed.head[:2] == life.head[:2]
        assert replayed.execution.canonical() == life.execution.canonical()


def test_the_kept_forms_of_a_state_are_those_of_its_bytes() -> None:
    for life in lives():
        for stored in list(life.stored.values())[::2]:
            execution = restore_execution(life.program, stored)
            assert execution.canonical() == stored
            assert canonical_json.encode(canonical_json.parse(stored)) == stored
            assert canonical_json.encode(execution.state.commitment_json()) == execution.state.commitment()


def test_every_timer_fires_once_or_is_taken_back_or_is_waited_for() -> None:
    for life in lives():
        told = life.told("scheduled", "unscheduled", "timer", "cancelled")
        were_set = [each["timer"] for each in told if each["kind"] == "scheduled"]
        are_over = [each["timer"] for each in told if each["kind"] in ("unscheduled", "timer")]
        assert len(set(were_set)) == len(were_set)
        assert len(set(are_over)) == len(are_over)
        waiting = set(life.execution.state.timers)
        if life.execution.lifecycle.is_over:
            assert waiting == set()
        if life.execution.lifecycle is not Lifecycle.CANCELLED:
            assert set(were_set) - set(are_over) == waiting


def test_every_child_ends_or_is_stopped_or_is_there() -> None:
    for life in lives():
        there: list[str] = []
        for each in life.told("invoked", "ended", "stopped"):
            if each["kind"] == "invoked":
                there.append(each["node"])
            elif "#" in each["node"]:
                there.remove(each["node"])
        assert sorted(there) == sorted(life.execution.state.to_json().get("children", {}))


def test_every_parent_of_a_token_is_a_token_and_every_dropped_one_was_on_an_edge() -> None:
    for life in lives():
        tokens: dict[str, dict[str, Any]] = {}
        for each in life.told("token", "dropped"):
            if each["kind"] == "token":
                assert set(each.get("parents", [])) <= set(tokens)
                assert each["id"] not in tokens
                tokens[each["id"]] = each
            else:
                assert f"{each['node']}.{each['port']}" in tokens[each["token"]]["to"]


def test_lives_use_everything() -> None:
    """The other laws say little if nothing happens."""
    kinds = {entry.kind for life in lives() for entry in life.entries}
    assert kinds >= {
        *("started", "event", "timer", "outcome", "held", "released", "paused", "resumed", "postponed"),
        *("transition", "error", "log", "message", "rule_failed", "scheduled", "unscheduled", "requested"),
        *("token", "dropped", "invoked", "stopped", "ended", "assigned", "completed", "failed"),
    }
