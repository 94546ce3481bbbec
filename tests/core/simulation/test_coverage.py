"""Which states and transitions were come through, of one machine, of a network, of children."""

from typing import Any

from actum_core.simulation import measure_coverage

from .acting import act

NETWORK: dict[str, Any] = {
    "format": "actum/1",
    "name": "line",
    "events": {"reading": {}, "stop": {}},
    "machines": {
        "helper": {
            "machine": {
                "initial": "busy",
                "states": {"busy": {"after": {"5s": "done"}}, "done": {"type": "final"}},
            }
        },
        "spare": {"machine": {"initial": "idle", "states": {"idle": {}}}},
    },
    "nodes": {
        "meter": {"use": "source@1", "with": {"on": "reading", "value": "=message.data.kwh"}},
        "desk": {
            "machine": {
                "initial": "waiting",
                "states": {
                    "waiting": {"on": {"token": "working", "stop": "over"}},
                    "working": {
                        "invoke": {"use": "helper", "id": "kid"},
                        "on": {"done.invoke.kid": "waiting", "stop": "over"},
                    },
                    "over": {"type": "final"},
                },
            }
        },
    },
    "edges": [{"from": "meter.out", "to": "desk.in"}],
}


def told(script: list[Any], document: dict[str, Any] | None = None, **setting: Any) -> dict[str, Any]:
    simulation, _ = act(script, document, **setting)
    found: dict[str, Any] = measure_coverage(simulation.program, simulation.entries).to_json()
    return found


def test_nothing_that_happened_covers_what_a_start_enters() -> None:
    found = told([])
    assert (found["states"], found["transitions"]) == ({"visited": 1, "total": 5}, {"visited": 0, "total": 7})
    [machine] = found["machines"]
    assert (machine["node"], machine["name"], machine["component"]) == ("", "", "")
    assert [(each["id"], each["entered"]) for each in machine["states"]][:2] == [("shut", 1), ("open", 0)]


def test_every_taking_is_counted() -> None:
    [machine] = told([{"type": "open"}, {"advance": "1m"}, {"type": "open"}])["machines"]
    assert [(each["id"], each["entered"]) for each in machine["states"]][:2] == [("shut", 2), ("open", 2)]
    assert [
        (each["from"], each["index"], each["taken"]) for each in machine["transitions"] if each["taken"]
    ] == [
        ("shut", 1, 2),
        ("open", 1, 1),
    ]
    assert machine["transitions"][0] == {
        "from": "shut",
        "index": 0,
        "events": ["open"],
        "to": ["worn"],
        "guard": "vars.opened >= 2",
        "taken": 0,
    }


def test_a_network_is_covered_node_by_node_and_child_by_child() -> None:
    script = [{"type": "reading", "data": {"kwh": 1}}, {"advance": "6s"}]
    found = told(script, NETWORK)
    # What the components are made of is not the template's own.
    assert (found["states"], found["transitions"]) == ({"visited": 4, "total": 6}, {"visited": 3, "total": 5})
    machines = [(each["node"], each["name"], each["component"]) for each in found["machines"]]
    assert machines == [("meter", "", "source@1"), ("desk", "", ""), ("", "helper", ""), ("", "spare", "")]
    helper = found["machines"][2]
    assert [(each["id"], each["entered"]) for each in helper["states"]] == [("busy", 1), ("done", 1)]
    assert [each["taken"] for each in helper["transitions"]] == [1]
    meter = found["machines"][0]
    assert sum(each["taken"] for each in meter["transitions"]) == 1


def test_history_states_are_places_of_nobody() -> None:
    document = {
        "format": "actum/1",
        "name": "past",
        "machine": {
            "initial": "a",
            "states": {
                "a": {
                    "initial": "b",
                    "states": {"h": {"type": "history", "target": "b"}, "b": {}},
                    "on": {"x": "c"},
                },
                "c": {"on": {"x": "h"}},
            },
        },
    }
    found = told([{"type": "x"}, {"type": "x"}], document)
    assert (found["states"], found["transitions"]) == ({"visited": 3, "total": 3}, {"visited": 2, "total": 2})
