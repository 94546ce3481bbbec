"""The one table of binary operators. Each takes the meter, because many cost in proportion to size."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from actum_core.expression.arithmetic import add, divide, modulo, multiply, subtract
from actum_core.expression.comparison import (
    contains,
    equal,
    greater,
    greater_or_equal,
    less,
    less_or_equal,
    unequal,
)
from actum_core.expression.meter import Meter

Operator = Callable[[Any, Any, Meter], object]

OPERATORS: Final[Mapping[str, Operator]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": modulo,
    "==": equal,
    "!=": unequal,
    "<": less,
    "<=": less_or_equal,
    ">": greater,
    ">=": greater_or_equal,
    "in": contains,
}
