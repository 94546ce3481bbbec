"""What the language adds to cel-spec or decides where it leaves a choice: tables of sources and values."""

import math
from typing import Any

import pytest
from tests.core.expression.evaluation import SCOPE, VALUES, evaluate, outcome

from actum_core.expression import (
    BOOL,
    DOUBLE,
    DYN,
    INT,
    STRING,
    Duration,
    EvaluationError,
    ExpressionInvalid,
    Meter,
    Overload,
    Scope,
    Timestamp,
    Uint,
    compile_expression,
    compile_unchecked,
    is_assignable,
    list_of,
    object_of,
)

SECOND = 1_000_000_000

PROMOTED = [
    ("1 + 1.5", 2.5),
    ("1.5 + 1", 2.5),
    ("i * 0.5", 3.5),
    ("i - 0.5", 6.5),
    ("7 / 2", 3),
    ("7 / 2.0", 3.5),
    ("d / 2", 2.5),
    ("2 / d", 0.4),
    ("-7 / 2", -3),
    ("d / 2 / 2", 1.25),
    ("x.k[0] + 0.5", 1.5),
    ("1 == 1.0", True),
    ("1u < 1.5", True),
    ("d == 5", True),
    ("i > 6.5 && 6.5 < i", True),
    ("[1, 2].exists(e, e == 2.0)", True),
    ("2 in [1.0, 2.0]", True),
    ("true ? 1 : 2.5", 1),
]


@pytest.mark.parametrize(("source", "value"), PROMOTED)
def test_an_int_beside_a_double_becomes_a_double(source: str, value: Any) -> None:
    found = evaluate(source)
    assert (type(found), found) == (type(value), value)


TEXTS = [
    ("string(1.0)", "1"),
    ("string(0.1 + 0.2)", "0.30000000000000004"),
    ("string(1e21)", "1e+21"),
    ("string(1e20)", "100000000000000000000"),
    ("string(1e-7)", "1e-7"),
    ("string(-0.0)", "0"),
    ("string(0.0 / 0.0)", "NaN"),
    ("string(-1.0 / 0.0)", "-Infinity"),
    ("string(1u)", "1"),
    ("string(timestamp('2023-03-26T01:30:00.120Z'))", "2023-03-26T01:30:00.12Z"),
    ("string(timestamp('2023-03-26T01:30:00+01:00'))", "2023-03-26T00:30:00Z"),
    ("string(duration('1h0.5s'))", "3600.5s"),
    ("string(duration('-1ns'))", "-0.000000001s"),
    ("'%s'.format([{'b': [1.0, null], 'a': b'z'}])", "{a: z, b: [1, null]}"),
    ("{'b': 1, 'a': 2}.map(k, k).join()", "ab"),
]


@pytest.mark.parametrize(("source", "text"), TEXTS)
def test_values_have_one_text_everywhere(source: str, text: str) -> None:
    assert evaluate(source) == text


VALUES_OF = [
    ("timestamp(0) + duration('1ns')", Timestamp(1)),
    ("duration('1h') - duration('1m')", Duration(59 * 60 * SECOND)),
    ("18446744073709551615u", Uint(2**64 - 1)),
    ("-9223372036854775808", -(2**63)),
    ("optional.of(1).orValue(1 / 0)", 1),
    ("cel.bind(a, 1 / 0, true)", True),
    ("[1, 2, 3].transformMap(i, v, v > 1, v)", {1: 2, 2: 3}),
    ("regex.extract('id=42;', 'id=([0-9]+)').orValue('')", "42"),
    ("regex.extract('nothing', '[0-9]+').orValue('none')", "none"),
    ("regex.extractAll(s + 'a1b22', '[0-9]+')", ["1", "22"]),
    (r"regex.replace('2024-05', '([0-9]+)-([0-9]+)', '\\2/\\1')", "05/2024"),
    ("regex.replace('aaa', 'a', 'b', 2)", "bba"),
    ("event.data.kwh + 1", 3),
    ("event.data.?missing.orValue('none')", "none"),
    ("has(event.data.kwh) && !has(event.data.missing)", True),
    ("x.k[3].n", 1.5),
    ("timestamp('2023-03-26T01:30:00Z').getHours('Europe/Paris')", 3),
    ("timestamp('9999-12-31T23:30:00Z').getFullYear('+01:00')", 10000),
    ("'é'.matches('^.$')", True),
]


@pytest.mark.parametrize(("source", "value"), VALUES_OF)
def test_an_expression_has_its_value(source: str, value: Any) -> None:
    found = evaluate(source)
    assert (type(found), found) == (type(value), value)


FAILURES = [
    ("1 / 0", "divide_by_zero"),
    ("1 % 0", "divide_by_zero"),
    ("9223372036854775807 + i", "overflow"),
    ("-9223372036854775808 / -1", "overflow"),
    ("1u - 2u", "overflow"),
    ("x.missing", "no_such_field"),
    ("x.k.field", "no_such_field"),
    ("m['z']", "no_such_key"),
    ("l[3]", "out_of_range"),
    ("l[-1]", "out_of_range"),
    ("x + 1", "no_such_overload"),
    ("x && true", "no_such_overload"),
    ("{'a': 1, 'a': 2}", "duplicate_key"),
    ("{1: 1, 1u: 2}", "duplicate_key"),
    ("int('z')", "invalid_argument"),
    ("int(1e30)", "out_of_range"),
    ("timestamp('yesterday')", "invalid_argument"),
    ("timestamp(0).getHours('Mars/Olympus')", "invalid_argument"),
    ("'a'.matches(s + '(')", "invalid_argument"),
    ("optional.none().value()", "invalid_argument"),
]


@pytest.mark.parametrize(("source", "code"), FAILURES)
def test_a_failure_has_a_code_and_a_place(source: str, code: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        evaluate(source)
    assert caught.value.code == code
    assert 0 <= caught.value.offset < len(source)


FAULTS = [
    ("1 +", "syntax", 1, 4),
    ("'open", "syntax", 1, 1),
    ("i +\n  nothing", "undeclared_name", 2, 3),
    ("i + 'a'", "no_such_overload", 1, 3),
    ("s.size2()", "no_such_function", 1, 3),
    ("size(i)", "no_such_overload", 1, 1),
    ("m.a.b", "no_such_field", 1, 4),
    ("i ? 1 : 2", "type_mismatch", 1, 1),
    ("true ? 1 : 'a'", "type_mismatch", 1, 12),
    ("i && true", "type_mismatch", 1, 1),
    ("i.exists(e, true)", "type_mismatch", 1, 3),
    ("event.nothing(1)", "no_such_function", 1, 7),
    ("Money{units: 1}", "no_messages", 1, 1),
    ("s.matches('(')", "invalid_pattern", 1, 11),
    ("l['a']", "type_mismatch", 1, 2),
    ("1 == [1]", "no_such_overload", 1, 3),
    ("1 in 2", "no_such_overload", 1, 3),
    ("if", "syntax", 1, 1),
    ("99999999999999999999", "syntax", 1, 1),
    ("'\\ud800'", "syntax", 1, 2),
]


@pytest.mark.parametrize(("source", "code", "line", "column"), FAULTS)
def test_a_fault_is_found_before_running_at_its_place(source: str, code: str, line: int, column: int) -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        compile_expression(source, SCOPE)
    first = caught.value.problems[0]
    assert (first.code, first.line, first.column) == (code, line, column)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        compile_expression("nothing + 1 > 2 && other || i + 'a' == 3", SCOPE)
    assert [problem.offset for problem in caught.value.problems] == [0, 19, 30]


RESULT_TYPES = [
    ("i + d", DOUBLE),
    ("i + i", INT),
    ("i > d", BOOL),
    ("l.map(e, string(e))", list_of(STRING)),
    ("x.k", DYN),
    ("event.name", STRING),
    ("true ? i : d", DOUBLE),
]


@pytest.mark.parametrize(("source", "expected"), RESULT_TYPES)
def test_the_static_type_of_the_result_is_known(source: str, expected: Any) -> None:
    assert compile_expression(source, SCOPE).result_type == expected


def test_assignable_types_convert_only_int_to_double() -> None:
    assert is_assignable(DOUBLE, INT)
    assert is_assignable(INT, DYN)
    assert not is_assignable(INT, DOUBLE)
    assert not is_assignable(STRING, INT)
    assert not is_assignable(list_of(INT), list_of(STRING))


def test_a_closed_object_refuses_an_unknown_field_and_an_open_one_leaves_it_to_the_data() -> None:
    closed = Scope({"vars": object_of("vars", {"total": DOUBLE})})
    assert compile_expression("vars.total", closed).result_type == DOUBLE
    with pytest.raises(ExpressionInvalid):
        compile_expression("vars.tota", closed)
    assert compile_expression("event.unknown", SCOPE).result_type == DYN


def test_a_scope_adds_functions() -> None:
    twice = Overload((INT,), INT, lambda value: value * 2, cost=3)
    shout = Overload((STRING,), STRING, lambda text: text + "!", is_member=True)
    scope = Scope(
        {"i": INT}, {"ours.twice": twice, "shout": [shout], "size": Overload((INT,), INT, lambda value: 0)}
    )
    meter = Meter()
    assert compile_expression("ours.twice(i)", scope).evaluate({"i": 4}, meter) == 8
    assert meter.spent == 4
    assert (
        compile_expression("'a'.shout() + string(size(1)) + string(size('abc'))", scope).evaluate({}, meter)
        == "a!03"
    )
    with pytest.raises(ExpressionInvalid):
        compile_expression("ours.twice('a')", scope)


def test_an_expression_without_checking_fails_only_where_it_is_reached() -> None:
    expression = compile_unchecked("i > 5 || nothing.at.all + foo('a')", SCOPE)
    assert expression.evaluate(VALUES, Meter()) is True
    with pytest.raises(EvaluationError):
        expression.evaluate({"i": 1}, Meter())


def test_a_missing_variable_is_an_error_and_not_an_exception_of_python() -> None:
    with pytest.raises(EvaluationError) as caught:
        compile_expression("i + 1", SCOPE).evaluate({}, Meter())
    assert caught.value.code == "undeclared_variable"


def test_payloads_are_read_in_place() -> None:
    tags: list[Any] = ["a", {"b": 1}]
    assert compile_expression("x.tags", SCOPE).evaluate({"x": {"tags": tags}}, Meter()) is tags


def test_a_wrong_type_at_run_time_is_an_error_and_not_a_wrong_answer() -> None:
    expression = compile_expression("i + 1", SCOPE)
    for wrong in ("7", True, None, [7], {"i": 7}):
        with pytest.raises(EvaluationError):
            expression.evaluate({"i": wrong}, Meter())


def test_true_and_one_are_different_keys_and_different_values() -> None:
    assert outcome("{true: 'a', 1: 'b'}[1]") == "b"
    assert outcome("{true: 'a', 1: 'b'}[true]") == "a"
    assert outcome("{true: 'a'}[dyn(1)]") == "no_such_key"
    assert outcome("dyn(true) == 1") is False
    assert outcome("dyn(true) in [1]") is False
    assert outcome("dyn([true]) == [1]") is False
    assert outcome("{true: 1, 'b': 2, 3: 4}.map(k, k)") == [True, 3, "b"]


def test_nan_equals_nothing_even_in_a_list() -> None:
    assert math.isnan(evaluate("0.0 / 0.0"))
    assert evaluate("[0.0 / 0.0] == [0.0 / 0.0]") is False
    assert evaluate("cel.bind(n, [0.0 / 0.0], n == n)") is False
