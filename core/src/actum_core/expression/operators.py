"""What the operators do with values: checked 64-bit arithmetic, cross-type comparison, deep equality.

Each takes the meter, because joining and comparing cost in proportion to size.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from actum_core.expression.errors import CostExceeded, EvaluationError
from actum_core.expression.meter import Meter
from actum_core.expression.overloads import kind_of, no_overload
from actum_core.expression.types import Kind
from actum_core.expression.values import (
    ABSENT,
    DURATION_MAX,
    INT_MAX,
    INT_MIN,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    UINT_MAX,
    BooleanKeyMap,
    Duration,
    OptionalValue,
    Timestamp,
    Uint,
)
from actum_core.limits import EXPRESSION_LIST_MAX, EXPRESSION_STRING_MAX, EXPRESSION_VALUE_DEPTH_MAX

Operator = Callable[[Any, Any, Meter], object]

#: Characters, bytes or pairs of elements looked at for one unit of cost.
TRAVERSED_PER_UNIT: Final = 10

#: Units for comparing or showing one element of a list or map.
ELEMENT_COST: Final = 2


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


def as_double(value: int) -> float:
    """An int as the nearest double; one that no double reaches is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _refuse(symbol: str, left: object, right: object) -> NoReturn:
    raise no_overload(symbol, (kind_of(left), kind_of(right)))


def charge_size(meter: Meter, size: int) -> None:
    """Pay for looking at so many characters or bytes."""
    if size >= TRAVERSED_PER_UNIT:
        meter.left -= size // TRAVERSED_PER_UNIT
        if meter.left < 0:
            raise CostExceeded(meter.budget)


def check_string_size(size: int) -> None:
    """Refuse a string or byte string before it is built."""
    if size > EXPRESSION_STRING_MAX:
        raise EvaluationError("too_large", f"a string may have at most {EXPRESSION_STRING_MAX} characters")


def check_list_size(size: int) -> None:
    """Refuse a list or map before it is built."""
    if size > EXPRESSION_LIST_MAX:
        raise EvaluationError("too_large", f"a list or map may have at most {EXPRESSION_LIST_MAX} elements")


def add(left: Any, right: Any, meter: Meter) -> object:
    """``+``: numbers, joined strings, bytes and lists, times."""
    first, second = type(left), type(right)
    if first is int and second is int:
        result = left + right
        return result if INT_MIN <= result <= INT_MAX else checked_int(result)
    if first is float and second is float:
        return left + right
    if (first is str and second is str) or (first is bytes and second is bytes):
        size = len(left) + len(right)
        charge_size(meter, size)
        check_string_size(size)
        return left + right
    pair = (kind_of(left), kind_of(right))
    if pair == (Kind.LIST, Kind.LIST):
        size = len(left) + len(right)
        meter.charge(size)
        check_list_size(size)
        return [*left, *right]
    return _SUM[pair](left, right) if pair in _SUM else _refuse("+", left, right)


def subtract(left: Any, right: Any, meter: Meter) -> object:
    """``-`` between two values."""
    if type(left) is int and type(right) is int:
        return checked_int(left - right)
    if type(left) is float and type(right) is float:
        return left - right
    pair = (kind_of(left), kind_of(right))
    return _DIFFERENCE[pair](left, right) if pair in _DIFFERENCE else _refuse("-", left, right)


def multiply(left: Any, right: Any, meter: Meter) -> object:
    """``*``"""
    if type(left) is int and type(right) is int:
        return checked_int(left * right)
    if type(left) is float and type(right) is float:
        return left * right
    pair = (kind_of(left), kind_of(right))
    return _PRODUCT[pair](left, right) if pair in _PRODUCT else _refuse("*", left, right)


def divide(left: Any, right: Any, meter: Meter) -> object:
    """``/``: integers are truncated toward zero, doubles follow IEEE 754."""
    if type(left) is int and type(right) is int:
        return _divide_int(left, right)
    pair = (kind_of(left), kind_of(right))
    return _QUOTIENT[pair](left, right) if pair in _QUOTIENT else _refuse("/", left, right)


def modulo(left: Any, right: Any, meter: Meter) -> object:
    """``%``: the remainder has the sign of the left side; integers only."""
    if type(left) is int and type(right) is int:
        return _modulo_int(left, right)
    pair = (kind_of(left), kind_of(right))
    return _REMAINDER[pair](left, right) if pair in _REMAINDER else _refuse("%", left, right)


def negate(value: Any) -> object:
    """Unary ``-``."""
    if isinstance(value, float):
        return -value
    if kind_of(value) is Kind.INT:
        return checked_int(-value)
    raise no_overload("-", (kind_of(value),))


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


Pair = tuple[Kind, Kind]
_II: Final = (Kind.INT, Kind.INT)
_UU: Final = (Kind.UINT, Kind.UINT)
_DD: Final = (Kind.DOUBLE, Kind.DOUBLE)
_ID: Final = (Kind.INT, Kind.DOUBLE)
_DI: Final = (Kind.DOUBLE, Kind.INT)
_AT: Final = Kind.TIMESTAMP
_FOR: Final = Kind.DURATION


def _promoting(operation: Callable[[float, float], object]) -> dict[Pair, Callable[[Any, Any], object]]:
    """A double operation in its three forms: an int beside a double becomes a double."""
    return {
        _DD: operation,
        _ID: lambda left, right: operation(as_double(left), right),
        _DI: lambda left, right: operation(left, as_double(right)),
    }


_SUM: Final[Mapping[Pair, Callable[[Any, Any], object]]] = {
    **_promoting(lambda left, right: left + right),
    _II: lambda left, right: checked_int(left + right),
    _UU: lambda left, right: checked_uint(int(left) + int(right)),
    (_AT, _FOR): lambda left, right: checked_timestamp(left.nanoseconds + right.nanoseconds),
    (_FOR, _AT): lambda left, right: checked_timestamp(left.nanoseconds + right.nanoseconds),
    (_FOR, _FOR): lambda left, right: checked_duration(left.nanoseconds + right.nanoseconds),
}
_DIFFERENCE: Final[Mapping[Pair, Callable[[Any, Any], object]]] = {
    **_promoting(lambda left, right: left - right),
    _II: lambda left, right: checked_int(left - right),
    _UU: lambda left, right: checked_uint(int(left) - int(right)),
    (_AT, _AT): lambda left, right: checked_duration(left.nanoseconds - right.nanoseconds),
    (_AT, _FOR): lambda left, right: checked_timestamp(left.nanoseconds - right.nanoseconds),
    (_FOR, _FOR): lambda left, right: checked_duration(left.nanoseconds - right.nanoseconds),
}
_PRODUCT: Final[Mapping[Pair, Callable[[Any, Any], object]]] = {
    **_promoting(lambda left, right: left * right),
    _II: lambda left, right: checked_int(left * right),
    _UU: lambda left, right: checked_uint(int(left) * int(right)),
}
_QUOTIENT: Final[Mapping[Pair, Callable[[Any, Any], object]]] = {
    **_promoting(_divide_double),
    _II: _divide_int,
    _UU: _divide_uint,
}
_REMAINDER: Final[Mapping[Pair, Callable[[Any, Any], object]]] = {_II: _modulo_int, _UU: _modulo_uint}

_NUMBERS: Final = frozenset({Kind.INT, Kind.UINT, Kind.DOUBLE})
_ORDERED: Final = frozenset({Kind.BOOL, Kind.STRING, Kind.BYTES, Kind.TIMESTAMP, Kind.DURATION})


#: Below this, turning an int into a double to compare it with one cannot change the outcome.
EXACT_MAX: Final = 2**52


def _comparable(symbol: str, left: Any, right: Any, meter: Meter) -> tuple[Any, Any]:
    """The two values in a form that Python orders as CEL does; an int beside a double becomes a double."""
    first, second = kind_of(left), kind_of(right)
    if first in _NUMBERS and second in _NUMBERS:
        if first is Kind.DOUBLE and second is not Kind.DOUBLE:
            return left, as_double(right)
        return (as_double(left) if second is Kind.DOUBLE else left), right
    if first is not second or first not in _ORDERED:
        raise no_overload(symbol, (first, second))
    if first is Kind.STRING or first is Kind.BYTES:
        charge_size(meter, min(len(left), len(right)))
    return left, right


def less(left: Any, right: Any, meter: Meter) -> bool:
    """``<``: numbers of any two types by their value; otherwise two values of one type."""
    left, right = _comparable("<", left, right, meter)
    return bool(left < right)


def less_or_equal(left: Any, right: Any, meter: Meter) -> bool:
    """``<=``"""
    left, right = _comparable("<=", left, right, meter)
    return bool(left <= right)


def greater(left: Any, right: Any, meter: Meter) -> bool:
    """``>``"""
    left, right = _comparable(">", left, right, meter)
    return bool(left > right)


def greater_or_equal(left: Any, right: Any, meter: Meter) -> bool:
    """``>=``"""
    left, right = _comparable(">=", left, right, meter)
    return bool(left >= right)


def equal(left: Any, right: Any, meter: Meter) -> bool:
    """``==``: values of different types are unequal, numbers compare by value, lists and maps deeply."""
    return _equal(left, right, meter, EXPRESSION_VALUE_DEPTH_MAX)


def unequal(left: Any, right: Any, meter: Meter) -> bool:
    """``!=``"""
    return not _equal(left, right, meter, EXPRESSION_VALUE_DEPTH_MAX)


_SCALARS: Final = frozenset({int, bool, float, type(None)})


def _equal(left: Any, right: Any, meter: Meter, levels: int) -> bool:
    if type(left) is type(right) and type(left) in _SCALARS:
        return bool(left == right)
    first, second = kind_of(left), kind_of(right)
    if first is not second:
        if first not in _NUMBERS or second not in _NUMBERS:
            return False
        left, right = _comparable("==", left, right, meter)
        return bool(left == right)
    if first is Kind.STRING or first is Kind.BYTES:
        if len(left) != len(right):
            return False
        charge_size(meter, len(left))
        return bool(left == right)
    if first is Kind.LIST or first is Kind.MAP:
        if len(left) != len(right):
            return False
        if levels == 0:
            raise EvaluationError("too_large", "the values are nested too deeply to compare")
        meter.charge(ELEMENT_COST * len(left))
        compare = _equal_lists if first is Kind.LIST else _equal_maps
        return compare(left, right, meter, levels - 1)
    if first is Kind.OPTIONAL:
        return _equal_optionals(left, right, meter, levels)
    return bool(left == right)


def _equal_lists(left: Any, right: Any, meter: Meter, levels: int) -> bool:
    return all(_equal(one, other, meter, levels) for one, other in zip(left, right, strict=True))


def _equal_maps(left: Any, right: Any, meter: Meter, levels: int) -> bool:
    for key, value in left.items():
        found, other = find_key(right, key)
        if not found or not _equal(value, other, meter, levels):
            return False
    return True


def _equal_optionals(left: OptionalValue, right: OptionalValue, meter: Meter, levels: int) -> bool:
    if left is ABSENT or right is ABSENT:
        return left is right
    if levels == 0:
        raise EvaluationError("too_large", "the values are nested too deeply to compare")
    return _equal(left.value, right.value, meter, levels - 1)


_MISSING: Final = object()


def find_key(container: Any, key: Any) -> tuple[bool, Any]:
    """Whether a map has the key, and its value. Numbers are the same key when they are equal."""
    if type(key) is bool and type(container) is not BooleanKeyMap:
        return False, None
    try:
        value = container.get(key, _MISSING)
    except TypeError:  # a list or map can never be a key
        return False, None
    return (False, None) if value is _MISSING else (True, value)


def contains(element: Any, container: Any, meter: Meter) -> bool:
    """``in``: an element of a list, a key of a map."""
    kind = kind_of(container)
    if kind is Kind.LIST:
        meter.charge(ELEMENT_COST * len(container))
        return any(_equal(element, other, meter, EXPRESSION_VALUE_DEPTH_MAX) for other in container)
    if kind is Kind.MAP:
        return find_key(container, element)[0]
    _refuse("in", element, container)


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
