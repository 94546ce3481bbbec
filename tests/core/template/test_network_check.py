"""Networks: everything that is refused, with pointers."""

from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.template import check_component, check_template, compile_component

from .networks import LIBRARY, component, network


def found_in(value: object) -> list[tuple[str, str]]:
    found = check_template(value, LIBRARY)
    return [(problem.pointer, problem.code) for problem in found if problem.severity == "error"]


FORMS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("no nodes", network("{}"), [("/nodes", "missing_field")]),
    ("nodes that are no object", network("1"), [("/nodes", "wrong_type"), ("/nodes", "missing_field")]),
    ("a node that is nothing", network("{a: {}}"), [("/nodes/a", "bad_value")]),
    ("a node of two kinds", network("{a: {use: sink@1, machine: {}}}"), [("/nodes/a", "bad_value")]),
    ("a node with a point", network("{a.b: PASS}"), [("/nodes/a.b", "bad_name")]),
    (
        "a node listed twice",
        network("[{id: a, use: sink@1}, {id: a, use: sink@1}]"),
        [("/nodes/1", "duplicate")],
    ),
    ("an id beside its key", network("{a: {id: b, use: sink@1}}"), [("/nodes/a/id", "bad_value")]),
    ("no version", network("{a: {use: sink}}"), [("/nodes/a/use", "bad_name")]),
    ("ports of a use", network("{a: {use: sink@1, ports: {}}}"), [("/nodes/a/ports", "unknown_field")]),
    (
        "ports of a machine from parameters",
        network("{a: {machine: {initial: s, states: {s: {}}}, ports: {in: =params.x}}}"),
        [("/nodes/a/ports/in", "bad_value")],
    ),
    ("an edge without end", network("{a: PASS}", "[{from: a.out}]"), [("/edges/0", "missing_field")]),
    ("an edge without port", network("{a: PASS}", "[{from: a.out, to: a}]"), [("/edges/0/to", "bad_name")]),
    (
        "the same edge twice",
        network("{a: PASS, b: PASS}", "[{from: a.out, to: b.in}, {from: a.out, to: b.in}]"),
        [("/edges/1", "duplicate")],
    ),
]

MEANINGS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("an unknown component", network("{a: {use: none@1}}"), [("/nodes/a/use", "unknown_component")]),
    ("an unknown version", network("{a: {use: sink@9}}"), [("/nodes/a/use", "unknown_component")]),
    ("a component that is none", network("{a: {use: unreadable@1}}"), [("/nodes/a/use", "unknown_field")]),
    (
        "a component that is not sound",
        network("{a: {use: broken@1}}"),
        [("/nodes/a/use", "unknown_state"), ("/nodes/a/use", "unreachable_state")][:1],
    ),
    (
        "a component that contains itself",
        network("{a: {use: selfish@1}}"),
        [("/nodes/a/use", "recursive_component")],
    ),
    (
        "components that contain each other",
        network("{a: {use: ping@1}}"),
        [("/nodes/a/use", "recursive_component")],
    ),
    (
        "an unknown node",
        network("{a: PASS}", "[{from: b.out, to: a.in}]"),
        [("/edges/0/from", "unknown_node")],
    ),
    (
        "a border of a template",
        network("{a: PASS}", "[{from: .in, to: a.in}]"),
        [("/edges/0/from", "unknown_node")],
    ),
    (
        "an unknown port",
        network("{a: PASS}", "[{from: a.out, to: a.inn}]"),
        [("/edges/0/to", "unknown_port")],
    ),
    (
        "against the stream",
        network("{a: PASS}", "[{from: a.in, to: a.out}]"),
        [
            ("/edges/0/from", "wrong_direction"),
            ("/edges/0/to", "wrong_direction"),
        ],
    ),
    (
        "tokens of another type",
        network("{a: {use: typed@1}, b: {use: typed@1}}", "[{from: a.out, to: b.in}]"),
        [("/edges/0", "port_type")],
    ),
    (
        "ports that follow from parameters",
        network(
            "{a: {use: ports@1, with: {outs: [x, y]}}, b: PASS}",
            "[{from: a.y, to: b.in}, {from: a.out, to: b.in}]",
        ),
        [("/edges/1/from", "unknown_port")],
    ),
    ("ports that are none", network("{a: {use: ports@1, with: {outs: [1]}}}"), [("/nodes/a", "wrong_type")]),
    ("ports that fail", network("{a: {use: ports@1, with: {outs: 7}}}"), [("/nodes/a", "wrong_type")]),
    (
        "edges round without a machine",
        network(
            "{a: {use: wire@1}, b: {use: wire@1}, c: PASS}",
            """
        [{from: c.out, to: a.in}, {from: a.out, to: b.in}, {from: b.out, to: a.in}]""",
        ),
        [("/edges", "edge_loop")],
    ),
    ("a parameter too few", network("{a: {use: params@1}}"), [("/nodes/a", "missing_parameter")]),
    (
        "a parameter too many",
        network("{a: {use: params@1, with: {must: 1, most: 2}}}"),
        [("/nodes/a/with/most", "unknown_parameter")],
    ),
    (
        "a parameter of another type",
        network("{a: {use: params@1, with: {must: 1, plain: x}}}"),
        [("/nodes/a/with/plain", "schema_type")],
    ),
    (
        "a message that is none",
        network("{a: {use: params@1, with: {must: 1, on: '*x'}}}"),
        [("/nodes/a/with/on", "bad_name")],
    ),
    (
        "a constant that is none",
        network("{a: {use: params@1, with: {must: =vars.x}}}"),
        [("/nodes/a/with/must", "expression_undeclared_name")],
    ),
    (
        "a constant that fails",
        network("{a: {use: params@1, with: {must: =1 / 0}}}"),
        [("/nodes/a/with/must", "expression_failed")],
    ),
    (
        "an expression with an unknown name",
        network("{a: {use: params@1, with: {must: 1, value: vars.x}}}"),
        [("/nodes/a/with/value", "expression_no_such_field")],
    ),
    (
        "a state of an unknown node",
        network("{a: {use: params@1, with: {must: 1, value: \"in_state('b', 's')\"}}}"),
        [("/nodes/a/with/value", "unknown_node")],
    ),
    (
        "an unknown state of a node",
        network("{a: {use: params@1, with: {must: 1, value: \"in_state('a', 't')\"}}}"),
        [("/nodes/a/with/value", "unknown_state")],
    ),
    (
        "a state where no machine stands",
        network("{a: {use: params@1, with: {must: 1, value: \"in_state('s')\"}}}"),
        [("/nodes/a/with/value", "unknown_state")],
    ),
    (
        "a state of a node within a node",
        network(
            "{a: {use: line@1}, b: {use: params@1, with: {must: 1, value: \"in_state('a/first', 's')\"}}}"
        ),
        [],
    ),
    (
        "a state of a node that is a network",
        network("{a: {use: line@1}, b: {use: params@1, with: {must: 1, value: \"in_state('a', 's')\"}}}"),
        [("/nodes/b/with/value", "unknown_node")],
    ),
    (
        "an action that is not declared",
        network("{a: {use: requests@1, with: {action: post}}}"),
        [("/nodes/a", "unknown_action")],
    ),
    (
        "an action whose name is none",
        network("{a: {use: requests@1, with: {action: {b: 1}}}}"),
        [("/nodes/a", "unknown_action")],
    ),
    (
        "an action that is declared",
        network("{a: {use: requests@1, with: {action: post}}}", actions={"post": {"kind": "http"}}),
        [],
    ),
    (
        "a token on an unknown port",
        network("{a: {machine: {initial: s, states: {s: {entry: [{emit: {value: 1, port: x}}]}}}}}"),
        [("/nodes/a/machine/states/s/entry/0/emit/port", "unknown_port")],
    ),
    (
        "a message to an unknown node",
        network("{a: {machine: {initial: s, states: {s: {entry: [{send: {event: m, to: b}}]}}}}}"),
        [("/nodes/a/machine/states/s/entry/0/send/to", "unknown_node")],
    ),
    (
        "an event that only tokens say",
        network("{a: PASS}", events={"token.in": {}}),
        [("/events/token.in", "bad_name")],
    ),
]


@pytest.mark.parametrize(("value", "expected"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_a_malformed_network_is_told_where(value: object, expected: list[tuple[str, str]]) -> None:
    assert found_in(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [row[1:] for row in MEANINGS], ids=[row[0] for row in MEANINGS]
)
def test_a_network_is_told_what_is_wrong_with_it(value: object, expected: list[tuple[str, str]]) -> None:
    assert found_in(value) == expected


def test_a_built_in_name_is_taken() -> None:
    assert [problem.pointer for problem in check_component(component("queue"))] == ["/name"]


def test_a_broken_component_is_refused_by_itself() -> None:
    with pytest.raises(Invalid):
        compile_component(component("broken", machine={"initial": "x", "states": {"a": {}}}))
