"""The form of timers, child machines, effects, ai rules, actions and components: faults with pointers, normal forms."""

from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.limits import (
    ACTION_DECLARATIONS_MAX,
    ATTEMPTS_MAX,
    CHILD_MACHINES_MAX,
    DELAY_SECONDS_MAX,
    EXTRACTS_MAX,
    INVOKES_MAX,
    PARAMETERS_MAX,
    PORTS_MAX,
    PROMPT_EXPRESSIONS_MAX,
    PROMPT_LENGTH_MAX,
)
from actum_core.template import parse_component, parse_design, parse_template
from actum_core.template.document import After, Component, Invoke, Send, State, TimerPolicy

from ..documents import document, parse_yaml

ONLY = "/machine/states/only"


def problems_of(value: object) -> list[tuple[str, str]]:
    try:
        parse_design(value)
    except Invalid as invalid:
        return [(problem.pointer, problem.code) for problem in invalid.problems]
    return []


def state(fields: str | dict[str, Any]) -> dict[str, Any]:
    inner = parse_yaml(fields) if isinstance(fields, str) else fields
    return document({"initial": "only", "states": {"only": inner}})


def component(**members: Any) -> dict[str, Any]:
    return document(kind="component", **members)


def only_state(fields: str) -> State:
    machine = parse_template(state(fields)).machine
    assert machine is not None
    return machine.states[0]


STATES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("a delay without unit", "{after: {'10': only}}", [("/after/10", "bad_value")]),
    ("a delay that goes back", "{after: {-1s: only}}", [("/after/-1s", "bad_value")]),
    ("a delay of no length", "{after: {'': only}}", [("/after/", "bad_value")]),
    ("a listed delay that is a number", "{after: [{delay: 5, target: only}]}", [("/after/0", "wrong_type")]),
    ("a timer without delay", "{after: [{target: only}]}", [("/after/0", "missing_field")]),
    ("a timer that is a text", "{after: [only]}", [("/after/0", "wrong_type")]),
    ("a final state that waits", "{type: final, after: {1s: only}}", [("/after", "bad_value")]),
    ("a child that is nothing", "{invoke: {}}", [("/invoke", "missing_field")]),
    ("a child of two kinds", "{invoke: {use: a, template: a@1}}", [("/invoke", "bad_value")]),
    ("a template without version", "{invoke: {template: a}}", [("/invoke/template", "bad_name")]),
    ("a machine with a space", "{invoke: {use: a b}}", [("/invoke/use", "bad_name")]),
    ("an id with a star", "{invoke: {use: a, id: '*'}}", [("/invoke/id", "bad_name")]),
    (
        "two children of one id",
        "{invoke: [{use: a, id: x}, {use: b, id: x}]}",
        [("/invoke/0/id", "duplicate"), ("/invoke/1/id", "duplicate")],
    ),
    (
        "forwarding that is no truth",
        "{invoke: {use: a, autoforward: 1}}",
        [("/invoke/autoforward", "wrong_type")],
    ),
    ("a send of nothing", "{entry: [{send: {}}]}", [("/entry/0/send", "missing_field")]),
    ("a send of two words", "{entry: [{send: a b}]}", [("/entry/0/send", "bad_name")]),
    ("a send at no moment", "{entry: [{send: {event: a, at: noon}}]}", [("/entry/0/send/at", "bad_value")]),
    (
        "a send after nothing",
        "{entry: [{send: {event: a, delay: ''}}]}",
        [("/entry/0/send/delay", "bad_value")],
    ),
    ("a send to nobody", "{entry: [{send: {event: a, to: ''}}]}", [("/entry/0/send/to", "bad_value")]),
    (
        "an id to no variable",
        "{entry: [{send: {event: a, id_to: 1x}}]}",
        [("/entry/0/send/id_to", "bad_name")],
    ),
    ("a cancel of a literal sign", "{entry: [{cancel: ==x}]}", [("/entry/0/cancel", "bad_value")]),
    ("an id that is too long", f"{{entry: [{{cancel: {'x' * 256}}}]}}", [("/entry/0/cancel", "bad_name")]),
    ("an id with spaces", "{entry: [{send: {event: a, id: any text}}, {cancel: any text}]}", []),
    ("a cancel of nothing", "{entry: [{cancel: ''}]}", [("/entry/0/cancel", "bad_value")]),
    ("a cancel that is a number", "{entry: [{cancel: 1}]}", [("/entry/0/cancel", "wrong_type")]),
    ("a token without value", "{entry: [{emit: {port: out}}]}", [("/entry/0/emit", "missing_field")]),
    ("a port with a point", "{entry: [{emit: {value: 1, port: a.b}}]}", [("/entry/0/emit/port", "bad_name")]),
    ("an action without name", "{entry: [{do: {with: 1}}]}", [("/entry/0/do", "missing_field")]),
    (
        "an unknown field of an action",
        "{entry: [{do: {action: a, data: 1}}]}",
        [("/entry/0/do/data", "unknown_field")],
    ),
]

RULES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("an ai rule without prompt", "{kind: ai, output: {}}", [("", "missing_field")]),
    ("an ai rule without output", "{kind: ai, prompt: x}", [("", "missing_field")]),
    ("a prompt that is cut off", "{kind: ai, output: {}, prompt: 'a {{event'}", [("/prompt", "bad_value")]),
    ("an empty expression", "{kind: ai, output: {}, prompt: 'a {{ }}'}", [("/prompt", "bad_value")]),
    ("a model with a space", "{kind: ai, output: {}, prompt: a, model: a b}", [("/model", "bad_name")]),
    ("a prompt of a plain rule", "{prompt: a}", [("/prompt", "unknown_field")]),
    ("an extract without pattern", "{extract: {a: {from: event.name}}}", [("/extract/a", "missing_field")]),
    ("a bad pattern", "{extract: {a: {from: event.name, regex: '('}}}", [("/extract/a/regex", "bad_value")]),
    (
        "a group that is not there",
        "{extract: {a: {from: event.name, regex: '(a)', group: 2}}}",
        [("/extract/a/group", "bad_value")],
    ),
]

DOCUMENTS: list[tuple[str, object, list[tuple[str, str]]]] = [
    ("an action of no kind", document(actions={"a": {}}), [("/actions/a", "missing_field")]),
    (
        "an action of a strange kind",
        document(actions={"a": {"kind": "fax"}}),
        [("/actions/a/kind", "bad_value")],
    ),
    (
        "too many attempts",
        document(actions={"a": {"kind": "log", "retry": {"attempts": ATTEMPTS_MAX + 1}}}),
        [("/actions/a/retry/attempts", "bad_value")],
    ),
    (
        "a strange backoff",
        document(actions={"a": {"kind": "log", "retry": {"backoff": "random"}}}),
        [("/actions/a/retry/backoff", "bad_value")],
    ),
    ("a strange policy", document(timers={"on_resume": "restart"}), [("/timers/on_resume", "bad_value")]),
    ("a machine without states", document(machines={"a": {}}), [("/machines/a", "missing_field")]),
    ("both forms", document(nodes={"a": {"use": "sink@1"}}), [("/machine", "bad_value")]),
    ("edges without nodes", document(edges=[]), [("/edges", "bad_value")]),
    ("a component where a template is meant", {**document(), "kind": "part"}, [("/kind", "bad_value")]),
    ("rules of a component", component(rules=[]), [("/rules", "unknown_field")]),
    ("parameters of a template", document(params={}), [("/params", "unknown_field")]),
    (
        "a parameter of two kinds",
        component(params={"a": {"message": True, "expression": True}}),
        [("/params/a", "bad_value")],
    ),
    ("a parameter with a bad name", component(params={"a-b": {}}), [("/params/a-b", "bad_name")]),
    (
        "a default of what must be given",
        component(params={"a": {"required": True, "default": 1}}),
        [("/params/a/default", "bad_value")],
    ),
    ("a port twice", component(ports={"in": ["a", "a"]}), [("/ports/in/1", "duplicate")]),
    ("a port with a point", component(ports={"out": ["a.b"]}), [("/ports/out/0", "bad_name")]),
    ("a port that is a number", component(ports={"out": [1]}), [("/ports/out/0", "wrong_type")]),
]


@pytest.mark.parametrize(("fields", "expected"), [row[1:] for row in STATES], ids=[row[0] for row in STATES])
def test_a_malformed_state_is_told_where(fields: str, expected: list[tuple[str, str]]) -> None:
    assert problems_of(state(fields)) == [(ONLY + pointer, code) for pointer, code in expected]


@pytest.mark.parametrize(("fields", "expected"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_a_malformed_rule_is_told_where(fields: str, expected: list[tuple[str, str]]) -> None:
    rule = {"id": "a", "on": "x", "emit": "m", **parse_yaml(fields)}
    assert problems_of(document(rules=[rule])) == [("/rules/0" + pointer, code) for pointer, code in expected]


@pytest.mark.parametrize(
    ("value", "expected"), [row[1:] for row in DOCUMENTS], ids=[row[0] for row in DOCUMENTS]
)
def test_a_malformed_document_is_told_where(value: object, expected: list[tuple[str, str]]) -> None:
    assert problems_of(value) == expected


def test_equal_delays_are_one_timer_with_alternatives() -> None:
    keyed = only_state("{after: {1d12h: [{guard: 'true', target: only}, only], 5s: only}, on: {x: only}}")
    listed = only_state(
        "{on: {x: only}, after: [{delay: 36h, guard: 'true', target: only}, {delay: 5000ms, target: only},"
        " {delay: 129600s, target: only}]}"
    )
    assert keyed.after == (After("129600s", "after.only.0"), After("5s", "after.only.1"))
    assert keyed.after == listed.after
    assert [each.events for each in keyed.transitions] == [
        ("x",),
        ("after.only.0",),
        ("after.only.0",),
        ("after.only.1",),
    ]
    assert {each.events for each in listed.transitions} == {each.events for each in keyed.transitions}


def test_a_timer_is_not_taken_for_one_of_a_state_whose_id_goes_on() -> None:
    value = document("{initial: a, states: {a: {after: {1s: a}}, a.0: {after: {1s: a}}}}")
    machine = parse_template(value).machine
    assert machine is not None
    assert [state.after[0].event for state in machine.states] == ["after.a.0", "after.a/0.0"]


def test_times_have_one_normal_form() -> None:
    found = only_state(
        "{entry: [{send: {event: a, delay: 1h30m}}, {send: {event: a, at: '2026-01-01T01:00:00+01:00'}},"
        " {send: {event: a, delay: =vars.x, at: =now}}]}"
    )
    assert found.entry[0] == (
        Send("a", delay="5400s"),
        Send("a", at="2026-01-01T00:00:00Z"),
        Send("a", delay="=vars.x", at="=now"),
    )


def test_a_child_is_named_by_machine_or_by_version() -> None:
    found = only_state(
        "{invoke: [{use: worker, with: {a: 1}}, {template: audit@2, id: x, id_to: v, autoforward: true}]}"
    )
    assert found.invokes == (
        Invoke("worker", data={"a": 1}),
        Invoke("audit@2", "x", "v", is_forwarding=True),
    )


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("plain", ("plain",)),
        ("", ("",)),
        ("Say {{ event.data.a }}!", ("Say ", "event.data.a", "!")),
        ("{{a}}{{b}}", ("", "a", "", "b", "")),
        ("{{ {'a': {'b': 1}}}}", ("", "{'a': {'b': 1}}", "")),
        ("{{'}}'}}", ("", "'}}'", "")),
        ("{{'it\\'s }}'}} {", ("", "'it\\'s }}'", " {")),
    ],
)
def test_a_prompt_is_cut_at_its_expressions(prompt: str, parts: tuple[str, ...]) -> None:
    rule = {"id": "a", "on": "x", "kind": "ai", "prompt": prompt, "output": {}, "emit": "m"}
    inference = parse_template(document(rules=[rule])).rules[0].inference
    assert inference is not None
    assert inference.prompt == parts


def test_the_first_group_is_meant_when_there_is_one() -> None:
    extract = {"a": {"regex": "(x)(y)", "from": "=event.name"}, "b": {"regex": "xy", "from": "event.name"}}
    rule = {"id": "a", "on": "x", "extract": extract, "emit": "m"}
    found = parse_template(document(rules=[rule])).rules[0].extracts
    assert [(each.name, each.source, each.group) for each in found] == [
        ("a", "event.name", 1),
        ("b", "event.name", 0),
    ]


def test_what_a_document_declares_is_read() -> None:
    value = document(
        actions={"b": {"kind": "email", "to": "x"}, "a": {"kind": "log"}},
        timers={"on_resume": "remaining"},
        machines={
            "child": {
                "vars": {"n": {"type": "int"}},
                "input": {"type": "object"},
                "machine": document()["machine"],
            }
        },
    )
    template = parse_template(value)
    assert [(each.name, each.kind, each.settings) for each in template.actions] == [
        ("a", "log", {}),
        ("b", "email", {"to": "x"}),
    ]
    assert template.on_resume is TimerPolicy.REMAINING
    assert [(each.name, each.variables[0].name) for each in template.machines] == [("child", "n")]


def test_a_document_says_whether_it_is_a_component() -> None:
    assert isinstance(parse_design(component()), Component)
    assert not isinstance(parse_design(document(kind="template")), Component)
    with pytest.raises(Invalid):
        parse_component(document())
    with pytest.raises(Invalid):
        parse_template(component())


def delay_of(seconds: int) -> dict[str, Any]:
    return state({"after": {f"{seconds}s": "only"}})


def invokes(number: int) -> dict[str, Any]:
    return state({"invoke": [{"use": "a"}] * number})


def child_machines(number: int) -> dict[str, Any]:
    return document(machines={f"m{i}": {"machine": document()["machine"]} for i in range(number)})


def actions(number: int) -> dict[str, Any]:
    return document(actions={f"a{i}": {"kind": "log"} for i in range(number)})


def extracts(number: int) -> dict[str, Any]:
    found = {f"e{i}": {"regex": "a", "from": "event.name"} for i in range(number)}
    return document(rules=[{"id": "a", "on": "x", "emit": "m", "extract": found}])


def prompt_of(text: str) -> dict[str, Any]:
    rule = {"id": "a", "on": "x", "kind": "ai", "prompt": text, "output": {}, "emit": "m"}
    return document(rules=[rule])


def prompt(length: int) -> dict[str, Any]:
    return prompt_of("a" * length)


def prompt_expressions(number: int) -> dict[str, Any]:
    return prompt_of("{{1}}" * number)


def parameters(number: int) -> dict[str, Any]:
    return component(params={f"p{i}": {} for i in range(number)})


def ports(number: int) -> dict[str, Any]:
    return component(ports={"in": [f"p{i}" for i in range(number)]})


BOUNDS = [
    (delay_of, DELAY_SECONDS_MAX, "bad_value"),
    (invokes, INVOKES_MAX, "too_many"),
    (child_machines, CHILD_MACHINES_MAX, "too_many"),
    (actions, ACTION_DECLARATIONS_MAX, "too_many"),
    (extracts, EXTRACTS_MAX, "too_many"),
    (prompt, PROMPT_LENGTH_MAX, "too_many"),
    (prompt_expressions, PROMPT_EXPRESSIONS_MAX, "too_many"),
    (parameters, PARAMETERS_MAX, "too_many"),
    (ports, PORTS_MAX, "too_many"),
]


@pytest.mark.parametrize(("make", "bound", "code"), BOUNDS, ids=[row[0].__name__ for row in BOUNDS])
def test_a_bound_holds_at_and_past_it(make: Any, bound: int, code: str) -> None:
    assert problems_of(make(bound)) == []
    assert [found for _, found in problems_of(make(bound + 1))] == [code]
