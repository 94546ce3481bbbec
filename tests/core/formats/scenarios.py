"""Small scenarios of the browser editor, and what came of running them."""

from copy import deepcopy
from typing import Any

from actum_core.formats.editor import import_editor
from actum_core.template import check_template

from .running import Running


def out(name: str, to: str = "", **members: Any) -> dict[str, Any]:
    """An output; ``to`` is ``node`` or ``node.input``."""
    node, _, port = to.partition(".")
    return {"name": name, "destinationNodeId": node, "destinationInputName": port or "input", **members}


def computing(formula: str, **fields: str) -> dict[str, Any]:
    return {
        "transformation": {
            "formula": formula,
            "fieldMapping": {f"data.{key}": text for key, text in fields.items()},
        }
    }


def node(
    kind: str, name: str, *outputs: dict[str, Any], inputs: tuple[str, ...] = ("input",), **members: Any
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "nodeId": name,
        "type": kind,
        "displayName": f"The {name}",
        "position": {"x": 1, "y": 2},
    }
    if kind != "DataSource":
        found["inputs"] = [{"name": each, "required": True} for each in inputs]
    if kind != "Sink":
        found["outputs"] = list(outputs)
    return {**found, **members}


def source(name: str, to: str, interval: float = 1, **generation: Any) -> dict[str, Any]:
    generated = generation or {"type": "sequence", "startValue": 1}
    return node(
        "DataSource",
        name,
        *(out("output", each) for each in to.split()),
        interval=interval,
        generation=generated,
    )


def queue(
    name: str, to: str, method: str = "sum", capacity: int | None = None, **trigger: Any
) -> dict[str, Any]:
    aggregation = {
        "method": method,
        "formula": f"{method}(input.data.value)",
        "trigger": trigger or {"type": "count", "window": 2},
    }
    members: dict[str, Any] = {"aggregation": aggregation} | (
        {} if capacity is None else {"capacity": capacity}
    )
    return node("Queue", name, out("output", to), **members)


def sink(name: str = "Sink") -> dict[str, Any]:
    return node("Sink", name)


def scenario(*nodes: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"version": "3.0", "nodes": list(nodes), **members}


def run(*nodes: dict[str, Any], seconds: float = 4, **members: Any) -> Running:
    found = import_editor(scenario(*nodes, **members))
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    assert [problem for problem in check_template(found.document) if problem.severity == "error"] == []
    running = Running(found.document).pass_time(seconds)
    assert running.told("error") == []
    return running


def values(running: Running, name: str) -> list[Any]:
    return [value for _, value in running.tokens(name)]


def consumed(running: Running, name: str = "Sink") -> tuple[int, Any]:
    """How many tokens a sink took in, and the last value."""
    held = running.nodes[name]["vars"]
    return held["count"], held["last"]


SEPARATE = {
    "states": [
        {"name": "idle", "isInitial": True},
        {"name": "looking", "onEntry": [{"action": "log", "value": "looks"}]},
        {
            "name": "high",
            "onEntry": [
                {"action": "emit", "target": "up", "formula": "input.data.value * 10"},
                {"action": "increment", "target": "seen"},
            ],
        },
        {
            "name": "low",
            "onEntry": [{"action": "emit", "target": "down", "value": "little"}],
            "onExit": [{"action": "set_variable", "target": "last", "formula": "input.data.value"}],
        },
    ],
    "transitions": [
        {"from": "idle", "to": "looking", "trigger": "token_received"},
        {"from": "looking", "to": "high", "trigger": "condition", "condition": "input.data.value > limit"},
        {"from": "looking", "to": "low", "trigger": "condition", "condition": "input.data.value <= limit"},
        {"from": "high", "to": "idle", "trigger": "emission_complete"},
        {"from": "low", "to": "idle", "trigger": "emission_complete"},
    ],
    "variables": {"limit": 2, "seen": 0, "last": None},
}


NAMED = {
    "states": ["idle", "working", "done"],
    "initialState": "idle",
    "transitions": [
        {"from": "idle", "to": "working", "trigger": "begin"},
        {"from": "working", "to": "done", "trigger": "finish"},
        {"from": "done", "to": "idle", "trigger": "reset"},
    ],
    "outputs": ["state"],
}


BASE = scenario(
    source("A", "Q"),
    queue("Q", "P"),
    node("ProcessNode", "P", out("o", "M", **computing("input * 2"))),
    node("FSMProcessNode", "M", out("state", "Sink"), fsm=NAMED),
    sink(),
)


def changed(document: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    found = deepcopy(document)
    place: Any = found
    *path, last = pointer.split("/")[1:]
    for part in path:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value
    return found
