"""Evaluate an expression in one line, for tests."""

from collections.abc import Mapping
from typing import Any

from actum_core.expression import (
    DOUBLE,
    DYN,
    INT,
    STRING,
    CostExceeded,
    EvaluationError,
    ExpressionInvalid,
    Meter,
    Scope,
    compile_expression,
    list_of,
    map_of,
    open_object_of,
)

SCOPE = Scope(
    {
        "i": INT,
        "d": DOUBLE,
        "s": STRING,
        "l": list_of(INT),
        "m": map_of(STRING, INT),
        "x": DYN,
        "event": open_object_of("event", {"name": STRING, "data": DYN}),
    }
)

VALUES: Mapping[str, Any] = {
    "i": 7,
    "d": 5,  # declared double, arrives from JSON without a fraction
    "s": "héllo",
    "l": [3, 1, 2],
    "m": {"a": 1, "b": 2},
    "x": {"k": [1, "z", None, {"n": 1.5}]},
    "event": {"name": "read", "data": {"kwh": 2, "tags": ["a", "vip"]}},
}


def evaluate(source: str, meter: Meter | None = None) -> Any:
    return compile_expression(source, SCOPE).evaluate(VALUES, meter or Meter())


def outcome(source: str) -> Any:
    """The value, or the code of what went wrong."""
    try:
        return evaluate(source)
    except ExpressionInvalid as error:
        return error.problems[0].code
    except (EvaluationError, CostExceeded) as error:
        return error.code
