"""States: their JSON, what a commitment says of large values, and what is refused when read."""

import hashlib
from typing import Any

import pytest

from actum_core import canonical_json
from actum_core.engine import State, step
from actum_core.engine.state import COMMITTED_BYTES_MAX
from actum_core.errors import Invalid
from actum_core.template import compile_template

from ..documents import document
from .driving import event_input, send, start

MACHINE = """
initial: a
states:
  a:
    initial: a1
    states: {a1: {on: {next: a2}}, a2: {}, h: {type: history, target: a1}}
    on: {leave: b, put: {actions: [{assign: {text: event.data}}]}}
  b: {on: {back: h}}
"""
PROGRAM = compile_template(document(MACHINE, vars={"n": {"type": "int"}, "text": {"type": "string"}}))


def test_before_its_start_a_state_is_empty() -> None:
    state = State.initial(PROGRAM)
    assert state.to_json() == {"configuration": [], "vars": {}}
    assert (state.configuration, state.is_started, state.is_final) == ((), False, False)
    assert State.from_json(PROGRAM, state.to_json()).is_started is False


def test_a_state_says_where_it_is_and_what_it_remembers() -> None:
    state = send(PROGRAM, start(PROGRAM, {"k": 1}).state, "next", "leave")
    assert state.to_json() == {
        "configuration": ["b"],
        "history": {"h": ["a2"]},
        "input": {"k": 1},
        "vars": {"n": 0, "text": ""},
    }
    assert send(PROGRAM, State.from_json(PROGRAM, state.to_json()), "back").configuration == ("a2",)


def test_an_event_that_changes_nothing_leaves_the_very_same_state() -> None:
    state = start(PROGRAM).state
    assert step(PROGRAM, state, event_input("unheard")).state is state


def test_a_commitment_names_long_values_by_their_digest() -> None:
    short, long = "x" * (COMMITTED_BYTES_MAX - 2), "x" * (COMMITTED_BYTES_MAX - 1)
    digest = hashlib.sha256(canonical_json.encode(long)).hexdigest()
    for text, expected in ((short, short), (long, {"$digest": digest})):
        state = step(PROGRAM, start(PROGRAM, [text]).state, event_input("put", text)).state
        assert state.commitment_json()["vars"] == {"n": 0, "text": expected}
        assert state.to_json()["vars"] == {"n": 0, "text": text}


REFUSED: list[tuple[Any, str, str]] = [
    (None, "", "wrong_type"),
    ({"configuration": ["a1"]}, "", "wrong_type"),
    ({"configuration": ["nowhere"], "vars": {}}, "/configuration", "unknown_state"),
    ({"configuration": ["a1"], "vars": {"n": 0}}, "/vars/text", "missing_field"),
    ({"configuration": ["a1"], "vars": {"n": "x", "text": ""}}, "/vars/n", "wrong_type"),
    ({"configuration": ["a1"], "vars": {"n": 0, "text": "", "m": 0}}, "/vars/m", "unknown_variable"),
    (
        {"configuration": ["a1"], "vars": {"n": 0, "text": ""}, "history": {"h": ["x"]}},
        "/history/h",
        "unknown_state",
    ),
]


@pytest.mark.parametrize(("value", "pointer", "code"), REFUSED)
def test_a_state_of_another_program_is_refused(value: Any, pointer: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        State.from_json(PROGRAM, value)
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [(pointer, code)]
