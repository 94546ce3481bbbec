"""What an expression may mention: the variables with their types, and the functions."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from actum_core.expression.functions import STANDARD_FUNCTIONS
from actum_core.expression.overloads import Dispatcher, Functions, Overload
from actum_core.expression.syntax import Call, Name, Node, Select, qualified_name
from actum_core.expression.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    Type,
    list_of,
    map_of,
    optional_of,
)
from actum_core.expression.values import TypeValue

#: Types that can be named in an expression.
NAMED_TYPES: Final[Mapping[str, Type]] = MappingProxyType(
    {
        "bool": BOOL,
        "bytes": BYTES,
        "double": DOUBLE,
        "google.protobuf.Duration": DURATION,
        "google.protobuf.Timestamp": TIMESTAMP,
        "int": INT,
        "list": list_of(DYN),
        "map": map_of(DYN, DYN),
        "null_type": NULL,
        "optional_type": optional_of(DYN),
        "string": STRING,
        "type": TYPE,
        "uint": UINT,
    }
)

TYPE_VALUES: Final[Mapping[str, TypeValue]] = MappingProxyType(
    {name: TypeValue(name) for name in NAMED_TYPES}
)

FunctionKey = tuple[str, bool, int]


def _first_parts(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in names if "." in name)


_TYPE_ROOTS: Final = _first_parts(NAMED_TYPES)
_FUNCTION_ROOTS: Final = _first_parts(STANDARD_FUNCTIONS)


class Scope:
    """The names that an expression may use.

    ``variables`` maps names (dotted ones too) to types. ``functions`` adds to the standard ones; forms for an
    existing name are added to it and are tried after those. ``container`` is a dotted prefix that names may
    leave out, innermost first, as cel-spec "Name Resolution" says.
    """

    __slots__ = ("_dispatchers", "_function_roots", "_roots", "container", "functions", "variables")

    def __init__(
        self, variables: Mapping[str, Type], functions: Functions | None = None, container: str = ""
    ) -> None:
        self.variables: Mapping[str, Type] = MappingProxyType(dict(variables))
        self.container = container
        if functions:
            merged: dict[str, tuple[Overload, ...]] = dict(STANDARD_FUNCTIONS)
            for name, forms in functions.items():
                added: Sequence[Overload] = (forms,) if isinstance(forms, Overload) else tuple(forms)
                merged[name] = (*merged.get(name, ()), *added)
            self.functions: Mapping[str, tuple[Overload, ...]] = MappingProxyType(merged)
        else:
            self.functions = STANDARD_FUNCTIONS
        self._dispatchers: dict[FunctionKey, Dispatcher | None] = {}
        # What the dotted names begin with: most selections begin with none of them and are plain fields.
        self._roots = _first_parts(self.variables) | _TYPE_ROOTS
        self._function_roots = (
            _FUNCTION_ROOTS if self.functions is STANDARD_FUNCTIONS else _first_parts(self.functions)
        )

    def may_begin_name(self, first: str) -> bool:
        """Whether a dotted variable or type may begin with this part."""
        return bool(self.container) or first in self._roots

    def may_begin_function(self, first: str) -> bool:
        """Whether a namespaced function may begin with this part."""
        return bool(self.container) or first in self._function_roots

    def candidates(self, name: str) -> list[str]:
        """What a name may stand for, most qualified first; a leading dot leaves only the name itself."""
        if name.startswith("."):
            return [name[1:]]
        found = []
        prefix = self.container
        while prefix:
            found.append(f"{prefix}.{name}")
            prefix = prefix.rpartition(".")[0]
        return [*found, name]

    def find_variable(self, name: str) -> str | None:
        """The declared variable or type that the name stands for."""
        if not self.container and not name.startswith("."):
            return name if name in self.variables or name in NAMED_TYPES else None
        for candidate in self.candidates(name):
            if candidate in self.variables or candidate in NAMED_TYPES:
                return candidate
        return None

    def find_function(self, name: str, count: int) -> Dispatcher | None:
        """The global function with this number of arguments."""
        for candidate in self.candidates(name):
            found = self._dispatcher((candidate, False, count))
            if found is not None:
                return found
        return None

    def find_member(self, name: str, count: int) -> Dispatcher | None:
        """The member function with this number of arguments, the target counted."""
        return self._dispatcher((name, True, count))

    def has_function(self, name: str) -> bool:
        """Whether a global function of this name exists, with any number of arguments."""
        return any(
            any(not form.is_member for form in self.functions.get(candidate, ()))
            for candidate in self.candidates(name)
        )

    def _dispatcher(self, key: FunctionKey) -> Dispatcher | None:
        if key not in self._dispatchers:
            name, is_member, count = key
            forms = [
                form
                for form in self.functions.get(name, ())
                if form.is_member is is_member and len(form.parameters) == count
            ]
            # Looked-up names come from sources; what does not exist is not remembered.
            if not forms:
                return None
            self._dispatchers[key] = Dispatcher(name, forms)
        return self._dispatchers[key]


def find_reference(node: Node, scope: Scope, local: Mapping[str, object]) -> str | None:
    """The variable or type that a name, or a whole dotted chain, stands for; None when it is a field access.

    A comprehension's variable hides every longer name that begins with it, unless a dot comes first.
    """
    if isinstance(node, Name):
        return scope.find_variable("." + node.name if node.is_absolute else node.name)
    if not isinstance(node, Select) or not _may_be_name(node, scope, local):
        return None
    name = qualified_name(node)
    return None if name is None else scope.find_variable(name)


def _may_be_name(node: Select, scope: Scope, local: Mapping[str, object]) -> bool:
    """Whether the first part of a chain of selections leaves it open that the chain is one name."""
    root: Node = node
    while isinstance(root, Select):
        root = root.operand
    if not isinstance(root, Name) or (root.name in local and not root.is_absolute):
        return False
    return scope.may_begin_name(root.name)


def find_namespaced(node: Call, scope: Scope, local: Mapping[str, object]) -> str | None:
    """The dotted name of a namespaced function (``math.abs``) that a member call spells, or None."""
    assert node.target is not None
    prefix = qualified_name(node.target)
    if prefix is None:
        return None
    first = prefix.partition(".")[0]
    if first in local or (first and not scope.may_begin_function(first)):
        return None
    name = f"{prefix}.{node.function}"
    return name if scope.has_function(name) else None
