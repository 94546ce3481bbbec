"""Laws of differences: between random documents, and between one and what a known edit makes of it."""

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from actum_core.template import compile_template

from ..engine.charts import ChartMaker
from .differences import assert_laws, told

pytestmark = pytest.mark.slow


def charts(count: int) -> list[dict[str, Any]]:
    return [ChartMaker(seed, levels=1 + seed % 3).template() for seed in range(count)]


@pytest.mark.parametrize("chart", charts(30), ids=[str(seed) for seed in range(30)])
def test_a_document_does_not_differ_from_its_normal_form(chart: dict[str, Any]) -> None:
    normal = json.loads(compile_template(chart).canonical)
    assert told(chart, chart) == []
    assert told(chart, normal) == told(normal, chart) == []


def test_any_two_documents_keep_the_laws() -> None:
    found = charts(12)
    for source in found:
        for target in found:
            assert_laws(source, target)


#: Changes a document in one place; what has to be told of it.
Edit = Callable[[Any, Random], set[tuple[str, str, str, str]]]


def all_states(chart: Any) -> list[Any]:
    found, waiting = [], list(chart["machine"]["states"])
    while waiting:
        one = waiting.pop(0)
        found.append(one)
        waiting += one.get("states", [])
    return [one for one in found if one.get("type") != "history"]


def add_state(chart: Any, random: Random) -> set[tuple[str, str, str, str]]:
    places = [chart["machine"]["states"], *(one["states"] for one in all_states(chart) if one.get("states"))]
    random.choice(places).append({"id": "new", "on": [{"event": "only.here"}]})
    return {("added", "state", "new", "")}


def swap_states(chart: Any, random: Random) -> set[tuple[str, str, str, str]]:
    """The first one goes behind the others, which keep their order; of two, either might be said to have moved."""
    states = chart["machine"]["states"]
    if len(states) < 3:
        return set()
    states.append(states.pop(0))
    return {("moved", "state", states[-1]["id"], "order")}


def add_entry(chart: Any, random: Random) -> set[tuple[str, str, str, str]]:
    one = random.choice(all_states(chart))
    one["entry"] = [{"log": "only here"}, *one.get("entry", [])]
    return {("added", "content", f"{one['id']}: entry", "")}


def set_guard(chart: Any, random: Random) -> set[tuple[str, str, str, str]]:
    heard = [(one, each) for one in all_states(chart) for each in one.get("on", [])]
    if not heard:
        return set()
    one, transition = random.choice(heard)
    transition["guard"] = "vars.n == 424242"
    return {("changed", "transition", f"{one['id']}: {transition['event']}", "guard")}


def add_transition(chart: Any, random: Random) -> set[tuple[str, str, str, str]]:
    one = random.choice([one for one in all_states(chart) if one.get("type") != "final"])
    one["on"] = [{"event": "only.here"}, *one.get("on", [])]
    return {("added", "transition", f"{one['id']}: only.here", "")}


def set_variable(chart: Any, random: Random) -> set[tuple[str, str, str, str]]:
    chart["vars"] = {**chart["vars"], "n": {"type": "int", "initial": 7}}
    return {("changed", "variable", "n", "initial")}


def rename_state(chart: Any, random: Random) -> set[tuple[str, str, str, str]]:
    old = random.choice(all_states(chart))["id"]

    def renamed(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: renamed(member, name) for name, member in value.items()}
        if isinstance(value, list):
            return [renamed(member, key) for member in value]
        if key in ("id", "target", "initial") and value == old:
            return "renamed"
        return "done.state.renamed" if value == f"done.state.{old}" else value

    chart["machine"] = renamed(chart["machine"])
    return {("renamed", "state", "renamed", "")}


EDITS: list[Edit] = [
    add_state,
    swap_states,
    add_entry,
    set_guard,
    add_transition,
    set_variable,
    rename_state,
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: str(edit.__name__))
def test_an_edit_anywhere_is_told_as_what_it_is(edit: Edit) -> None:
    for seed, chart in enumerate(charts(25)):
        target = copy.deepcopy(chart)
        expected = edit(target, Random(seed))
        assert {row[:4] for row in told(chart, target)} == expected, seed
        assert_laws(chart, target)


def test_several_edits_are_told_each_as_what_it_is() -> None:
    for seed, chart in enumerate(charts(25)):
        target = copy.deepcopy(chart)
        expected = set().union(*(edit(target, Random(seed)) for edit in (add_entry, set_variable, add_state)))
        assert {row[:4] for row in told(chart, target)} == expected, seed
