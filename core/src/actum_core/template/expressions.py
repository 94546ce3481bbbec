"""Compile each distinct expression of a template once, against the names that are known where it stands."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from actum_core.expression import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    RANDOM_FUNCTIONS,
    STEP_FUNCTIONS,
    STRING,
    TIMESTAMP,
    UINT,
    Expression,
    Scope,
    Type,
    compile_expression,
    list_of,
    map_of,
    object_of,
    type_of_source,
)
from actum_core.limits import EXPRESSIONS_SIZE_MAX
from actum_core.template.document import Variable, VariableType

TYPES: Final[dict[VariableType, Type]] = {
    VariableType.INT: INT,
    VariableType.UINT: UINT,
    VariableType.DOUBLE: DOUBLE,
    VariableType.STRING: STRING,
    VariableType.BOOL: BOOL,
    VariableType.BYTES: BYTES,
    VariableType.TIMESTAMP: TIMESTAMP,
    VariableType.DURATION: DURATION,
    VariableType.LIST: list_of(DYN),
    VariableType.MAP: map_of(STRING, DYN),
    VariableType.ANY: DYN,
}

_EVENT: Final = object_of(
    "event", {"name": STRING, "data": DYN, "id": STRING, "source": STRING, "occurred_at": TIMESTAMP}
)
_MESSAGE: Final = object_of(
    "message",
    {
        **dict.fromkeys(("name", "kind", "id", "invoke", "origin"), STRING),
        "data": DYN,
        "due": TIMESTAMP,
    },
)
_TOKEN: Final = object_of(
    "token",
    {
        **dict.fromkeys(("id", "type", "producer", "port"), STRING),
        "value": DYN,
        "parents": list_of(STRING),
    },
)


class Place(Enum):
    """Where an expression stands decides which names it knows. All know ``input``, ``now`` and random numbers."""

    #: A port of a component, and an argument that is a constant: ``params`` and nothing else.
    CONSTANT = "constant"
    #: The first value of a variable: ``self``, and ``params`` in a component.
    INITIAL = "initial"
    #: A rule: ``vars``, ``event`` and ``in_state``.
    RULE = "rule"
    #: What an expression parameter is by default: as a machine, without ``params``.
    DEFAULT = "default"
    #: The machine: as a rule, with ``message`` and ``token``, which drive the machine at the moment, ``self``, and
    #: ``params`` in a component.
    MACHINE = "machine"


class Tally:
    """How much all expressions of a document, and of what it uses, are together: see EXPRESSIONS_SIZE_MAX."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        self.size = 0

    @property
    def is_full(self) -> bool:
        """True when no more should be checked."""
        return self.size > EXPRESSIONS_SIZE_MAX


class Expressions:
    """The compiled expressions of one scope: those that share their variables and parameters.

    They are counted in a ``tally``, and found whatever it says: whoever checks a document asks it first.
    """

    def __init__(
        self,
        variables: Iterable[Variable] = (),
        parameters: Mapping[str, Type] | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.tally = Tally() if tally is None else tally
        self._variables = object_of("vars", {each.name: TYPES[each.type] for each in variables})
        self._parameters = None if parameters is None else object_of("params", parameters)
        self._scopes: dict[tuple[Place, tuple[str, ...]], Scope] = {}
        self._declared_scopes: dict[tuple[Place, tuple[str, ...], tuple[tuple[str, Type], ...]], Scope] = {}
        self._compiled: dict[tuple[Place, tuple[str, ...], str], Expression] = {}
        self._checked: dict[tuple[Scope, str], Type] = {}

    def find(self, source: str, place: Place, local: tuple[str, ...] = ()) -> Expression:
        """The expression compiled for its place; ``local`` names what loops around it bind.

        Raises ExpressionInvalid.
        """
        key = (place, local, source)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = compile_expression(source, self._scope(place, local))
            self.tally.size += found.size
        return found

    def check(self, source: str, place: Place, local: tuple[str, ...], declared: Mapping[str, Type]) -> Type:
        """The type that the expression has when some names have the types that their schemas say.

        For checking only: steps take values as they come. Raises ExpressionInvalid.
        """
        key = (place, local, tuple(declared.items()))
        scope = self._declared_scopes.get(key)
        if scope is None:
            known = dict(self._scope(place, local).variables)
            known |= {name: type_ for name, type_ in declared.items() if name in known}
            scope = self._declared_scopes[key] = Scope(known, _functions(place))
        found = self._checked.get((scope, source))
        if found is None:
            found, size = type_of_source(source, scope)
            self._checked[scope, source] = found
            self.tally.size += size
        return found

    def sources(self) -> Iterator[str]:
        """The text of every expression found so far."""
        return (source for _, _, source in self._compiled)

    def mentions(self, word: str) -> bool:
        """True when the text of some expression found so far has this word in it."""
        has_word = re.compile(rf"\b{re.escape(word)}\b").search
        return any(map(has_word, self.sources()))

    def _scope(self, place: Place, local: tuple[str, ...]) -> Scope:
        found = self._scopes.get((place, local))
        if found is None:
            known = {**self._known(place), **dict.fromkeys(local, DYN)}
            found = self._scopes[place, local] = Scope(known, _functions(place))
        return found

    def _known(self, place: Place) -> dict[str, Type]:
        parameters = {} if self._parameters is None else {"params": self._parameters}
        if place is Place.CONSTANT:
            return parameters
        known: dict[str, Type] = {"input": DYN, "now": TIMESTAMP}
        if place is Place.INITIAL:
            return {**known, "self": STRING, **parameters}
        known |= {"vars": self._variables, "event": _EVENT}
        if place is Place.RULE:
            return known
        known |= {"message": _MESSAGE, "token": _TOKEN, "self": STRING}
        return known if place is Place.DEFAULT else {**known, **parameters}


def event_type(data: Type) -> Type:
    """The type of ``event`` whose data is of a known type."""
    return object_of("event", {**_EVENT.fields, "data": data})


def message_type(data: Type) -> Type:
    """The type of ``message`` whose data is of a known type."""
    return object_of("message", {**_MESSAGE.fields, "data": data})


def _functions(place: Place) -> Mapping[str, Any] | None:
    if place is Place.CONSTANT:
        return None
    return RANDOM_FUNCTIONS if place is Place.INITIAL else STEP_FUNCTIONS
