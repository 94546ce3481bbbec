"""One form of a function: its signature, its cost and what it does; and the choice among forms at run time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actum_core.expression.errors import EvaluationError
from actum_core.expression.types import Kind, Type
from actum_core.expression.values import Duration, OptionalValue, Timestamp, TypeValue, Uint

#: Cost of a call: a fixed number of units, or computed from the arguments before the work is done.
Cost = int | Callable[..., int]


@dataclass(frozen=True, slots=True)
class Overload:
    """One form of a function.

    A member form is called on its first parameter: ``'a'.size()``. The implementation gets the arguments as
    plain values and MUST be deterministic, MUST NOT change them, and fails with EvaluationError only. It MUST
    refuse a result above the bounds before building it, and its cost MUST grow with the work it does.
    """

    parameters: tuple[Type, ...]
    result: Type
    implementation: Callable[..., object] | None
    cost: Cost = 1
    is_member: bool = False
    #: The implementation takes the meter after its arguments, and pays as it works.
    is_metered: bool = False


#: A function's forms by name; a dotted name is a namespaced function, as in ``math.abs``.
Functions = Mapping[str, Overload | Sequence[Overload]]

_KINDS: Final[dict[type, Kind]] = {
    bool: Kind.BOOL,
    int: Kind.INT,
    Uint: Kind.UINT,
    float: Kind.DOUBLE,
    str: Kind.STRING,
    bytes: Kind.BYTES,
    type(None): Kind.NULL,
    list: Kind.LIST,
    tuple: Kind.LIST,
    dict: Kind.MAP,
    Timestamp: Kind.TIMESTAMP,
    Duration: Kind.DURATION,
    TypeValue: Kind.TYPE,
    OptionalValue: Kind.OPTIONAL,
}


def kind_of_class(cls: type) -> Kind:
    """The kind of the values of a Python class; raises EvaluationError for one that is no value of ours."""
    found = _KINDS.get(cls)
    if found is not None:
        return found
    for base in cls.__mro__:
        if base in _KINDS:
            return _KINDS[base]
    raise EvaluationError("invalid_argument", f"a Python {cls.__name__} is not a value of the language")


def kind_of(value: object) -> Kind:
    """The kind of a value at run time."""
    return kind_of_class(type(value))


def _fits(parameter: Type, kind: Kind) -> bool:
    if parameter.kind in (Kind.DYN, Kind.VARIABLE):
        return True
    if parameter.kind is Kind.OBJECT:
        return kind is Kind.MAP
    return parameter.kind is kind


class Dispatcher:
    """The forms of one function with one number of arguments; picks by the classes of the values."""

    __slots__ = ("_chosen", "_forms", "name")

    def __init__(self, name: str, forms: Sequence[Overload]) -> None:
        self.name = name
        self._forms = tuple(forms)
        # At most one entry for each combination of the few classes that values have.
        self._chosen: dict[Any, Overload] = {}

    @property
    def forms(self) -> tuple[Overload, ...]:
        return self._forms

    def choose(self, classes: tuple[type, ...]) -> Overload:
        """The form for arguments of these classes; raises EvaluationError when there is none."""
        found = self._chosen.get(classes)
        if found is None:
            found = self._chosen[classes] = self._find(classes)
        return found

    def _find(self, classes: tuple[type, ...]) -> Overload:
        kinds = tuple(map(kind_of_class, classes))
        for form in self._forms:
            if form.implementation is not None and all(map(_fits, form.parameters, kinds)):
                return form
        raise no_overload(self.name, kinds)


def no_overload(name: str, kinds: Sequence[Kind]) -> EvaluationError:
    """The error of applying a function or operator to values it has no form for."""
    shown = ", ".join(kind.value for kind in kinds)
    return EvaluationError("no_such_overload", f"{name} cannot be applied to ({shown})")
