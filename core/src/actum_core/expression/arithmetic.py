"""Arithmetic: checked 64-bit integers, doubles of IEEE 754, times, and the joining of strings, bytes and lists.

Each operation takes the meter, because joining costs in proportion to size, and the rarer types take longer.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from actum_core.expression.errors import CostExceeded, EvaluationError
from actum_core.expression.meter import Meter
from actum_core.expression.overloads import kind_of, no_overload
from actum_core.expression.sizes import charge_size, check_list_size, check_string_size
from actum_core.expression.types import Kind
from actum_core.expression.values import (
    DURATION_MAX,
    INT_MAX,
    INT_MIN,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    UINT_MAX,
    Duration,
    Timestamp,
    Uint,
)

#: Units beyond the one of every operator for those that make a value of one of our own classes.
MAKING_COST: Final = 5


def checked_int(value: int) -> int:
    """The value, when it fits 64 bits."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise EvaluationError("overflow", "the result does not fit a 64-bit integer")


def checked_uint(value: int) -> Uint:
    """The value as unsigned, when it fits 64 bits."""
    if 0 <= value <= UINT_MAX:
        return Uint(value)
    raise EvaluationError("overflow", "the result does not fit an unsigned 64-bit integer")


def checked_timestamp(nanoseconds: int) -> Timestamp:
    """A timestamp within the years 1 to 9999."""
    if TIMESTAMP_MIN <= nanoseconds <= TIMESTAMP_MAX:
        return Timestamp(nanoseconds)
    raise EvaluationError("out_of_range", "a timestamp lies within the years 1 to 9999")


def checked_duration(nanoseconds: int) -> Duration:
    """A duration of at most 10,000 years either way."""
    if -DURATION_MAX <= nanoseconds <= DURATION_MAX:
        return Duration(nanoseconds)
    raise EvaluationError("out_of_range", "a duration is at most 315,576,000,000 seconds either way")


def _elapsed(left: Timestamp, right: Timestamp) -> Duration:
    """The time between two moments: what cel-spec's 64 bits of nanoseconds hold, about 292 years either way."""
    nanoseconds = left.nanoseconds - right.nanoseconds
    if INT_MIN <= nanoseconds <= INT_MAX:
        return Duration(nanoseconds)
    raise EvaluationError(
        "out_of_range", "two timestamps are subtracted when at most 292 years lie between them"
    )


def as_double(value: int) -> float:
    """An int as the nearest double; one that no double reaches is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def add(left: Any, right: Any, meter: Meter) -> object:
    """``+``: numbers, joined strings, bytes and lists, times."""
    first, second = type(left), type(right)
    if first is int and second is int:
        result = left + right
        return result if INT_MIN <= result <= INT_MAX else checked_int(result)
    if first is float and second is float:
        return left + right
    if first is second and (first is str or first is bytes):
        size = len(left) + len(right)
        charge_size(meter, size)
        check_string_size(size)
        return left + right
    if (first is list or first is tuple) and (second is list or second is tuple):
        size = len(left) + len(right)
        meter.charge(size)
        check_list_size(size)
        return [*left, *right]
    return _rare(_SUM, "+", (left, right), meter)


def subtract(left: Any, right: Any, meter: Meter) -> object:
    """``-`` between two values."""
    first, second = type(left), type(right)
    if first is int and second is int:
        result = left - right
        return result if INT_MIN <= result <= INT_MAX else checked_int(result)
    if first is float and second is float:
        return left - right
    return _rare(_DIFFERENCE, "-", (left, right), meter)


def multiply(left: Any, right: Any, meter: Meter) -> object:
    """``*``"""
    first, second = type(left), type(right)
    if first is int and second is int:
        result = left * right
        return result if INT_MIN <= result <= INT_MAX else checked_int(result)
    if first is float and second is float:
        return left * right
    return _rare(_PRODUCT, "*", (left, right), meter)


def divide(left: Any, right: Any, meter: Meter) -> object:
    """``/``: integers are truncated toward zero, doubles follow IEEE 754."""
    first, second = type(left), type(right)
    if first is int and second is int:
        return left // right if left >= 0 and right > 0 else _divide_int(left, right)
    if first is float and second is float:
        return left / right if right else _divide_double(left, right)
    return _rare(_QUOTIENT, "/", (left, right), meter)


def modulo(left: Any, right: Any, meter: Meter) -> object:
    """``%``: the remainder has the sign of the left side; integers only."""
    if type(left) is int and type(right) is int:
        return left % right if left >= 0 and right > 0 else _modulo_int(left, right)
    return _rare(_REMAINDER, "%", (left, right), meter)


def negate(value: Any) -> object:
    """Unary ``-``."""
    kind = Kind.INT if type(value) is int else kind_of(value)
    if kind is Kind.INT:
        return checked_int(-value)
    if kind is Kind.DOUBLE:
        return -value
    raise no_overload("-", (kind,))


Pair = tuple[Kind, Kind]
Operation = Callable[[Any, Any], object]


def _rare(table: Mapping[Pair, Operation], symbol: str, operands: tuple[Any, Any], meter: Meter) -> object:
    """Operands of any other types: looked up by their kinds."""
    left, right = operands
    kinds = (kind_of(left), kind_of(right))
    operation = table.get(kinds)
    if operation is None:
        if symbol == "+" and kinds[0] is kinds[1] and kinds[0] in _JOINED:
            return _join(left, right, meter)
        raise no_overload(symbol, kinds)
    meter.left -= MAKING_COST
    if meter.left < 0:
        raise CostExceeded(meter.budget)
    return operation(left, right)


_JOINED: Final = {Kind.STRING: str, Kind.BYTES: bytes, Kind.LIST: list}


def _join(left: Any, right: Any, meter: Meter) -> object:
    """Strings, bytes and lists of classes derived from Python's own."""
    plain = _JOINED[kind_of(left)]
    return add(plain(left), plain(right), meter)


def _divide_int(left: int, right: int) -> int:
    if right == 0:
        raise EvaluationError("divide_by_zero", "division by zero")
    quotient = abs(left) // abs(right)
    return checked_int(quotient if (left < 0) == (right < 0) else -quotient)


def _divide_uint(left: int, right: int) -> Uint:
    if right == 0:
        raise EvaluationError("divide_by_zero", "division by zero")
    return Uint(int(left) // int(right))


def _divide_double(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or left != left or right != right:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _modulo_int(left: int, right: int) -> int:
    if right == 0:
        raise EvaluationError("divide_by_zero", "modulus by zero")
    if left == INT_MIN and right == -1:
        raise EvaluationError("overflow", "the result does not fit a 64-bit integer")
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


def _modulo_uint(left: int, right: int) -> Uint:
    if right == 0:
        raise EvaluationError("divide_by_zero", "modulus by zero")
    return Uint(int(left) % int(right))


_II: Final = (Kind.INT, Kind.INT)
_UU: Final = (Kind.UINT, Kind.UINT)
_DD: Final = (Kind.DOUBLE, Kind.DOUBLE)
_ID: Final = (Kind.INT, Kind.DOUBLE)
_DI: Final = (Kind.DOUBLE, Kind.INT)
_AT: Final = Kind.TIMESTAMP
_FOR: Final = Kind.DURATION


def _promoting(operation: Callable[[float, float], object]) -> dict[Pair, Operation]:
    """A double operation in its three forms: an int beside a double becomes a double."""
    return {
        _DD: operation,
        _ID: lambda left, right: operation(as_double(left), right),
        _DI: lambda left, right: operation(left, as_double(right)),
    }


_SUM: Final[Mapping[Pair, Operation]] = {
    **_promoting(lambda left, right: left + right),
    _II: lambda left, right: checked_int(left + right),
    _UU: lambda left, right: checked_uint(int(left) + int(right)),
    (_AT, _FOR): lambda left, right: checked_timestamp(left.nanoseconds + right.nanoseconds),
    (_FOR, _AT): lambda left, right: checked_timestamp(left.nanoseconds + right.nanoseconds),
    (_FOR, _FOR): lambda left, right: checked_duration(left.nanoseconds + right.nanoseconds),
}
_DIFFERENCE: Final[Mapping[Pair, Operation]] = {
    **_promoting(lambda left, right: left - right),
    _II: lambda left, right: checked_int(left - right),
    _UU: lambda left, right: checked_uint(int(left) - int(right)),
    (_AT, _AT): _elapsed,
    (_AT, _FOR): lambda left, right: checked_timestamp(left.nanoseconds - right.nanoseconds),
    (_FOR, _FOR): lambda left, right: checked_duration(left.nanoseconds - right.nanoseconds),
}
_PRODUCT: Final[Mapping[Pair, Operation]] = {
    **_promoting(lambda left, right: left * right),
    _II: lambda left, right: checked_int(left * right),
    _UU: lambda left, right: checked_uint(int(left) * int(right)),
}
_QUOTIENT: Final[Mapping[Pair, Operation]] = {
    **_promoting(_divide_double),
    _II: _divide_int,
    _UU: _divide_uint,
}
_REMAINDER: Final[Mapping[Pair, Operation]] = {_II: _modulo_int, _UU: _modulo_uint}
