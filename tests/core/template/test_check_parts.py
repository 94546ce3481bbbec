"""What timers, effects, child machines and ai rules may mention, and the types that their places need."""

from typing import Any

import pytest

from actum_core.template import check_template

from ..documents import document, parse_yaml
from .networks import finder

CHILDREN = {
    "worker": {
        "input": {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}}},
        "vars": {"left": {"type": "int"}},
        "machine": {"initial": "s", "states": {"s": {"exit": [{"assign": {"left": "input.size"}}]}}},
    }
}
VARIABLES = {"n": {"type": "int"}, "id": {"type": "string"}, "free": {}, "t": {"type": "timestamp"}}
ONLY = "/machine/states/only"

STATES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("a delay of seconds", "{after: {=vars.n: only}}", []),
    ("a delay of a duration", "{after: {\"=duration('1h')\": only}}", []),
    ("a delay of a truth", "{after: {=true: only}}", [("/after/=true", "expression_type")]),
    ("a delay with a fault", "{after: {=vars.m: only}}", [("/after/=vars.m", "expression_no_such_field")]),
    (
        "a guard after a time",
        "{after: {1s: {guard: vars.n, target: only}}}",
        [("/after/1s/guard", "expression_type")],
    ),
    ("a target after a time", "{after: {1s: other}}", [("/after/1s", "unknown_state")]),
    ("a moment", "{entry: [{send: {event: a, at: =now}}]}", []),
    (
        "a moment that is a number",
        "{entry: [{send: {event: a, at: =1}}]}",
        [("/entry/0/send/at", "expression_type")],
    ),
    ("a delay in text", "{entry: [{send: {event: a, delay: \"='1d'\"}}]}", []),
    (
        "an event that is a number",
        "{entry: [{send: {event: =1}}]}",
        [("/entry/0/send/event", "expression_type")],
    ),
    (
        "data with a fault",
        "{entry: [{send: {event: a, data: {b: [=c]}}}]}",
        [("/entry/0/send/data/b/0", "expression_undeclared_name")],
    ),
    (
        "an address",
        "{entry: [{send: {event: a, to: '#_parent'}}, {send: {event: a, to: =self}}, {send: {event: a, to: /x#y}}]}",
        [],
    ),
    (
        "an address that is none",
        "{entry: [{send: {event: a, to: '!x'}}]}",
        [("/entry/0/send/to", "unknown_node")],
    ),
    ("an id to keep", "{entry: [{send: {event: a, id_to: id}}, {send: {event: a, id_to: free}}]}", []),
    ("an id in a number", "{entry: [{send: {event: a, id_to: n}}]}", [("/entry/0/send/id_to", "wrong_type")]),
    (
        "an id to nowhere",
        "{entry: [{send: {event: a, id_to: m}}]}",
        [("/entry/0/send/id_to", "unknown_variable")],
    ),
    ("a cancel by a number", "{entry: [{cancel: =1}]}", [("/entry/0/cancel", "expression_type")]),
    ("a token without network", "{entry: [{emit: 1}]}", [("/entry/0/emit/port", "unknown_port")]),
    (
        "parents that are no list",
        "{entry: [{emit: {value: 1, parents: '1'}}]}",
        [("/entry/0/emit/parents", "expression_type"), ("/entry/0/emit/port", "unknown_port")],
    ),
    ("a declared action", "{entry: [{do: notify}]}", []),
    ("an unknown action", "{entry: [{do: notfy}]}", [("/entry/0/do/action", "unknown_action")]),
    ("an action by name", "{entry: [{do: {action: =vars.id}}]}", []),
    (
        "an action by number",
        "{entry: [{do: {action: =vars.n}}]}",
        [("/entry/0/do/action", "expression_type")],
    ),
    ("a child", "{invoke: {use: worker, with: {size: 1}}}", []),
    (
        "a child with another input",
        "{invoke: {use: worker, with: {size: a}}}",
        [("/invoke/with/size", "schema_type")],
    ),
    ("a child without input", "{invoke: {use: worker}}", [("/invoke/with/size", "schema_required")]),
    ("a child with an input of later", "{invoke: {use: worker, with: {size: =vars.id}}}", []),
    ("an unknown child", "{invoke: {use: worked}}", [("/invoke/use", "unknown_machine")]),
    ("a child by name", "{invoke: {use: =vars.id}}", []),
    ("a child of a template", "{invoke: {template: other@1}}", []),
    ("a child of no template", "{invoke: {template: none@1}}", [("/invoke/use", "unknown_template")]),
    ("a child of a template with rules", "{invoke: {template: ruled@1}}", [("/invoke/use", "unsupported")]),
    ("a child that is not sound", "{invoke: {template: broken@1}}", [("/invoke/use", "unknown_state")]),
    (
        "finalize",
        "{invoke: {use: worker, with: {size: 1}, finalize: [{assign: {m: '1'}}]}}",
        [("/invoke/finalize/0/assign/m", "unknown_variable")],
    ),
    (
        "every name",
        "{entry: [{log: '=[message.kind, message.due, message.invoke, token.id, self, random(), random_int(1, 2)]'}]}",
        [],
    ),
    (
        "parameters of a template",
        "{entry: [{log: =params.x}]}",
        [("/entry/0/log", "expression_undeclared_name")],
    ),
    ("a state of a node", "{on: {x: {guard: \"in_state('a', 'b')\"}}}", [("/on/x/guard", "unknown_node")]),
    (
        "a field that the input has not",
        "{on: {x: {guard: input.place == 'a'}}}",
        [("/on/x/guard", "expression_no_such_field")],
    ),
    (
        "a field of another type",
        "{on: {x: {guard: input.site == 1}}}",
        [("/on/x/guard", "expression_no_such_overload")],
    ),
]

RULES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("what the schema has", "{on: read, when: event.data.kwh > 1, emit: m}", []),
    (
        "what the schema has not",
        "{on: read, when: event.data.kw > 1, emit: m}",
        [("/when", "expression_no_such_field")],
    ),
    (
        "another type",
        "{on: read, when: event.data.kwh == 'a', emit: m}",
        [("/when", "expression_no_such_overload")],
    ),
    ("one of several events", "{on: '*', when: event.data.kw > 1, emit: m}", []),
    (
        "an extract",
        "{on: text, extract: {code: {regex: x, from: event.name}}, when: extract.code != null, emit: m}",
        [],
    ),
    (
        "an extract of a number",
        "{on: text, extract: {code: {regex: x, from: '1'}}, emit: m}",
        [("/extract/code/from", "expression_type")],
    ),
    (
        "an unknown extract",
        "{on: text, extract: {code: {regex: x, from: event.name}}, when: extract.cod == '', emit: m}",
        [("", "unknown_extract")],
    ),
    (
        "an extract where there is none",
        "{on: text, when: extract.code == '', emit: m}",
        [("/when", "expression_undeclared_name")],
    ),
    (
        "an answer",
        "{on: text, kind: ai, prompt: '{{event.data.a}}', output: {},"
        " emit: {message: =output.intent, data: =event.data}}",
        [],
    ),
    (
        "a prompt with a fault",
        "{on: text, kind: ai, prompt: 'a {{nothing}}', output: {}, emit: m}",
        [("/prompt", "expression_undeclared_name")],
    ),
    (
        "an answer too early",
        "{on: text, kind: ai, prompt: a, output: {}, when: output.a, emit: m}",
        [("/when", "expression_undeclared_name")],
    ),
    (
        "an answer of a plain rule",
        "{on: text, emit: {message: =output.a}}",
        [("/emit/message", "expression_undeclared_name")],
    ),
]


def found_in(value: object) -> list[tuple[str, str]]:
    templates = finder(
        {**document(), "name": "other"},
        {**document(rules=[{"id": "a", "on": "x", "emit": "m"}]), "name": "ruled"},
        {**document("{initial: b, states: {a: {}}}"), "name": "broken"},
    )
    found = check_template(value, find_template=templates)
    return [(problem.pointer, problem.code) for problem in found if problem.severity == "error"]


@pytest.mark.parametrize(("fields", "expected"), [row[1:] for row in STATES], ids=[row[0] for row in STATES])
def test_a_part_of_a_machine_must_suit_its_place(fields: str, expected: list[tuple[str, str]]) -> None:
    value = document(
        {"initial": "only", "states": {"only": parse_yaml(fields)}},
        vars=VARIABLES,
        machines=CHILDREN,
        actions={"notify": {"kind": "log"}},
        input={"type": "object", "properties": {"site": {"type": "string"}}, "additionalProperties": False},
    )
    assert found_in(value) == [(ONLY + pointer, code) for pointer, code in expected]


@pytest.mark.parametrize(("rule", "expected"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_a_rule_knows_its_event_what_it_extracted_and_what_was_answered(
    rule: str, expected: list[tuple[str, str]]
) -> None:
    schema = {"type": "object", "properties": {"kwh": {"type": "number"}}, "additionalProperties": False}
    value = document(rules=[{"id": "a", **parse_yaml(rule)}], events={"read": {"schema": schema}, "text": {}})
    assert found_in(value) == [("/rules/0" + pointer, code) for pointer, code in expected]


MORE: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    (
        "a child sees its own variables only",
        document(
            vars={"n": {}},
            machines={"c": {"machine": {"initial": "s", "states": {"s": {"entry": [{"log": "=vars.n"}]}}}}},
        ),
        [("/machines/c/machine/states/s/entry/0/log", "expression_no_such_field")],
    ),
    (
        "a child has no ports",
        document(machines={"c": {"machine": {"initial": "s", "states": {"s": {"entry": [{"emit": 1}]}}}}}),
        [("/machines/c/machine/states/s/entry/0/emit/port", "unknown_port")],
    ),
    (
        "the structure of a child",
        document(machines={"c": {"machine": {"initial": "t", "states": {"s": {}}}}}),
        [("/machines/c/machine/initial", "unknown_state")],
    ),
    (
        "an event of a timer's family",
        document("{initial: a, states: {a: {after: {1s: a}}}}", events={"after.sales": {}}),
        [("/events/after.sales", "bad_name")],
    ),
    ("the same family where there are no timers", document(events={"after.sales": {}, "token.x": {}}), []),
    (
        "the own address at the start",
        document(vars={"a": {"initial": "=self"}, "b": {"initial": "=random()"}}),
        [],
    ),
    (
        "a state at the start",
        document(vars={"a": {"initial": "=in_state('only')"}}),
        [("/vars/a/initial", "expression_no_such_function")],
    ),
]


@pytest.mark.parametrize(("value", "expected"), [row[1:] for row in MORE], ids=[row[0] for row in MORE])
def test_a_document_is_told_what_is_wrong_with_it(value: object, expected: list[tuple[str, str]]) -> None:
    assert found_in(value) == expected
