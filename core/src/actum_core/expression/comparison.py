"""Comparison: order among numbers of any type and within other types, equality as deep as values go, membership.

Each takes the meter, because comparing costs in proportion to size.
"""

from typing import Any, Final

from actum_core.expression.arithmetic import as_double
from actum_core.expression.errors import CostExceeded, EvaluationError
from actum_core.expression.meter import Meter
from actum_core.expression.overloads import kind_of, no_overload
from actum_core.expression.sizes import CONTAINER_COST, ELEMENT_COST, TRAVERSED_PER_UNIT, charge_size
from actum_core.expression.types import NUMERIC, Kind
from actum_core.expression.values import (
    ABSENT,
    BooleanKeyMap,
    Duration,
    OptionalValue,
    Timestamp,
    TypeValue,
    Uint,
)
from actum_core.limits import EXPRESSION_VALUE_DEPTH_MAX

_ORDERED: Final = frozenset({Kind.BOOL, Kind.STRING, Kind.BYTES, Kind.TIMESTAMP, Kind.DURATION})

#: Below this, turning an int into a double to compare it with one cannot change the outcome.
EXACT_MAX: Final = 2**52

#: Classes whose values Python itself orders as the language does, when both are of the one class.
_SELF_ORDERED: Final = frozenset({int, float, Uint})

#: Units for comparing two times or two types, beyond the one of every operator.
COMPARING_COST: Final = 5


def _comparable(symbol: str, left: Any, right: Any, meter: Meter) -> tuple[Any, Any]:
    """The two values in a form that Python orders as CEL does; an int beside a double becomes a double."""
    first, second = kind_of(left), kind_of(right)
    if first in NUMERIC and second in NUMERIC:
        if first is Kind.DOUBLE and second is not Kind.DOUBLE:
            return left, as_double(right)
        return (as_double(left) if second is Kind.DOUBLE else left), right
    if first is not second or first not in _ORDERED:
        raise no_overload(symbol, (first, second))
    if first is Kind.STRING or first is Kind.BYTES:
        charge_size(meter, min(len(left), len(right)))
    elif first is Kind.TIMESTAMP or first is Kind.DURATION:
        meter.charge(COMPARING_COST)
        return left.nanoseconds, right.nanoseconds
    return left, right


def less(left: Any, right: Any, meter: Meter) -> bool:
    """``<``: numbers of any two types by their value; otherwise two values of one type."""
    if type(left) is not type(right) or type(left) not in _SELF_ORDERED:
        left, right = _comparable("<", left, right, meter)
    return bool(left < right)


def less_or_equal(left: Any, right: Any, meter: Meter) -> bool:
    """``<=``"""
    if type(left) is not type(right) or type(left) not in _SELF_ORDERED:
        left, right = _comparable("<=", left, right, meter)
    return bool(left <= right)


def greater(left: Any, right: Any, meter: Meter) -> bool:
    """``>``"""
    if type(left) is not type(right) or type(left) not in _SELF_ORDERED:
        left, right = _comparable(">", left, right, meter)
    return bool(left > right)


def greater_or_equal(left: Any, right: Any, meter: Meter) -> bool:
    """``>=``"""
    if type(left) is not type(right) or type(left) not in _SELF_ORDERED:
        left, right = _comparable(">=", left, right, meter)
    return bool(left >= right)


def equal(left: Any, right: Any, meter: Meter) -> bool:
    """``==``: values of different types are unequal, numbers compare by value, lists and maps deeply."""
    return _equal(left, right, meter, EXPRESSION_VALUE_DEPTH_MAX)


def unequal(left: Any, right: Any, meter: Meter) -> bool:
    """``!=``"""
    return not _equal(left, right, meter, EXPRESSION_VALUE_DEPTH_MAX)


#: Classes whose values Python itself compares as the language does, when both are of the one class.
_SCALARS: Final = frozenset({int, bool, float, type(None), Uint})


def _equal(left: Any, right: Any, meter: Meter, levels: int) -> bool:
    if type(left) is type(right):
        if type(left) in _SCALARS:
            return bool(left == right)
        if type(left) is str:
            return _equal_texts(left, right, meter)
    first, second = kind_of(left), kind_of(right)
    if first is not second:
        if first not in NUMERIC or second not in NUMERIC:
            return False
        left, right = _comparable("==", left, right, meter)
        return bool(left == right)
    if first is Kind.STRING or first is Kind.BYTES:
        return _equal_texts(left, right, meter)
    if first is Kind.LIST or first is Kind.MAP:
        if len(left) != len(right):
            return False
        if levels == 0:
            raise EvaluationError("too_large", "the values are nested too deeply to compare")
        meter.charge(CONTAINER_COST + ELEMENT_COST * len(left))
        compare = _equal_lists if first is Kind.LIST else _equal_maps
        return compare(left, right, meter, levels - 1)
    return _equal_others(left, right, meter, levels)


def _equal_texts(left: Any, right: Any, meter: Meter) -> bool:
    if len(left) != len(right):
        return False
    charge_size(meter, len(left))
    return bool(left == right)


def _equal_others(left: Any, right: Any, meter: Meter, levels: int) -> bool:
    """Two values of one of our own classes, or of a class derived from a scalar."""
    if isinstance(left, OptionalValue):
        return _equal_optionals(left, right, meter, levels)
    if isinstance(left, Timestamp | Duration):
        meter.charge(COMPARING_COST)
        return bool(left.nanoseconds == right.nanoseconds)
    if isinstance(left, TypeValue):
        meter.charge(COMPARING_COST)
        return bool(left.name == right.name)
    return bool(left == right)


def _equal_lists(left: Any, right: Any, meter: Meter, levels: int) -> bool:
    for one, other in zip(left, right, strict=True):
        kind = type(one)
        is_plain = kind in _SCALARS or (kind is str and len(one) < TRAVERSED_PER_UNIT)
        if is_plain and kind is type(other):
            if one != other:
                return False
        elif not _equal(one, other, meter, levels):
            return False
    return True


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
    if type(container) is dict and type(element) is str:
        return element in container
    kind = kind_of(container)
    if kind is Kind.LIST:
        if type(element) is str:
            return _contains_string(element, container, meter)
        meter.charge(ELEMENT_COST * len(container))
        return any(_equal(element, other, meter, EXPRESSION_VALUE_DEPTH_MAX) for other in container)
    if kind is Kind.MAP:
        return find_key(container, element)[0]
    raise no_overload("in", (kind_of(element), kind_of(container)))


def _contains_string(element: str, container: Any, meter: Meter) -> bool:
    """Python's own search, since a string equals nothing but strings; paid as if each element were as long."""
    meter.left -= len(container) * (1 + len(element) // TRAVERSED_PER_UNIT)
    if meter.left < 0:
        raise CostExceeded(meter.budget)
    return element in container
