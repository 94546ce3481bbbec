"""How networks, components, timers and child machines differ in what they mean."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ..documents import parse_yaml
from .differences import Told, assert_laws, told

TEMPLATE: dict[str, Any] = parse_yaml("""
format: actum/1
name: line
vars: {total: {type: double, initial: 0}}
events: {go: {}}
rules:
  - {id: tone, on: go, kind: ai, model: small, prompt: "Is {{event.data.a}} kind?", output: {type: object}, emit: toned}
  - id: cut
    on: go
    extract: {number: {regex: "[0-9]+", from: "=event.data.text"}}
    emit: {message: cut, data: "=extract.number"}
actions: {notify: {kind: webhook, url: "https://a.example", retry: {attempts: 3}}}
timers: {on_resume: keep}
nodes:
  first:
    machine:
      initial: idle
      states:
        idle: {on: {go: {actions: [{emit: 1}]}}, after: {10s: late, 20s: [{guard: vars.total > 1, target: idle}, late]}}
        late: {invoke: {id: kid, use: child, with: {x: 1}}, on: {done.invoke.kid: idle}}
  held: {use: queue@1, with: {count: 3}}
  last: {use: sink@1}
edges: [{from: first.out, to: held.in}, {from: held.out, to: last.in}]
machines:
  child: {vars: {n: {type: int}}, machine: {initial: a, states: {a: {on: {x: b}}, b: {type: final}}}}
""")

COMPONENT: dict[str, Any] = parse_yaml("""
format: actum/1
kind: component
name: doubler
params: {factor: {default: 2}, on: {message: true}}
ports: {in: [in], out: [out]}
vars: {seen: {type: int}}
machine:
  initial: on
  states: {on: {on: {token: {actions: [{emit: "=token.value * params.factor"}]}, "=params.on": {target: on}}}}
""")


def changed(source: dict[str, Any], change: Callable[[Any], object]) -> dict[str, Any]:
    target = copy.deepcopy(source)
    change(target)
    return target


def first(template: Any, state: str) -> Any:
    return template["nodes"]["first"]["machine"]["states"][state]


CHANGES: list[tuple[str, Callable[[Any], object], list[Told]]] = [
    (
        "a node's component",
        lambda t: t["nodes"]["held"].update(use="queue@2"),
        [("changed", "node", "held", "use", "queue@1", "queue@2")],
    ),
    (
        "what a component is given",
        lambda t: t["nodes"]["held"].update({"with": {"count": 4, "method": "sum"}}),
        [
            ("changed", "node", "held", "with/count", 3, 4),
            ("changed", "node", "held", "with/method", None, "sum"),
        ],
    ),
    (
        "a node",
        lambda t: t["nodes"].update(more={"use": "sink@1"}),
        [("added", "node", "more", "", None, {"use": "sink@1"})],
    ),
    (
        "the order of nodes",
        lambda t: t["nodes"].update(first=t["nodes"].pop("first")),
        [("moved", "node", "first", "order", 0, 2)],
    ),
    (
        "a node's name",
        lambda t: (
            t.update(nodes={("kept" if name == "held" else name): node for name, node in t["nodes"].items()}),
            t["edges"][0].update(to="kept.in"),
            t["edges"][1].update({"from": "kept.out"}),
        ),
        [("renamed", "node", "kept", "", "held", "kept")],
    ),
    (
        "a node that is something else now",
        lambda t: t["nodes"].update(
            last={"machine": {"initial": "a", "states": {"a": {}}}, "ports": {"in": ["in"], "out": []}}
        ),
        [
            (
                "changed",
                "node",
                "last",
                "ports",
                None,
                {"in": ["in"], "out": []},
            ),
            ("changed", "node", "last", "use", "sink@1", None),
            (
                "added",
                "machine",
                "last/machine",
                "",
                None,
                {"initial": "a"},
            ),
            ("added", "state", "last/a", "", None, {}),
        ],
    ),
    (
        "a state of a node",
        lambda t: first(t, "late").update(entry=[{"log": 1}]),
        [("added", "content", "first/late: entry", "", None, {"log": 1})],
    ),
    (
        "where an edge leads",
        lambda t: t["edges"][0].update(to="last.in"),
        [("changed", "edge", "first.out → last.in", "to", "held.in", "last.in")],
    ),
    (
        "the order of edges",
        lambda t: t["edges"].reverse(),
        [("moved", "edge", "held.out → last.in", "order", 1, 0)],
    ),
    (
        "a timer's delay",
        lambda t: first(t, "idle").update(after={"15s": "late", "20s": first(t, "idle")["after"]["20s"]}),
        [("changed", "timer", "first/idle: after 15s", "delay", "10s", "15s")],
    ),
    (
        "a timer before others",
        lambda t: first(t, "idle").update(after={"5s": "idle", **first(t, "idle")["after"]}),
        [("added", "timer", "first/idle: after 5s", "", None, "idle")],
    ),
    (
        "the guard of one of a timer's alternatives",
        lambda t: first(t, "idle")["after"]["20s"][0].update(guard="vars.total > 2.0"),
        [
            (
                "changed",
                "timer",
                "first/idle: after 20s",
                "guard",
                "vars.total > 1",
                "vars.total > 2.0",
            )
        ],
    ),
    (
        "what a child is started with",
        lambda t: first(t, "late")["invoke"].update({"with": {"x": 2}, "autoforward": True}),
        [
            ("changed", "invoke", "first/late: kid", "with", {"x": 1}, {"x": 2}),
            ("changed", "invoke", "first/late: kid", "autoforward", False, True),
        ],
    ),
    (
        "a child machine",
        lambda t: t["machines"]["child"]["machine"]["states"]["a"]["on"].update(y="b"),
        [("added", "transition", "child/a: y", "", None, "b")],
    ),
    (
        "a child's variable",
        lambda t: t["machines"]["child"]["vars"].update(m={"type": "int"}),
        [("added", "variable", "child/m", "", None, {"type": "int"})],
    ),
    (
        "an action's settings",
        lambda t: t["actions"]["notify"].update(url="https://b.example"),
        [
            (
                "changed",
                "action",
                "notify",
                "",
                {"kind": "webhook", "url": "https://a.example", "retry": {"attempts": 3}},
                {"kind": "webhook", "url": "https://b.example", "retry": {"attempts": 3}},
            )
        ],
    ),
    (
        "what pausing does to timers",
        lambda t: t["timers"].update(on_resume="remaining"),
        [("changed", "document", "line", "timers", {"on_resume": "keep"}, {"on_resume": "remaining"})],
    ),
    (
        "what a model is asked",
        lambda t: t["rules"][0].update(prompt="Is it?"),
        [("changed", "rule", "tone", "prompt", "Is {{event.data.a}} kind?", "Is it?")],
    ),
    (
        "what is looked for in a text",
        lambda t: t["rules"][1]["extract"]["number"].update(regex="[0-9]"),
        [
            (
                "changed",
                "rule",
                "cut",
                "extract",
                {"number": {"regex": "[0-9]+", "from": "=event.data.text"}},
                {"number": {"regex": "[0-9]", "from": "=event.data.text"}},
            )
        ],
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES]
)
def test_a_change_is_told_and_nothing_else(change: Callable[[Any], object], expected: list[Told]) -> None:
    target = changed(TEMPLATE, change)
    assert sorted(told(TEMPLATE, target), key=repr) == sorted(expected, key=repr)
    assert_laws(TEMPLATE, target)


COMPONENT_CHANGES: list[tuple[str, Callable[[Any], object], list[Told]]] = [
    (
        "a parameter's default",
        lambda c: c["params"]["factor"].update(default=3),
        [("changed", "parameter", "factor", "default", 2, 3)],
    ),
    (
        "a parameter",
        lambda c: c["params"].update(more={}),
        [("added", "parameter", "more", "", None, {})],
    ),
    (
        "the ports",
        lambda c: c["ports"].update(out=["out", "rest"]),
        [
            (
                "changed",
                "document",
                "doubler",
                "ports",
                {"in": ["in"], "out": ["out"]},
                {"in": ["in"], "out": ["out", "rest"]},
            )
        ],
    ),
    (
        "a variable",
        lambda c: c.pop("vars"),
        [("removed", "variable", "seen", "", {"type": "int"}, None)],
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"),
    [row[1:] for row in COMPONENT_CHANGES],
    ids=[row[0] for row in COMPONENT_CHANGES],
)
def test_a_change_of_a_component_is_told(change: Callable[[Any], object], expected: list[Told]) -> None:
    target = changed(COMPONENT, change)
    assert told(COMPONENT, target) == expected
    assert_laws(COMPONENT, target)


def test_a_template_that_becomes_a_component_is_told() -> None:
    machine = {"initial": "a", "states": {"a": {}}}
    source = {"format": "actum/1", "name": "x", "machine": machine}
    target = {"format": "actum/1", "kind": "component", "name": "x", "machine": machine}
    assert ("changed", "document", "x", "kind", "template", "component") in told(source, target)
    assert_laws(source, target)


def test_delays_that_are_written_otherwise_are_the_same() -> None:
    target = changed(
        TEMPLATE,
        lambda t: first(t, "idle").update(
            after=[
                {"delay": "10000ms", "target": "late"},
                {"delay": "20s", "guard": "vars.total > 1", "target": "idle"},
                {"delay": "20s", "target": "late"},
            ]
        ),
    )
    assert told(TEMPLATE, target) == []
    assert_laws(TEMPLATE, target)
