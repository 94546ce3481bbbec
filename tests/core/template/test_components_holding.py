"""The built-in gate, and how many tokens the components that hold some take at once."""

from typing import Any

import pytest

from actum_core.simulation import Setting, Simulation, parse_script
from actum_core.template import compile_template

from .component_run import ComponentRun


@pytest.mark.parametrize(
    ("policy", "released", "dropped"), [("drop", [], 2), ("hold", [("out", 2, [2]), ("out", 3, [3])], 0)]
)
def test_a_gate_is_opened_and_closed_by_messages(policy: str, released: list[Any], dropped: int) -> None:
    run = ComponentRun("gate@1", {"opens": "up", "closes": "down", "policy": policy})
    run.put(1)
    run.post("down")
    run.put(2, 3)
    assert run.take() == [("out", 1, [1])]
    run.post("up")
    assert run.take() == released
    run.put(4)
    assert run.take() == [("out", 4, [4])]
    assert run.dropped == dropped


def test_a_gate_may_begin_closed_and_ask_for_a_condition() -> None:
    run = ComponentRun("gate@1", {"opens": "up", "initially": "closed", "when": "token.value > 1"})
    run.put(5)
    run.post("up")
    run.put(1, 2)
    assert run.take() == [("out", 2, [2])]
    assert run.dropped == 2


def test_a_gate_lets_many_go_in_portions_and_keeps_their_order() -> None:
    arguments = {"opens": "up", "closes": "down", "initially": "closed", "policy": "hold"}
    run = ComponentRun("gate@1", arguments)
    run.put(*range(250))
    run.post("up")
    assert [value for _, value, _ in run.take()] == list(range(100))
    run.put(250)
    run.wait(0.001)
    assert [value for _, value, _ in run.take()] == list(range(100, 200))
    run.post("down")
    run.wait(1)
    assert run.take() == []
    run.post("up")
    run.put(251)
    assert [value for _, value, _ in run.take()] == list(range(200, 252))


def test_a_gate_that_is_opening_holds_what_comes_although_it_was_full() -> None:
    arguments = {"opens": "up", "initially": "closed", "policy": "hold", "capacity": 150}
    run = ComponentRun("gate@1", arguments)
    run.put(*range(160))
    assert run.dropped == 10
    run.post("up")
    run.put_all(list(range(1_000, 1_110)))
    run.wait(0.01)
    assert [value for _, value, _ in run.take()] == [*range(150), *range(1_000, 1_110)]
    assert run.dropped == 10


def test_a_full_gate_opens_however_many_edges_lead_away_from_it() -> None:
    machine: Any = {"initial": "s", "states": {"s": {"on": {"e": {"actions": [{"emit": {"value": 1}}]}}}}}
    feed = {"ports": {"in": [], "out": ["out"]}, "machine": machine}
    gate = {"use": "gate@1", "with": {"opens": "up", "initially": "closed", "policy": "hold"}}
    sinks = {f"sink{number}": {"use": "sink@1"} for number in range(8)}
    document = {
        "format": "actum/1",
        "name": "run",
        "nodes": {"feed": feed, "gate": gate, **sinks},
        "edges": [{"from": "feed.out", "to": "gate.in"}]
        + [{"from": "gate.out", "to": f"{sink}.in"} for sink in sinks],
    }
    simulation = Simulation(compile_template(document), None, Setting(is_to_quiet=True, inputs_max=2_000))
    turns = list(simulation.play(parse_script([{"type": "e"}] * 300 + [{"type": "up"}])))
    assert "gate/open" in turns[-1].execution.state.configuration
    tokens = [entry for turn in turns for entry in turn.entries if entry.kind == "token"]
    assert len(tokens) == 2 * 300


@pytest.mark.parametrize(
    ("use", "arguments"),
    [
        ("queue@1", {"count": 1_000, "capacity": 1_000}),
        ("queue@1", {"count": 1_000, "capacity": 1_000, "method": "sum", "value": "token.value.kwh"}),
        ("accumulator@1", {"threshold": 1e9, "value": "token.value.kwh"}),
        ("gate@1", {"opens": "up", "initially": "closed", "policy": "hold"}),
        ("process@1", {"inputs": ["in", "other"], "capacity": 1_000}),
        ("action@1", {"action": "post", "with": "=token.value"}),
    ],
)
def test_a_hundred_tokens_may_come_at_once(use: str, arguments: dict[str, Any]) -> None:
    run = ComponentRun(use, arguments)
    run.put_all([{"site": "north", "kwh": 12.5, "at": "2026-01-01T00:00:00Z"}] * 100)
    assert run.dropped == 0


def test_a_gate_holds_only_what_meets_its_condition() -> None:
    arguments = {"opens": "up", "initially": "closed", "policy": "hold", "when": "token.value > 1"}
    run = ComponentRun("gate@1", arguments)
    run.put(1, 2)
    run.post("up")
    assert run.take() == [("out", 2, [2])]
    assert run.dropped == 1
