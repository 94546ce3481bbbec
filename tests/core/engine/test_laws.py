"""What must hold for every template and every input."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count, islice
from typing import Any

import pytest

from actum_core import canonical_json
from actum_core.engine import Input, State, Step, StepFailed, step
from actum_core.engine.load import load_network
from actum_core.engine.network_state import NetworkState
from actum_core.engine.state import MachineState
from actum_core.engine.trace import Look
from actum_core.template import Program, check_template, compile_template, load_program

from .charts import ChartMaker
from .driving import event_input, start_input, told

pytestmark = pytest.mark.slow

#: Charts that are tried for each law.
CHARTS = 60


@cache
def charts(levels: int) -> list[tuple[dict[str, Any], Program, list[Input]]]:
    """Random charts that are legal and come to rest, each with inputs."""
    return list(islice(_make_charts(levels), CHARTS))


def _make_charts(levels: int) -> Iterator[tuple[dict[str, Any], Program, list[Input]]]:
    for seed in count():
        maker = ChartMaker(seed, levels=levels)
        value = maker.template()
        errors = {problem.code for problem in check_template(value) if problem.severity == "error"}
        # A random history may lead nowhere that it may; nothing else can be wrong.
        assert errors <= {"bad_target"}
        if errors:
            continue
        program = compile_template(value)
        given = inputs(maker.events())
        if isinstance(outcome(program, State.initial(program), given[0]), str):
            continue  # it never rests: one bound or another ends its start, and nothing follows
        yield value, program, given


def inputs(events: list[tuple[str, Any]]) -> list[Input]:
    parsed = [(name, canonical_json.parse(canonical_json.encode(data))) for name, data in events]
    return [start_input({"site": "x"}), *(event_input(name, data) for name, data in parsed)]


def outcome(program: Program, state: State, given: Input) -> Step | str:
    try:
        return step(program, state, given)
    except StepFailed as failed:
        return f"{failed.code} {failed.place}"


def bytes_of(result: Step | str) -> bytes:
    if isinstance(result, str):
        return result.encode()
    return canonical_json.encode([told(result.drafts), result.state.to_json()])


def test_a_state_read_back_from_its_json_goes_on_byte_for_byte() -> None:
    for _, program, given in charts(levels=3):
        loaded = load_program(program.canonical)
        assert loaded.digest == program.digest
        live, stored = State.initial(program), State.initial(loaded)
        for each in given:
            first = outcome(program, live, each)
            # Nothing in memory is shared: program and state both come from their bytes, before every input.
            second = outcome(loaded, stored, each)
            assert bytes_of(first) == bytes_of(second)
            if isinstance(first, Step):
                live = first.state
                stored = State.from_json(loaded, canonical_json.parse(live.canonical()))


def test_the_cached_forms_of_a_state_are_those_of_its_json() -> None:
    for _, program, given in charts(levels=3):
        state = State.initial(program)
        for each in given:
            result = outcome(program, state, each)
            if isinstance(result, Step):
                before, state = state, result.state
                assert state.canonical() == canonical_json.encode(state.to_json())
                assert state.commitment() == canonical_json.encode(state.commitment_json())
                # Going back to an earlier state must not be confused by what a later one has written.
                assert before.canonical() == canonical_json.encode(before.to_json())
                fresh = State.from_json(program, canonical_json.parse(state.canonical()))
                assert fresh.commitment() == state.commitment()
                assert state.size >= len(canonical_json.encode(state.to_json()["vars"]))


def test_the_short_way_gives_what_the_algorithm_gives() -> None:
    for value, short, given in charts(levels=1):
        general = compile_template(value)
        states = [State.initial(short), State.initial(general)]
        for each in given:
            general.derived.tables.machine.is_flat = False  # type: ignore[attr-defined]
            first, second = outcome(short, states[0], each), outcome(general, states[1], each)
            assert bytes_of(first) == bytes_of(second)
            if isinstance(first, Step) and isinstance(second, Step):
                states = [first.state, second.state]


def test_the_long_way_gives_what_the_short_one_gives_and_what_a_trace_watches_is_the_same() -> None:
    for _, program, given in [*charts(levels=1), *charts(levels=3)]:
        state = State.initial(program)
        for each in given:
            assert isinstance(state, MachineState)
            first = outcome(program, state, each)
            long = NetworkState.of_machine(load_network(program), state)
            assert long.canonical() == state.canonical()
            assert long.commitment() == state.commitment()
            assert bytes_of(first) == bytes_of(outcome(program, long, each))
            try:
                watched: Step | str = step(program, state, each, Watcher())
            except StepFailed as failed:
                watched = f"{failed.code} {failed.place}"
            assert bytes_of(first) == bytes_of(watched)
            if isinstance(first, Step):
                state = first.state


class Watcher:
    """A trace that listens and forgets."""

    def tell(self, looks: Sequence[Look], drafts: int) -> None:
        assert all(look.index >= 0 for look in looks)

    def tell_cost(self, spent: int) -> None:
        assert spent >= 0


def test_a_step_changes_neither_its_state_nor_its_input() -> None:
    for _, program, given in charts(levels=3):
        state = State.initial(program)
        for each in given:
            before = canonical_json.encode([state.to_json(), each.data])
            first = outcome(program, state, each)
            assert canonical_json.encode([state.to_json(), each.data]) == before
            assert bytes_of(outcome(program, state, each)) == bytes_of(first)
            if isinstance(first, Step):
                state = first.state


def test_a_configuration_is_always_legal() -> None:
    """SCXML, 3.13: one child of an active compound state is active, and every region of a parallel one."""
    for _, program, given in charts(levels=3):
        state = State.initial(program)
        for each in given:
            result = outcome(program, state, each)
            if not isinstance(result, Step):
                continue
            state = result.state
            nodes = program.derived.tables.machine.nodes  # type: ignore[attr-defined]
            for index in state.active:
                active = [child for child in nodes[index].children if child.index in state.active]
                expected = (
                    len(nodes[index].children) if nodes[index].is_parallel else bool(nodes[index].children)
                )
                assert len(active) == expected
                assert index == 0 or nodes[index].parent.index in state.active
