"""The functions that are ours: decimal numbers, digests, and what only the step can answer."""

import decimal
import hashlib
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.expression.evaluation import SCOPE, VALUES, evaluate, outcome

from actum_core.expression import (
    IN_STATE_FUNCTIONS,
    RANDOM_FUNCTIONS,
    STEP_FUNCTIONS,
    EvaluationError,
    ExpressionInvalid,
    Meter,
    Scope,
    Uint,
    compile_expression,
)
from actum_core.limits import EXPRESSION_DECIMAL_DIGITS_MAX

DIGITS = EXPRESSION_DECIMAL_DIGITS_MAX

DECIMALS = [
    ("decimal.add('0.1', '0.2')", "0.3"),
    ("decimal.add('1.10', '2.20')", "3.3"),
    ("decimal.add('-1', '1')", "0"),
    ("decimal.add('-0', '-0.00')", "0"),
    ("decimal.add('007.50', '0')", "7.5"),
    ("decimal.add('99999999999999999999.99', '0.01')", "100000000000000000000"),
    ("decimal.add('1.005', '0', 2)", "1.00"),
    ("decimal.add('1.015', '0', 2)", "1.02"),
    ("decimal.add('1.005', '0', 2, 'half_up')", "1.01"),
    ("decimal.sub('1', '0.9')", "0.1"),
    ("decimal.sub('0.1', '0.3', 3)", "-0.200"),
    ("decimal.mul('1.5', '-2')", "-3"),
    ("decimal.mul('19.99', '0.075')", "1.49925"),
    ("decimal.mul('19.99', '0.075', 2)", "1.50"),
    ("decimal.mul('19.99', '0.075', 2, 'down')", "1.49"),
    ("decimal.div('10', '3', 2)", "3.33"),
    ("decimal.div('-10', '3', 0)", "-3"),
    ("decimal.div('1', '-3', 4, 'up')", "-0.3334"),
    ("decimal.div('1', '8', 2)", "0.12"),
    ("decimal.div('3', '8', 2)", "0.38"),
    ("decimal.div('0.05', '10', 1)", "0.0"),
    ("decimal.div('-0.05', '10', 1)", "0.0"),
    ("decimal.round('2.5', 0)", "2"),
    ("decimal.round('3.5', 0)", "4"),
    ("decimal.round('-2.5', 0, 'half_up')", "-3"),
    ("decimal.round('-2.5', 0, 'half_down')", "-2"),
    ("decimal.round('2.51', 0, 'half_down')", "3"),
    ("decimal.round('2.1', 0, 'up')", "3"),
    ("decimal.round('-2.1', 0, 'ceiling')", "-2"),
    ("decimal.round('-2.1', 0, 'floor')", "-3"),
    ("decimal.round('2.1', 0, 'ceiling')", "3"),
    ("decimal.round('2.9', 0, 'floor')", "2"),
    ("decimal.round('2', 3)", "2.000"),
    ("decimal.neg('-1.50')", "1.5"),
    ("decimal.neg('0')", "0"),
    ("decimal.abs('-12.0')", "12"),
    ("decimal.sum(['0.1', '0.2', '-0.3', '5'])", "5"),
    ("decimal.sum([])", "0"),
    ("decimal.compare('1.0', '1.00')", 0),
    ("decimal.compare('-2', '1')", -1),
    ("decimal.compare('10', '9.99')", 1),
    ("decimal.is_valid('12.5')", True),
    ("decimal.is_valid('1e5')", False),
    ("decimal.is_valid('')", False),
    ("decimal.is_valid('.5')", False),
    ("decimal.is_valid('5.')", False),
    ("decimal.is_valid('+5')", False),
    ("decimal.is_valid('٣')", False),
    ("decimal.is_valid('1 ')", False),
    (f"decimal.is_valid('{'9' * DIGITS}')", True),
    (f"decimal.is_valid('{'9' * (DIGITS + 1)}')", False),
]


@pytest.mark.parametrize(("source", "value"), DECIMALS)
def test_decimal_numbers_are_exact(source: str, value: Any) -> None:
    found = evaluate(source)
    assert (type(found), found) == (type(value), value)


DECIMAL_FAILURES = [
    ("decimal.add('1', 'x')", "invalid_argument"),
    ("decimal.add('1,5', '1')", "invalid_argument"),
    ("decimal.div('1', '0', 2)", "divide_by_zero"),
    ("decimal.div('1', '0.00', 2)", "divide_by_zero"),
    ("decimal.round('1', -1)", "out_of_range"),
    (f"decimal.round('1', {DIGITS + 1})", "out_of_range"),
    ("decimal.round('1', 2, 'nearest')", "invalid_argument"),
    (f"decimal.round('1', {DIGITS})", "too_large"),
    (f"decimal.add('{'9' * DIGITS}', '1')", "too_large"),
    (f"decimal.neg('{'9' * (DIGITS + 1)}')", "too_large"),
    ("decimal.sum(['1', 'x'])", "invalid_argument"),
    ("decimal.sum([dyn(1)])", "no_such_overload"),
    ("decimal.add('1', dyn(2))", "no_such_overload"),
    ("decimal.add(1, 2)", "no_such_overload"),
    ("decimal.div('1', '3')", "no_such_function"),
]


@pytest.mark.parametrize(("source", "code"), DECIMAL_FAILURES)
def test_what_is_no_decimal_number_is_an_error(source: str, code: str) -> None:
    assert outcome(source) == code


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)
ROUNDINGS = {
    "half_even": decimal.ROUND_HALF_EVEN,
    "half_up": decimal.ROUND_HALF_UP,
    "half_down": decimal.ROUND_HALF_DOWN,
    "up": decimal.ROUND_UP,
    "down": decimal.ROUND_DOWN,
    "ceiling": decimal.ROUND_CEILING,
    "floor": decimal.ROUND_FLOOR,
}


@given(NUMBERS, NUMBERS, st.integers(0, 12), st.sampled_from(sorted(ROUNDINGS)))
def test_the_results_are_those_of_python_s_decimal(
    first: decimal.Decimal, second: decimal.Decimal, scale: int, rounding: str
) -> None:
    context = decimal.Context(prec=200, rounding=ROUNDINGS[rounding])
    unit = decimal.Decimal(1).scaleb(-scale)
    a, b = f"{first:f}", f"{second:f}"
    form = f"('{a}', '{b}', {scale}, '{rounding}')"
    for name, exact in (
        ("add", context.add(first, second)),
        ("sub", context.subtract(first, second)),
        ("mul", context.multiply(first, second)),
    ):
        expected = f"{exact.quantize(unit, context=context):f}"
        found = evaluate(f"decimal.{name}{form}")
        assert found == (expected if decimal.Decimal(expected) else expected.lstrip("-"))
        # Without a scale nothing is lost, and nothing is written that need not be.
        whole = evaluate(f"decimal.{name}('{a}', '{b}')")
        assert decimal.Decimal(whole) == exact
        assert "." not in whole or whole[-1] != "0"
    if second:
        # So many digits that what is cut off cannot turn into a tie, or out of one.
        quotient = decimal.Context(prec=200, rounding=decimal.ROUND_DOWN).divide(first, second)
        expected = f"{quotient.quantize(unit, context=context):f}"
        assert evaluate(f"decimal.div{form}") == (
            expected if decimal.Decimal(expected) else expected.lstrip("-")
        )
        assert evaluate(f"decimal.compare('{a}', '{b}')") == (first > second) - (first < second)


DIGESTS = [
    ("hash.sha256('abc')", hashlib.sha256(b"abc").digest()),
    ("hash.sha256('é') == hash.sha256(b'é')", True),
    ("hash.sha512(b'')", hashlib.sha512(b"").digest()),
    ("hash.crc32('123456789')", Uint(0xCBF43926)),
    ("hash.crc32(b'\\x00')", Uint(zlib.crc32(b"\0"))),
    ("hex.encode(b'\\x00\\xfe')", "00fe"),
    ("hex.decode('00Fe')", b"\x00\xfe"),
    ("hex.decode('')", b""),
    (
        "hex.encode(hash.sha256(''))",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
    ("base64.encode(hash.sha256('abc'))", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
    ("hex.decode('0')", "invalid_argument"),
    ("hex.decode('zz')", "invalid_argument"),
    ("hex.decode('é0')", "invalid_argument"),
    ("hash.sha256(1)", "no_such_overload"),
]


@pytest.mark.parametrize(("source", "expected"), DIGESTS)
def test_digests_are_those_of_the_standards(source: str, expected: Any) -> None:
    found = outcome(source)
    assert (type(found), found) == (type(expected), expected)


EXTRACTED = [
    ("regex.extract('hello world', 'hello(.*)').value()", " world"),
    ("regex.extract('id=', 'id=(.*)').value()", ""),
    ("regex.extract('ac', 'a(b)?c').hasValue()", False),
    ("regex.extractAll('val=a, val=, val=c', 'val=([^,]*)')", ("a", "c")),
    ("regex.extractAll('a b c', '(\\\\S*)\\\\s*')", ("a", "b", "c")),
    ("regex.extractAll('banananana', '(ana)')", ("ana", "ana")),
    ("regex.replace('abc', '^', 'start_')", "start_abc"),
    ("regex.replace('a-b', '\\\\b', '|')", "|a|-|b|"),
    ("regex.replace('foo bar baz', '\\\\w+', '(\\\\0)')", "(foo) (bar) (baz)"),
    ("regex.replace('ac', 'a(b)?c', '[\\\\1]')", "[]"),
    ("regex.replace('banana', 'a', 'x', 0)", "banana"),
    ("regex.replace('banana', 'a', 'x', -100)", "bxnxnx"),
    ("regex.extract('a', '(a)(b)?')", "invalid_argument"),
    ("regex.replace('a', 'a', '\\\\1')", "invalid_argument"),
    ("regex.replace('a', 'a', '\\\\x')", "invalid_argument"),
    ("regex.replace('a', 'a', '\\\\')", "invalid_argument"),
    ("regex.extract('a', '(')", "invalid_pattern"),
]


@pytest.mark.parametrize(("source", "expected"), EXTRACTED)
def test_patterns_extract_and_replace_as_in_cel_go(source: str, expected: Any) -> None:
    assert outcome(source) == expected


class Context:
    """Random numbers given in advance, and the states that are active."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = list(numbers)

    def random(self) -> float:
        return self.numbers.pop(0)

    def is_active(self, state: str, node: str | None) -> bool:
        return (state, node) in {("a", None), ("b", "other")}


STEP_SCOPE = Scope(SCOPE.variables, STEP_FUNCTIONS)
LAST = 1 - 2**-53

ASKED = [
    ("random()", [0.25], 0.25),
    ("random() + random()", [0.25, 0.5], 0.75),
    ("random_int(1, 6)", [0.0], 1),
    ("random_int(1, 6)", [LAST], 6),
    ("random_int(1, 6)", [0.5], 4),
    ("random_int(-3, -3)", [LAST], -3),
    ("random_int(i, 10)", [0.0], 7),
    ("random_int(-9223372036854775808, 9223372036854775807)", [0.0, 0.0], -(2**63)),
    ("random_int(-9223372036854775808, 9223372036854775807)", [LAST, LAST], 2**63 - 1),
    ("in_state('a')", [], True),
    ("in_state('b')", [], False),
    ("in_state('other', 'b')", [], True),
    ("in_state('other', 'a')", [], False),
    ("l.map(e, random())", [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
    ("i > 100 && random() > 0.0", [], False),
]


@pytest.mark.parametrize(("source", "numbers", "expected"), ASKED)
def test_the_step_answers(source: str, numbers: list[float], expected: Any) -> None:
    context = Context(*numbers)
    expression = compile_expression(source, STEP_SCOPE)
    assert expression.evaluate(VALUES, Meter(context=context)) == expected
    assert context.numbers == []


@pytest.mark.parametrize("source", ["random()", "random_int(1, 2)", "in_state('a')", "in_state('n', 'a')"])
def test_without_a_step_there_is_no_answer(source: str) -> None:
    expression = compile_expression(source, STEP_SCOPE)
    with pytest.raises(EvaluationError, match="while a step is taken"):
        expression.evaluate(VALUES, Meter())


def test_a_random_number_between_the_wrong_ends_is_an_error() -> None:
    expression = compile_expression("random_int(i, 1)", STEP_SCOPE)
    with pytest.raises(EvaluationError, match="7 to be at most 1"):
        expression.evaluate(VALUES, Meter(context=Context(0.5)))


def test_a_scope_names_what_may_be_asked() -> None:
    for source in ("random()", "in_state('a')"):
        with pytest.raises(ExpressionInvalid):
            compile_expression(source, SCOPE)
    compile_expression("random_int(1, 2)", Scope({}, RANDOM_FUNCTIONS))
    compile_expression("in_state('a')", Scope({}, IN_STATE_FUNCTIONS))
    with pytest.raises(ExpressionInvalid):
        compile_expression("in_state('a')", Scope({}, RANDOM_FUNCTIONS))
