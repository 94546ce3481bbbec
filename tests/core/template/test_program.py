"""Programs: what their digest depends on, how they come back from storage, what events they take."""

from typing import Any

import pytest

from actum_core import canonical_json
from actum_core.template import compile_template, load_program, parse_template
from actum_core.template.canonical import canonical_document

from ..documents import document, parse_yaml

MACHINE = """
initial: a
states:
  a: {title: First, on: {x: b, 'y.* z': {target: b, description: Onwards}}, always: {guard: vars.n > 1, target: b}}
  b: {type: parallel, states: {c: {entry: [{log: in c}]}, d: {exit: [{assign: {n: vars.n + 1}}]}}}
"""

FULL = document(
    MACHINE,
    vars={"n": {"type": "int", "initial": 0}},
    input={"type": "object", "title": "Start"},
    events={"x": {"schema": {"type": "object", "required": ["k"]}}, "y": {}, "z": {}},
    rules=[{"id": "r", "on": "x", "emit": {"message": "x", "data": {"b": 1, "a": "=event.data.k"}}}],
)


@pytest.mark.parametrize(
    "change",
    [
        {"layout": {"a": [1, 2]}},
        {"title": "Another", "description": "Text"},
        {"input": {"type": "object", "title": "Other", "description": "Text"}},
        {"vars": {"n": {"type": "int"}}},
        {"vars": {"n": {"type": "int", "initial": 0.0}}},
        {"unknown_events": "refuse"},
    ],
)
def test_what_no_step_depends_on_is_no_part_of_the_digest(change: dict[str, Any]) -> None:
    assert compile_template({**FULL, **change}).digest == compile_template(FULL).digest


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"input": {"type": "array"}},
        {"vars": {"n": {"type": "int", "initial": 1}}},
        {"unknown_events": "ignore"},
        {"rules": []},
        {"machine": {**FULL["machine"], "states": dict(reversed(FULL["machine"]["states"].items()))}},
    ],
)
def test_what_a_step_depends_on_changes_the_digest(change: dict[str, Any]) -> None:
    assert compile_template({**FULL, **change}).digest != compile_template(FULL).digest


def test_a_program_returns_from_its_canonical_form() -> None:
    program = compile_template(FULL)
    loaded = load_program(program.canonical)
    assert loaded == program
    assert (loaded.name, loaded.digest, loaded.canonical) == (program.name, program.digest, program.canonical)
    assert loaded.template == program.template


def test_the_normal_form_is_itself_a_template_and_its_own_normal_form() -> None:
    template = parse_template(FULL)
    normal = canonical_document(template)
    assert parse_template(normal) == template
    assert canonical_document(parse_template(normal)) == normal
    assert canonical_json.parse(canonical_json.encode(normal)) == normal


def test_declared_events_are_the_only_ones_known() -> None:
    program = compile_template(FULL)
    assert [program.knows_event(name) for name in ("x", "y", "y.sub", "unknown")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_template_that_declares_none_knows_what_it_listens_to() -> None:
    program = compile_template(document("{initial: a, states: {a: {on: {x: a, y.*: a, done.state.a: a}}}}"))
    names = ("x", "x.sub", "y.sub", "z", "done.state.a", "a b")
    assert [program.knows_event(name) for name in names] == [True, True, True, False, False, False]


def test_events_and_starts_are_checked_with_pointers() -> None:
    program = compile_template(FULL)
    found = [
        [(problem.pointer, problem.code) for problem in problems]
        for problems in (
            program.check_event("x", {}),
            program.check_event("x", {"k": 1}),
            program.check_event("y", None),
            program.check_event("unknown", None),
            program.check_start([]),
            program.check_start({}),
        )
    ]
    assert found == [[("/k", "schema_required")], [], [], [("", "unknown_event")], [("", "schema_type")], []]


def test_unknown_events_are_no_problem_where_they_are_ignored() -> None:
    program = compile_template({**FULL, "unknown_events": "ignore"})
    assert program.check_event("unknown", None) == ()
    assert not program.knows_event("unknown")


def test_yaml_and_json_say_the_same() -> None:
    assert compile_template(document(parse_yaml(MACHINE), vars={"n": {"type": "int"}})).digest == (
        compile_template(document(MACHINE, vars={"n": {"type": "int"}})).digest
    )
