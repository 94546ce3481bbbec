"""Functions between types: size, type, dyn, and the conversions named after types."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from actum_core.canonical_json import format_number
from actum_core.expression.arithmetic import as_double
from actum_core.expression.errors import EvaluationError
from actum_core.expression.overloads import Overload, kind_of
from actum_core.expression.sizes import TRAVERSED_PER_UNIT, check_string_size
from actum_core.expression.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    Kind,
    list_of,
    map_of,
    type_of,
    variable,
)
from actum_core.expression.values import INT_MAX, INT_MIN, SECOND, UINT_MAX, Timestamp, TypeValue, Uint

_A: Final = variable("A")
_B: Final = variable("B")


def by_size(value: Any, *rest: Any) -> int:
    """Cost in proportion to the length of the first argument."""
    return len(value) // TRAVERSED_PER_UNIT


#: Units for reading a number, or making one that is unsigned.
_NUMBER_COST: Final = 4


def _double_cost(value: float) -> int:
    return 15


def format_double(value: float) -> str:
    """A double as text: the shortest that reads back the same, in ECMA-262 form."""
    if math.isfinite(value):
        return format_number(value)
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _out_of_range(target: str) -> EvaluationError:
    return EvaluationError("out_of_range", f"the value does not fit {target}")


def _unreadable(text: str, target: str) -> EvaluationError:
    shown = text if len(text) <= 40 else text[:40] + "…"
    return EvaluationError("invalid_argument", f"{shown!r} is not a {target}")


def _double_to_int(value: float) -> int:
    # Both ends are left out: 2**63 is no int, and doubles near either end stand for ranges that cross it.
    if not -(2.0**63) < value < 2.0**63:
        raise _out_of_range("a 64-bit integer")
    return int(value)


def _double_to_uint(value: float) -> Uint:
    if not 0.0 <= value < 2.0**64:
        raise _out_of_range("an unsigned 64-bit integer")
    return Uint(int(value))


def _to_int(value: int) -> int:
    if not INT_MIN <= value <= INT_MAX:
        raise _out_of_range("a 64-bit integer")
    return int(value)


def _to_uint(value: int) -> Uint:
    if not 0 <= value <= UINT_MAX:
        raise _out_of_range("an unsigned 64-bit integer")
    return Uint(value)


_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_DOUBLE: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,10})?", re.ASCII)
_DOUBLE_NAMES: Final = {
    "nan": math.nan,
    "inf": math.inf,
    "infinity": math.inf,
}


def _text_to_int(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise _unreadable(text, "whole number")
    return _to_int(int(text))


def _text_to_uint(text: str) -> Uint:
    if not _DIGITS.fullmatch(text) or text[0] in "+-":
        raise _unreadable(text, "whole number that is not negative")
    return _to_uint(int(text))


def _text_to_double(text: str) -> float:
    if len(text) <= 400 and _DOUBLE.fullmatch(text):
        return float(text)
    sign = -1.0 if text[:1] == "-" else 1.0
    name = text[1:] if text[:1] in ("+", "-") else text
    if name.lower() not in _DOUBLE_NAMES:
        raise _unreadable(text, "number")
    return sign * _DOUBLE_NAMES[name.lower()]


_BOOLS: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("0", "f", "F", "false", "False", "FALSE"), False),
}


def _text_to_bool(text: str) -> bool:
    if text not in _BOOLS:
        raise _unreadable(text, "bool")
    return _BOOLS[text]


def _bytes_to_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise EvaluationError("invalid_argument", "the bytes are not UTF-8") from None


def to_bytes(text: str) -> bytes:
    """The string as UTF-8; raises EvaluationError."""
    check_string_size(len(text))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise EvaluationError("invalid_argument", "the string has half of a surrogate pair") from None


def _timestamp_to_int(value: Timestamp) -> int:
    return value.nanoseconds // SECOND


_TYPE_VALUES: Final = {kind: TypeValue(kind.value) for kind in Kind}


def type_name(value: object) -> TypeValue:
    """The type of a value, as a value."""
    return _TYPE_VALUES[kind_of(value)]


def _same(value: object) -> object:
    return value


CONVERSIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "size": [
        *(Overload((t,), INT, len) for t in (STRING, BYTES, list_of(_A), map_of(_A, _B))),
        *(Overload((t,), INT, len, is_member=True) for t in (STRING, BYTES, list_of(_A), map_of(_A, _B))),
    ],
    "type": [Overload((_A,), type_of(_A), type_name, 5)],
    "dyn": [Overload((_A,), DYN, _same)],
    "bool": [Overload((BOOL,), BOOL, _same), Overload((STRING,), BOOL, _text_to_bool)],
    "int": [
        Overload((INT,), INT, _to_int),
        Overload((UINT,), INT, _to_int),
        Overload((DOUBLE,), INT, _double_to_int),
        Overload((STRING,), INT, _text_to_int, _NUMBER_COST),
        Overload((TIMESTAMP,), INT, _timestamp_to_int),
    ],
    "uint": [
        Overload((UINT,), UINT, _to_uint, _NUMBER_COST),
        Overload((INT,), UINT, _to_uint),
        Overload((DOUBLE,), UINT, _double_to_uint),
        Overload((STRING,), UINT, _text_to_uint),
    ],
    "double": [
        Overload((DOUBLE,), DOUBLE, _same),
        Overload((INT,), DOUBLE, as_double),
        Overload((UINT,), DOUBLE, as_double),
        Overload((STRING,), DOUBLE, _text_to_double, _NUMBER_COST),
    ],
    "string": [
        Overload((STRING,), STRING, _same),
        Overload((BOOL,), STRING, lambda value: "true" if value else "false"),
        Overload((INT,), STRING, lambda value: str(_to_int(value))),
        Overload((UINT,), STRING, lambda value: str(int(value))),
        Overload((DOUBLE,), STRING, format_double, _double_cost),
        Overload((BYTES,), STRING, _bytes_to_text, by_size),
    ],
    "bytes": [Overload((BYTES,), BYTES, _same), Overload((STRING,), BYTES, to_bytes, by_size)],
}
