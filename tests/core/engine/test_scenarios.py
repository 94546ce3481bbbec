"""Scenario files: a template, inputs, and everything that must follow from each of them."""

from pathlib import Path
from typing import Any

import pytest

from actum_core import canonical_json
from actum_core.engine import Input, InputKind, State, Step, step
from actum_core.template import Program, compile_template, load_program

from ..documents import document, load_yaml
from .driving import NOW, told

#: What a scenario may say of its template, beside what it consists of.
MEMBERS = ("input", "vars", "events", "rules", "unknown_events", "machines", "actions", "timers")

#: What a step of a scenario may say of its input.
INPUTS = {"start", "event", "timer", "outcome", "at", "data", "problems"}

SCENARIOS = Path(__file__).parent / "scenarios"
EXAMPLES = Path(__file__).parents[3] / "server/src/actum/examples"


def _load(path: Path) -> list[Any]:
    found = load_yaml(path)
    scenarios = found if isinstance(found, list) else [found]
    return [pytest.param(scenario, id=f"{path.stem}: {scenario['name']}") for scenario in scenarios]


def _program(scenario: dict[str, Any]) -> Program:
    if "example" in scenario:
        value = load_yaml(EXAMPLES / f"{scenario['example']}.yaml")
    else:
        parts = {key: scenario[key] for key in (*MEMBERS, "nodes", "edges") if key in scenario}
        value = document(scenario.get("machine"), **parts)
        if "nodes" in scenario:
            del value["machine"]
    components = scenario.get("components", {})
    return compile_template(value, find_component=lambda name, version: components.get(f"{name}@{version}"))


def _step(program: Program, state: State, given: dict[str, Any], sequence: int) -> Step:
    at = given.get("at", NOW)
    if "timer" in given:
        return step(program, state, Input(InputKind.TIMER, given["timer"], None, at, sequence, "exe_test"))
    if "outcome" in given:
        # Of the request that waits longest.
        request = next(iter(state.requests))
        return step(
            program, state, Input(InputKind.OUTCOME, request, given["outcome"], at, sequence, "exe_test")
        )
    is_start = "start" in given
    kind = InputKind.START if is_start else InputKind.EVENT
    name = "" if is_start else given["event"]
    data = canonical_json.parse(canonical_json.encode(given["start"] if is_start else given.get("data")))
    # What the server checks at ingress, before a step.
    problems = program.check_start(data) if is_start else program.check_event(name, data)
    assert [problem.code for problem in problems] == given.get("problems", [])
    return step(
        program,
        state,
        Input(kind, name, data, at, sequence, "exe_test", id="e", source="s"),
    )


@pytest.mark.parametrize(
    "scenario", [row for path in sorted(SCENARIOS.glob("*.yaml")) for row in _load(path)]
)
def test_a_scenario_ends_as_written(scenario: dict[str, Any]) -> None:
    compiled = _program(scenario)
    program = load_program(compiled.canonical)
    state = State.initial(program)
    for sequence, expected in enumerate(scenario["steps"], start=1):
        done = _step(compiled, State.from_json(compiled, state.to_json()), expected, sequence)
        again = _step(program, state, expected, sequence)
        assert told(done.drafts) == told(again.drafts)
        state = again.state
        found = {
            "configuration": list(state.configuration),
            "vars": state.to_json()["vars"],
            "drafts": told(done.drafts),
            "final": state.is_final,
            "output": state.output,
            "history": state.to_json().get("history", {}),
            "nodes": state.to_json().get("nodes"),
            "children": state.to_json().get("children", {}),
            "requests": state.to_json().get("requests", {}),
            "timers": {key: state.timers[key].due for key in state.timer_order},
            "kinds": [draft.kind for draft in done.drafts],
        }
        assert state.next_due == min(found["timers"].values(), default=None)
        assert found.keys() | INPUTS >= expected.keys()
        for key in found.keys() & expected.keys():
            assert found[key] == expected[key], f"{key} after input {sequence}"
