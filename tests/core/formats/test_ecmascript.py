"""The part of ECMAScript that charts are written with, told in the expression language."""

import json
from typing import Any

import pytest

from actum_core.expression import DYN, Meter, Scope, compile_expression
from actum_core.formats.ecmascript.functions import Translator
from actum_core.formats.ecmascript.names import Names
from actum_core.formats.ecmascript.parse import parse_expression
from actum_core.formats.ecmascript.script import ScriptTranslator
from actum_core.formats.ecmascript.statements import parse_script
from actum_core.formats.ecmascript.syntax import CertainFailure, NotUnderstood
from actum_core.formats.formula import Formula
from actum_core.limits import (
    FOREIGN_EXPRESSION_DEPTH_MAX,
    FOREIGN_EXPRESSION_HEIGHT_MAX,
    SCRIPT_CALL_DEPTH_MAX,
)

VARIABLES: dict[str, Any] = {
    "n": 7,
    "zero": 0,
    "text": "abc",
    "empty": "",
    "nothing": None,
    "list": [1, 2, 3],
    "map": {"a": 1, "deep": {"b": 2}},
    "yes": True,
}


def names() -> Names:
    return Names(
        {name: name for name in VARIABLES},
        {"_event": Formula("message"), "_name": Formula("'chart'")},
        {"name": Formula("message.name"), "data": Formula("message.data")},
        states={"s": "s", "s.1": "s-1"},
    )


def evaluated(source: str) -> Any:
    scope = Scope({"vars": DYN, "message": DYN})
    activation = {"vars": VARIABLES, "message": {"name": "e", "data": {"k": 5}}}
    # A list may be a tuple in memory; its JSON is what counts.
    return json.loads(json.dumps(compile_expression(source, scope).evaluate(activation, Meter(10_000))))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("n + 1", 8),
        ("list instanceof Array", True),
        ("map instanceof Array || text instanceof Array", False),
        ("[list instanceof Object, map instanceof Object, text instanceof Object]", [True, True, False]),
        ("n - 1 - 2", 4),
        ("n - (1 - 2)", 8),
        ("n / 2", 3.5),
        ("-n * -2", 14),
        ("n % 4", 3),
        ("1.5e1", 15),
        ("0x1F", 31),
        ("'n is ' + n", "n is 7"),
        ("'abc' + 1 + 2", "abc12"),
        ('"a\\x41\\u{42}\\n"', "aAB\n"),
        ("n === 7 && text !== 'x'", True),
        ("n > 3 ? 'more' : 'less'", "more"),
        ("n || 5", 7),
        ("zero || 5", 5),
        ("n && map.a", 1),
        ("nothing && nothing.a", None),
        ("!nothing", True),
        ("!!list", True),
        ("typeof nothing === 'undefined'", True),
        ("typeof unknown === 'undefined'", True),
        ("typeof map.none !== 'undefined'", False),
        ("typeof text == 'string'", True),
        ("map.deep.b", 2),
        ("map.none", None),
        ("map['deep']['b']", 2),
        ("list[1]", 2),
        ("list[9]", None),
        ("list.length + text.length", 6),
        ("'a' in map", True),
        ("'name' in _event && !('zz' in _event)", True),
        ("_event.data.k", 5),
        ("_event.data.none === undefined", True),
        ("[].concat(list, [4], 5)", [1, 2, 3, 4, 5]),
        ("list.includes(2) && text.includes('b')", True),
        ("text.toUpperCase().indexOf('C')", 2),
        ("Math.max(n, 9) + Math.floor(2.7) + Math.pow(n, 2)", 60.0),
        ("{a: n, 'b': [n]}", {"a": 7, "b": [7]}),
        ("Array.isArray(list) ? String(n) : ''", "7"),
        ("/* why */ n // because", 7),
        ("_name", "chart"),
    ],
)
def test_an_expression_has_the_value_that_ecmascript_gives_it(source: str, expected: Any) -> None:
    assert evaluated(Translator(names()).value(parse_expression(source)).source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        *((name, True) for name in ("n", "text", "list", "map", "yes")),
        *((name, False) for name in ("zero", "empty", "nothing", "undefined", "0", "''", "null")),
        ("text && !empty", True),
        ("nothing || zero", False),
        ("'x'", True),
    ],
)
def test_a_condition_holds_where_ecmascript_takes_its_value_for_true(source: str, expected: bool) -> None:
    assert evaluated(Translator(names()).truth(parse_expression(source)).source) is expected


def test_a_state_is_asked_for_by_its_name_here() -> None:
    translator = Translator(names())
    assert translator.truth(parse_expression("In('s.1') || !In('none')")).source == "in_state('s-1') || true"
    assert translator.notes == ["there is no state 'none', so it is never active"]


@pytest.mark.parametrize(
    "source", ["return", "{a: 1", "n +", "unknown + 1", "call()", "'open", "1 2", "@", "a b", "[1, 2"]
)
def test_what_no_ecmascript_can_evaluate_is_told_as_that(source: str) -> None:
    with pytest.raises(CertainFailure):
        Translator(names()).value(parse_expression(source))


@pytest.mark.parametrize(
    "source",
    [
        *("function(a) { return a }", "a => a", "new Date()", "/x/.test(text)", "`${n}`", "n = 1", "n++"),
        *("n & 1", "text.slice(1)", "map?.a", "n ?? 1", "...list", "[...list]", "Date.now()", "this.n"),
        *(
            "typeof n",
            "list instanceof n",
            "list instanceof Date",
            "parseInt(text)",
            "n ** 2",
            "text[0].x()",
            "(1, 2)",
            "é",
        ),
        *("[] + 1", "Math.pow(n, n)", "1 in list"),
    ],
)
def test_what_is_not_understood_is_never_guessed(source: str) -> None:
    with pytest.raises(NotUnderstood):
        Translator(names()).value(parse_expression(source))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("n = 100;", [{"assign": {"n": "100"}}]),
        ("n++\n--zero", [{"assign": {"n": "vars.n + 1"}}, {"assign": {"zero": "vars.zero - 1"}}]),
        ("n *= 2", [{"assign": {"n": "vars.n * 2"}}]),
        ("{ n = 1; { n = 2 } }", [{"assign": {"n": "1"}}, {"assign": {"n": "2"}}]),
        (
            "if (n > 1) { n = 0 } else if (yes) n = 1; else n = 2",
            [
                {
                    "if": "vars.n > 1",
                    "then": [{"assign": {"n": "0"}}],
                    "else": [
                        {
                            "if": "!(vars.yes in [null, false, 0, ''])",
                            "then": [{"assign": {"n": "1"}}],
                            "else": [{"assign": {"n": "2"}}],
                        }
                    ],
                }
            ],
        ),
        ("function f() { n = 3 } f();", [{"assign": {"n": "3"}}]),
        (
            "function f(a) { var t = a + 1; n = t }; f(zero)",
            [
                {
                    "for_each": {
                        "in": "[vars.zero]",
                        "as": "a",
                        "do": [{"for_each": {"in": "[a + 1]", "as": "t", "do": [{"assign": {"n": "t"}}]}}],
                    }
                }
            ],
        ),
        ("function f(a) { if (a) { return 1 } return 2 } n = f(true)", [{"assign": {"n": "true ? 1 : 2"}}]),
        ("function f(a) { const b = a + 1; let c = b; return c } n = f(1)", [{"assign": {"n": "1 + 1"}}]),
        ("console.log('n', n)", [{"log": {"label": "log", "value": ["='n'", "=vars.n"]}}]),
    ],
)
def test_a_simple_script_becomes_content(script: str, expected: Any) -> None:
    assert ScriptTranslator(names()).content(parse_script(script)) == expected


def test_a_member_is_assigned_by_putting_the_whole_variable_back() -> None:
    script = "map.deep.b = 9; map.new = [1]; list[0] = 4; list[3] = 5; list.push(6)"
    actions = ScriptTranslator(names()).content(parse_script(script))
    assert [evaluated(source) for action in actions for source in action["assign"].values()] == [
        {"a": 1, "deep": {"b": 9}},
        {"a": 1, "deep": {"b": 2}, "new": [1]},
        [4, 2, 3],
        [1, 2, 3, 5],
        [1, 2, 3, 6],
    ]


@pytest.mark.parametrize(
    "script",
    [
        *("for (;;) {}", "while (n) n--", "let a = 1", "try {} catch (e) {}", "function f() { f() } f()"),
        *("function f() { n = 1; return 2; n = 3 } f()", "setTimeout(n, 1)", "switch (n) {}"),
        *("function f(a) { a = 1 } f(2)", "class A {}", "const a = 1"),
        *("function f() { const a = Math.random(); return a - a } n = f()", "n = Math.random() || 1"),
        "function f(a) { return a - a } n = f(Math.random())",
    ],
)
def test_a_script_that_is_not_understood_is_refused(script: str) -> None:
    with pytest.raises(NotUnderstood):
        ScriptTranslator(names()).content(parse_script(script))


@pytest.mark.parametrize(
    "script",
    [
        "function f(a) { const a = 1; return a } n = f(2)",
        "function f() { var a; let a; return a } n = f()",
        "function f() { if (n) { let a; const a = 1 } return 1 } n = f()",
        "function f() { const a = 1; a = 2; return a } n = f()",
        "function f() { const a = 1; a++; return a } n = f()",
        "function f() { { const a = 1 } return a } n = f()",
    ],
)
def test_a_script_that_no_processor_runs_is_refused_as_such(script: str) -> None:
    with pytest.raises(CertainFailure):
        ScriptTranslator(names()).content(parse_script(script))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("function f(a) { if (a) { const zero = 5 } return zero } n = f(true)", 0),
        ("function f() { { let zero = 1; } return zero } n = f()", 0),
        ("function f() { let r = 0; { let zero = 4; r = zero + 1 } return r + zero } n = f()", 5),
        ("function f() { const zero = 2; { const zero = 3 } return zero } n = f()", 2),
        ("function f(a) { var a; return a } n = f(6)", 6),
        ("function f() { var a = 8; var a; return a } n = f()", 8),
        ("function g() { return zero } function f() { const zero = 1; return g() } n = f()", 0),
        ("function g(a) { return a + zero } function f(zero) { return g(zero) } n = f(3)", 3),
    ],
)
def test_a_name_means_what_its_block_and_its_function_say(script: str, expected: int) -> None:
    [action] = ScriptTranslator(names()).content(parse_script(script))
    assert evaluated(action["assign"]["n"]) == expected


@pytest.mark.parametrize(
    ("at_bound", "past_it"),
    [
        (
            "(" * (FOREIGN_EXPRESSION_DEPTH_MAX - 1) + "1" + ")" * (FOREIGN_EXPRESSION_DEPTH_MAX - 1),
            "(" * FOREIGN_EXPRESSION_DEPTH_MAX + "1" + ")" * FOREIGN_EXPRESSION_DEPTH_MAX,
        ),
        (
            "+".join(["n"] * FOREIGN_EXPRESSION_HEIGHT_MAX),
            "+".join(["n"] * (FOREIGN_EXPRESSION_HEIGHT_MAX + 1)),
        ),
    ],
    ids=["depth", "height"],
)
def test_nesting_is_bounded(at_bound: str, past_it: str) -> None:
    assert Translator(names()).value(parse_expression(at_bound)).source
    with pytest.raises(NotUnderstood):
        Translator(names()).value(parse_expression(past_it))


def test_functions_that_call_functions_are_bounded() -> None:
    def chain(length: int) -> str:
        inner = "".join(f"function f{i}() {{ f{i + 1}() }}" for i in range(1, length))
        return f"{inner} function f{length}() {{ n = 1 }} f1()"

    translated = ScriptTranslator(names()).content(parse_script(chain(SCRIPT_CALL_DEPTH_MAX)))
    assert translated == [{"assign": {"n": "1"}}]
    with pytest.raises(NotUnderstood):
        ScriptTranslator(names()).content(parse_script(chain(SCRIPT_CALL_DEPTH_MAX + 1)))


@pytest.mark.parametrize(
    "bomb", ["[" * 5_000, "!" * 5_000 + "n", "n" + ".a" * 5_000, "f(" * 5_000, "n?" * 5_000]
)
def test_a_hostile_source_is_refused_and_nothing_else(bomb: str) -> None:
    with pytest.raises((CertainFailure, NotUnderstood)):
        Translator(names()).value(parse_expression(bomb))


def test_json_is_understood_as_it_is() -> None:
    value = {"a": [1, -2.5, "x\"'\\", None, True], "b": {"c": {}}}
    assert evaluated(Translator(names()).value(parse_expression(json.dumps(value))).source) == value
