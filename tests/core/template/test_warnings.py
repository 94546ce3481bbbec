"""Warnings: told, never in the way, and silent where nothing is odd."""

from typing import Any

import pytest

from actum_core.template import check_component, check_template, compile_template

from ..documents import document, parse_yaml
from .networks import component, finder, network

_HUNDRED = str(list(range(100)))

#: Stops at the first that does not hold; if all hold, this goes over a hundred million of them.
_NESTED_ALL = (
    f"{_HUNDRED}.all(a, {_HUNDRED}.all(b, {_HUNDRED}.all(c, {_HUNDRED}.all(d, a + b + c + d < vars.n))))"
)

MACHINES: list[tuple[str, str, list[tuple[str, str]]]] = [
    (
        "a state only a false guard leads to",
        "{initial: a, states: {a: {on: {x: {guard: 1 > 2, target: b}}}, b: {}}}",
        [("/states/a/on/x/guard", "never_true"), ("/states/b", "unreachable_state")],
    ),
    (
        "a guard that is false whatever the rest",
        "{initial: a, states: {a: {on: {x: {guard: 'vars.n > 1 && false', target: a}}}}}",
        [("/states/a/on/x/guard", "never_true")],
    ),
    (
        "a guard that is always true",
        "{initial: a, states: {a: {on: {x: [{guard: '1 < 2', target: a}, a]}}}}",
        [("/states/a/on/x/1", "dead_transition")],
    ),
    (
        "a guard that depends",
        "{initial: a, states: {a: {on: {x: [{guard: 'vars.n > 1 || false', target: a}, a]}}}}",
        [],
    ),
    (
        "a guard that always fails",
        "{initial: a, states: {a: {on: {x: [{guard: '1 / 0 > 1', target: a}, a]}}}}",
        [],
    ),
    (
        "a descriptor within another",
        "{initial: a, states: {a: {on: {x: a, x.y: a, z: a, '*': a, q: a}}}}",
        [("/states/a/on/x.y", "dead_transition"), ("/states/a/on/q", "dead_transition")],
    ),
    (
        "a guard that may cost more than a step",
        f"{{initial: a, states: {{a: {{on: {{x: {{guard: '{_NESTED_ALL}', target: a}}}}}}}}}}",
        [("/states/a/on/x/guard", "expression_cost")],
    ),
    (
        "alternatives after a time",
        "{initial: a, states: {a: {after: {1s: [a, a]}}}}",
        [("/states/a/after/1s/1", "dead_transition")],
    ),
    ("a timer beside a wildcard", "{initial: a, states: {a: {on: {x: a}, after: {1s: a}}}}", []),
    (
        "a cycle of two",
        "{initial: a, states: {a: {always: b}, b: {always: a}}}",
        [("/states/a/always", "eventless_cycle")],
    ),
    (
        "a cycle through a level",
        "{initial: a, states: {a: {always: b}, b: {initial: c, states: {c: {always: a}}}}}",
        [("/states/a/always", "eventless_cycle")],
    ),
    (
        "a cycle that leads into itself",
        "{initial: s, states: {s: {always: a}, a: {always: b}, b: {always: a}}}",
        [("/states/a/always", "eventless_cycle")],
    ),
    (
        "a transition that stays",
        "{initial: a, states: {a: {always: {actions: [{log: x}]}}}}",
        [
            ("/states/a/always", "eventless_cycle"),
        ][:1],
    ),
    (
        "a cycle with a guard",
        "{initial: a, states: {a: {always: {guard: vars.n > 1, target: b}}, b: {always: a}}}",
        [],
    ),
    (
        "a cycle with a way out",
        "{initial: a, states: {a: {always: [{guard: vars.n > 1, target: c}, {target: b}]}, b: {always: a}, c: {}}}",
        [],
    ),
    ("a chain that ends", "{initial: a, states: {a: {always: b}, b: {always: c}, c: {}}}", []),
    ("a cycle of events", "{initial: a, states: {a: {on: {x: b}}, b: {on: {x: a}}}}", []),
]

DOCUMENTS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    (
        "a list that only grows",
        document(
            "{initial: a, states: {a: {on: {x: {actions: [{assign: {l: 'vars.l + [1]'}}]}}}}}",
            vars={"l": {"type": "list"}},
        ),
        [("/vars/l", "unbounded_list")],
    ),
    (
        "a list that is emptied",
        document(
            "{initial: a, states: {a: {entry: [{assign: {l: '[]'}}],"
            " on: {x: {actions: [{assign: {l: 'vars.l + [1]'}}]}}}}}",
            vars={"l": {"type": "list"}},
        ),
        [],
    ),
    (
        "a list that is measured",
        document(
            "{initial: a, states: {a: {on: {x: {guard: size(vars.l) < 9, actions: [{assign: {l: '[1] + vars.l'}}]}}}}}",
            vars={"l": {"type": "list"}},
        ),
        [],
    ),
    (
        "a condition of a rule",
        document(rules=[{"id": "a", "on": "x", "when": "false", "emit": "m"}]),
        [("/rules/0/when", "never_true")],
    ),
    (
        "actions and machines that nothing uses",
        document(actions={"a": {"kind": "log"}}, machines={"m": {"machine": document()["machine"]}}),
        [("/machines/m", "unused_machine"), ("/actions/a", "unused_action")],
    ),
    (
        "an action that an expression may name",
        document(
            "{initial: a, states: {a: {entry: [{do: {action: =input.a}}]}}}", actions={"a": {"kind": "log"}}
        ),
        [],
    ),
    (
        "an action that a component is given",
        network(
            "{a: {use: action@1, with: {action: post}}, b: PASS}",
            "[{from: b.out, to: a.in}]",
            actions={"post": {"kind": "http"}},
        ),
        [],
    ),
    (
        "a queue without bound",
        network("{a: {use: queue@1, with: {window: 1d}}, b: PASS}", "[{from: b.out, to: a.in}]"),
        [("/nodes/a", "unbounded_queue")],
    ),
    (
        "a queue with a bound",
        network("{a: {use: queue@1, with: {count: 3}}, b: PASS}", "[{from: b.out, to: a.in}]"),
        [],
    ),
    ("a node that nothing leads to", network("{a: {use: sink@1}}"), [("/nodes/a", "unconnected_node")]),
    ("a source needs no edge", network("{a: {use: source@1, with: {on: m}}}"), []),
    (
        "variables of a child",
        document(
            "{initial: a, states: {a: {invoke: {use: m}}}}",
            machines={"m": {"vars": {"n": {}}, "machine": document()["machine"]}},
        ),
        [("/machines/m/vars/n", "unused_variable")],
    ),
    (
        "a message that a child may send",
        document("{initial: a, states: {a: {invoke: {template: other@1}, on: {told: a}}}}", events={"x": {}}),
        [],
    ),
    (
        "a message that is sent",
        document(
            "{initial: a, states: {a: {entry: [{send: m}], on: {m: a}, after: {1s: a}}}}", events={"x": {}}
        ),
        [],
    ),
    (
        "a token that nobody declares",
        network("{a: {machine: {initial: s, states: {s: {on: {token: s, t: s}}}}}}", events={"x": {}}),
        [("/nodes/a/machine/states/s/on/t", "unheard")],
    ),
]


def warnings_of(value: object) -> list[tuple[str, str]]:
    found = check_template(value, find_template=finder({**document(), "name": "other"}))
    assert {problem.severity for problem in found} <= {"warning"}
    return [(problem.pointer, problem.code) for problem in found]


@pytest.mark.parametrize(
    ("machine", "expected"), [row[1:] for row in MACHINES], ids=[row[0] for row in MACHINES]
)
def test_what_a_machine_cannot_do_is_told(machine: str, expected: list[tuple[str, str]]) -> None:
    found = [
        row
        for row in warnings_of(document(machine, vars={"n": {"type": "int"}}))
        if row[1] != "unused_variable"
    ]
    assert found == [("/machine" + pointer, code) for pointer, code in expected]


@pytest.mark.parametrize(
    ("value", "expected"), [row[1:] for row in DOCUMENTS], ids=[row[0] for row in DOCUMENTS]
)
def test_what_is_odd_about_a_document_is_told(value: object, expected: list[tuple[str, str]]) -> None:
    assert warnings_of(value) == expected


def test_what_is_odd_about_a_component_is_told_to_its_author_only() -> None:
    part = component(
        "part",
        params={"used": {}, "heard": {"message": True}, "idle": {}},
        vars={"n": {}},
        machine=parse_yaml(
            "{initial: s, states: {s: {on: {=params.heard: s, token: {guard: params.used == 1, target: s}}}}}"
        ),
    )
    found = [(problem.pointer, problem.code, problem.severity) for problem in check_component(part)]
    assert found == [
        ("/vars/n", "unused_variable", "warning"),
        ("/params/idle", "unused_parameter", "warning"),
    ]
    value = network("{a: {use: part@1, with: {heard: m}}}")
    assert compile_template(value, finder(part)).warnings == ()
