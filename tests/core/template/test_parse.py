"""A template's form: everything wrong is told at once, each with its pointer."""

from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.limits import (
    CONTENT_NESTING_MAX,
    EMISSIONS_MAX,
    EVENT_TYPES_MAX,
    ID_LENGTH_MAX,
    NAME_LENGTH_MAX,
    PROBLEMS_MAX,
    RULES_MAX,
    SCHEMA_NODES_MAX,
    STATE_NESTING_MAX,
    STATES_MAX,
    TARGETS_MAX,
    TEMPLATE_NAME_LENGTH_MAX,
    TRANSITIONS_MAX,
    VARIABLES_MAX,
)
from actum_core.template import parse_template

from ..documents import document, parse_yaml


def problems_of(value: object) -> list[tuple[str, str]]:
    try:
        parse_template(value)
    except Invalid as invalid:
        return [(problem.pointer, problem.code) for problem in invalid.problems]
    return []


def in_state(fields: str) -> dict[str, Any]:
    return document({"initial": "only", "states": {"only": parse_yaml(fields)}})


ONLY = "/machine/states/only"

DOCUMENTS: list[tuple[str, object, list[tuple[str, str]]]] = [
    ("not an object", [], [("", "wrong_type")]),
    ("nothing in it", {}, [("", "missing_field")] * 3),
    ("another format", {**document(), "format": "actum/2"}, [("/format", "bad_value")]),
    ("a name with capitals", {**document(), "name": "Order"}, [("/name", "bad_name")]),
    ("a name that is a number", {**document(), "name": 1}, [("/name", "wrong_type")]),
    ("an unknown field", document(colour=1), [("/colour", "unknown_field")]),
    ("tokens", document(tokens={}), [("/tokens", "unsupported")]),
    ("a layout that is no object", document(layout=[]), [("/layout", "wrong_type")]),
    ("a title that is no text", document(title=1), [("/title", "wrong_type")]),
    ("a strange policy", document(unknown_events="drop"), [("/unknown_events", "bad_value")]),
    ("a schema keyword", document(input={"oneOf": []}), [("/input/oneOf", "unsupported")]),
    ("a misspelt schema keyword", document(input={"requierd": []}), [("/input/requierd", "unknown_field")]),
    (
        "a number that is none",
        document(vars={"a": {"initial": float("nan")}}),
        [("/vars/a/initial", "not_finite")],
    ),
    (
        "an inexact integer",
        document(vars={"a": {"initial": 2**53}}),
        [("/vars/a/initial", "integer_out_of_range")],
    ),
    ("a lone surrogate", document(title="\ud800"), [("/title", "lone_surrogate")]),
    ("something not JSON", document(title=b"x"), [("/title", "not_json")]),
    ("a key read as a truth", document({True: {}}), [("/machine", "not_json")]),
    ("a variable of no type", document(vars={"a": {"type": "integer"}}), [("/vars/a/type", "bad_value")]),
    ("a variable with a bad name", document(vars={"in": {}}), [("/vars/in", "bad_name")]),
    ("a reserved event", document(events={"done.x": {}}), [("/events/done.x", "bad_name")]),
    ("an event with a space", document(events={"a b": {}}), [("/events/a b", "bad_name")]),
    ("an escaped pointer", document(events={"a/b": {"skema": 1}}), [("/events/a~1b/skema", "unknown_field")]),
]

RULES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("an empty rule", "{}", [("/rules/0", "missing_field")] * 3),
    ("of another kind", "{id: a, on: x, kind: magic, emit: m}", [("/rules/0/kind", "bad_value")]),
    ("without a message", "{id: a, on: x, emit: {}}", [("/rules/0/emit", "missing_field")]),
    ("a bad message", "{id: a, on: x, emit: {message: a b}}", [("/rules/0/emit/message", "bad_name")]),
    ("a bad descriptor", "{id: a, on: 'x*', emit: m}", [("/rules/0/on", "bad_name")]),
    ("no descriptor", "{id: a, on: ' ', emit: m}", [("/rules/0/on", "bad_name")]),
    ("an empty condition", "{id: a, on: x, when: ' ', emit: m}", [("/rules/0/when", "bad_value")]),
]

STATES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("a misspelt field", "{entyr: []}", [(f"{ONLY}/entyr", "unknown_field")]),
    ("a strange type", "{type: choice}", [(f"{ONLY}/type", "bad_value")]),
    ("compound without states", "{type: compound}", [(f"{ONLY}/type", "bad_value")]),
    ("a final state that goes on", "{type: final, on: {a: only}}", [(f"{ONLY}/on", "bad_value")]),
    ("a strange history", "{type: history, history: long, target: only}", [(f"{ONLY}/history", "bad_value")]),
    ("an id beside its key", "{id: other}", [(f"{ONLY}/id", "bad_value")]),
    ("a target that is no text", "{on: {a: {target: [1]}}}", [(f"{ONLY}/on/a/target", "wrong_type")]),
    ("a transition that is a number", "{on: {a: 1}}", [(f"{ONLY}/on/a", "wrong_type")]),
    ("a listed transition without event", "{on: [{target: only}]}", [(f"{ONLY}/on/0", "missing_field")]),
    ("internal that is no truth", "{on: {a: {internal: 1}}}", [(f"{ONLY}/on/a/internal", "wrong_type")]),
    ("an action that is none", "{entry: [{assing: {}}]}", [(f"{ONLY}/entry/0", "unknown_action")]),
    ("an empty action", "{entry: [{}]}", [(f"{ONLY}/entry/0", "unknown_action")]),
    ("two actions in one", "{entry: [{log: a, raise: b}]}", [(f"{ONLY}/entry/0", "bad_value")]),
    ("an action of later", "{entry: [{mint: {}}]}", [(f"{ONLY}/entry/0/mint", "unsupported")]),
    ("entry that is no list", "{entry: {log: a}}", [(f"{ONLY}/entry", "wrong_type")]),
    ("an empty assignment", "{entry: [{assign: {}}]}", [(f"{ONLY}/entry/0/assign", "bad_value")]),
    ("a raise without event", "{entry: [{raise: {}}]}", [(f"{ONLY}/entry/0/raise", "missing_field")]),
    ("an if without then", "{entry: [{if: 'true'}]}", [(f"{ONLY}/entry/0", "missing_field")]),
    (
        "an unnamed loop",
        "{entry: [{for_each: {in: '[]', do: []}}]}",
        [(f"{ONLY}/entry/0/for_each", "missing_field")],
    ),
    (
        "a loop over a reserved name",
        "{entry: [{for_each: {in: '[]', as: vars, do: []}}]}",
        [(f"{ONLY}/entry/0/for_each/as", "bad_name")],
    ),
    (
        "a loop with one name twice",
        "{entry: [{for_each: {in: '[]', as: x, index: x, do: []}}]}",
        [(f"{ONLY}/entry/0/for_each/index", "duplicate")],
    ),
    (
        "several faults at once",
        "{entry: [{log: a, value: 1}], on: {'*x': only}, exit: 1}",
        [
            (f"{ONLY}/on/*x", "bad_name"),
            (f"{ONLY}/entry/0/value", "unknown_field"),
            (f"{ONLY}/exit", "wrong_type"),
        ],
    ),
]


@pytest.mark.parametrize(
    ("value", "expected"), [row[1:] for row in DOCUMENTS], ids=[row[0] for row in DOCUMENTS]
)
def test_a_malformed_document_is_told_where(value: object, expected: list[tuple[str, str]]) -> None:
    assert problems_of(value) == expected


@pytest.mark.parametrize(("rule", "expected"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_a_malformed_rule_is_told_where(rule: str, expected: list[tuple[str, str]]) -> None:
    assert problems_of(document(rules=[parse_yaml(rule)])) == expected


@pytest.mark.parametrize(("fields", "expected"), [row[1:] for row in STATES], ids=[row[0] for row in STATES])
def test_a_malformed_state_is_told_where(fields: str, expected: list[tuple[str, str]]) -> None:
    assert problems_of(in_state(fields)) == expected


def test_an_unknown_field_is_told_with_what_was_probably_meant() -> None:
    with pytest.raises(Invalid) as caught:
        parse_template(in_state("{entyr: []}"))
    assert caught.value.problems[0].detail == "there is no field 'entyr' here (did you mean 'entry'?)"


def test_one_id_may_stand_only_once_in_a_whole_machine() -> None:
    machine = "{initial: a, states: {a: {initial: b, states: {b: {}}}, b: {}}}"
    assert problems_of(document(machine)) == [("/machine/states/b", "duplicate")]


def test_one_rule_id_may_stand_only_once() -> None:
    rules = [{"id": "a", "on": "x", "emit": "m"}, {"id": "a", "on": "y", "emit": "m"}]
    assert problems_of(document(rules=rules)) == [("/rules/1/id", "duplicate")]


def test_states_and_transitions_may_be_arrays_that_keep_their_order() -> None:
    keyed = "{initial: a, states: {a: {on: {x: [{guard: 'true', target: b}, a], y: b}}, b: {}}}"
    listed = """
      initial: a
      states:
        - {id: a, on: [{event: x, guard: 'true', target: b}, {event: x, target: a}, {event: y, target: b}]}
        - {id: b}
    """
    assert parse_template(document(keyed)) == parse_template(document(listed))


def nested_states(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for level in range(levels, 0, -1):
        inner = {"initial": f"s{level}", "states": {f"s{level}": inner}}
    return document(inner)


def nested_content(levels: int) -> dict[str, Any]:
    action: dict[str, Any] = {"log": "x"}
    for _ in range(levels):
        action = {"if": "true", "then": [action]}
    return document({"initial": "only", "states": {"only": {"entry": [action]}}})


def rule_with(emissions: int) -> dict[str, Any]:
    return document(rules=[{"id": "a", "on": "x", "emit": ["m"] * emissions}])


def transition_with(targets: int) -> dict[str, Any]:
    regions = {f"r{i}": {} for i in range(targets)}
    states = {"all": {"type": "parallel", "states": regions}, "a": {"on": {"x": {"target": list(regions)}}}}
    return document({"initial": "a", "states": states})


def machine_with(states: int) -> dict[str, Any]:
    return document({"initial": "s0", "states": {f"s{i}": {} for i in range(states)}})


def state_with(transitions: int) -> dict[str, Any]:
    return document({"initial": "a", "states": {"a": {"on": [{"event": "x"}] * transitions}}})


def rules(number: int) -> dict[str, Any]:
    return document(rules=[{"id": f"r{i}", "on": "x", "emit": "m"} for i in range(number)])


def event_types(number: int) -> dict[str, Any]:
    return document(events={f"e{i}": {} for i in range(number)})


def variables(number: int) -> dict[str, Any]:
    return document(vars={f"v{i}": {} for i in range(number)})


def subschemas(number: int) -> dict[str, Any]:
    return document(input={"properties": {f"p{i}": True for i in range(number - 1)}})


def template_name(length: int) -> dict[str, Any]:
    return {**document(), "name": "a" * length}


def state_id(length: int) -> dict[str, Any]:
    return document({"initial": "a" * length, "states": {"a" * length: {}}})


def event_name(length: int) -> dict[str, Any]:
    return document(events={"a" * length: {}})


BOUNDS = [
    (machine_with, STATES_MAX, "too_many"),
    (state_with, TRANSITIONS_MAX, "too_many"),
    (rules, RULES_MAX, "too_many"),
    (event_types, EVENT_TYPES_MAX, "too_many"),
    (variables, VARIABLES_MAX, "too_many"),
    (subschemas, SCHEMA_NODES_MAX, "too_many"),
    (template_name, TEMPLATE_NAME_LENGTH_MAX, "bad_name"),
    (state_id, ID_LENGTH_MAX, "bad_name"),
    (event_name, NAME_LENGTH_MAX, "bad_name"),
    (nested_states, STATE_NESTING_MAX, "too_deep"),
    (nested_content, CONTENT_NESTING_MAX, "too_deep"),
    (rule_with, EMISSIONS_MAX, "too_many"),
    (transition_with, TARGETS_MAX, "too_many"),
]


@pytest.mark.parametrize(("make", "bound", "code"), BOUNDS, ids=[row[0].__name__ for row in BOUNDS])
def test_a_bound_holds_at_and_past_it(make: Any, bound: int, code: str) -> None:
    assert problems_of(make(bound)) == []
    assert [found for _, found in problems_of(make(bound + 1))] == [code]


def test_no_more_problems_are_told_than_anyone_reads() -> None:
    states = {f"s{i}": {"nonsense": 1} for i in range(2 * PROBLEMS_MAX)}
    assert len(problems_of(document({"initial": "s0", "states": states}))) == PROBLEMS_MAX
