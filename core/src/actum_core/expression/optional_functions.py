"""Functions on values that may be absent: cel-spec's optional types."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from actum_core.expression.errors import EvaluationError
from actum_core.expression.overloads import Overload
from actum_core.expression.types import BOOL, Type, list_of, optional_of, variable
from actum_core.expression.values import ABSENT, Duration, OptionalValue, Timestamp

_A: Final = variable("A")
_OPTIONAL: Final = optional_of(_A)


def is_zero(value: Any) -> bool:
    """Whether a value is its type's zero: null, false, 0, empty."""
    if isinstance(value, Timestamp | Duration):
        return value.nanoseconds == 0
    return value is None or (isinstance(value, int | float | str | bytes | list | tuple | dict) and not value)


def _of_non_zero(value: Any) -> OptionalValue:
    return ABSENT if is_zero(value) else OptionalValue(value)


def _value(optional: OptionalValue) -> Any:
    if optional is ABSENT:
        raise EvaluationError("invalid_argument", "the optional has no value")
    return optional.value


def _or(optional: OptionalValue, other: OptionalValue) -> OptionalValue:
    return other if optional is ABSENT else optional


def _or_value(optional: OptionalValue, other: Any) -> Any:
    return other if optional is ABSENT else optional.value


def _unwrap(optionals: Sequence[Any]) -> list[Any]:
    for optional in optionals:
        if not isinstance(optional, OptionalValue):
            raise EvaluationError("no_such_overload", "unwrap needs a list of optionals")
    return [optional.value for optional in optionals if optional is not ABSENT]


def _unwrap_cost(optionals: Sequence[Any]) -> int:
    return 2 * len(optionals)


def _first(values: Sequence[Any]) -> OptionalValue:
    return OptionalValue(values[0]) if values else ABSENT


def _last(values: Sequence[Any]) -> OptionalValue:
    return OptionalValue(values[-1]) if values else ABSENT


def _member(parameters: tuple[Type, ...], result: Type, run: Any, cost: Any = 1) -> Overload:
    return Overload(parameters, result, run, cost, is_member=True)


OPTIONAL_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "optional.of": [Overload((_A,), _OPTIONAL, OptionalValue, 3)],
    "optional.ofNonZeroValue": [Overload((_A,), _OPTIONAL, _of_non_zero, 5)],
    "optional.none": [Overload((), _OPTIONAL, lambda: ABSENT)],
    "optional.unwrap": [Overload((list_of(_OPTIONAL),), list_of(_A), _unwrap, _unwrap_cost)],
    "unwrapOpt": [_member((list_of(_OPTIONAL),), list_of(_A), _unwrap, _unwrap_cost)],
    "hasValue": [_member((_OPTIONAL,), BOOL, lambda optional: optional is not ABSENT)],
    "value": [_member((_OPTIONAL,), _A, _value)],
    "or": [_member((_OPTIONAL, _OPTIONAL), _OPTIONAL, _or)],
    "orValue": [_member((_OPTIONAL, _A), _A, _or_value)],
    "first": [_member((list_of(_A),), _OPTIONAL, _first, 3)],
    "last": [_member((list_of(_A),), _OPTIONAL, _last, 3)],
}
