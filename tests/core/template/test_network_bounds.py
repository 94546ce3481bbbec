"""Networks: their bounds, at and past each, and what grows when components are written out."""

from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.limits import (
    COMPONENT_NESTING_MAX,
    EDGES_MAX,
    JSON_BYTES_MAX,
    NODES_MAX,
    STATES_MAX,
    USES_MAX,
)
from actum_core.template import check_template, compile_template

from .networks import LIBRARY, component, finder, network


def nodes(number: int) -> dict[str, Any]:
    value = network("{a: PASS}")
    return {**value, "nodes": {f"n{i}": value["nodes"]["a"] for i in range(number)}}


def nested_nodes(number: int) -> dict[str, Any]:
    """As many nodes, half of them those of components."""
    lines = ", ".join(f"n{i}: {{use: line@1}}" for i in range(number // 3))
    rest = "".join(f", m{i}: PASS" for i in range(number % 3))
    return network("{" + lines + rest + "}")


def edges(number: int) -> dict[str, Any]:
    names = [f"n{i}" for i in range(75)]
    listed = [{"from": f"{a}.out", "to": f"{b}.in"} for a in names for b in names][:number]
    return {**network("{" + ", ".join(f"{name}: PASS" for name in names) + "}"), "edges": listed}


def nested_components(levels: int) -> tuple[dict[str, Any], Any]:
    documents = [component("c1")]
    for level in range(2, levels + 1):
        documents.append(component(f"c{level}", nodes={"in": {"use": f"c{level - 1}@1"}}))
    return network(f"{{a: {{use: c{levels}@1}}}}"), finder(*documents)


def uses(number: int) -> tuple[dict[str, Any], Any]:
    listed = ", ".join(f"n{i}: {{use: c{i}@1}}" for i in range(number))
    return network("{" + listed + "}"), finder(*(component(f"c{i}") for i in range(number)))


def states(number: int) -> tuple[dict[str, Any], Any]:
    """As many states in four uses of one component."""
    inner = {f"s{i}": {} for i in range(number // 4)}
    large = component("large", machine={"initial": "s0", "states": inner})
    rest = ", ".join(f"r{i}: PASS" for i in range(number % 4))
    return network(
        "{a: {use: large@1}, b: {use: large@1}, c: {use: large@1}, d: {use: large@1}"
        + (", " + rest if rest else "")
        + "}"
    ), finder(large)


BOUNDS: list[tuple[Any, int]] = [
    (nodes, NODES_MAX),
    (nested_nodes, NODES_MAX),
    (edges, EDGES_MAX),
    (nested_components, COMPONENT_NESTING_MAX),
    (uses, USES_MAX),
    (states, STATES_MAX),
]


@pytest.mark.parametrize(("make", "bound"), BOUNDS, ids=[row[0].__name__ for row in BOUNDS])
def test_a_bound_holds_at_and_past_it(make: Any, bound: int) -> None:
    for number, expected in ((bound, set()), (bound + 1, {"too_many", "too_deep"})):
        made = make(number)
        value, library = made if isinstance(made, tuple) else (made, LIBRARY)
        found = {problem.code for problem in check_template(value, library) if problem.severity == "error"}
        assert found <= expected
        assert bool(found) == bool(expected)


def test_components_that_double_are_refused_at_once() -> None:
    """Eight levels of eight nodes each would be sixteen million."""
    documents = [component("c1")]
    for level in range(2, COMPONENT_NESTING_MAX + 1):
        inner = {f"n{i}": {"use": f"c{level - 1}@1"} for i in range(8)}
        documents.append(component(f"c{level}", nodes=inner))
    problems = check_template(network(f"{{a: {{use: c{COMPONENT_NESTING_MAX}@1}}}}"), finder(*documents))
    assert "too_many" in {problem.code for problem in problems}


def test_a_program_that_could_not_be_read_again_is_refused() -> None:
    """It has everything that it uses in it, and so may be longer than each of its documents."""
    names = [f"c{i}" for i in range(5)]
    text = "x" * (JSON_BYTES_MAX // 5)
    listed = {name: {"use": f"{name}@1"} for name in names}
    library = finder(*(component(name, vars={"n": {"initial": text}}) for name in names))
    with pytest.raises(Invalid) as caught:
        compile_template({**network("{a: PASS}"), "nodes": listed}, library)
    assert [problem.code for problem in caught.value.problems] == ["too_large"]
    compile_template({**network("{a: PASS}"), "nodes": dict(list(listed.items())[:4])}, library)
