"""Closures that read: variables, fields, elements, and whether they are there."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from actum_core.expression.code import Path, Run
from actum_core.expression.comparison import find_key
from actum_core.expression.errors import EvaluationError
from actum_core.expression.overloads import kind_of
from actum_core.expression.types import Kind
from actum_core.expression.values import ABSENT, OptionalValue


class Failed:
    """What a bound variable holds when its value failed: the error of whoever reads it."""

    __slots__ = ("error",)

    def __init__(self, error: EvaluationError) -> None:
        self.error = error


def read_path(path: Path, offset: int) -> Run:
    """Read a variable and the fields below it.

    The plain case, dicts all the way, is one chain of Python subscripts; whatever fails there is walked again
    with all the rules, which finds the value or the exact error.
    """
    root, fields = path.root, path.fields

    def walk(activation: Mapping[str, Any], state: list[Any]) -> Any:
        if isinstance(root, int):
            value = state[root]
            if type(value) is Failed:
                raise value.error
        else:
            try:
                value = activation[root]
            except KeyError:
                detail = f"the variable {root!r} has no value"
                raise EvaluationError("undeclared_variable", detail, offset) from None
        for field in fields:
            value = select(value, field, offset)
        return value

    plain = _PLAIN_READS.get((type(root), len(fields)))
    return walk if plain is None else plain(walk, root, *fields)


def _read_place(walk: Run, place: int) -> Run:
    def read(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = state[place]
        if type(value) is Failed:
            raise value.error
        return value

    return read


def _read_place_field(walk: Run, place: int, first: str) -> Run:
    def read(activation: Mapping[str, Any], state: list[Any]) -> Any:
        try:
            return state[place][first]
        except (KeyError, TypeError):
            return walk(activation, state)

    return read


def _read_variable(walk: Run, name: str) -> Run:
    def read(activation: Mapping[str, Any], state: list[Any]) -> Any:
        try:
            return activation[name]
        except KeyError:
            return walk(activation, state)

    return read


def _read_field(walk: Run, name: str, first: str) -> Run:
    def read(activation: Mapping[str, Any], state: list[Any]) -> Any:
        try:
            return activation[name][first]
        except (KeyError, TypeError):
            return walk(activation, state)

    return read


def _read_two_fields(walk: Run, name: str, first: str, second: str) -> Run:
    def read(activation: Mapping[str, Any], state: list[Any]) -> Any:
        try:
            return activation[name][first][second]
        except (KeyError, TypeError):
            return walk(activation, state)

    return read


def _read_three_fields(walk: Run, name: str, first: str, second: str, third: str) -> Run:
    def read(activation: Mapping[str, Any], state: list[Any]) -> Any:
        try:
            return activation[name][first][second][third]
        except (KeyError, TypeError):
            return walk(activation, state)

    return read


#: The plain reads by the kind of root and the number of fields.
_PLAIN_READS: Final[Mapping[tuple[type, int], Callable[..., Run]]] = {
    (int, 0): _read_place,
    (int, 1): _read_place_field,
    (str, 0): _read_variable,
    (str, 1): _read_field,
    (str, 2): _read_two_fields,
    (str, 3): _read_three_fields,
}


def select(value: Any, field: str, offset: int) -> Any:
    """``value.field``; on an optional value the result is optional."""
    if isinstance(value, dict):
        try:
            return value[field]
        except KeyError:
            raise EvaluationError("no_such_field", f"there is no field {field!r}", offset) from None
    if isinstance(value, OptionalValue):
        return select_optional(value, field, offset)
    raise EvaluationError("no_such_field", f"a {kind_of(value).value} has no field {field!r}", offset)


def select_optional(value: Any, field: str, offset: int) -> Any:
    """``value.?field``: an optional, absent when the field is."""
    if isinstance(value, OptionalValue):
        if value is ABSENT:
            return ABSENT
        value = value.value
    if not isinstance(value, dict):
        raise EvaluationError("no_such_field", f"a {kind_of(value).value} has no field {field!r}", offset)
    return OptionalValue(value[field]) if field in value else ABSENT


def has_field(value: Any, field: str, offset: int) -> bool:
    """``has(value.field)``: also false when an optional value is absent."""
    if isinstance(value, OptionalValue):
        if value is ABSENT:
            return False
        value = value.value
    if not isinstance(value, dict):
        raise EvaluationError("no_such_field", f"a {kind_of(value).value} has no field {field!r}", offset)
    return field in value


def _find_element(value: Any, key: Any, offset: int) -> tuple[bool, Any]:
    kind = kind_of(value)
    if kind is Kind.MAP:
        return find_key(value, key)
    if kind is not Kind.LIST:
        raise EvaluationError("no_such_overload", f"a {kind.value} cannot be indexed", offset)
    key_kind = kind_of(key)
    if key_kind is Kind.DOUBLE and key.is_integer():
        key = int(key)
    elif key_kind is not Kind.INT and key_kind is not Kind.UINT:
        detail = f"a list has no index of type {key_kind.value}"
        raise EvaluationError("invalid_argument", detail, offset)
    if 0 <= key < len(value):
        return True, value[key]
    return False, None


def index(value: Any, key: Any, offset: int) -> Any:
    """``value[key]``; on an optional value the result is optional."""
    if type(value) is list and type(key) is int and 0 <= key < len(value):
        return value[key]
    if type(value) is dict and type(key) is str and key in value:
        return value[key]
    if isinstance(value, OptionalValue):
        return index_optional(value, key, offset)
    found, element = _find_element(value, key, offset)
    if found:
        return element
    if isinstance(value, dict):
        raise EvaluationError("no_such_key", "there is no such key", offset)
    raise EvaluationError("out_of_range", f"there is no element {key}", offset)


def index_optional(value: Any, key: Any, offset: int) -> Any:
    """``value[?key]``: an optional, absent when the element is."""
    if isinstance(value, OptionalValue):
        if value is ABSENT:
            return ABSENT
        value = value.value
    found, element = _find_element(value, key, offset)
    return OptionalValue(element) if found else ABSENT
