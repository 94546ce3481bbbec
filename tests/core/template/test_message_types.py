"""What is known of the data of messages: used where it is sure, and never to refuse what may be right."""

from typing import Any

import pytest

from actum_core.template import check_template

from ..documents import document, parse_yaml

READ = {"type": "object", "properties": {"kwh": {"type": "number"}}, "additionalProperties": False}
EVENTS: dict[str, Any] = {"read": {"schema": READ}, "other": {}}
BIG = {
    "id": "a",
    "on": "read",
    "emit": {"message": "big", "data": {"kwh": "=event.data.kwh", "at": "=now", "n": 1}},
}
TOLD = {"id": "b", "on": "other", "emit": "told"}

UNKNOWN = ["expression_no_such_field"]
UNFIT = ["expression_no_such_overload"]
ROWS: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("a field of the event", "{read: {guard: message.data.kwh > 1}}", {}, []),
    ("no field of the event", "{read: {guard: message.data.kw > 1}}", {}, UNKNOWN),
    ("another type", "{read: {guard: message.data.kwh == 'a'}}", {}, UNFIT),
    ("in content", "{read: {actions: [{log: =message.data.kw}]}}", {}, UNKNOWN),
    ("an event without schema", "{other: {guard: message.data.kw > 1}}", {}, []),
    ("one of several events", "{read other: {guard: message.data.kw > 1}}", {}, []),
    ("any event", "{'*': {guard: message.data.kw > 1}}", {}, []),
    (
        "what a rule emits",
        "{big: {guard: message.data.kwh > 1 && message.data.at != '' && message.data.n == 1}}",
        {"rules": [BIG]},
        [],
    ),
    ("what no rule emits", "{big: {guard: message.data.kw > 1}}", {"rules": [BIG]}, UNKNOWN),
    ("the type of what a rule emits", "{big: {guard: message.data.n == 'a'}}", {"rules": [BIG]}, UNFIT),
    ("a message without data", "{told: {guard: message.data.kw > 1}}", {"rules": [TOLD]}, UNKNOWN),
    (
        "a message of two rules",
        "{big: {guard: message.data.kw > 1}}",
        {"rules": [BIG, {**BIG, "id": "c"}]},
        [],
    ),
    (
        "a name that a rule makes",
        "{big: {guard: message.data.kw > 1}}",
        {"rules": [BIG, {**TOLD, "emit": "=event.name"}]},
        [],
    ),
    (
        "an event that is raised too",
        "{read: {guard: message.data.kw > 1}, other: {actions: [{raise: read}]}}",
        {},
        [],
    ),
    (
        "an event with a longer one",
        "{read: {guard: message.data.kw > 1}}",
        {"events": {**EVENTS, "read.high": {}}},
        [],
    ),
    ("events that are not declared", "{read: {guard: message.data.kw > 1}}", {"events": None}, []),
    (
        "a child that may say anything",
        "{read: {guard: message.data.kw > 1}}",
        {"machines": {"m": {"machine": document()["machine"]}}, "invoke": {"use": "m"}},
        [],
    ),
]


@pytest.mark.parametrize(("on", "more", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_data_of_a_message_has_the_type_that_is_sure(
    on: str, more: dict[str, Any], expected: list[str]
) -> None:
    members = {"events": EVENTS, **more}
    state = {"on": parse_yaml(on), **({"invoke": members.pop("invoke")} if "invoke" in members else {})}
    value = document(
        {"initial": "s", "states": {"s": state}},
        **{name: member for name, member in members.items() if member is not None},
    )
    found = [problem.code for problem in check_template(value) if problem.severity == "error"]
    assert found[:1] == expected


def test_the_type_is_known_in_the_transition_only() -> None:
    machine = """
      initial: s
      states:
        s: {on: {read: s, other: {guard: message.data.kw == 1}}, exit: [{log: =message.data.kw}]}
    """
    assert check_template(document(machine, events=EVENTS)) == ()
