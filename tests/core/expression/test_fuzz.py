"""Random text and random expressions: nothing but our own errors, and the same answer every time."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.expression.evaluation import SCOPE, VALUES
from tests.core.expression.generated import generate_many
from tests.core.pace import slowness

from actum_core.expression import (
    ABSENT,
    DYN,
    STRING,
    TIMESTAMP,
    CostExceeded,
    Duration,
    EvaluationError,
    ExpressionInvalid,
    Meter,
    OptionalValue,
    Scope,
    Timestamp,
    TypeValue,
    Uint,
    compile_expression,
    compile_unchecked,
)

pytestmark = pytest.mark.slow

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


CASES = Path(__file__).parents[2] / "vendor/cel-spec"
SOURCES = [
    case["expr"]
    for name in ("conformance.json", "syntax.json")
    for case in json.loads((CASES / name).read_text(encoding="utf-8"))
] + generate_many(99, 500)

#: What is put into a source: every character that means something, and some that mean nothing.
PIECES = st.sampled_from([*"'\"`\\()[]{}.,?:!-+*/%<>=&|brRxuUeE0179_ \n\t#$é😀\ud800\0", *WORDS])


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid expression with a few pieces put in, taken out, or doubled."""
    source = draw(st.sampled_from(SOURCES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(source)))
        end = min(len(source), start + draw(st.integers(0, 6)))
        middle = draw(st.one_of(PIECES, st.just(source[start:end] * 2), st.just("")))
        source = source[:start] + middle + source[end:]
    return source


@settings(max_examples=600, deadline=None)
@given(mutated())
def test_any_expression_with_mistakes_is_answered(source: str) -> None:
    assert run(source) == run(source)


VALUES_OF_ANY_KIND = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(10**300, 10**320),
        st.floats(),
        st.text(max_size=5),
        st.binary(max_size=5),
        st.integers(0, 2**64 - 1).map(Uint),
        st.integers(-(10**20), 10**20).map(Timestamp),
        st.integers(-(10**22), 10**22).map(Duration),
        st.sampled_from([ABSENT, OptionalValue(1), TypeValue("int"), object(), {1, 2}, ()]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(), st.booleans()), inner, max_size=3),
        inner.map(OptionalValue),
    ),
    max_leaves=8,
)


def assert_answered(source: str, scope: Scope, values: Mapping[str, Any]) -> None:
    """With a value, or an error of ours, within the budget's time."""
    for compile_ in (compile_expression, compile_unchecked):
        meter = Meter(20_000)
        started = time.process_time()
        with suppress(ExpressionInvalid, EvaluationError, CostExceeded):
            compile_(source, scope).evaluate(values, meter)
        seconds = time.process_time() - started
        assert seconds < 1.0 or seconds / slowness() < 1.0


@settings(max_examples=400, deadline=None)
@given(st.recursive(st.sampled_from(LEAVES), grow, max_leaves=6), VALUES_OF_ANY_KIND, VALUES_OF_ANY_KIND)
def test_any_data_of_any_type_is_answered(source: str, first: Any, second: Any) -> None:
    values = dict.fromkeys(VALUES, first) | {"i": second, "x": {"k": second}, "event": {"data": first}}
    assert_answered(source, SCOPE, values)


ANYTHING = Scope(dict.fromkeys(("i", "u", "d", "s", "b", "t", "x", "w", "q", "l", "m"), DYN))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SOURCES[-500:]), st.lists(VALUES_OF_ANY_KIND, min_size=3, max_size=3))
def test_any_expression_is_answered_whatever_its_variables_hold(source: str, values: list[Any]) -> None:
    held = {name: values[place % 3] for place, name in enumerate(ANYTHING.variables)}
    assert_answered(source, ANYTHING, held)


@settings(max_examples=400, deadline=None)
@given(st.text("ab|()[]{}*+?.^$\\,-:dwWsSbBzAQEpx019<>Pims \n", max_size=30), st.text("ab01 \n", max_size=20))
def test_any_pattern_is_answered(pattern: str, text: str) -> None:
    for function in ("s.matches(p)", "regex.extractAll(s, p)", "regex.replace(s, p, '[\\\\0]')"):
        assert_answered(function, Scope({"s": STRING, "p": STRING}), {"s": text, "p": pattern})


@settings(max_examples=300, deadline=None)
@given(st.text("%sdfexXob.0123 a", max_size=20), st.lists(VALUES_OF_ANY_KIND, max_size=4))
def test_any_format_is_answered(template: str, values: list[Any]) -> None:
    assert_answered("s.format(v)", Scope({"s": STRING, "v": DYN}), {"s": template, "v": values})


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=12), st.text("0123456789-+.:TZhmsun µ", max_size=24)))
def test_any_text_is_read_as_something_or_refused(text: str) -> None:
    for function in ("int", "uint", "double", "bool", "timestamp", "duration", "decimal.neg", "hex.decode"):
        assert_answered(f"{function}(s)", Scope({"s": STRING}), {"s": text})
    assert_answered(
        "now.getHours(s)", Scope({"s": STRING, "now": TIMESTAMP}), {"s": text, "now": Timestamp(0)}
    )
