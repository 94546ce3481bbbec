"""What a template means: errors and warnings that can be known before it runs."""

from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.template import check_template, compile_template

from ..documents import document, parse_yaml


def found_in(value: object) -> list[tuple[str, str, str]]:
    return [(problem.pointer, problem.code, problem.severity) for problem in check_template(value)]


MACHINES: list[tuple[str, str, list[tuple[str, str, str]]]] = [
    ("no states", "{}", [("/machine", "missing_field", "error")]),
    ("no initial state", "{states: {a: {}}}", [("/machine", "missing_initial", "error")]),
    ("no state to begin in", "{initial: [], states: {a: {}}}", [("/machine", "missing_initial", "error")]),
    (
        "a nested state without initial",
        "{initial: a, states: {a: {states: {b: {}}}}}",
        [("/machine/states/a", "missing_initial", "error")],
    ),
    (
        "an unknown initial state",
        "{initial: b, states: {a: {}}}",
        [("/machine/initial", "unknown_state", "error")],
    ),
    (
        "an initial state elsewhere",
        "{initial: a, states: {a: {initial: b, states: {c: {}}}, b: {}}}",
        [("/machine/states/a/initial", "bad_target", "error")],
    ),
    (
        "an unknown target",
        "{initial: a, states: {a: {on: {x: bb}}}}",
        [("/machine/states/a/on/x", "unknown_state", "error")],
    ),
    (
        "two targets that exclude each other",
        "{initial: a, states: {a: {on: {x: {target: [b, c]}}}, b: {}, c: {}}}",
        [("/machine/states/a/on/x", "bad_target", "error")],
    ),
    (
        "a target and what is within it",
        "{initial: a, states: {a: {on: {x: {target: [b, c]}}}, b: {type: parallel, states: {c: {}, d: {}}}}}",
        [("/machine/states/a/on/x", "bad_target", "error")],
    ),
    (
        "a parallel state without regions",
        "{initial: a, states: {a: {type: parallel}}}",
        [("/machine/states/a", "missing_field", "error")],
    ),
    (
        "a final region",
        "{initial: a, states: {a: {type: parallel, states: {b: {type: final}}}}}",
        [("/machine/states/a/states/b", "bad_value", "error")],
    ),
    (
        "a history without a default",
        "{initial: a, states: {a: {initial: b, states: {b: {}, h: {type: history}}}}}",
        [("/machine/states/a/states/h", "missing_field", "error")],
    ),
    (
        "a history that leads elsewhere",
        "{initial: a, states: {c: {}, a: {initial: b, states: {b: {}, h: {type: history, target: c}}}}}",
        [("/machine/states/a/states/h/target", "bad_target", "error")],
    ),
    (
        "a state that nothing leads to",
        "{initial: a, states: {a: {}, b: {initial: c, states: {c: {}}}}}",
        [("/machine/states/b", "unreachable_state", "warning")],
    ),
    (
        "an eventless cycle",
        "{initial: a, states: {a: {always: {target: a}}}}",
        [("/machine/states/a/always", "eventless_cycle", "warning")],
    ),
    (
        "a transition behind an unguarded one",
        "{initial: a, states: {a: {on: [{event: x, target: a}, {event: x.y, guard: 'true', target: a}]}}}",
        [("/machine/states/a/on/1", "dead_transition", "warning")],
    ),
    ("nothing wrong", "{initial: a, states: {a: {on: {x: b}}, b: {type: final}}}", []),
]

EXPRESSIONS: list[tuple[str, str, list[tuple[str, str, str]]]] = [
    (
        "a guard that is a number",
        "{on: {x: {guard: '1 + 1'}}}",
        [("/on/x/guard", "expression_type", "error")],
    ),
    (
        "an unknown variable assigned",
        "{entry: [{assign: {m: '1'}}]}",
        [("/entry/0/assign/m", "unknown_variable", "error")],
    ),
    (
        "a string for an int",
        "{entry: [{assign: {n: \"'a'\"}}]}",
        [("/entry/0/assign/n", "expression_type", "error")],
    ),
    ("an int for a double", "{entry: [{assign: {d: '1'}}]}", []),
    (
        "a double for an int",
        "{entry: [{assign: {n: '1.5'}}]}",
        [("/entry/0/assign/n", "expression_type", "error")],
    ),
    (
        "no list to loop over",
        "{entry: [{for_each: {in: vars.n, as: i, do: []}}]}",
        [("/entry/0/for_each/in", "expression_type", "error")],
    ),
    (
        "a name that is no text",
        "{entry: [{raise: '=1'}]}",
        [("/entry/0/raise/event", "expression_type", "error")],
    ),
    (
        "an unknown state asked for",
        "{on: {x: {guard: \"in_state('b')\"}}}",
        [("/on/x/guard", "unknown_state", "error")],
    ),
    ("a known state asked for", "{on: {x: {guard: \"in_state('only')\"}}}", []),
    ("a literal that looks like an expression", "{entry: [{log: '==not an expression('}]}", []),
    ("every name", "{entry: [{log: '=[vars.n, input, event.id, message.data, now]'}]}", []),
    ("a loop's names", "{entry: [{for_each: {in: '[1]', as: m, index: i, do: [{log: '=m + i'}]}}]}", []),
]


@pytest.mark.parametrize(
    ("machine", "expected"), [row[1:] for row in MACHINES], ids=[row[0] for row in MACHINES]
)
def test_a_machine_is_told_what_is_wrong_with_it(machine: str, expected: list[tuple[str, str, str]]) -> None:
    assert found_in(document(machine)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"), [row[1:] for row in EXPRESSIONS], ids=[row[0] for row in EXPRESSIONS]
)
def test_an_expression_must_suit_its_place(fields: str, expected: list[tuple[str, str, str]]) -> None:
    machine: dict[str, Any] = {"initial": "only", "states": {"only": parse_yaml(fields)}}
    value = document(machine, vars={"n": {"type": "int"}, "d": {"type": "double"}})
    found = [row for row in found_in(value) if row[1] != "unused_variable"]
    assert found == [
        ("/machine/states/only" + pointer, code, severity) for pointer, code, severity in expected
    ]


@pytest.mark.parametrize(
    ("source", "offset"),
    [("vars.n +", 8), ("vars.n + 'a'", 7), ("nonsense > 1", 0), ("1 > 0 && vars.m > 1", 13)],
)
def test_a_bad_expression_is_told_with_its_offset(source: str, offset: int) -> None:
    machine = {"initial": "only", "states": {"only": {"on": {"x": {"guard": source}}}}}
    problem = check_template(document(machine, vars={"n": {"type": "int"}}))[0]
    assert problem.pointer == "/machine/states/only/on/x/guard"
    assert problem.code.startswith("expression_")
    assert f"offset {offset})" in problem.detail


@pytest.mark.parametrize(
    ("kind", "initial", "is_right"),
    [
        ("int", 1, True),
        ("int", 1.5, False),
        ("int", "9007199254740993", True),
        ("uint", -1, False),
        ("double", 1, True),
        ("string", 1, False),
        ("bool", 0, False),
        ("bytes", "AAE=", True),
        ("bytes", "A", False),
        ("timestamp", "2026-01-02T03:04:05Z", True),
        ("timestamp", "yesterday", False),
        ("duration", "1h", True),
        ("duration", "soon", False),
        ("list", {}, False),
        ("map", {"a": [1]}, True),
        ("any", None, True),
    ],
)
def test_the_first_value_of_a_variable_has_its_type(kind: str, initial: Any, is_right: bool) -> None:
    value = document(vars={"a": {"type": kind, "initial": initial}})
    expected = [] if is_right else [("/vars/a/initial", "wrong_type", "error")]
    assert [row for row in found_in(value) if row[1] != "unused_variable"] == expected


def test_variables_and_names_that_nothing_uses_are_warned_of() -> None:
    machine = """
      initial: a
      states:
        a:
          entry: [{raise: raised}]
          on: {known: a, message: a, raised: a, never: a, done.state.a: a}
    """
    value = document(
        machine,
        vars={"unused": {}, "read": {}, "quoted": {}},
        events={"known": {}},
        rules=[
            {"id": "one", "on": "known", "when": "vars.read == vars['quoted']", "emit": "message"},
            {"id": "two", "on": "unknown", "emit": "message"},
        ],
    )
    assert found_in(value) == [
        ("/vars/unused", "unused_variable", "warning"),
        ("/rules/1/on", "unheard", "warning"),
        ("/machine/states/a/on/never", "unheard", "warning"),
    ]


def test_compiling_refuses_errors_and_keeps_warnings() -> None:
    with pytest.raises(Invalid):
        compile_template(document("{initial: b, states: {a: {}}}"))
    warned = compile_template(document("{initial: a, states: {a: {}, b: {}}}"))
    assert [problem.code for problem in warned.warnings] == ["unreachable_state"]
