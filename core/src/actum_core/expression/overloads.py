"""One form of a function: its signature, its cost and what it does; and the choice among forms at run time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from actum_core.expression.errors import EvaluationError
from actum_core.expression.types import Kind, Type, mentions_variable
from actum_core.expression.values import Duration, OptionalValue, Timestamp, TypeValue, Uint

#: Cost of a call: a fixed number of units, or computed from the arguments before the work is done.
Cost = int | Callable[..., int]


@dataclass(frozen=True, slots=True)
class Overload:
    """One form of a function.

    A member form is called on its first parameter: ``'a'.size()``. The implementation gets the arguments as
    plain values and MUST be deterministic, MUST NOT change them, and fails with EvaluationError only. It MUST
    refuse a result above the bounds before building it, and its cost MUST grow with the work it does. Only one
    that ``needs_step`` may ask the step that it runs in.
    """

    parameters: tuple[Type, ...]
    result: Type
    implementation: Callable[..., object] | None
    cost: Cost = 1
    is_member: bool = False
    #: The implementation takes the meter after its arguments, and pays as it works.
    is_metered: bool = False
    #: What it pays as it works, at most; None where size decides.
    metered_most: int | None = None
    #: It asks the meter's context as well: its value is no constant, even when its arguments are.
    needs_step: bool = False

    @property
    def paid_most(self) -> int | None:
        """What the implementation itself pays at most."""
        return self.metered_most if self.is_metered else 0


#: Kinds of types that have no parts and accept only themselves.
PLAIN: Final = frozenset({Kind.BOOL, Kind.INT, Kind.UINT, Kind.DOUBLE, Kind.STRING, Kind.BYTES})


class Signature:
    """The static side of one form of a function or operator."""

    __slots__ = ("is_generic", "kinds", "parameters", "result")

    def __init__(self, parameters: tuple[Type, ...], result: Type) -> None:
        self.parameters = parameters
        self.result = result
        self.is_generic = any(mentions_variable(each) for each in (*parameters, result))
        #: The parameters' kinds, when these alone decide: no type of it has parts or may stand for several.
        self.kinds: tuple[Kind, ...] | None = (
            tuple(parameter.kind for parameter in parameters)
            if all(parameter.kind in PLAIN for parameter in parameters) and result.kind in PLAIN
            else None
        )


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


#: A form ready to be called: its implementation, its cost where that depends on the arguments, and whether it is
#: given the meter.
Chosen = tuple[Callable[..., object], Callable[..., int] | None, bool]


#: Units for finding the form by the classes of several arguments.
_MANY_COST: Final = 2


class Dispatcher:
    """The forms of one function with one number of arguments; picks by the classes of the values.

    ``lump`` is what every call pays before its arguments are known; ``extra_most`` bounds what comes on top, None
    where size decides.
    """

    __slots__ = ("_chosen", "extra_most", "forms", "lump", "name", "signatures")

    def __init__(self, name: str, forms: Sequence[Overload]) -> None:
        self.name = name
        self.forms = tuple(forms)
        self.signatures = tuple(Signature(form.parameters, form.result) for form in self.forms)
        self.lump = max((form.cost for form in self.forms if isinstance(form.cost, int)), default=1)
        if self.forms and len(self.forms[0].parameters) > 1:
            self.lump += _MANY_COST
        bounds = [form.paid_most if isinstance(form.cost, int) else None for form in self.forms]
        self.extra_most = None if None in bounds else max(bound for bound in bounds if bound is not None)
        # At most one entry for each combination of the few classes that values have.
        self._chosen: dict[tuple[type, ...], Chosen] = {}

    @property
    def needs_step(self) -> bool:
        """Whether a form may ask the step."""
        return any(form.needs_step for form in self.forms)

    def choose(self, classes: tuple[type, ...]) -> Chosen:
        """The form for arguments of these classes; raises EvaluationError when there is none."""
        found = self._chosen.get(classes)
        if found is None:
            found = self._chosen[classes] = self._find(classes)
        return found

    def _find(self, classes: tuple[type, ...]) -> Chosen:
        kinds = tuple(map(kind_of_class, classes))
        for form in self.forms:
            if form.implementation is not None and all(map(_fits, form.parameters, kinds)):
                cost = None if isinstance(form.cost, int) else form.cost
                return form.implementation, cost, form.is_metered
        raise no_overload(self.name, kinds)


def no_overload(name: str, kinds: Sequence[Kind]) -> EvaluationError:
    """The error of applying a function or operator to values it has no form for."""
    shown = ", ".join(kind.value for kind in kinds)
    return EvaluationError("no_such_overload", f"{name} cannot be applied to ({shown})")
