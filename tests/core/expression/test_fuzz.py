"""Random text and random expressions: nothing but our own errors, and the same answer every time."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.expression.evaluation import SCOPE, VALUES

from actum_core.expression import (
    CostExceeded,
    EvaluationError,
    ExpressionInvalid,
    Meter,
    compile_expression,
    compile_unchecked,
)

WORDS = [
    "i",
    "d",
    "s",
    "l",
    "m",
    "x",
    "event",
    "true",
    "false",
    "null",
    "0",
    "1",
    "-1",
    "2u",
    "1.5",
    "'a'",
    '"b"',
    "b'c'",
    "r'\\d'",
    "has",
    "all",
    "exists",
    "map",
    "filter",
    "size",
    "int",
    "string",
    "double",
    "matches",
    "format",
    "optional.of",
    ".?",
    "[?",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    ".",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    "&&",
    "||",
    "!",
    "in",
    "9223372036854775807",
    "timestamp",
    "duration",
    "'1h'",
    "'2023-01-01T00:00:00Z'",
    "cel.bind",
    "type",
    "dyn",
    "orValue",
    "transformMap",
    "exists_one",
    ".map(",
    ".a",
    "\n",
    "//",
    "`",
    "\\",
    "'",
]


def run(source: str) -> tuple[Any, ...]:
    """What happens, as something that can be compared."""
    outcomes: list[Any] = []
    for compile_ in (compile_expression, compile_unchecked):
        meter = Meter(20_000)
        try:
            value = compile_(source, SCOPE).evaluate(VALUES, meter)
            outcomes.append(("value", type(value), repr(value), meter.spent))
        except ExpressionInvalid as error:
            outcomes.append(("invalid", str(error)))
        except (EvaluationError, CostExceeded) as error:
            outcomes.append((error.code, str(error), meter.spent))
    return tuple(outcomes)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_answered(source: str) -> None:
    run(source)


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_any_row_of_words_is_answered(source: str) -> None:
    assert run(source) == run(source)


LEAVES = [
    "i",
    "d",
    "s",
    "l",
    "m",
    "x",
    "x.k",
    "event.data",
    "m.a",
    "0",
    "1",
    "-1",
    "2u",
    "1.5",
    "''",
    "'a'",
    "b'c'",
    "true",
    "null",
    "[]",
    "{}",
    "timestamp(0)",
    "duration('1h')",
    "type(1)",
    "optional.none()",
    "9223372036854775807",
    "e",
]
UNARY = [
    "-({})",
    "!({})",
    "size({})",
    "int({})",
    "string({})",
    "double({})",
    "uint({})",
    "bytes({})",
    "dyn({})",
    "type({})",
    "({}).map(e, e)",
    "({}).all(e, e > 0)",
    "({}).exists_one(e, e == 1)",
    "({}).first()",
    "({}).trim()",
    "({}).a",
    "({})[?0]",
    "({}).?a",
    "has(({}).a)",
    "optional.of({})",
    "({}).reverse()",
    "({}).getHours()",
    "math.abs({})",
    "timestamp({})",
    "duration({})",
    "bool({})",
    "optional.ofNonZeroValue({})",
    "base64.decode({})",
    "math.round({})",
    "({}).transformMap(k, v, v)",
    "({}).transformMapEntry(k, v, {{v: k}})",
    "optional.unwrap({})",
    "strings.quote({})",
]
BINARY = [
    "({}) + ({})",
    "({}) - ({})",
    "({}) * ({})",
    "({}) / ({})",
    "({}) % ({})",
    "({}) == ({})",
    "({}) != ({})",
    "({}) < ({})",
    "({}) >= ({})",
    "({}) in ({})",
    "({}) && ({})",
    "({}) || ({})",
    "({})[{}]",
    "({}).map(e, {})",
    "({}).filter(e, {})",
    "({}).matches({})",
    "({}).format([{}])",
    "[{}, {}]",
    "{{({}): {}}}",
    "({}).join({})",
    "({}).split({})",
    "({}).indexOf({})",
    "({}).orValue({})",
    "cel.bind(e, {}, {})",
    "({}).substring({})",
    "math.greatest({}, {})",
    "({}).optMap(e, {})",
    "({}).getFullYear({})",
    "math.bitShiftLeft({}, {})",
    "regex.extract({}, {})",
    "({}).lastIndexOf({})",
    "({}).or({})",
    "({}).exists(k, e, {})",
    "({}).replace({}, 'z')",
]
TERNARY = [
    "({}) ? ({}) : ({})",
    "({}).replace({}, {})",
    "regex.replace({}, {}, {})",
    "({}).substring({}, {})",
    "[{}, ?({}), {}]",
]


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def fill(forms: list[str], count: int) -> st.SearchStrategy[str]:
        return st.tuples(st.sampled_from(forms), *[inner] * count).map(
            lambda parts: parts[0].format(*parts[1:])
        )

    return st.one_of(fill(UNARY, 1), fill(BINARY, 2), fill(TERNARY, 3))


@settings(max_examples=400, deadline=None)
@given(st.recursive(st.sampled_from(LEAVES), grow, max_leaves=12))
def test_any_well_formed_expression_is_answered_the_same_way_twice(source: str) -> None:
    assert run(source) == run(source)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.sampled_from(LEAVES), grow, max_leaves=6), JSON, JSON)
def test_any_data_of_any_type_is_answered(source: str, first: Any, second: Any) -> None:
    values = dict.fromkeys(VALUES, first) | {"i": second, "x": {"k": second}, "event": {"data": first}}
    for compile_ in (compile_expression, compile_unchecked):
        with suppress(ExpressionInvalid, EvaluationError, CostExceeded):
            compile_(source, SCOPE).evaluate(values, Meter(20_000))
