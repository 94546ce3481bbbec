"""Parameters that are read late: evaluated at each reading, and only then."""

from typing import Any

import pytest

from actum_core.expression import DYN, EvaluationError, Meter, Scope, compile_expression, object_of
from actum_core.template.late import LateMap
from actum_core.template.variables import plain_json


class Source:
    """Evaluates by counting, so that a test sees when."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def evaluate(self, source: str) -> Any:
        self.asked.append(source)
        if source == "fail":
            raise EvaluationError("divide_by_zero", "no")
        return {"kwh": len(self.asked)} if source == "map" else len(self.asked)


def parameters(source: Source) -> LateMap:
    made = LateMap({"size": 2})
    made.add_late("value", "=x", source.evaluate)
    made.add_late("map", "=map", source.evaluate)
    made.add_late("bad", "=fail", source.evaluate)
    made.add_late("literal", "==x", source.evaluate)
    made.add_late("routes", [{"to": "a", "when": "=x"}, {"to": "b", "when": "=fail"}], source.evaluate)
    made.add_late("mixed", ["=x", 7], source.evaluate)
    return made


@pytest.mark.parametrize(
    ("expression", "expected", "asked"),
    [
        ("params.size", 2, []),
        ("params.value", 1, ["x"]),
        ("params.value + params.value", 3, ["x", "x"]),
        ("params.map.kwh", 1, ["map"]),
        ("params['value']", 1, ["x"]),
        ("has(params.value) && has(params.bad)", True, []),
        ("has(params.absent)", False, []),
        ("params.absent == null", True, []),
        ("params.literal", "=x", []),
        ("params.routes.map(r, r.to)", ["a", "b"], []),
        ("params.routes.exists(r, r.when == 1)", True, ["x"]),
        ("params.mixed[1]", 7, ["x"]),
        ("params.size == 3 && params.value == 1", False, []),
    ],
)
def test_an_expression_sees_a_late_map_as_any_other(expression: str, expected: Any, asked: list[str]) -> None:
    source = Source()
    names = ("size", "value", "map", "bad", "literal", "routes", "mixed", "absent")
    scope = Scope({"params": object_of("params", dict.fromkeys(names, DYN))})
    found = compile_expression(expression, scope).evaluate({"params": parameters(source)}, Meter())
    assert (found, source.asked) == (expected, asked)


def test_a_failure_is_one_of_the_reading_expression() -> None:
    scope = Scope({"params": object_of("params", {"bad": DYN})})
    with pytest.raises(EvaluationError) as caught:
        compile_expression("params.bad", scope).evaluate({"params": parameters(Source())}, Meter())
    assert caught.value.code == "divide_by_zero"


def test_a_whole_late_map_becomes_plain_json() -> None:
    made = LateMap({"a": 1})
    made.add_late("b", {"c": ["=x", "==y"], "d": "=x"}, Source().evaluate)
    assert plain_json(made) == {"a": 1, "b": {"c": [1, "=y"], "d": 2}}
    assert dict(made.items())["a"] == 1
    assert made.get("absent", 5) == 5
    assert next(iter(made.values())) == 1
