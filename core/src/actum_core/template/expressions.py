"""Compile each distinct expression of a template once, against the names that are known where it stands."""

import re
from enum import Enum
from typing import Final

from actum_core.expression import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
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
)
from actum_core.template.document import Template, VariableType
from actum_core.template.in_state import IN_STATE

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
_MESSAGE: Final = object_of("message", {"name": STRING, "data": DYN})


class Place(Enum):
    """Where an expression stands decides which names it knows."""

    #: The first value of a variable: ``input`` and ``now``.
    INITIAL = "initial"
    #: A rule: ``vars``, ``input``, ``event``, ``now`` and ``in_state``.
    RULE = "rule"
    #: The machine: as a rule, and ``message``, which is what drives the machine at the moment.
    MACHINE = "machine"


class Expressions:
    """The compiled expressions of one template."""

    def __init__(self, template: Template) -> None:
        self._variables = object_of("vars", {each.name: TYPES[each.type] for each in template.variables})
        self._scopes: dict[tuple[Place, tuple[str, ...]], Scope] = {}
        self._compiled: dict[tuple[Place, tuple[str, ...], str], Expression] = {}

    def find(self, source: str, place: Place, local: tuple[str, ...] = ()) -> Expression:
        """The expression compiled for its place; ``local`` names what loops around it bind.

        Raises ExpressionInvalid.
        """
        key = (place, local, source)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = compile_expression(source, self._scope(place, local))
        return found

    def mentions(self, word: str) -> bool:
        """True when the text of some expression found so far has this word in it."""
        has_word = re.compile(rf"\b{re.escape(word)}\b").search
        return any(has_word(source) for _, _, source in self._compiled)

    def _scope(self, place: Place, local: tuple[str, ...]) -> Scope:
        found = self._scopes.get((place, local))
        if found is not None:
            return found
        known: dict[str, Type] = {"input": DYN, "now": TIMESTAMP}
        if place is not Place.INITIAL:
            known |= {"vars": self._variables, "event": _EVENT}
        if place is Place.MACHINE:
            known["message"] = _MESSAGE
        known |= dict.fromkeys(local, DYN)
        functions = None if place is Place.INITIAL else IN_STATE
        scope = self._scopes[place, local] = Scope(known, functions)
        return scope
