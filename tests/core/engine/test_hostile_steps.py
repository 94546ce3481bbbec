"""No template makes a step take long or much, and none makes it fail otherwise than by its bounds."""

import gc
import tracemalloc
from typing import Any

import pytest

from actum_core.engine import Input, InputKind, State, StepFailed, step
from actum_core.template import compile_template

from ..pace import timed
from .driving import NOW, start_input
from .hostile import CASES

pytestmark = pytest.mark.slow

#: Seconds of processor time that one step may take. Measured when nothing else runs: the dearest takes half of it.
STEP_SECONDS_MAX = 0.25

#: What else the machine does makes a step slower, never faster: the fastest of so many is what it costs.
TRIES = 8

#: Bytes that one step may have in use at one time.
STEP_MEMORY_MAX = 64 * 1024 * 1024


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_template_costs_no_more_than_its_budget(name: str) -> None:
    document, data = CASES[name]
    program = compile_template(document)
    state = step(program, State.initial(program), start_input()).state
    event = "go" if program.knows_event("go") else "e"
    given = Input(InputKind.EVENT, event, data, NOW, 2, "exe_test")
    assert any(_timed(program, state, given) < STEP_SECONDS_MAX for _ in range(TRIES))
    gc.collect()
    tracemalloc.start()
    try:
        _take(program, state, given)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < STEP_MEMORY_MAX


def _timed(program: Any, state: State, given: Input) -> float:
    gc.collect()
    return timed(lambda: _take(program, state, given))


def _take(program: Any, state: State, given: Input) -> None:
    try:
        step(program, state, given)
    except StepFailed:
        return
