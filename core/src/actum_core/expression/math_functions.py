"""Functions on numbers: cel-spec's math extension."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from actum_core.expression.arithmetic import as_double, checked_int
from actum_core.expression.errors import EvaluationError
from actum_core.expression.overloads import Overload, kind_of, no_overload
from actum_core.expression.types import BOOL, DOUBLE, DYN, INT, NUMERIC, UINT, Type, list_of
from actum_core.expression.values import UINT_MAX, Uint

_NUMBERS: Final = (INT, UINT, DOUBLE)

#: Units for one function of one or two numbers.
_COST: Final = 4


def _whole(rounding: Callable[[float], int]) -> Callable[[float], float]:
    """A rounding to whole numbers that leaves NaN and infinities as they are and keeps the sign of zero."""

    def apply(value: float) -> float:
        return math.copysign(float(rounding(value)), value) if math.isfinite(value) else value

    return apply


def _round_half_away(value: float) -> int:
    whole = math.floor(abs(value))
    return int(math.copysign(whole + (abs(value) - whole >= 0.5), value))


def _sign(value: Any) -> Any:
    if isinstance(value, float):
        return (value > 0) - (value < 0) + 0.0 if value == value else value
    return type(value)((value > 0) - (value < 0))


def _absolute(value: int) -> int:
    return checked_int(abs(value))


def _square_root(value: float) -> float:
    value = as_double(value) if isinstance(value, int) else value
    return math.sqrt(value) if value >= 0 else math.nan


def _signed(bits: int) -> int:
    bits &= UINT_MAX
    return bits - 2**64 if bits >> 63 else bits


def _shift(shifted: Callable[[int, int], int], wrap: Callable[[int], int]) -> Callable[[int, int], int]:
    def apply(value: int, places: int) -> int:
        if places < 0:
            raise EvaluationError("invalid_argument", "a shift cannot be negative")
        return wrap(shifted(int(value) & UINT_MAX, places) & UINT_MAX) if places < 64 else wrap(0)

    return apply


def _bits(operation: Callable[..., int], count: int) -> list[Overload]:
    return [
        Overload((INT,) * count, INT, lambda *values: _signed(operation(*map(int, values))), _COST),
        Overload((UINT,) * count, UINT, lambda *values: Uint(operation(*map(int, values)) & UINT_MAX), _COST),
    ]


def _shifts(shifted: Callable[[int, int], int]) -> list[Overload]:
    return [
        Overload((INT, INT), INT, _shift(shifted, _signed), _COST),
        Overload((UINT, INT), UINT, _shift(shifted, Uint), _COST),
    ]


def _extreme(name: str, is_better: Callable[[Any, Any], bool]) -> list[Overload]:
    """``math.greatest`` or ``math.least``: of one number, of two, of a list. The first of equal ones wins."""

    def of_two(first: Any, second: Any) -> Any:
        return second if is_better(second, first) else first

    def of_list(values: Sequence[Any]) -> Any:
        if not values:
            raise EvaluationError("invalid_argument", f"{name} of an empty list")
        for value in values:
            if kind_of(value) not in NUMERIC:
                raise no_overload(name, (kind_of(value),))
        best = values[0]
        for value in values[1:]:
            best = of_two(best, value)
        return best

    def joined(first: Type, second: Type) -> Type:
        return first if first == second else DYN

    return [
        *(Overload((number,), number, lambda value: value) for number in _NUMBERS),
        *(Overload((a, b), joined(a, b), of_two, _COST) for a in _NUMBERS for b in _NUMBERS),
        *(
            Overload((list_of(number),), number, of_list, lambda values: 5 * len(values))
            for number in (*_NUMBERS, DYN)
        ),
    ]


def _double(run: Callable[[float], object], result: Type = DOUBLE) -> list[Overload]:
    return [Overload((DOUBLE,), result, run, _COST)]


MATH_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "math.greatest": _extreme("math.greatest", lambda value, best: value > best),
    "math.least": _extreme("math.least", lambda value, best: value < best),
    "math.ceil": _double(_whole(math.ceil)),
    "math.floor": _double(_whole(math.floor)),
    "math.round": _double(_whole(_round_half_away)),
    "math.trunc": _double(_whole(math.trunc)),
    "math.isNaN": _double(math.isnan, BOOL),
    "math.isInf": _double(math.isinf, BOOL),
    "math.isFinite": _double(math.isfinite, BOOL),
    "math.abs": [
        Overload((INT,), INT, _absolute, _COST),
        Overload((UINT,), UINT, lambda value: value),
        *_double(abs),
    ],
    "math.sign": [Overload((number,), number, _sign, _COST) for number in _NUMBERS],
    "math.sqrt": [Overload((number,), DOUBLE, _square_root, _COST) for number in _NUMBERS],
    "math.bitAnd": _bits(lambda first, second: first & second, 2),
    "math.bitOr": _bits(lambda first, second: first | second, 2),
    "math.bitXor": _bits(lambda first, second: first ^ second, 2),
    "math.bitNot": _bits(lambda value: ~value, 1),
    "math.bitShiftLeft": _shifts(lambda value, places: value << places),
    "math.bitShiftRight": _shifts(lambda value, places: value >> places),
}
