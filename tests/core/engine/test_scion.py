"""The published SCION charts behave as their scripts say, as far as they need neither expressions nor delays."""

import json
from pathlib import Path
from typing import Any

import pytest

from actum_core.engine import Input, InputKind, State, step
from actum_core.template import compile_template, load_program

from .scxml_documents import convert_chart

SUITE = Path(__file__).parents[4] / "shared" / "suites" / "scion"

#: Charts that need more than pure control, each with what it needs.
BEYOND = {
    "delayedSend/send1": "a delayed send",
    "delayedSend/send2": "a delayed send",
    "delayedSend/send3": "a delayed send",
}


def _charts() -> list[str]:
    if not SUITE.is_dir():
        return []
    index = json.loads((SUITE / "index.json").read_text())
    return [chart["name"] for chart in index if chart["category"] == "pure" and chart["name"] not in BEYOND]


def _input(kind: InputKind, name: str = "", data: Any = None, sequence: int = 1) -> Input:
    return Input(kind, name, data, "2026-01-01T00:00:00.000000Z", sequence, "exe_test")


@pytest.mark.skipif(not SUITE.is_dir(), reason="suite not present")
def test_every_chart_within_reach_is_judged() -> None:
    assert len(_charts()) == 85


@pytest.mark.parametrize("name", _charts())
def test_a_chart_takes_the_configurations_of_its_script(name: str) -> None:
    script = json.loads((SUITE / f"{name}.json").read_text())
    compiled = compile_template(convert_chart(SUITE / f"{name}.scxml"))
    program = load_program(compiled.canonical)
    state = step(program, State.initial(program), _input(InputKind.START)).state
    found = [sorted(state.configuration)]
    expected = [sorted(script["initialConfiguration"])]
    for sequence, each in enumerate(script["events"], start=2):
        event = each["event"]
        given = _input(InputKind.EVENT, event["name"], event.get("data"), sequence)
        # The script may send names that nothing listens to; they must change nothing.
        state = State.from_json(program, step(program, state, given).state.to_json())
        found.append(sorted(state.configuration))
        expected.append(sorted(each["nextConfiguration"]))
    assert found == expected
