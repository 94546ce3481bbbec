"""``string.format``: the clauses of cel-spec's string extension."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from actum_core.expression.arithmetic import as_double
from actum_core.expression.conversions import format_double
from actum_core.expression.errors import EvaluationError
from actum_core.expression.meter import Meter
from actum_core.expression.overloads import kind_of
from actum_core.expression.sizes import TRAVERSED_PER_UNIT, check_string_size
from actum_core.expression.time_text import format_duration, format_timestamp
from actum_core.expression.types import Kind
from actum_core.limits import EXPRESSION_VALUE_DEPTH_MAX

_CLAUSE: Final = re.compile(r"%(?:%|(?:\.([0-9]{1,9}))?(.?))", re.DOTALL)

#: Units for finding one clause and writing its value, and for one value of a list or map under ``%s``.
_CLAUSE_COST: Final = 12
_VALUE_COST: Final = 9

#: Units on top for values that take long to write.
_LONG_COSTS: Final = {Kind.DOUBLE: 12, Kind.TIMESTAMP: 20, Kind.DURATION: 10}

#: Digits behind the point that a clause may ask for: a double has no more that differ from 0.
PRECISION_MAX: Final = 1_100

_DEFAULT_PRECISION: Final = 6


def format_text(template: str, values: Sequence[Any], meter: Meter) -> str:
    """The template with each clause replaced by the next value."""
    parts: list[str] = []
    size = end = used = 0
    for clause in _CLAUSE.finditer(template):
        parts.append(template[end : clause.start()])
        end = clause.end()
        if clause.group() == "%%":
            parts.append("%")
        else:
            if used >= len(values):
                raise EvaluationError("invalid_argument", f"there is no value for clause {used + 1}")
            parts.append(_clause(clause, values[used], meter))
            used += 1
        size += len(parts[-1]) + len(parts[-2])
        meter.charge(_CLAUSE_COST + len(parts[-1]) // TRAVERSED_PER_UNIT)
        check_string_size(size)
    parts.append(template[end:])
    check_string_size(size + len(parts[-1]))
    return "".join(parts)


def _clause(clause: re.Match[str], value: Any, meter: Meter) -> str:
    precision, letter = clause.groups()
    digits = _DEFAULT_PRECISION if precision is None else int(precision)
    if letter not in _CLAUSES:
        raise EvaluationError("invalid_argument", f"the clause {clause.group()!r} is not known")
    if digits > PRECISION_MAX:
        raise EvaluationError("too_large", f"a precision is at most {PRECISION_MAX}")
    if letter == "s":
        return _Writer(meter).text(value)
    return _CLAUSES[letter](value, digits)


def _refused(letter: str, value: Any) -> EvaluationError:
    return EvaluationError("invalid_argument", f"%{letter} cannot show a {kind_of(value).value}")


def _special(value: Any) -> str | None:
    """NaN and the infinities, which every clause for numbers shows in words."""
    return format_double(value) if isinstance(value, float) and not math.isfinite(value) else None


def _decimal(value: Any, digits: int) -> str:
    if kind_of(value) in (Kind.INT, Kind.UINT):
        return str(int(value))
    special = _special(value)
    if special is None:
        raise _refused("d", value)
    return special


def _fixed(value: Any, digits: int) -> str:
    return _special(value) or f"{_number('f', value):.{digits}f}"


def _scientific(value: Any, digits: int) -> str:
    return _special(value) or f"{_number('e', value):.{digits}e}"


def _number(letter: str, value: Any) -> Any:
    if kind_of(value) not in (Kind.DOUBLE, Kind.INT, Kind.UINT):
        raise _refused(letter, value)
    return as_double(value) if isinstance(value, int) else value


def _hexadecimal(value: Any, digits: int) -> str:
    kind = kind_of(value)
    if kind in (Kind.INT, Kind.UINT):
        return f"{int(value):x}"
    if kind is Kind.STRING:
        value = value.encode("utf-8", "surrogatepass")
    elif kind is not Kind.BYTES:
        raise _refused("x", value)
    check_string_size(2 * len(value))
    return str(value.hex())


def _octal(value: Any, digits: int) -> str:
    if kind_of(value) not in (Kind.INT, Kind.UINT):
        raise _refused("o", value)
    return f"{int(value):o}"


def _binary(value: Any, digits: int) -> str:
    if kind_of(value) not in (Kind.INT, Kind.UINT, Kind.BOOL):
        raise _refused("b", value)
    return f"{int(value):b}"


_CLAUSES: Final[Mapping[str, Callable[[Any, int], str]]] = {
    "s": lambda value, digits: "",
    "d": _decimal,
    "f": _fixed,
    "e": _scientific,
    "x": _hexadecimal,
    "X": lambda value, digits: _hexadecimal(value, digits).upper(),
    "o": _octal,
    "b": _binary,
}


class _Writer:
    """Any value as text, for ``%s``."""

    __slots__ = ("_meter", "_size")

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._size = 0

    def text(self, value: Any) -> str:
        return self._text(value, EXPRESSION_VALUE_DEPTH_MAX)

    def _text(self, value: Any, levels: int) -> str:
        if levels == 0:
            raise EvaluationError("too_large", "the value is nested too deeply to show")
        kind = kind_of(value)
        self._meter.charge(_VALUE_COST + _LONG_COSTS.get(kind, 0))
        if kind is Kind.LIST:
            return f"[{', '.join(self._text(item, levels - 1) for item in value)}]"
        if kind is Kind.MAP:
            entries = sorted(((self._text(key, 1), key) for key in value), key=lambda entry: entry[0])
            parts = [f"{shown}: {self._text(value[key], levels - 1)}" for shown, key in entries]
            return "{" + ", ".join(parts) + "}"
        shown_value = _scalar(value, kind)
        self._size += len(shown_value)
        self._meter.charge(len(shown_value) // TRAVERSED_PER_UNIT)
        check_string_size(self._size)
        return shown_value


def _scalar(value: Any, kind: Kind) -> str:
    match kind:
        case Kind.STRING:
            return str(value)
        case Kind.BOOL:
            return "true" if value else "false"
        case Kind.NULL:
            return "null"
        case Kind.INT | Kind.UINT:
            return str(int(value))
        case Kind.DOUBLE:
            return format_double(value)
        case Kind.BYTES:
            return str(value, "utf-8", "replace")
        case Kind.TIMESTAMP:
            return format_timestamp(value)
        case Kind.DURATION:
            return format_duration(value)
        case Kind.TYPE:
            return str(value.name)
        case _:
            raise _refused("s", value)
