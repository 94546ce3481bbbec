"""Every bound of expressions: fine at it, refused one past it, and never Python's own recursion limit."""

import inspect
import sys

import pytest
from tests.core.expression.evaluation import SCOPE, outcome

from actum_core import limits
from actum_core.expression import ABSENT, EvaluationError, Meter, OptionalValue, compile_expression

DEPTH = limits.EXPRESSION_DEPTH_MAX
HEIGHT = limits.EXPRESSION_HEIGHT_MAX


def nested(opening: str, middle: str, closing: str, times: int) -> str:
    return opening * times + middle + closing * times


LENGTH = limits.EXPRESSION_LENGTH_MAX
NODES = limits.EXPRESSION_NODES_MAX

AT_AND_PAST = [
    ("'" + "a" * (LENGTH - 2) + "'", "'" + "a" * (LENGTH - 1) + "'", "too_long"),
    ("i" + "+1" * (NODES - 2), "i" + "+1" * (NODES - 1), "too_long"),
    (nested("(", "1", ")", DEPTH - 1), nested("(", "1", ")", DEPTH), "too_deep"),
    (nested("[", "", "]", DEPTH), nested("[", "", "]", DEPTH + 1), "too_deep"),
    ("x" + ".a" * (HEIGHT - 1), "x" + ".a" * HEIGHT, "too_deep"),
]


@pytest.mark.parametrize(("fine", "refused", "code"), AT_AND_PAST)
def test_a_source_at_the_bound_is_fine_and_one_past_it_is_refused(fine: str, refused: str, code: str) -> None:
    assert outcome(fine) != code
    assert outcome(refused) == code


CHAINS = [("&&", "true"), ("||", "i<0"), ("+", "i"), ("*", "1"), ("-", "i"), ("==", "i"), ("<", "i")]


@pytest.mark.parametrize(("operator", "term"), CHAINS)
def test_a_chain_of_five_thousand_terms_has_an_answer(operator: str, term: str) -> None:
    found = outcome(operator.join([term] * 5_000))
    assert found in (True, False, 35_000, 1, 7 - 4_999 * 7, "no_such_overload", "too_long")


DEEP = [
    "(",
    "[",
    "{1:",
    "-(",
    "!(",
    "size(",
    "x.map(a,",
    "true?(",
    "x[",
    "x.f(",
    "cel.bind(a,1,",
    "1||1&&1==1+1*(",
]


@pytest.mark.parametrize("opening", DEEP)
def test_nesting_never_reaches_the_recursion_limit(opening: str) -> None:
    closing = {"[": "]", "{": "}"}.get(opening[-1] if opening[-1] in "[" else opening[0], ")")
    limit = sys.getrecursionlimit()
    # As deep as a server's own stack may already be.
    sys.setrecursionlimit(len(inspect.stack()) + 700)
    try:
        for times in (10, 31, DEPTH - 2, DEPTH, HEIGHT, 2_000):
            outcome(nested(opening, "1", closing, times))
            outcome(opening * times)
    finally:
        sys.setrecursionlimit(limit)


def test_strings_and_lists_may_be_built_up_to_their_bound() -> None:
    text = "a" * (limits.EXPRESSION_STRING_MAX // 2)
    join = compile_expression("s + s", SCOPE)
    assert len(join.evaluate({"s": text}, Meter())) == limits.EXPRESSION_STRING_MAX
    with pytest.raises(EvaluationError, match="at most"):
        join.evaluate({"s": text + "a"}, Meter())
    items = [1] * (limits.EXPRESSION_LIST_MAX // 2)
    for source in ("l + l", "(l + l).map(e, e)"):
        double = compile_expression(source, SCOPE)
        assert len(double.evaluate({"l": items}, Meter())) == limits.EXPRESSION_LIST_MAX
        with pytest.raises(EvaluationError, match="at most"):
            double.evaluate({"l": [*items, 1]}, Meter())


def test_values_are_compared_and_shown_up_to_their_bound_of_depth() -> None:
    def deep(levels: int) -> object:
        value: object = 1
        for _ in range(levels):
            value = [value]
        return value

    at, past = limits.EXPRESSION_VALUE_DEPTH_MAX, limits.EXPRESSION_VALUE_DEPTH_MAX + 1
    for source in ("x == dyn(event.data)", "'%s'.format([x]) != ''"):
        expression = compile_expression(source, SCOPE)
        levels = at if "==" in source else at - 1
        assert expression.evaluate({"x": deep(levels), "event": {"data": deep(levels)}}, Meter()) is True
        with pytest.raises(EvaluationError, match="too deeply"):
            expression.evaluate({"x": deep(past), "event": {"data": deep(past)}}, Meter())
    inner: OptionalValue = ABSENT
    for _ in range(past + 1):
        inner = OptionalValue(inner)
    with pytest.raises(EvaluationError, match="too deeply"):
        compile_expression("x == x", SCOPE).evaluate({"x": inner}, Meter())


PATTERNS = [
    ("a" * limits.EXPRESSION_REGEX_LENGTH_MAX, "a" * (limits.EXPRESSION_REGEX_LENGTH_MAX + 1)),
    ("a{999}b{999}c", "a{999}b{999}cc"),
    ("a{1000}", "a{1001}"),
    ("(?:" * 49 + "a" + ")" * 49, "(?:" * 50 + "a" + ")" * 50),
]


@pytest.mark.parametrize(("fine", "refused"), PATTERNS)
def test_a_pattern_at_the_bound_is_fine_and_one_past_it_is_refused(fine: str, refused: str) -> None:
    assert outcome(f"'b'.matches('{fine}')") in (True, False)
    assert outcome(f"'b'.matches('{refused}')") == "invalid_pattern"


def test_the_patterns_of_one_expression_are_bounded_together() -> None:
    largest = "'b'.matches('a{999}b{999}c')"
    count, rest = divmod(limits.EXPRESSION_REGEX_PROGRAMS_MAX, limits.EXPRESSION_REGEX_PROGRAM_MAX)
    assert rest == 0
    at = " || ".join([largest] * count)
    assert outcome(at) is False
    assert outcome(f"{at} || 'b'.matches('a')") == "invalid_pattern"


def test_a_decimal_number_at_the_bound_is_fine_and_one_past_it_is_refused() -> None:
    digits = limits.EXPRESSION_DECIMAL_DIGITS_MAX
    for text in ("9" * digits, "-0." + "9" * digits, "9." + "9" * (digits - 1)):
        assert outcome(f"decimal.neg('{text}')") == (text[1:] if text[0] == "-" else f"-{text}")
        assert outcome(f"decimal.neg('{text}9')") == "too_large"
    assert outcome(f"decimal.div('1', '3', {digits})") == "0." + "3" * digits
    assert outcome(f"decimal.div('1', '3', {digits + 1})") == "out_of_range"
    half = "9" * (digits // 2)
    assert outcome(f"size(decimal.mul('{half}', '{half}'))") == digits
    assert outcome(f"decimal.mul('{half}9', '{half}')") == "too_large"
