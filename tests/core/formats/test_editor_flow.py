"""Sources, queues and processors of the browser editor, imported and run on a virtual clock."""

from typing import Any

import pytest

from actum_core.formats.editor import import_editor

from .running import Running
from .scenarios import computing, consumed, node, out, queue, run, scenario, sink, source, values

# --- Sources --------------------------------------------------------------------------------------------------


def test_a_source_emits_on_its_interval_beginning_one_interval_after_the_start() -> None:
    running = run(source("A", "Sink", interval=1.5), sink(), seconds=4.5)
    assert running.tokens("A") == [(1.5, 1), (3.0, 2), (4.5, 3)]
    assert consumed(running) == (3, 3)


@pytest.mark.parametrize(
    ("generation", "expected"),
    [
        ({"type": "constant", "value": 42}, [42, 42, 42]),
        ({"type": "constant", "value": "=x"}, ["=x", "=x", "=x"]),
        ({"type": "constant", "valueMin": 3, "valueMax": 3}, [3, 3, 3]),
        ({"type": "sequential", "startValue": 1, "increment": 2}, [1, 3, 5]),
        ({"type": "sequence", "valueMin": 5, "valueMax": 6}, [5, 6, 5]),
        ({"type": "list", "values": [7, "b"]}, [7, "b", 7]),
        ({"type": "formula", "formula": "count * 10"}, [0, 10, 20]),
        ({"type": "random", "valueMin": 4, "valueMax": 4}, [4, 4, 4]),
    ],
)
def test_a_source_generates_these_values(generation: dict[str, Any], expected: list[Any]) -> None:
    running = run(
        node("DataSource", "A", out("output", "Sink"), interval=1, generation=generation), sink(), seconds=3
    )
    assert values(running, "A") == expected


def test_random_values_are_whole_within_both_ends_and_the_same_for_the_same_execution() -> None:
    document = import_editor(
        scenario(source("A", "Sink", type="random", valueMin=1, valueMax=3), sink())
    ).document
    first, second, other = (
        Running(document, execution=name).pass_time(60) for name in ("exe_a", "exe_a", "exe_b")
    )
    assert set(values(first, "A")) == {1, 2, 3}
    assert values(first, "A") == values(second, "A") != values(other, "A")


# --- Queues ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "expected"),
    [("sum", 6), ("average", 2), ("avg", 2), ("count", 3), ("min", 1), ("max", 3), ("first", 1), ("last", 3)],
)
def test_a_queue_aggregates_on_its_window(method: str, expected: Any) -> None:
    running = run(source("A", "Q"), queue("Q", "Sink", method, type="time", window=3.5), sink(), seconds=3.5)
    assert running.tokens("Q") == [(3.5, expected)]


def test_windows_follow_each_other_from_the_start_and_empty_ones_make_nothing() -> None:
    running = run(source("A", "Q", interval=5), queue("Q", "Sink", type="time", window=2), sink(), seconds=12)
    assert running.tokens("Q") == [(6.0, 1), (10.0, 2)]


def test_a_full_queue_drops_what_comes() -> None:
    running = run(
        source("A", "Q"), queue("Q", "Sink", capacity=2, type="time", window=10), sink(), seconds=10.5
    )
    assert values(running, "Q") == [1 + 2]
    assert [each["node"] for each in running.told("dropped")] == ["Q"] * len(running.told("dropped"))
    assert len(running.told("dropped")) == 7


@pytest.mark.parametrize(
    ("trigger", "capacity", "expected"),
    [
        ({"type": "count", "window": 2}, None, [3, 7]),
        ({"type": "capacity"}, 3, [6]),
        ({"type": "threshold", "window": 5}, None, [6]),
        ({"type": "interval", "intervalTime": 2.5}, None, [3]),
    ],
)
def test_a_queue_hands_on_when_its_trigger_says(
    trigger: Any, capacity: int | None, expected: list[int]
) -> None:
    running = run(source("A", "Q"), queue("Q", "Sink", capacity=capacity, **trigger), sink())
    assert values(running, "Q") == expected


def test_a_formula_around_the_method_is_computed_of_its_result() -> None:
    queued = queue("Q", "Sink")
    queued["aggregation"]["formula"] = "sum(input.data.value) * 2 + 1"
    running = run(source("A", "Q"), queued, sink())
    assert consumed(running) == (2, 15)


def test_a_queue_routes_by_its_rules() -> None:
    routing = {
        "rules": [
            {"condition": "input.data.value > 2", "outputName": "high"},
            {"condition": "input.data.value <= 2", "outputName": "low"},
        ]
    }
    split = node("Queue", "Q", out("high", "High"), out("low", "Low"), routing=routing)
    running = run(source("A", "Q"), split, sink("High"), sink("Low"))
    assert (consumed(running, "High"), consumed(running, "Low")) == ((2, 4), (2, 2))


# --- Processors -----------------------------------------------------------------------------------------------


def test_a_processor_waits_for_all_its_inputs_and_feeds_all_its_outputs() -> None:
    process = node(
        "ProcessNode",
        "P",
        out("sum", "Sum", **computing("a.data.value + inputB.data.aggregatedValue")),
        out("half", "Half", **computing("(inputs.a.value + bValue) / 2")),
        inputs=("inputA", "inputB"),
    )
    process["inputs"][0]["alias"], process["inputs"][1]["alias"] = "a", "b"
    running = run(
        source("A", "P.inputA"), source("B", "P.inputB", interval=2), process, sink("Sum"), sink("Half")
    )
    assert values(running, "P") == [2, 1, 4, 2]
    assert consumed(running, "Half") == (2, 2)


def test_an_optional_input_is_not_waited_for() -> None:
    process = node(
        "ProcessNode", "P", out("o", "Sink", **computing("b === null ? a : a + b")), inputs=("a", "b")
    )
    process["inputs"][1]["required"] = False
    running = run(
        source("A", "P.a"), source("B", "P.b", interval=2.5, type="constant", value=10), process, sink()
    )
    assert values(running, "P") == [1, 2, 13, 4]


def test_several_fields_are_an_object_that_others_read_by_its_fields() -> None:
    first = node("ProcessNode", "P", out("o", "R", **computing("", double="input * 2", text="'n' + input")))
    second = node(
        "ProcessNode", "R", out("o", "Sink", **computing("input.data.text + '/' + input.data.double"))
    )
    running = run(source("A", "P"), first, second, sink())
    assert values(running, "P")[0] == {"double": 2, "text": "n1"}
    assert consumed(running)[1] == "n4/8"


def test_an_object_as_a_formula_has_fields_too() -> None:
    first = node(
        "ProcessNode", "P", out("o", "R", **computing("{ value: input, risk: input > 2 ? 'HIGH' : 'LOW' }"))
    )
    second = node("ProcessNode", "R", out("o", "Sink", **computing("input.data.risk")))
    assert consumed(run(source("A", "P"), first, second, sink()))[1] == "HIGH"


def test_a_processor_without_a_formula_hands_on_what_comes() -> None:
    assert consumed(run(source("A", "P"), node("ProcessNode", "P", out("o", "Sink")), sink())) == (4, 4)
