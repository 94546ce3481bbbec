"""All expressions of a document are bounded together, and so are all patterns; the bound is told of once."""

from collections.abc import Callable
from typing import Any

import pytest

from actum_core.limits import EXPRESSIONS_SIZE_MAX, PATTERNS_SIZE_MAX, STATES_MAX
from actum_core.template import check_template, compile_template

from ..documents import document
from .networks import component, finder, network

#: A list of numbers, the call around it, and the comparison of that with another number.
NODES_OF_GUARD = 50


def _guards(first: int, number: int) -> dict[str, Any]:
    rest = ", 1" * (NODES_OF_GUARD - 5)
    on = [{"event": "e", "guard": f"size([{i}{rest}]) > 0"} for i in range(first, first + number)]
    return {"initial": "a", "states": {"a": {"on": on}}}


def guards(number: int) -> tuple[dict[str, Any], Any]:
    return document(_guards(0, number)), finder()


def guards_of_components(number: int) -> tuple[dict[str, Any], Any]:
    """Half of them in each of two components; a second use of one adds none."""
    half = number // 2
    documents = [
        component("first", machine=_guards(0, half)),
        component("second", machine=_guards(half, number - half)),
    ]
    return network("{a: {use: first@1}, b: {use: second@1}, c: {use: first@1}}"), finder(*documents)


def patterns(number: int) -> tuple[dict[str, Any], Any]:
    """Each of a thousand instructions, that of the end counted."""
    events = {f"e{i:03}": {"schema": {"pattern": f"[a-{chr(98 + i % 20)}]{{999}}"}} for i in range(number)}
    return document(events=events), finder()


@pytest.mark.parametrize(
    ("make", "bound", "pointer"),
    [
        (guards, EXPRESSIONS_SIZE_MAX // NODES_OF_GUARD, ""),
        (guards_of_components, EXPRESSIONS_SIZE_MAX // NODES_OF_GUARD, ""),
        (patterns, PATTERNS_SIZE_MAX // 1_000, f"/events/e{PATTERNS_SIZE_MAX // 1_000}/schema/pattern"),
    ],
)
def test_a_bound_holds_at_and_past_it(
    make: Callable[[int], tuple[dict[str, Any], Any]], bound: int, pointer: str
) -> None:
    for number, expected in ((bound, []), (bound + 1, [(pointer, "too_large")])):
        value, library = make(number)
        found = [each for each in check_template(value, library) if each.severity == "error"]
        assert [(each.pointer, each.code) for each in found] == expected


def test_as_many_states_as_there_may_be_are_compiled() -> None:
    machine = {"initial": "s0", "states": {f"s{i}": {} for i in range(STATES_MAX)}}
    assert compile_template(document(machine)).digest


def test_a_guard_that_stands_often_counts_once() -> None:
    on = [{"event": f"e{i}", "guard": "vars.n > 1 && vars.n < 9"} for i in range(EXPRESSIONS_SIZE_MAX // 6)]
    value = document({"initial": "a", "states": {"a": {"on": on}}}, vars={"n": {"type": "int"}})
    assert [each.code for each in check_template(value) if each.severity == "error"] == []
