"""Small networks and components for tests."""

from typing import Any

from ..documents import parse_yaml

PASS = "{machine: {initial: s, states: {s: {on: {token: {actions: [{emit: =token.value}]}}}}}}"


def network(nodes: str, edges: str = "[]", **members: Any) -> dict[str, Any]:
    """A template of a network; ``PASS`` in the nodes stands for a machine that passes tokens on."""
    return {
        "format": "actum/1",
        "name": "net",
        "nodes": parse_yaml(nodes.replace("PASS", PASS)),
        "edges": parse_yaml(edges),
        **members,
    }


def component(name: str, **members: Any) -> dict[str, Any]:
    """A component, by default of one machine that passes tokens on."""
    body = {} if "nodes" in members or "machine" in members else {"machine": parse_yaml(PASS)["machine"]}
    return {"format": "actum/1", "kind": "component", "name": name, **body, **members}


def finder(*documents: dict[str, Any]) -> Any:
    """Finds version 1 of each document by its name."""
    by_name = {each["name"]: each for each in documents}
    return lambda name, version: by_name.get(name) if version == 1 else None


#: A few components, by name.
LIBRARY = finder(
    component("pass"),
    component("ports", params={"outs": {"default": ["out"]}}, ports={"out": "=params.outs"}),
    component(
        "typed", ports={"in": [{"name": "in", "type": "kwh"}], "out": [{"name": "out", "type": "eur"}]}
    ),
    component(
        "params",
        params={
            "plain": {"schema": {"type": "integer"}, "default": 1},
            "must": {"required": True},
            "on": {"message": True},
            "value": {"expression": True, "default": "token.value"},
        },
        machine=parse_yaml(
            """
            initial: s
            states:
              s:
                on:
                  =params.on: {actions: [{emit: =params.plain}]}
                  token: {actions: [{emit: =params.value}, {log: =params.must}]}
            """
        ),
    ),
    component(
        "line",
        nodes={"first": {"use": "pass@1"}, "second": {"use": "pass@1"}},
        edges=[
            {"from": ".in", "to": "first.in"},
            {"from": "first.out", "to": "second.in"},
            {"from": "second.out", "to": ".out"},
        ],
    ),
    component("wire", nodes={"idle": {"use": "pass@1"}}, edges=[{"from": ".in", "to": ".out"}]),
    component("broken", machine={"initial": "x", "states": {"a": {}}}),
    component("unreadable", colour=1),
    component(
        "requests",
        params={"action": {}},
        machine=parse_yaml("{initial: s, states: {s: {on: {token: {actions: [{do: =params.action}]}}}}}"),
    ),
    component("selfish", nodes={"a": {"use": "selfish@1"}}),
    component("ping", nodes={"a": {"use": "pong@1"}}),
    component("pong", nodes={"a": {"use": "ping@1"}}),
)
