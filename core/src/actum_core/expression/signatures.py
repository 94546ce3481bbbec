"""The static signatures of the operators; what they do is in operators.py."""

from collections.abc import Mapping, Sequence
from typing import Final

from actum_core.expression.overloads import Signature
from actum_core.expression.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    Kind,
    Type,
    list_of,
    map_of,
    variable,
)

#: Parameter types and the type of the result.
Row = tuple[tuple[Type, ...], Type]

_A: Final = variable("A")
_B: Final = variable("B")
_NUMBERS: Final = (INT, UINT, DOUBLE)


def _closed(*types: Type) -> list[Row]:
    return [((t, t), t) for t in types]


#: An int beside a double becomes a double: our addition to cel-spec, because JSON does not tell them apart.
_PROMOTED: Final[list[Row]] = [((INT, DOUBLE), DOUBLE), ((DOUBLE, INT), DOUBLE)]

_COMPARED: Final[list[Row]] = [
    *(((t, t), BOOL) for t in (BOOL, STRING, BYTES, TIMESTAMP, DURATION)),
    *(((first, second), BOOL) for first in _NUMBERS for second in _NUMBERS),
]

_ROWS: Final[Mapping[str, Sequence[Row]]] = {
    "!_": [((BOOL,), BOOL)],
    "-_": [((INT,), INT), ((DOUBLE,), DOUBLE)],
    "+": [
        *_closed(INT, UINT, DOUBLE, STRING, BYTES, list_of(_A), DURATION),
        *_PROMOTED,
        ((TIMESTAMP, DURATION), TIMESTAMP),
        ((DURATION, TIMESTAMP), TIMESTAMP),
    ],
    "-": [
        *_closed(INT, UINT, DOUBLE, DURATION),
        *_PROMOTED,
        ((TIMESTAMP, TIMESTAMP), DURATION),
        ((TIMESTAMP, DURATION), TIMESTAMP),
    ],
    "*": [*_closed(INT, UINT, DOUBLE), *_PROMOTED],
    "/": [*_closed(INT, UINT, DOUBLE), *_PROMOTED],
    "%": _closed(INT, UINT),
    "==": [((_A, _A), BOOL)],
    "!=": [((_A, _A), BOOL)],
    "<": _COMPARED,
    "<=": _COMPARED,
    ">": _COMPARED,
    ">=": _COMPARED,
    "in": [((_A, list_of(_A)), BOOL), ((_A, map_of(_A, _B)), BOOL)],
}

SIGNATURES: Final[Mapping[str, Sequence[Signature]]] = {
    operator: tuple(Signature(*row) for row in rows) for operator, rows in _ROWS.items()
}

#: The result of each operator on two types without parameters: what most operators are checked by.
SIMPLE_RESULTS: Final[Mapping[tuple[str, Kind, Kind], Type]] = {
    (operator, parameters[0].kind, parameters[1].kind): result
    for operator, rows in _ROWS.items()
    for parameters, result in rows
    if len(parameters) == 2 and not any(t.parameters or t.kind is Kind.VARIABLE for t in parameters)
} | {
    (operator, *pair): BOOL
    for operator in ("<", "<=", ">", ">=")
    for parameters, _ in _COMPARED
    for pair in ((Kind.DYN, parameters[0].kind), (parameters[0].kind, Kind.DYN))
}
