"""The values of the expression language that plain Python has no type for.

Everything else is plain: int, float, str, bytes, bool, None, list or tuple, dict. A dict that comes from
outside has string keys, as JSON has; a map with boolean keys is a ``BooleanKeyMap``, because Python takes
True and 1 for the same key and CEL does not.
"""

from collections.abc import ItemsView, Iterable, Iterator, KeysView
from dataclasses import dataclass
from typing import Any, Final

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
UINT_MAX: Final = 2**64 - 1

SECOND: Final = 1_000_000_000

#: 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z in nanoseconds since 1970 (google.protobuf.Timestamp).
TIMESTAMP_MIN: Final = -62_135_596_800 * SECOND
TIMESTAMP_MAX: Final = 253_402_300_800 * SECOND - 1

#: About 10,000 years (google.protobuf.Duration).
DURATION_MAX: Final = 315_576_000_000 * SECOND


class Uint(int):
    """An unsigned 64-bit integer; equal to the int of the same value, as CEL's cross-type equality says."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{int(self)}u"


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A moment, in nanoseconds since 1970-01-01T00:00:00Z."""

    nanoseconds: int


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time in nanoseconds; may be negative."""

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value: what ``type(x)`` gives. Only the outermost name counts, as cel-spec says."""

    name: str


class OptionalValue:
    """A value that may be absent. ``ABSENT`` is the only absent one."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "optional.none()" if self is ABSENT else f"optional.of({self.value!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OptionalValue):
            return NotImplemented
        if self is ABSENT or other is ABSENT:
            return self is other
        return self.value == other.value

    def __hash__(self) -> int:
        return hash(("optional", None if self is ABSENT else repr(self.value)))


ABSENT: Final = OptionalValue(None)


@dataclass(frozen=True, slots=True)
class _BooleanKey:
    value: bool


_KEYS: Final = {True: _BooleanKey(True), False: _BooleanKey(False)}


class BooleanKeyMap(dict[Any, Any]):
    """A map that may have boolean keys beside numbers; looks like any other map to its readers."""

    __slots__ = ()

    def __init__(self, entries: Iterable[tuple[object, object]] = ()) -> None:
        super().__init__()
        for key, value in entries:
            self[key] = value

    def __setitem__(self, key: object, value: object) -> None:
        super().__setitem__(_KEYS[key] if type(key) is bool else key, value)

    def __getitem__(self, key: object) -> object:
        return super().__getitem__(_KEYS[key] if type(key) is bool else key)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(_KEYS[key] if type(key) is bool else key)

    def get(self, key: object, default: object = None) -> Any:
        return super().get(_KEYS[key] if type(key) is bool else key, default)

    def __iter__(self) -> Iterator[Any]:
        for key in super().__iter__():
            yield key.value if type(key) is _BooleanKey else key

    # dict's own views are classes that cannot be made, and would show the stand-ins for booleans.

    def keys(self) -> KeysView[Any]:  # type: ignore[override]  # a view of the same use, of another class
        return KeysView(self)

    def items(self) -> ItemsView[Any, Any]:  # type: ignore[override]  # a view of the same use, of another class
        return ItemsView(self)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key!r}: {self[key]!r}" for key in self) + "}"
