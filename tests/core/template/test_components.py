"""The built-in components: documents like any other, and each does what its description says."""

import json
from pathlib import Path
from typing import Any

import pytest

import actum_core.components
from actum_core.components import BUILTINS, load_document
from actum_core.template import check_component, check_template, parse_component
from actum_core.template.builtins import find_builtin, is_builtin_name

from .component_run import ComponentRun

FOLDER = Path(actum_core.components.__file__).parent


def test_every_built_in_document_is_listed_and_every_listed_one_is_there() -> None:
    expected = {
        f"{name}-{number}.json" for name, version in BUILTINS.items() for number in range(1, version + 1)
    }
    assert {path.name for path in FOLDER.glob("*.json")} == expected


@pytest.mark.parametrize("name", BUILTINS)
def test_a_built_in_component_is_a_document_without_a_problem(name: str) -> None:
    document = load_document(name, BUILTINS[name])
    assert isinstance(document, dict)
    assert document["name"] == name
    # Under its own name nobody may publish it; the rest is as for anyone's component.
    assert check_component({**document, "name": f"my-{name}"}) == ()
    assert find_builtin(name, 1) == parse_component(document)
    assert is_builtin_name(name)
    assert find_builtin(name, 0) is find_builtin(name, 2) is None


@pytest.mark.parametrize("name", BUILTINS)
def test_a_built_in_component_tells_people_what_it_and_its_parameters_are_for(name: str) -> None:
    document: Any = json.loads((FOLDER / f"{name}-1.json").read_text())
    assert document["title"]
    assert document["description"].endswith(".")
    for parameter in document.get("params", {}).values():
        assert parameter["description"].endswith(".")


def test_a_source_emits_on_its_interval_and_never_drifts() -> None:
    run = ComponentRun("source@1", {"interval": "1m30s", "value": "message.data.count * 10"}, ())
    assert run.take() == []
    run.wait(299)
    assert run.take() == [("out", 0, []), ("out", 10, []), ("out", 20, [])]
    run.wait(61)
    assert run.take() == [("out", 30, [])]
    assert run.state.next_due == "2026-01-01T00:07:30.000000Z"


@pytest.mark.parametrize("interval", [0.5, "500ms"])
def test_an_interval_is_a_text_or_seconds(interval: Any) -> None:
    run = ComponentRun("source@1", {"interval": interval, "limit": 3}, ())
    run.wait(10)
    assert run.take() == [("out", {"count": 0}, []), ("out", {"count": 1}, []), ("out", {"count": 2}, [])]


@pytest.mark.parametrize(
    ("interval", "codes"),
    [
        *((good, []) for good in ("1d12h", "0h1m", "0.5s", "1.5ms", "1m0s", 0.25, 3, 0.001)),
        *(
            (bad, ["schema_pattern"])
            for bad in ("soon", "0s", "-5s", "10", "5 min", "0.0s0ms", "", ".5s", "1.2.3s", "1µs", "0.1ns")
        ),
        *((bad, ["schema_range"]) for bad in (0, -1, -0.5, 1e-10, 1e13)),
    ],
)
def test_an_interval_that_never_comes_is_a_problem(interval: Any, codes: list[str]) -> None:
    parts = {"source": {"interval": interval}, "queue": {"window": interval}}
    nodes = {name: {"use": f"{name}@1", "with": given} for name, given in parts.items()}
    problems = check_template({"format": "actum/1", "name": "run", "nodes": nodes})
    found = {each.pointer: each.code for each in problems if each.severity == "error"}
    assert found == {
        f"/nodes/{name}/with/{parameter}": code
        for name, given in parts.items()
        for parameter in given
        for code in codes
    }


def test_a_source_of_random_numbers_gives_the_same_ones_again() -> None:
    found = []
    for _ in range(2):
        run = ComponentRun("source@1", {"interval": 1, "value": "random_int(1, 1000)"}, ())
        run.wait(5)
        found.append([value for _, value, _ in run.take()])
    assert found[0] == found[1]
    assert len(set(found[0])) > 1
    assert all(1 <= value <= 1000 for value in found[0])


def test_a_source_is_fed_by_messages() -> None:
    run = ComponentRun("source@1", {"on": "spike surge", "value": "double(message.data.kwh)"}, ())
    run.post("spike.high", {"kwh": 2})
    run.post("calm", {"kwh": 9})
    run.post("surge", {"kwh": 3})
    assert run.take() == [("out", 2, []), ("out", 3, [])]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"method": "sum"}, 12),
        ({"method": "average"}, 4),
        ({"method": "count"}, 3),
        ({"method": "min"}, 1),
        ({"method": "max"}, 8),
        ({"method": "first"}, 3),
        ({"method": "last"}, 1),
        ({"method": "list"}, [3, 8, 1]),
        ({}, [3, 8, 1]),
        ({"method": "sum", "value": "token.value * 2"}, 24),
        ({"method": "expression", "result": "message.data.values[1] + message.data.count"}, 11),
    ],
)
def test_a_queue_makes_one_token_of_many(arguments: dict[str, Any], expected: Any) -> None:
    run = ComponentRun("queue@1", {**arguments, "count": 3})
    run.put(3, 8)
    assert run.take() == []
    run.put(1)
    assert run.take() == [("out", expected, [3, 8, 1])]
    run.put(3, 8, 1)
    assert run.take() == [("out", expected, [3, 8, 1])]


def test_windows_tumble_from_the_start_and_empty_ones_say_nothing() -> None:
    run = ComponentRun("queue@1", {"method": "sum", "window": 10, "capacity": 100})
    run.wait(9)
    run.put(1, 2)
    assert run.take() == []
    run.wait(1)
    assert run.take() == [("out", 3, [1, 2])]
    run.wait(15)
    run.put(5)
    run.wait(4)
    assert run.take() == []
    run.wait(1)
    assert run.take() == [("out", 5, [5])]


@pytest.mark.parametrize(
    ("overflow", "emitted", "dropped"),
    [("drop", [1, 2], 1), ("drop_oldest", [2, 3], 1)],
)
def test_a_full_queue_lets_one_go(overflow: str, emitted: list[int], dropped: int) -> None:
    run = ComponentRun("queue@1", {"window": "1m", "capacity": 2, "overflow": overflow})
    run.put(1, 2, 3)
    run.wait(60)
    assert run.take() == [("out", emitted, emitted)]
    assert run.dropped == dropped


def test_a_queue_may_empty_itself_when_it_is_full() -> None:
    run = ComponentRun("queue@1", {"method": "count", "capacity": 2, "overflow": "flush", "window": "1m"})
    run.put(1, 2, 3)
    assert run.take() == [("out", 2, [1, 2])]
    run.wait(60)
    assert run.take() == [("out", 1, [3])]


def test_a_queue_that_cannot_make_its_token_starts_again() -> None:
    run = ComponentRun("queue@1", {"method": "expression", "result": "message.data.values[0].x", "count": 2})
    run.put(1, 2)
    assert run.take() == []
    assert len(run.errors) == 1
    run.put({"x": 2}, 3)
    assert run.take() == [("out", 2, [{"x": 2}, 3])]


@pytest.mark.parametrize("method", ["sum", "average", "min", "max"])
def test_a_queue_of_numbers_drops_what_is_none(method: str) -> None:
    run = ComponentRun("queue@1", {"method": method, "count": 2})
    run.put(4, "x", None, 4)
    assert run.take() == [("out", 8 if method == "sum" else 4, [4, 4])]
    assert (run.errors, run.dropped) == ([], 2)


def test_what_is_let_go_by_a_full_queue_is_named() -> None:
    run = ComponentRun("queue@1", {"window": "1m", "capacity": 2, "overflow": "drop_oldest"})
    run.put(1, 2, 3, 4)
    assert run.let_go == [(1, "overflow"), (2, "overflow")]


def test_a_source_may_listen_to_what_it_calls_its_own_ticks() -> None:
    run = ComponentRun("source@1", {"on": "tick", "interval": 10, "limit": 2}, ())
    run.post("tick", "told")
    run.wait(30)
    assert [value for _, value, _ in run.take()] == ["told", {"count": 0}, {"count": 1}]
    assert run.errors == []


JOIN = {
    "inputs": ["a", "b", "c"],
    "optional": ["c"],
    "outputs": [
        {"to": "sum", "value": "=message.data.a + message.data.b"},
        {"to": "record", "value": {"a": "=message.data.a", "c": "=message.data.c", "kind": "join"}},
        {"to": "large", "value": "=message.data.a", "when": "=message.data.a > 10"},
    ],
}


def test_a_process_joins_its_inputs_first_in_first_out_and_maps_fields() -> None:
    run = ComponentRun("process@1", JOIN, ("a", "b", "c"))
    run.put(1, 20, port="a")
    assert run.take() == []
    run.put(5, port="b")
    assert run.take() == [("sum", 6, [1, 5]), ("record", {"a": 1, "c": None, "kind": "join"}, [1, 5])]
    run.put(7, port="c")
    run.put(6, port="b")
    assert run.take() == [
        ("sum", 26, [20, 6, 7]),
        ("record", {"a": 20, "c": 7, "kind": "join"}, [20, 6, 7]),
        ("large", 20, [20, 6, 7]),
    ]
    assert (run.errors, run.dropped) == ([], 0)


def test_a_process_holds_no_more_than_it_may() -> None:
    run = ComponentRun("process@1", {**JOIN, "capacity": 2}, ("a", "b", "c"))
    run.put(1, 2, 3, port="a")
    assert run.dropped == 1


def test_a_plain_process_passes_its_input_on_by_name() -> None:
    run = ComponentRun("process@1", {})
    run.put(4)
    assert run.take() == [("out", {"in": 4}, [4])]


ROUTES = [{"to": "high", "when": "=token.value > 10"}, {"to": "mid", "when": "=token.value > 5"}]


@pytest.mark.parametrize(
    ("arguments", "value", "ports", "dropped"),
    [
        ({"routes": ROUTES}, 20, ["high"], 0),
        ({"routes": ROUTES}, 7, ["mid"], 0),
        ({"routes": ROUTES}, 1, [], 1),
        ({"routes": ROUTES, "otherwise": "low"}, 1, ["low"], 0),
        ({"routes": ROUTES, "otherwise": "high"}, 7, ["mid"], 0),
        ({"routes": ROUTES, "all": True}, 20, ["high", "mid"], 0),
        ({"routes": [*ROUTES, {"to": "rest"}]}, 1, ["rest"], 0),
    ],
)
def test_a_router_passes_a_token_to_the_output_whose_condition_holds(
    arguments: dict[str, Any], value: Any, ports: list[str], dropped: int
) -> None:
    run = ComponentRun("router@1", arguments)
    run.put(value)
    assert run.take() == [(port, value, [value]) for port in ports]
    assert (run.dropped, run.errors) == (dropped, [])


def test_a_route_may_depend_on_the_state_of_another_node_and_on_variables() -> None:
    routes = [
        {"to": "away", "when": "=in_state('feed', 'gone')"},
        {"to": "set", "when": "=vars.mode == 'x'"},
        {"to": "home", "when": "=in_state('feed', 'ready')"},
    ]
    run = ComponentRun("router@1", {"routes": routes})
    run.put(1)
    run.post("set", "x")
    run.put(2)
    assert run.take() == [("home", 1, [1]), ("set", 2, [2])]


def test_a_condition_that_fails_does_not_hold_and_the_next_one_is_tried() -> None:
    routes = [{"to": "a", "when": "=token.value.x > 1"}, {"to": "b", "when": "=token.value == 5"}]
    run = ComponentRun("router@1", {"routes": routes})
    run.put(5)
    assert run.take() == [("b", 5, [5])]
    assert len(run.errors) == 1


@pytest.mark.parametrize(
    ("arguments", "values", "expected"),
    [
        ({}, [1], [("first", 1), ("second", 1)]),
        (
            {"method": "turns", "outputs": ["a", "b", "c"]},
            [1, 2, 3, 4],
            [("a", 1), ("b", 2), ("c", 3), ("a", 4)],
        ),
        ({"method": "members"}, [[1, 2, 3]], [("first", 1), ("second", 2), ("first", 3)]),
        ({"method": "share", "outputs": ["a", "b"]}, [5], [("a", 2.5), ("b", 2.5)]),
        ({"outputs": ["only"], "value": "token.value + 1"}, [1], [("only", 2)]),
    ],
)
def test_a_splitter_divides_what_comes(
    arguments: dict[str, Any], values: list[Any], expected: list[Any]
) -> None:
    run = ComponentRun("splitter@1", arguments)
    run.put(*values)
    assert [(port, value) for port, value, _ in run.take()] == expected
    assert run.errors == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, [("out", 12, [5, 7]), ("out", 30, [30])]),
        (
            {"carry": True},
            [("out", 10, [5, 7]), ("out", 10, [7, 30]), ("out", 10, [30]), ("out", 10, [30])],
        ),
        ({"carry": True, "threshold": 42}, [("out", 42, [5, 7, 30])]),
        ({"value": "1", "threshold": 2}, [("out", 2, [5, 7])]),
    ],
)
def test_an_accumulator_emits_when_its_threshold_is_reached(
    arguments: dict[str, Any], expected: list[Any]
) -> None:
    run = ComponentRun("accumulator@1", {"threshold": 10, **arguments})
    run.put(5, 7, 30)
    assert run.take() == expected


def test_a_validator_tells_what_is_wrong_with_a_token() -> None:
    checks = [
        {"when": "=token.value.kwh > 0", "message": "nothing was read"},
        {"when": "=has(token.value.site)"},
    ]
    run = ComponentRun("validator@1", {"checks": checks})
    run.put({"kwh": 1, "site": "a"}, {"kwh": 0}, {"site": "a"})
    assert [(port, value) for port, value, _ in run.take()] == [
        ("valid", {"kwh": 1, "site": "a"}),
        ("invalid", {"value": {"kwh": 0}, "faults": ["nothing was read", "check 2"]}),
        ("invalid", {"value": {"site": "a"}, "faults": ["nothing was read"]}),
    ]


def test_an_action_is_requested_and_its_outcome_is_a_token() -> None:
    run = ComponentRun(
        "action@1", {"action": "post", "with": {"kwh": "=token.value"}, "when": "token.value > 1"}
    )
    run.put(2, 1, 3)
    assert run.requested == [{"kwh": 2}, {"kwh": 3}]
    assert run.dropped == 1
    run.answer(ok=True, output={"status": 200})
    run.answer(ok=False, error={"code": "timeout"})
    assert run.take() == [("done", {"status": 200}, [2]), ("error", {"code": "timeout"}, [3])]


def test_a_sink_counts_and_keeps_the_last() -> None:
    run = ComponentRun("sink@1", {"value": "token.value * 2"})
    run.put(1, 2, 3)
    nodes: Any = run.state.to_json()["nodes"]
    assert nodes["part"]["vars"] == {"count": 3, "last": 6}
    assert (run.take(), run.dropped) == ([], 0)
