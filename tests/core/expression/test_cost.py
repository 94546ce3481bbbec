"""Costs: charged before the work, the same everywhere, within the estimate, and never past the budget."""

import tracemalloc
from typing import Any

import pytest
from tests.core.expression.evaluation import SCOPE, VALUES, evaluate, outcome

from actum_core.expression import CostExceeded, EvaluationError, Meter, Scope, compile_expression
from actum_core.expression.types import DYN

COSTS = [
    ("1", 0),
    ("1 + 2 * 3", 0),  # folded
    ("i", 1),
    ("i + 1", 2),
    ("x.k", 2),
    ("i > 1 && i > 2", 4),
    ("i > 100 && i > 2", 2),
    ("i > 1 ? i : i + i", 3),
    ("[i, i]", 14),
    ("l.map(e, e + 1)", 11 + 3 * 3),
    ("l.all(e, e > 0)", 2 + 3 * 3),
    ("'0123456789' + s", 2 + 1),
    ("event.data.tags.exists(t, t == 'vip')", 4 + 2 * 3),
]


@pytest.mark.parametrize(("source", "units"), COSTS)
def test_an_expression_costs_what_its_nodes_and_sizes_do(source: str, units: int) -> None:
    meter = Meter()
    evaluate(source, meter)
    assert meter.spent == units


@pytest.mark.parametrize(("source", "units"), COSTS)
def test_the_budget_holds_exactly(source: str, units: int) -> None:
    evaluate(source, Meter(units))
    if units:
        with pytest.raises(CostExceeded):
            evaluate(source, Meter(units - 1))


ESTIMATES = [
    *(source for source, _ in COSTS),
    "i > 5 || 1 / 0 > 0",
    "s == 'a' ? l : [1, 2, i]",
    "size(s) in l",
    "d / 2",
]


@pytest.mark.parametrize("source", ESTIMATES)
def test_what_is_spent_lies_within_the_estimate(source: str) -> None:
    expression = compile_expression(source, SCOPE)
    meter = Meter()
    expression.evaluate(VALUES, meter)
    assert expression.cost_estimate.minimum <= meter.spent
    assert expression.cost_estimate.maximum is None or meter.spent <= expression.cost_estimate.maximum


def test_an_estimate_has_no_maximum_where_the_data_decides() -> None:
    assert compile_expression("l.all(e, e > 0)", SCOPE).cost_estimate.maximum is None
    assert compile_expression("[1, i].all(e, e > 0)", SCOPE).cost_estimate.maximum is not None


def test_costs_add_up_on_one_meter() -> None:
    meter = Meter()
    evaluate("i + 1", meter)
    evaluate("i + 1", meter)
    assert meter.spent == 4


def test_a_pattern_costs_the_same_however_often_it_was_used() -> None:
    first, second = Meter(), Meter()
    for meter in (first, second):
        evaluate("'some text 123'.matches('[a-z]+ ' + s + '|[0-9]{2}')", meter)
        compile_expression("s.matches('h.*o')", SCOPE).evaluate(VALUES, meter)
    assert first.spent == second.spent > 0


HUGE = {"s": "a" * 10_000, "l": list(range(10_000)), "x": {"a": [1] * 10_000}}

HOSTILE = [
    "l.map(a, l.map(b, a * b))",
    "l.all(a, l.exists(b, b / 0 > 1) || true)",
    "l.map(a, s + s)",
    "l.map(a, s.replace('a', 'bb'))",
    "l.map(a, s.split(''))",
    "l.map(a, [a, a, a, a].map(b, [b, b, b, b].map(c, [c, c, c, c].map(d, [d, d, d, d]))))",
    "l.all(a, '%s'.format([l]) != '')",
    "l.all(a, s.matches('(a?){50}a{50}b') == false)",
    "l.all(a, 'a'.matches(string(a) + '(a?){300}') || true)",
    "l.all(a, l == l)",
    "l.all(a, a in l)",
    "l.map(a, l.transformMap(i, v, v))",
    "l.all(a, s.lastIndexOf('b' + s.substring(5000)) < 0)",
    "l.all(a, regex.replace(s, 'a*?', 'bb') != '')",
    "l.all(a, base64.encode(bytes(s)) != '')",
    "l.map(a, l + l)",
    "+".join(["s"] * 5_000),
]


@pytest.mark.parametrize("source", HOSTILE)
def test_a_hostile_expression_ends_at_its_budget_with_little_memory(source: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises((CostExceeded, EvaluationError)):
            compile_expression(source, SCOPE).evaluate(HUGE, Meter(200_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 32 * 1024 * 1024


def test_doubling_a_string_stops_at_its_bound() -> None:
    body = "a20"
    for place in range(20, 0, -1):
        body = f"cel.bind(a{place}, a{place - 1} + a{place - 1}, {body})"
    assert outcome(f"cel.bind(a0, 'abcdefgh', size({body}))") == "too_large"


def test_a_failure_that_is_absorbed_costs_more_than_a_success() -> None:
    scope = Scope({"l": DYN})
    spent: list[Any] = []
    for items in ([1] * 100, [0] * 99 + [1]):
        meter = Meter()
        compile_expression("l.exists(e, 1 / e == 1 && e == l[99])", scope).evaluate({"l": items}, meter)
        spent.append(meter.spent)
    assert spent[1] > spent[0] + 99 * 20
