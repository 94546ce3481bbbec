"""The engine's benchmark runs without any of its peers, and its verdicts follow from its figures."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.engine.growth import GROWTH_MAX, SERIES, Compiling, large_document
from benchmarks.engine.guards import OURS, start_guards
from benchmarks.engine.light import RECORDED, STEP, LightRecorded, LightStep
from benchmarks.engine.report import COMPILING, ENGINES, GROWTH, GUARDS, Figures, judge, render_figures
from benchmarks.engine.timing import Body, Figure, Turns, measure, ratios
from benchmarks.tables import render_targets
from tests.core.documents import load_yaml

from actum_core.template import check_template, compile_template

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


class Counting:
    """A body that says how long it took."""

    def __init__(self, name: str, seconds: Iterator[float]) -> None:
        self.name = name
        self.done = 0
        self._seconds = seconds

    def run(self, times: int) -> float:
        self.done += times
        return next(self._seconds) * times

    def verify(self, times: int) -> None:
        assert times == self.done


def always(*seconds: float) -> Iterator[float]:
    """These once, and the last for ever."""
    yield from seconds
    while True:
        yield seconds[-1]


def figures_of(each: dict[str, float]) -> dict[str, Figure]:
    return {name: Figure(lowest, lowest * 2) for name, lowest in each.items()}


# --- Timing ---------------------------------------------------------------------------------------------


def test_the_lowest_turn_and_the_one_in_the_middle_are_told() -> None:
    slow = Counting("slow", iter([1.0, 1.0, 1.0, 5.0, 3.0, 4.0]))
    found = measure([slow], Turns(rounds=3, seconds=1.0))
    assert found == {"slow": Figure(lowest=3e6, median=4e6)}


def test_every_time_is_counted_when_the_effect_is_verified() -> None:
    bodies = [Counting("a", always(0.001)), Counting("b", always(0.5, 0.000_1))]
    measure(bodies, Turns(rounds=7, seconds=0.01))
    assert all(body.done > 7 for body in bodies)


def test_a_slow_first_time_does_not_make_the_turns_short() -> None:
    late = Counting("late", always(0.2, 0.000_001))
    measure([late], Turns(rounds=1, seconds=0.01))
    assert late.done > 10_000


def test_ratios_are_to_the_first() -> None:
    assert ratios(figures_of({"10": 4.0, "100": 5.0, "1,000": 2.0})) == {"10": 1.0, "100": 1.25, "1,000": 0.5}


# --- Verdicts -------------------------------------------------------------------------------------------


def passing() -> Figures:
    return {
        ENGINES: figures_of({STEP: 15.0, RECORDED: 60.0, "other": 1.0}),
        GUARDS: figures_of({OURS: 4.0}),
        "guards, 45 KB": figures_of({OURS: 4.0}),
        COMPILING: figures_of({"compile_template": 300_000.0}),
        **{GROWTH + each.name: figures_of({"10": 10.0, "100": 12.0, "1,000": 9.0}) for each in SERIES},
    }


def test_a_target_is_met_at_its_bound() -> None:
    assert {target.verdict for target in judge(passing(), SERIES)} == {"pass"}


MISSES = [
    (ENGINES, STEP, "step alone, us"),
    (ENGINES, RECORDED, "step with entries and hashes, us"),
    (GUARDS, OURS, "guard, us"),
    ("guards, 45 KB", OURS, "guard with an event of 45 KB, us"),
    (COMPILING, "compile_template", "compile 500 states, ms"),
    (GROWTH + "inputs before", "100", "growth, inputs before"),
]


@pytest.mark.parametrize(("group", "name", "target"), MISSES)
def test_a_target_is_missed_just_above_its_bound(group: str, name: str, target: str) -> None:
    figures = passing()
    figures[group] |= figures_of({name: figures[group][name].lowest * 1.01})
    assert [each.name for each in judge(figures, SERIES) if each.verdict == "MISS"] == [target]


def test_what_was_not_measured_is_not_passed() -> None:
    assert {target.verdict for target in judge({}, SERIES)} == {"not measured"}


def test_only_going_through_all_states_may_grow_more() -> None:
    assert [each.name for each in SERIES if each.bound != GROWTH_MAX] == ["states visited in turn"]


def test_every_figure_is_in_the_tables() -> None:
    told = render_figures(passing())
    for name in (STEP, RECORDED, "other", "100: 1.20, 1,000: 0.90", *(each.name for each in SERIES)):
        assert name in told
    assert "300,000" in told


# --- What is measured -----------------------------------------------------------------------------------


def test_the_machine_is_that_of_the_other_benchmark() -> None:
    theirs = load_yaml(ROOT / "benchmarks" / "bench-light.yaml")
    ours = LightStep().program
    for member in ("title", "layout"):
        theirs.pop(member, None)
    assert compile_template(theirs).digest == ours.digest


@pytest.mark.parametrize("body", [LightStep(), LightRecorded()], ids=lambda body: str(body.name))
def test_a_tick_that_has_no_effect_is_noticed(body: Body) -> None:
    body.run(4)
    body.verify(4)
    with pytest.raises(AssertionError):
        body.verify(5)


@pytest.mark.parametrize("is_large", [False, True])
def test_the_guard_holds_and_does_not(is_large: bool) -> None:
    [ours, *_], _ = start_guards(is_large)
    assert ours.name == OURS
    ours.verify(1)


def test_the_large_template_is_right() -> None:
    assert check_template(large_document(20)) == ()
    compiling = Compiling("compile", lambda: compile_template(large_document(20)))
    compiling.run(2)
    compiling.verify(2)


# --- The whole ------------------------------------------------------------------------------------------


def test_a_quick_run_needs_no_peers(tmp_path: Path) -> None:
    written = tmp_path / "outcome.json"
    command = [sys.executable, "-m", "benchmarks.engine.run", "--quick", "--no-peers", "--json", str(written)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcome = json.loads(written.read_text())
    assert outcome["missing"] == {}
    assert [name for name in outcome["figures"] if name.startswith(GROWTH)] == [
        GROWTH + each.name for each in SERIES
    ]
    assert {target["found"] is None for target in outcome["targets"]} == {False}
    command_line, machine, *_ = done.stdout.strip().splitlines()
    assert command_line.startswith("python -m benchmarks.engine.run --quick")
    assert "load average before" in machine


def test_a_peer_that_is_not_there_is_named_with_its_reason() -> None:
    command = [sys.executable, "-m", "benchmarks.engine.run", "--quick", "--only", "engines", "--strict"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": "", "LC_ALL": "C"}
    )
    assert "not measured: xstate actor.send(): node is not there" in done.stdout, done.stderr
    # Strictly, a target that was not measured is not met.
    assert done.returncode == 1


def test_targets_and_figures_of_nothing_can_be_printed() -> None:
    assert "not measured" in render_targets(judge({}, SERIES))
