"""Closures that build lists and maps."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from actum_core.expression.code import Run
from actum_core.expression.errors import EvaluationError
from actum_core.expression.overloads import kind_of
from actum_core.expression.sizes import check_list_size
from actum_core.expression.types import Kind
from actum_core.expression.values import ABSENT, BooleanKeyMap, OptionalValue

_KEYS: Final = frozenset({Kind.STRING, Kind.INT, Kind.UINT, Kind.BOOL})


class MapBuilder:
    """Collects entries; refuses a key given twice, equal numbers of different types included."""

    __slots__ = ("_entries", "_offset")

    def __init__(self, offset: int) -> None:
        self._entries: dict[Any, Any] = {}
        self._offset = offset

    def add(self, key: Any, value: Any) -> None:
        """One more entry; raises EvaluationError for a key that is there or cannot be one."""
        if type(key) is not str:
            kind = kind_of(key)
            if kind not in _KEYS:
                raise EvaluationError("invalid_argument", f"a {kind.value} cannot be a key", self._offset)
            if kind is Kind.BOOL and type(self._entries) is not BooleanKeyMap:
                self._entries = BooleanKeyMap(self._entries.items())
        if key in self._entries:
            raise EvaluationError("duplicate_key", f"the key {key!r} is given twice", self._offset)
        check_list_size(len(self._entries) + 1)
        self._entries[key] = value

    def finish(self) -> dict[Any, Any]:
        """The map."""
        return self._entries


_RANKS: Final = {Kind.BOOL: 0, Kind.INT: 1, Kind.UINT: 1, Kind.DOUBLE: 1, Kind.STRING: 2}


def ordered_keys(entries: Mapping[Any, Any]) -> list[Any]:
    """The keys of a map in the one order that macros see: booleans, numbers, strings, each ascending.

    Not the order in which they arrived: that is lost when a map is stored as canonical JSON, and a replay would
    see another.
    """
    try:
        return sorted(entries) if type(entries) is dict else sorted(entries, key=_order)
    except TypeError:
        return sorted(entries, key=_order)


def _order(key: Any) -> tuple[int, Any]:
    return _RANKS.get(kind_of(key), 3), key


def unwrap(value: Any, offset: int) -> Any:
    """The optional value of a ``?`` element or entry."""
    if isinstance(value, OptionalValue):
        return value
    raise EvaluationError("no_such_overload", f"a {kind_of(value).value} is not an optional", offset)


def make_list(elements: Sequence[Run], optional: frozenset[int], offset: int) -> Run:
    """A list of the elements; those at the optional places are left out when absent."""

    def run(activation: Mapping[str, Any], state: list[Any]) -> list[Any]:
        return [element(activation, state) for element in parts]

    def run_optional(activation: Mapping[str, Any], state: list[Any]) -> list[Any]:
        made = []
        for place, element in enumerate(parts):
            value = element(activation, state)
            if place not in optional:
                made.append(value)
            elif unwrap(value, offset) is not ABSENT:
                made.append(value.value)
        return made

    parts = tuple(elements)
    return run_optional if optional else run


def make_map(entries: Sequence[tuple[Run, Run]], optional: frozenset[int], offset: int) -> Run:
    """A map of the entries; those at the optional places are left out when their value is absent."""
    parts = tuple(entries)

    def run(activation: Mapping[str, Any], state: list[Any]) -> dict[Any, Any]:
        made = MapBuilder(offset)
        for place, (key_of, value_of) in enumerate(parts):
            key = key_of(activation, state)
            value = value_of(activation, state)
            if place not in optional:
                made.add(key, value)
            elif unwrap(value, offset) is not ABSENT:
                made.add(key, value.value)
        return made.finish()

    return run
