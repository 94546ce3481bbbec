"""Machines, multiplexers and actions of the browser editor, imported and run on a virtual clock."""

from typing import Any

import pytest

from actum_core.formats.editor import import_editor

from .scenarios import NAMED, SEPARATE, consumed, node, out, run, scenario, sink, source, values

# --- Machines -------------------------------------------------------------------------------------------------


def test_a_machine_tells_tokens_apart_and_emits() -> None:
    machine = node("FSMProcessNode", "M", out("up", "Up"), out("down", "Down"), fsm=SEPARATE)
    running = run(source("A", "M"), machine, sink("Up"), sink("Down"))
    assert (consumed(running, "Up"), consumed(running, "Down")) == ((2, 40), (2, "little"))
    assert (running.variables["M_seen"], running.variables["M_last"]) == (2, 2)
    assert len(running.told("log")) == 4


@pytest.mark.parametrize("is_said", [True, False])
def test_a_machine_is_moved_by_the_values_of_tokens_and_tells_its_state(is_said: bool) -> None:
    said = {name: {"onEntry": {"state": f'"{name}"'}} for name in NAMED["states"]}
    fsm = {**NAMED, "stateActions": said} if is_said else NAMED
    machine = node("FSMProcessNode", "M", out("state", "Sink"), fsm=fsm)
    running = run(
        source("A", "M", type="list", values=["begin", "nothing", "finish", "reset"]), machine, sink()
    )
    assert values(running, "M") == ["working", "done", "idle"]
    assert [each["reason"] for each in running.told("dropped")] == ["not_taken"]


def test_a_machine_of_keyed_states_is_read_too() -> None:
    config = {
        "initialState": "off",
        "states": {
            "off": {"on": {"flip": "on"}},
            "on": {
                "on": {
                    "flip": {
                        "target": "off",
                        "actions": [{"type": "emit", "target": "o", "value": "off again"}],
                    }
                },
                "actions": {"onEntry": [{"type": "emit", "target": "o", "value": "on"}]},
            },
        },
    }
    running = run(
        source("A", "M", type="constant", value="flip"),
        node("FSM", "M", out("o", "Sink"), config=config),
        sink(),
    )
    assert values(running, "M") == ["on", "off again", "on", "off again"]


def test_a_machine_with_a_timer_and_two_inputs_keeps_what_came() -> None:
    fsm = {
        "states": ["waiting", "armed", "fired"],
        "initialState": "waiting",
        "transitions": [
            {"from": "waiting", "to": "armed", "trigger": "token_received"},
            {
                "from": "armed",
                "to": "fired",
                "trigger": "timer",
                "delay": 2,
                "condition": "a.data.value == 1",
            },
        ],
        "stateActions": {"fired": {"onEntry": {"o": "a.data.value + b.data.value"}, "logs": ["bang"]}},
    }
    machine = node("FSMProcessNode", "M", out("o", "Sink"), inputs=("a", "b"), fsm=fsm)
    running = run(
        source("A", "M.a", type="constant", value=1),
        source("B", "M.b", interval=1.5, type="constant", value=5),
        machine,
        sink(),
    )
    assert running.tokens("M") == [(3.0, 6)]
    assert running.told("log")[0]["value"] == "bang"


def test_what_the_first_state_does_on_entry_is_done_only_on_coming_back() -> None:
    fsm = {
        "states": [
            {"name": "a", "onEntry": [{"action": "emit", "target": "o", "value": "a"}]},
            {"name": "b"},
        ],
        "initialState": "a",
        "transitions": [
            {"from": "a", "to": "b", "trigger": "token_received"},
            {"from": "b", "to": "a", "trigger": "token_received"},
        ],
    }
    running = run(source("A", "M"), node("FSMProcessNode", "M", out("o", "Sink"), fsm=fsm), sink())
    assert running.tokens("M") == [(2.0, "a"), (4.0, "a")]


# --- Multiplexers and actions ---------------------------------------------------------------------------------


def route(condition: str, output: str, data: Any = "input", kind: str = "emit") -> dict[str, Any]:
    return {"condition": condition, "outputName": output, "action": {"type": kind, "data": data}}


def test_a_multiplexer_takes_the_first_route_that_holds_or_the_default() -> None:
    config = {
        "routes": [route("input.data.currentState === 2", "two"), route("input.value > 1", "more")],
        "defaultOutput": "rest",
    }
    multiplexer = node(
        "StateMultiplexer", "X", out("two", "Two"), out("more", "More"), out("rest", "Rest"), config=config
    )
    running = run(source("A", "X"), multiplexer, sink("Two"), sink("More"), sink("Rest"))
    assert [consumed(running, name) for name in ("Two", "More", "Rest")] == [(1, 2), (2, 4), (1, 1)]
    assert "use" in import_editor(scenario(source("A", "X"), multiplexer)).document["nodes"]["X"]


def test_a_multiplexer_that_changes_tokens_is_a_machine() -> None:
    config = {
        "routes": [
            route("tokenValue > 2", "o", "input.value * 100"),
            route("tokenValue == 2", "o", "two", "log"),
        ],
        "defaultOutput": "o",
    }
    multiplexer = node("StateMultiplexer", "X", out("o", "Sink"), config=config)
    running = run(source("A", "X"), multiplexer, sink())
    assert values(running, "X") == [1, 2, 300, 400]
    assert running.told("log")[0]["value"] == "two"


def test_an_action_is_declared_and_requested_for_the_tokens_it_is_meant_for() -> None:
    action = {
        "type": "webhook",
        "url": "https://example.com/x",
        "method": "POST",
        "bodyTemplate": '{"v": {{input.data.value}}}',
    }
    made = node("ActionNode", "Call", action=action, trigger={"type": "threshold", "value": 3})
    running = run(source("A", "Call"), made)
    assert [each["with"] for each in running.told("requested")] == [
        {"body": '{"v": 3}'},
        {"body": '{"v": 4}'},
    ]
    declared = import_editor(scenario(source("A", "Call"), made)).document["actions"]
    assert declared == {"The_Call": {"kind": "webhook", "url": "https://example.com/x", "method": "POST"}}
