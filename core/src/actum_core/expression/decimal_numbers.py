"""Exact decimal numbers as text: what money needs and doubles cannot give.

A number is a whole count of units of ``10**-scale``; all arithmetic is that of Python's integers. No context, no
rounding that was not asked for, no exponent, no negative zero.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from actum_core.expression.errors import EvaluationError
from actum_core.limits import EXPRESSION_DECIMAL_DIGITS_MAX

_TEXT: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)

#: Characters of the longest text that can be a number within the bound: its digits, a sign, a point, a leading zero.
_LENGTH_MAX: Final = EXPRESSION_DECIMAL_DIGITS_MAX + 3


class DecimalNumber(NamedTuple):
    """``units`` times ``10**-scale``; the scale is not negative."""

    units: int
    scale: int


def parse_decimal(text: str) -> DecimalNumber:
    """``-12.50`` and the like: digits on both sides of a point, if there is one; raises EvaluationError."""
    if len(text) > _LENGTH_MAX:
        _check_digits(len(text))
    match = _TEXT.fullmatch(text)
    if match is None:
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise EvaluationError("invalid_argument", f"{shown!r} is not a decimal number")
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    _check_digits(len(whole.lstrip("0")) + len(fraction))
    units = int(whole + fraction)
    return DecimalNumber(-units if sign else units, len(fraction))


def is_decimal(text: str) -> bool:
    """Whether ``parse_decimal`` takes the text."""
    try:
        parse_decimal(text)
    except EvaluationError:
        return False
    return True


def _check_digits(count: int) -> None:
    if count > EXPRESSION_DECIMAL_DIGITS_MAX:
        raise EvaluationError(
            "too_large", f"a decimal number has at most {EXPRESSION_DECIMAL_DIGITS_MAX} digits"
        )


def format_decimal(number: DecimalNumber) -> str:
    """With exactly the digits behind the point that the scale says; raises EvaluationError when they are too many."""
    digits = str(abs(number.units)).rjust(number.scale + 1, "0")
    whole, fraction = digits[: len(digits) - number.scale], digits[len(digits) - number.scale :]
    _check_digits(len(whole.lstrip("0")) + len(fraction))
    sign = "-" if number.units < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def shortest(number: DecimalNumber) -> DecimalNumber:
    """The same number with the smallest scale: one form for each value."""
    units, scale = number.units, number.scale
    if units == 0:
        return DecimalNumber(0, 0)
    while scale and units % 10 == 0:
        units //= 10
        scale -= 1
    return DecimalNumber(units, scale)


def _aligned(first: DecimalNumber, second: DecimalNumber) -> tuple[int, int, int]:
    """The units of both at one scale, and that scale."""
    scale = max(first.scale, second.scale)
    return first.units * 10 ** (scale - first.scale), second.units * 10 ** (scale - second.scale), scale


def add(first: DecimalNumber, second: DecimalNumber) -> DecimalNumber:
    """The exact sum."""
    left, right, scale = _aligned(first, second)
    return DecimalNumber(left + right, scale)


def negate(number: DecimalNumber) -> DecimalNumber:
    """The number with the other sign."""
    return DecimalNumber(-number.units, number.scale)


def multiply(first: DecimalNumber, second: DecimalNumber) -> DecimalNumber:
    """The exact product."""
    return DecimalNumber(first.units * second.units, first.scale + second.scale)


def compare(first: DecimalNumber, second: DecimalNumber) -> int:
    """-1, 0 or 1: the first is less, equal or greater."""
    left, right, _ = _aligned(first, second)
    return (left > right) - (left < right)


#: What to do with a remainder, told: the quotient rounded toward zero, its sign, and how twice the remainder
#: compares with the divisor (-1, 0, 1). True takes the quotient one further from zero.
Rounding = Callable[[int, int, int], bool]

ROUNDINGS: Final[Mapping[str, Rounding]] = {
    "half_even": lambda quotient, sign, half: half > 0 or (half == 0 and quotient % 2 == 1),
    "half_up": lambda quotient, sign, half: half >= 0,
    "half_down": lambda quotient, sign, half: half > 0,
    "up": lambda quotient, sign, half: True,
    "down": lambda quotient, sign, half: False,
    "ceiling": lambda quotient, sign, half: sign > 0,
    "floor": lambda quotient, sign, half: sign < 0,
}


def _find_rounding(name: str) -> Rounding:
    found = ROUNDINGS.get(name)
    if found is None:
        raise EvaluationError("invalid_argument", f"a rounding is one of {', '.join(ROUNDINGS)}")
    return found


def _check_scale(scale: int) -> None:
    if not 0 <= scale <= EXPRESSION_DECIMAL_DIGITS_MAX:
        raise EvaluationError("out_of_range", f"a scale is from 0 to {EXPRESSION_DECIMAL_DIGITS_MAX}")


def _divided(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The quotient as a whole number; the denominator is not zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    quotient, remainder = divmod(abs(numerator), abs(denominator))
    if remainder:
        half = (2 * remainder > abs(denominator)) - (2 * remainder < abs(denominator))
        quotient += rounding(quotient, sign, half)
    return sign * quotient


def rounded(number: DecimalNumber, scale: int, rounding: str) -> DecimalNumber:
    """The number with exactly this many digits behind the point; raises EvaluationError."""
    chosen = _find_rounding(rounding)
    _check_scale(scale)
    if scale >= number.scale:
        return DecimalNumber(number.units * 10 ** (scale - number.scale), scale)
    return DecimalNumber(_divided(number.units, 10 ** (number.scale - scale), chosen), scale)


def divide(first: DecimalNumber, second: DecimalNumber, scale: int, rounding: str) -> DecimalNumber:
    """The quotient with exactly this many digits behind the point; raises EvaluationError."""
    chosen = _find_rounding(rounding)
    _check_scale(scale)
    if second.units == 0:
        raise EvaluationError("divide_by_zero", "division by zero")
    # first / second = (u1 * 10**s2) / (u2 * 10**s1), wanted in units of 10**-scale.
    numerator = first.units * 10 ** (second.scale + scale)
    return DecimalNumber(_divided(numerator, second.units * 10**first.scale, chosen), scale)
