"""The static types of the expression language, and which type may stand where another is expected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

_NO_FIELDS: Final[Mapping[str, "Type"]] = MappingProxyType({})


class Kind(Enum):
    """The outermost form of a type; the value is its name in the language."""

    DYN = "dyn"
    ERROR = "error"
    NULL = "null_type"
    BOOL = "bool"
    INT = "int"
    UINT = "uint"
    DOUBLE = "double"
    STRING = "string"
    BYTES = "bytes"
    TIMESTAMP = "google.protobuf.Timestamp"
    DURATION = "google.protobuf.Duration"
    LIST = "list"
    MAP = "map"
    TYPE = "type"
    OPTIONAL = "optional_type"
    OBJECT = "object"
    ABSTRACT = "abstract"
    VARIABLE = "variable"

    # Kinds are looked up for every operator: by identity, not by Enum's hash of the name, which is Python code.
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Type:
    """A static type.

    ``parameters`` are the element types of a list, map, type, optional or abstract type. ``name`` names an
    object, an abstract type or a type variable. ``fields`` are an object's known fields; an ``is_open``
    object may have others, whose type is dyn.
    """

    kind: Kind
    parameters: tuple["Type", ...] = ()
    name: str = ""
    fields: Mapping[str, "Type"] = field(default_factory=lambda: _NO_FIELDS, hash=False)
    is_open: bool = False

    def __str__(self) -> str:
        if self.kind is Kind.TIMESTAMP or self.kind is Kind.DURATION:
            return self.kind.name.lower()
        if self.kind is Kind.NULL:
            return "null"
        if self.kind in (Kind.OBJECT, Kind.ABSTRACT, Kind.VARIABLE):
            base = self.name or self.kind.value
        else:
            base = str(self.kind.value)
        return base + (f"({', '.join(map(str, self.parameters))})" if self.parameters else "")


DYN: Final = Type(Kind.DYN)
ERROR: Final = Type(Kind.ERROR)
NULL: Final = Type(Kind.NULL)
BOOL: Final = Type(Kind.BOOL)
INT: Final = Type(Kind.INT)
UINT: Final = Type(Kind.UINT)
DOUBLE: Final = Type(Kind.DOUBLE)
STRING: Final = Type(Kind.STRING)
BYTES: Final = Type(Kind.BYTES)
TIMESTAMP: Final = Type(Kind.TIMESTAMP)
DURATION: Final = Type(Kind.DURATION)
TYPE: Final = Type(Kind.TYPE)

#: The kinds among which comparisons and the int-to-double promotion mix freely.
NUMERIC: Final = frozenset({Kind.INT, Kind.UINT, Kind.DOUBLE})


def list_of(element: Type) -> Type:
    """A list whose elements have one type (dyn for a mixture)."""
    return Type(Kind.LIST, (element,))


def map_of(key: Type, value: Type) -> Type:
    """A map from keys (int, uint, bool, string) to values."""
    return Type(Kind.MAP, (key, value))


def optional_of(element: Type) -> Type:
    """A value that may be absent."""
    return Type(Kind.OPTIONAL, (element,))


def type_of(instance: Type) -> Type:
    """The type of a type: what ``type(x)`` has."""
    return Type(Kind.TYPE, (instance,))


def abstract(name: str, *parameters: Type) -> Type:
    """A type known by its name only."""
    return Type(Kind.ABSTRACT, parameters, name)


def variable(name: str) -> Type:
    """A type parameter of a generic function: stands for any one type within one call."""
    return Type(Kind.VARIABLE, (), name)


def object_of(name: str, fields: Mapping[str, Type]) -> Type:
    """A record with exactly these fields; reading another is a fault found before running."""
    return Type(Kind.OBJECT, (), name, MappingProxyType(dict(fields)))


def open_object_of(name: str, fields: Mapping[str, Type]) -> Type:
    """A record with these fields and perhaps others, which are dyn."""
    return Type(Kind.OBJECT, (), name, MappingProxyType(dict(fields)), is_open=True)


def mentions_variable(t: Type) -> bool:
    """Whether a type has a type parameter in it."""
    return t.kind is Kind.VARIABLE or any(map(mentions_variable, t.parameters))


#: Kinds that stand for several, and the two that stand for each other.
_OPEN: Final = frozenset({Kind.DYN, Kind.ERROR, Kind.VARIABLE})
_MAPS: Final = frozenset({Kind.MAP, Kind.OBJECT})


def may_accept(target: Type, source: Type) -> bool:
    """Whether ``Substitution.accepts`` is worth asking: false when the outermost kinds alone say no."""
    wanted, found = target.kind, source.kind
    return (
        wanted is found
        or wanted in _OPEN
        or found in _OPEN
        or found is Kind.NULL
        or (wanted in _MAPS and found in _MAPS)
    )


def is_assignable(target: Type, source: Type) -> bool:
    """Whether a value of the source type may be stored where the target type is declared.

    Stricter than a call's argument: dyn fits everywhere, an int fits a double, nothing else converts.
    """
    if target.kind is Kind.DOUBLE and source.kind is Kind.INT:
        return True
    return Substitution().accepts(target, source)


#: Kinds that null stands beside in a list or a conditional, as the message types of cel-spec do.
_NULLABLE: Final = frozenset({Kind.TIMESTAMP, Kind.DURATION, Kind.OPTIONAL, Kind.OBJECT, Kind.ABSTRACT})


class Substitution:
    """What the type variables of one expression have been found to stand for."""

    __slots__ = ("_bound", "_fresh", "_trail")

    def __init__(self) -> None:
        self._bound: dict[str, Type] = {}
        #: What was bound, in order, with what it stood for before.
        self._trail: list[tuple[str, Type | None]] = []
        self._fresh = 0

    def fresh(self) -> Type:
        """A new variable that nothing else mentions."""
        self._fresh += 1
        return variable(f"@{self._fresh}")

    def instantiate(self, signature: tuple[Type, ...]) -> tuple[Type, ...]:
        """The same types with every variable replaced by a fresh one, the same for the same name."""
        fresh: dict[str, Type] = {}
        return tuple(self._instantiate(t, fresh) for t in signature)

    def _instantiate(self, t: Type, fresh: dict[str, Type]) -> Type:
        if t.kind is Kind.VARIABLE:
            if t.name not in fresh:
                fresh[t.name] = self.fresh()
            return fresh[t.name]
        if not t.parameters:
            return t
        return Type(t.kind, tuple(self._instantiate(p, fresh) for p in t.parameters), t.name)

    def mark(self) -> int:
        """A place to return to when an overload does not fit."""
        return len(self._trail)

    def reset(self, mark: int) -> None:
        """Forget what was found after the mark."""
        while len(self._trail) > mark:
            name, before = self._trail.pop()
            if before is None:
                del self._bound[name]
            else:
                self._bound[name] = before

    def resolve(self, t: Type) -> Type:
        """Follow a variable to what it stands for, one level deep."""
        while t.kind is Kind.VARIABLE and t.name in self._bound:
            t = self._bound[t.name]
        return t

    def settle(self, t: Type) -> Type:
        """The type with every variable replaced; one that nothing determined becomes dyn."""
        t = self.resolve(t)
        if t.kind is Kind.VARIABLE:
            return DYN
        if not t.parameters:
            return t
        return Type(t.kind, tuple(self.settle(p) for p in t.parameters), t.name, t.fields, t.is_open)

    def _mentions(self, t: Type, name: str) -> bool:
        t = self.resolve(t)
        if t.kind is Kind.VARIABLE:
            return t.name == name
        return any(self._mentions(p, name) for p in t.parameters)

    def accepts(self, target: Type, source: Type) -> bool:
        """Whether source may stand where target is expected; binds variables on the way."""
        if target.kind is Kind.VARIABLE and target.name in self._bound:
            return self._accepts_again(target, source)
        target, source = self.resolve(target), self.resolve(source)
        if target is source:
            return True
        if target.kind is Kind.VARIABLE:
            return self._bind(target, source)
        if source.kind is Kind.VARIABLE:
            return self._bind(source, target)
        if Kind.DYN in (target.kind, source.kind) or Kind.ERROR in (target.kind, source.kind):
            return True
        if source.kind is Kind.NULL and target.kind in _NULLABLE:
            return True
        # An object is a map with string keys of which some are known.
        if target.kind is Kind.MAP and source.kind is Kind.OBJECT:
            return self.accepts(target.parameters[0], STRING) and self.accepts(target.parameters[1], DYN)
        if target.kind is Kind.OBJECT and source.kind is Kind.MAP:
            return self.accepts(source.parameters[0], STRING)
        if target.kind is not source.kind:
            return False
        return self._accepts_parts(target, source)

    def _accepts_again(self, free: Type, source: Type) -> bool:
        """A second type for the same variable: it stands for the wider of the two from now on."""
        found = self._bound[free.name]
        if not self.accepts(found, source):
            return False
        wider = self._wider(found, source)
        if wider is not found and found.kind is not Kind.VARIABLE:
            self._trail.append((free.name, found))
            self._bound[free.name] = wider
        return True

    def _accepts_parts(self, target: Type, source: Type) -> bool:
        if target.kind is Kind.OBJECT:
            return True
        if target.kind is Kind.ABSTRACT and target.name != source.name:
            return False
        if target.kind is Kind.TYPE:
            return True
        if len(target.parameters) != len(source.parameters):
            return False
        return all(map(self.accepts, target.parameters, source.parameters))

    def _bind(self, free: Type, t: Type) -> bool:
        if t.kind is Kind.VARIABLE and t.name == free.name:
            return True
        if self._mentions(t, free.name):
            return False
        self._bound[free.name] = t
        self._trail.append((free.name, None))
        return True

    def join(self, first: Type, second: Type) -> Type | None:
        """The type that holds both, or None when there is none but dyn."""
        mark = self.mark()
        if self.accepts(first, second):
            return self._wider(first, second)
        self.reset(mark)
        if self.accepts(second, first):
            return self._wider(second, first)
        self.reset(mark)
        return None

    def _wider(self, first: Type, second: Type) -> Type:
        """Of two types that accept each other, the one that promises less."""
        first, second = self.resolve(first), self.resolve(second)
        if first.kind is Kind.DYN or second.kind is Kind.DYN:
            return DYN
        if Kind.OBJECT in (first.kind, second.kind) and first != second:
            return map_of(STRING, DYN) if Kind.NULL not in (first.kind, second.kind) else first
        if first.kind is not second.kind or len(first.parameters) != len(second.parameters):
            return first
        if first.kind is Kind.TYPE:
            return first if first == second else TYPE
        if not first.parameters:
            return first
        return Type(first.kind, tuple(map(self._wider, first.parameters, second.parameters)), first.name)
