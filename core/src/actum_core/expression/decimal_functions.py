"""Functions on decimal numbers written as strings: ``decimal.add`` and its kin, for money.

A result without a scale is exact and written the shortest way, so that equal numbers are equal strings. One with a
scale has exactly that many digits behind the point.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from actum_core.expression.decimal_numbers import (
    DecimalNumber,
    add,
    compare,
    divide,
    format_decimal,
    is_decimal,
    multiply,
    negate,
    parse_decimal,
    rounded,
    shortest,
)
from actum_core.expression.errors import EvaluationError
from actum_core.expression.meter import Meter
from actum_core.expression.overloads import Overload
from actum_core.expression.types import BOOL, INT, STRING, list_of
from actum_core.limits import EXPRESSION_DECIMAL_DIGITS_MAX

#: Units for a function on one or two numbers: reading, computing and writing them, when they are short.
_COST: Final = 40

#: Characters of the numbers for one more unit. Longer texts than a number can have are refused unread.
_CHARACTERS_PER_UNIT: Final = 4
_LENGTH_MAX: Final = 2 * EXPRESSION_DECIMAL_DIGITS_MAX

#: Units for each number of a list.
_ELEMENT_COST: Final = 30

#: What is done with a remainder when nobody says: the one that adds no bias to many sums.
_DEFAULT: Final = "half_even"

Operation = Callable[[DecimalNumber, DecimalNumber], DecimalNumber]


def _cost(*arguments: Any) -> int:
    length = sum(len(argument) for argument in arguments if isinstance(argument, str))
    return _COST + min(length, _LENGTH_MAX) // _CHARACTERS_PER_UNIT


def _subtract(first: DecimalNumber, second: DecimalNumber) -> DecimalNumber:
    return add(first, negate(second))


def _binary(operation: Operation) -> list[Overload]:
    """The exact form, the one with a scale, and the one that says how to round to it."""

    def exact(first: str, second: str) -> str:
        return format_decimal(shortest(operation(parse_decimal(first), parse_decimal(second))))

    def scaled(first: str, second: str, scale: int, rounding: str = _DEFAULT) -> str:
        result = operation(parse_decimal(first), parse_decimal(second))
        return format_decimal(rounded(result, scale, rounding))

    return [
        Overload((STRING, STRING), STRING, exact, _cost),
        Overload((STRING, STRING, INT), STRING, scaled, _cost),
        Overload((STRING, STRING, INT, STRING), STRING, scaled, _cost),
    ]


def _div(first: str, second: str, scale: int, rounding: str = _DEFAULT) -> str:
    return format_decimal(divide(parse_decimal(first), parse_decimal(second), scale, rounding))


def _round(text: str, scale: int, rounding: str = _DEFAULT) -> str:
    return format_decimal(rounded(parse_decimal(text), scale, rounding))


def _compare(first: str, second: str) -> int:
    return compare(parse_decimal(first), parse_decimal(second))


def _negated(text: str) -> str:
    return format_decimal(shortest(negate(parse_decimal(text))))


def _absolute(text: str) -> str:
    number = parse_decimal(text)
    return format_decimal(shortest(number if number.units >= 0 else negate(number)))


def _sum(texts: Sequence[Any], meter: Meter) -> str:
    meter.charge(_ELEMENT_COST * len(texts))
    total = DecimalNumber(0, 0)
    for text in texts:
        if not isinstance(text, str):
            raise EvaluationError("no_such_overload", "decimal.sum needs a list of strings")
        meter.charge(min(len(text), _LENGTH_MAX) // _CHARACTERS_PER_UNIT)
        total = add(total, parse_decimal(text))
    return format_decimal(shortest(total))


DECIMAL_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "decimal.add": _binary(add),
    "decimal.sub": _binary(_subtract),
    "decimal.mul": _binary(multiply),
    "decimal.div": [
        Overload((STRING, STRING, INT), STRING, _div, _cost),
        Overload((STRING, STRING, INT, STRING), STRING, _div, _cost),
    ],
    "decimal.round": [
        Overload((STRING, INT), STRING, _round, _cost),
        Overload((STRING, INT, STRING), STRING, _round, _cost),
    ],
    "decimal.compare": [Overload((STRING, STRING), INT, _compare, _cost)],
    "decimal.neg": [Overload((STRING,), STRING, _negated, _cost)],
    "decimal.abs": [Overload((STRING,), STRING, _absolute, _cost)],
    "decimal.sum": [Overload((list_of(STRING),), STRING, _sum, is_metered=True)],
    "decimal.is_valid": [Overload((STRING,), BOOL, is_decimal, _cost)],
}
