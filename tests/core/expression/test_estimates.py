"""The cost estimate of publish time: what an evaluation spends lies within it, whatever the data."""

import random
from typing import Any

import pytest
from tests.core.expression.generated import LEAVES, SCOPE, VALUES, generate, generate_many

from actum_core.expression import (
    STEP_FUNCTIONS,
    CostExceeded,
    EvaluationError,
    ExpressionInvalid,
    Meter,
    Scope,
    compile_expression,
    compile_unchecked,
)
from actum_core.expression.expression import Expression

STEP_SCOPE = Scope(SCOPE.variables, STEP_FUNCTIONS)


class Context:
    def random(self) -> float:
        return 0.25

    def is_active(self, state: str, node: str | None) -> bool:
        return True


def assert_within(expression: Expression, values: dict[str, Any]) -> bool:
    """Whether a maximum was known; what fails on the way may have spent less than the minimum."""
    meter = Meter(context=Context())
    estimate = expression.cost_estimate
    try:
        expression.evaluate(values, meter)
        assert meter.spent >= estimate.minimum, expression.source
    except EvaluationError:
        pass
    except CostExceeded:
        assert estimate.maximum is None
    assert estimate.maximum is None or meter.spent <= estimate.maximum, expression.source
    return estimate.maximum is not None


def other_values(source: random.Random) -> dict[str, Any]:
    """Values of the right types, and of any size."""
    text = "".join(source.choice("ab 😀,") for _ in range(source.choice((0, 1, 9, 300))))
    return {
        **VALUES,
        "i": source.choice((0, 1, -1, 7)),
        "s": text,
        "b": text.encode(),
        "l": [source.randint(-3, 3) for _ in range(source.choice((0, 1, 40)))],
        "m": {text[:place]: place for place in range(source.choice((0, 1, 20)))},
        "x": source.choice((text, [text] * 30, {"k": text}, 1, 2.5, None, {"k": [VALUES["w"]] * 20})),
    }


@pytest.mark.parametrize("seed", range(4))
def test_what_generated_expressions_spend_lies_within_their_estimate(seed: int) -> None:
    source = random.Random(seed)
    known = evaluated = 0
    for text in generate_many(seed, 1_200):
        for compile_ in (compile_expression, compile_unchecked):
            try:
                expression = compile_(text, STEP_SCOPE)
            except ExpressionInvalid:
                continue
            for values in (dict(VALUES), other_values(source)):
                known += assert_within(expression, values)
                evaluated += 1
    assert evaluated > 3_000
    assert known > evaluated / 5


#: Forms whose cost is bounded because the sizes of everything in them are known, whatever the holes hold.
SIZED = [
    "{int} + {int} * {int} > 3 && {bool}",
    "[{int}, {int}, {int}].all(v, v > {int})",
    "[{int}, 2, {int}].exists(v, [v, v, 4].exists_one(w, w == v))",
    "[1, ?optional.ofNonZeroValue({int}), 3].map(v, [v, v]).filter(v, v[0] > 1)",
    "[{string}, {string}].transformMap(k, v, v)",
    "{bool} ? [{int}] : [{int}, {int}]",
    "[{int}] + [{int}, {int}]",
    "{int} in [1, 2, 3]",
    "s in ['a', 'bc', 'd']",
    "s == 'a constant text of some length' || s < 'another constant'",
    "{time} < {time} || {length} == {length}",
    "{uint} * 2u / {uint} > 3u",
    "{double} * 2 + {int} < 3.5",
    "m.?a.optMap(v, v + 1).orValue({int})",
    "random() < 0.5 || in_state('a') && random_int(0, 9) > 3",
    "-{int} < 3 && !{bool}",
    "type(x) == int || has(x.k) || has(m.a)",
    "cel.bind(v, 1 / {int}, {bool} || v == 1)",
]


@pytest.mark.parametrize("form", SIZED)
def test_where_all_sizes_are_known_there_is_a_maximum(form: str) -> None:
    source = random.Random(form)
    for _ in range(30):
        text = form
        while "{" in text:
            before, _, rest = text.partition("{")
            kind, _, after = rest.partition("}")
            # Leaves only, and none that is looked up by size.
            leaf = source.choice(
                [each for each in LEAVES[kind] if "(" not in each or kind in ("time", "length")]
            )
            text = f"{before}({leaf}){after}"
        expression = compile_expression(text, STEP_SCOPE)
        for values in (dict(VALUES), other_values(source)):
            assert assert_within(expression, values), text


def test_an_estimate_grows_with_what_is_known_to_be_done() -> None:
    once = compile_expression("[1, i].all(v, v > i)", STEP_SCOPE).cost_estimate
    twice = compile_expression("[1, i, 3, i].all(v, v > i)", STEP_SCOPE).cost_estimate
    assert once.maximum is not None
    assert twice.maximum is not None
    assert once.maximum < twice.maximum < 2 * once.maximum
    assert generate(random.Random(1), "int", 0) in LEAVES["int"]
