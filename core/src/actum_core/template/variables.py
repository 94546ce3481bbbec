"""What variables hold in memory, and the JSON that stands for it.

| type | in memory | JSON |
|---|---|---|
| int, uint | int, Uint (64 bits, checked) | integer; beyond 2**53-1 a string of digits |
| double | float, finite, never -0.0 | number; where canonical JSON cannot read it back (below), a string |
| string, bool | str, bool | the same |
| bytes | bytes | string, base64 with padding (RFC 4648, section 4) |
| timestamp | Timestamp | string, RFC 3339 in UTC, as ``string(t)`` gives it |
| duration | Duration | string of seconds such as "1.5s", as ``string(d)`` gives it |
| list, map, any | plain JSON | the same |

Canonical JSON refuses integral numbers from 2**53 to 1e21, which it writes as plain digits.

Plain JSON has integral doubles as integers, integers within 2**53-1, string keys in canonical order, and no other
types: a timestamp, duration, bytes or uint inside becomes the JSON of its own type. So what a state holds
and what is read back from its JSON behave the same in every later expression.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from actum_core.canonical_json import JsonValue, format_number, is_stable_number
from actum_core.expression import Duration, EvaluationError, Timestamp, Uint
from actum_core.limits import JSON_INTEGER_MAX, VALUE_DEPTH_MAX
from actum_core.template.document import VariableType
from actum_core.template.times import format_duration, format_timestamp, parse_duration, parse_timestamp

_OTHER_BYTES: Final = 34
_escaped: Final = json.encoder.encode_basestring
_INT_MAX: Final = 2**63 - 1
_UINT_MAX: Final = 2**64 - 1


def plain_json(value: Any, depth: int = 0) -> JsonValue:
    """``value`` of an expression as plain JSON. Raises EvaluationError for what has no JSON form."""
    kind = type(value)
    if kind is str:
        return _unicode(value)
    if kind is int:
        if -JSON_INTEGER_MAX <= value <= JSON_INTEGER_MAX:
            return int(value)
        raise _refused("out_of_range", "an integer beyond 2^53-1 has no exact JSON form: use a string")
    if value is None or value is True or value is False:
        return value
    if kind is float:
        return _plain_number(value)
    if depth >= VALUE_DEPTH_MAX:
        raise _refused("too_deep", f"a value may be nested {VALUE_DEPTH_MAX} deep")
    # What most values are is asked first: asking whether something is a mapping of any kind takes far longer.
    if kind is list or kind is tuple:
        return [plain_json(member, depth + 1) for member in value]
    if kind is dict or isinstance(value, Mapping):
        return _plain_map(value, depth)
    if isinstance(value, list | tuple):
        return [plain_json(member, depth + 1) for member in value]
    if kind in _SCALARS:
        return _SCALARS[kind](value)
    raise _refused("not_json", f"a {kind.__name__} has no JSON form")


def _plain_map(value: Mapping[Any, object], depth: int) -> dict[str, JsonValue]:
    keys = list(value)
    is_ascii = True
    for key in keys:
        if type(key) is not str:
            raise _refused("not_json", "the keys of a map must be strings to have a JSON form")
        if not key.isascii():
            is_ascii = False
            _unicode(key)
    keys.sort(key=None if is_ascii else _utf16)
    return {key: plain_json(value[key], depth + 1) for key in keys}


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be")


def _unicode(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _refused("not_json", "a lone surrogate is not a Unicode character") from None
    return text


def _plain_number(value: float) -> int | float:
    if value.is_integer() and -JSON_INTEGER_MAX <= value <= JSON_INTEGER_MAX:
        return int(value)
    if is_stable_number(value):
        return value
    raise _refused("not_json", f"{value} has no exact JSON form")


def _refused(code: str, message: str) -> EvaluationError:
    return EvaluationError(code, message)


# --- One reader, one writer and one check per type ----------------------------------------------------


def _hold_int(value: object) -> int:
    whole = _whole(value)
    if whole is None or not -_INT_MAX - 1 <= whole <= _INT_MAX:
        raise _unfit(value, "int")
    return whole


def _hold_uint(value: object) -> Uint:
    whole = _whole(value)
    if whole is None or not 0 <= whole <= _UINT_MAX:
        raise _unfit(value, "uint")
    return Uint(whole)


def _whole(value: object) -> int | None:
    """The integer that ``value`` is: JSON does not tell 2.0 from 2, so neither do variables."""
    if type(value) is int:
        return value
    if isinstance(value, Uint):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _hold_double(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _unfit(value, "double")
    number = float(value)
    if not math.isfinite(number):
        raise _refused("not_json", "NaN and infinities are errors, never values")
    return number + 0.0  # -0.0 has the JSON form 0: it must not live on in memory


def _hold_string(value: object) -> str:
    if not isinstance(value, str):
        raise _unfit(value, "string")
    return _unicode(value)


def _hold_list(value: object) -> JsonValue:
    if not isinstance(value, list | tuple):
        raise _unfit(value, "list")
    return plain_json(value)


def _hold_map(value: object) -> JsonValue:
    if not isinstance(value, Mapping):
        raise _unfit(value, "map")
    return plain_json(value)


def _hold_exactly(kind: type, word: str) -> Callable[[object], Any]:
    def hold(value: object) -> object:
        if type(value) is not kind:
            raise _unfit(value, word)
        return value

    return hold


def _unfit(value: object, word: str) -> EvaluationError:
    return _refused(
        "wrong_type", f"a value of type {type(value).__name__.lower()} does not fit a variable of type {word}"
    )


HOLD: Final[dict[VariableType, Callable[[object], Any]]] = {
    VariableType.INT: _hold_int,
    VariableType.UINT: _hold_uint,
    VariableType.DOUBLE: _hold_double,
    VariableType.STRING: _hold_string,
    VariableType.BOOL: _hold_exactly(bool, "bool"),
    VariableType.BYTES: _hold_exactly(bytes, "bytes"),
    VariableType.TIMESTAMP: _hold_exactly(Timestamp, "timestamp"),
    VariableType.DURATION: _hold_exactly(Duration, "duration"),
    VariableType.LIST: _hold_list,
    VariableType.MAP: _hold_map,
    VariableType.ANY: plain_json,
}
"""For each type, what a variable holds of an expression's value; raises EvaluationError when it does not fit."""


def _write_int(value: int) -> JsonValue:
    return int(value) if -JSON_INTEGER_MAX <= value <= JSON_INTEGER_MAX else str(int(value))


def _write_double(value: float) -> JsonValue:
    if value.is_integer() and -JSON_INTEGER_MAX <= value <= JSON_INTEGER_MAX:
        return int(value)
    return value if is_stable_number(value) else format_number(value)


def _write_bytes(value: bytes) -> JsonValue:
    return base64.b64encode(value).decode("ascii")


WRITE: Final[dict[VariableType, Callable[[Any], JsonValue] | None]] = {
    **dict.fromkeys(VariableType),
    VariableType.INT: _write_int,
    VariableType.UINT: _write_int,
    VariableType.DOUBLE: _write_double,
    VariableType.BYTES: _write_bytes,
    VariableType.TIMESTAMP: format_timestamp,
    VariableType.DURATION: format_duration,
}
"""For each type, from memory to JSON; None where both are the same."""

_SCALARS: Final[dict[type, Callable[[Any], JsonValue]]] = {
    Uint: lambda value: plain_json(int(value)),
    bytes: _write_bytes,
    Timestamp: format_timestamp,
    Duration: format_duration,
}


def _read_digits(value: JsonValue) -> object:
    if (
        isinstance(value, str)
        and value.removeprefix("-").isdecimal()
        and value.isascii()
        and len(value) <= 20
    ):
        return int(value)
    return value


def _read_double(value: JsonValue) -> object:
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _read_bytes(value: JsonValue) -> object:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else value
    except binascii.Error:
        return value


def _read_timestamp(value: JsonValue) -> object:
    return parse_timestamp(value) if isinstance(value, str) else value


def _read_duration(value: JsonValue) -> object:
    return parse_duration(value) if isinstance(value, str) else value


_READ: Final[dict[VariableType, Callable[[JsonValue], object]]] = {
    VariableType.INT: _read_digits,
    VariableType.UINT: _read_digits,
    VariableType.DOUBLE: _read_double,
    VariableType.BYTES: _read_bytes,
    VariableType.TIMESTAMP: _read_timestamp,
    VariableType.DURATION: _read_duration,
}


def read_variable(kind: VariableType, value: JsonValue) -> Any:
    """What a variable of this type holds for its JSON. Raises EvaluationError when it is not that."""
    read = _READ.get(kind)
    return HOLD[kind](value if read is None else read(value))


def write_variable(kind: VariableType, value: Any) -> JsonValue:
    """The JSON of what a variable of this type holds."""
    write = WRITE[kind]
    return value if write is None else write(value)


def measure(value: Any) -> int:
    """The bytes of the canonical form of what a variable holds; a little more for some fractions and times."""
    kind = type(value)
    if kind is str:
        return len(_escaped(value).encode())
    if kind is int:
        return len(str(value)) if -JSON_INTEGER_MAX <= value <= JSON_INTEGER_MAX else len(str(value)) + 2
    if kind is dict:
        return 2 + sum(measure(key) + 2 + measure(member) for key, member in value.items())
    if kind is list:
        return 2 + sum(map(measure, value)) + len(value)
    if kind is bool or value is None:
        return 5 if value is False else 4
    if kind is bytes:
        return 4 * ((len(value) + 2) // 3) + 2
    # A double has at most 17 digits, a sign, a point, an exponent and, as text, quotes; a moment 32 characters.
    return _OTHER_BYTES


def count_members(value: Any) -> int:
    """The members of all lists and maps in what a variable holds: each takes time, however short it is."""
    kind = type(value)
    if kind is list:
        return len(value) + sum([count_members(member) for member in value if type(member) in _CONTAINERS])
    if kind is dict:
        inner = [count_members(member) for member in value.values() if type(member) in _CONTAINERS]
        return 2 * len(value) + sum(inner)
    return 0


_CONTAINERS: Final = frozenset({list, dict})
