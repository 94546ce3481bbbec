"""Functions on strings and bytes: those of cel-spec, its string extension and its encoders."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

from actum_core.expression.conversions import by_size
from actum_core.expression.errors import EvaluationError
from actum_core.expression.meter import Meter
from actum_core.expression.overloads import Overload
from actum_core.expression.sizes import TRAVERSED_PER_UNIT, check_list_size, check_string_size
from actum_core.expression.text_format import format_text
from actum_core.expression.types import BOOL, BYTES, DYN, INT, STRING, Type, list_of

#: Unicode's White_Space characters, written out so that every Python version trims the same.
WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)

#: What a quoted string writes otherwise; the backslash first, since the others are written with one.
_QUOTED: Final = (
    ("\\", "\\\\"),
    ("\a", "\\a"),
    ("\b", "\\b"),
    ("\f", "\\f"),
    ("\n", "\\n"),
    ("\r", "\\r"),
    ("\t", "\\t"),
    ("\v", "\\v"),
    ('"', '\\"'),
)


#: Units for one piece of a string that is split: the smallest takes some eighty bytes.
_PIECE_COST: Final = 3


def _out_of_range(place: int) -> EvaluationError:
    return EvaluationError("out_of_range", f"there is no character {place}")


def _char_at(text: str, place: int) -> str:
    if not 0 <= place <= len(text):
        raise _out_of_range(place)
    return text[place : place + 1]


def _index_of(text: str, part: str, start: int = 0) -> int:
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    return text.find(part, start)


def _last_index_of(text: str, part: str) -> int:
    return text.rfind(part)


def _last_index_of_from(text: str, part: str, start: int) -> int:
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    return text.rfind(part, 0, start + len(part))


def _lower_ascii(text: str) -> str:
    # Bytes know only ASCII letters, and those of other characters' UTF-8 are none.
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _upper_ascii(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").upper().decode("utf-8", "surrogatepass")


def _search_cost(text: str, part: str, *rest: Any) -> int:
    """Searching backwards compares every place in full when the text is made to be hard."""
    places = max(len(text) - len(part) + 1, 0)
    return len(text) // TRAVERSED_PER_UNIT + places * len(part) // 200


def _substring(text: str, start: int) -> str:
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    return text[start:]


def _substring_between(text: str, start: int, end: int) -> str:
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    if not 0 <= end <= len(text):
        raise _out_of_range(end)
    if start > end:
        raise EvaluationError("out_of_range", f"the start {start} lies behind the end {end}")
    return text[start:end]


def _replace(text: str, old: str, new: str, meter: Meter) -> str:
    return _replace_some(text, old, new, -1, meter)


def _replace_some(text: str, old: str, new: str, limit: int, meter: Meter) -> str:
    found = text.count(old)
    count = found if limit < 0 else min(found, limit)
    size = len(text) + count * (len(new) - len(old))
    check_string_size(size)
    meter.charge(size // TRAVERSED_PER_UNIT)
    return text.replace(old, new, count)


def _split(text: str, separator: str, meter: Meter) -> list[str]:
    return _split_some(text, separator, -1, meter)


def _split_some(text: str, separator: str, limit: int, meter: Meter) -> list[str]:
    if limit == 0:
        return []
    pieces = (text.count(separator) + 1) if separator else len(text)
    if limit > 0:
        pieces = min(pieces, limit)
    check_list_size(pieces)
    meter.charge(_PIECE_COST * pieces)
    if separator:
        return text.split(separator, pieces - 1)
    if pieces < len(text):
        return [*text[: pieces - 1], text[pieces - 1 :]]
    return list(text)


def _join(parts: Sequence[Any], meter: Meter) -> str:
    return _join_with(parts, "", meter)


def _join_with(parts: Sequence[Any], separator: str, meter: Meter) -> str:
    meter.charge(len(parts))
    if not all(isinstance(part, str) for part in parts):
        raise EvaluationError("no_such_overload", "join needs a list of strings")
    size = sum(map(len, parts)) + len(separator) * max(len(parts) - 1, 0)
    check_string_size(size)
    meter.charge(size // TRAVERSED_PER_UNIT)
    return separator.join(parts)


def _quote(text: str, meter: Meter) -> str:
    check_string_size(len(text) + 2)
    for character, written in _QUOTED:
        text = text.replace(character, written)
    check_string_size(len(text) + 2)
    return f'"{text}"'


def _encode(value: bytes) -> str:
    check_string_size(len(value) * 4 // 3 + 4)
    return base64.b64encode(value).decode("ascii")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise EvaluationError("invalid_argument", "the string is not base64") from None


def _member(parameters: tuple[Type, ...], result: Type, run: Any, cost: Any = by_size) -> Overload:
    return Overload(parameters, result, run, cost, is_member=True)


def _metered(parameters: tuple[Type, ...], result: Type, run: Any) -> Overload:
    return Overload(parameters, result, run, by_size, is_member=True, is_metered=True)


_TEXT: Final = (STRING,)
_TEXTS: Final = list_of(STRING)

STRING_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "contains": [_member((STRING, STRING), BOOL, lambda text, part: part in text)],
    "startsWith": [
        _member((STRING, STRING), BOOL, str.startswith, lambda text, part: len(part) // TRAVERSED_PER_UNIT)
    ],
    "endsWith": [
        _member((STRING, STRING), BOOL, str.endswith, lambda text, part: len(part) // TRAVERSED_PER_UNIT)
    ],
    "charAt": [_member((STRING, INT), STRING, _char_at, 5)],
    "indexOf": [_member((STRING, STRING), INT, _index_of), _member((STRING, STRING, INT), INT, _index_of)],
    "lastIndexOf": [
        _member((STRING, STRING), INT, _last_index_of, _search_cost),
        _member((STRING, STRING, INT), INT, _last_index_of_from, _search_cost),
    ],
    "lowerAscii": [_member(_TEXT, STRING, _lower_ascii)],
    "upperAscii": [_member(_TEXT, STRING, _upper_ascii)],
    "reverse": [_member(_TEXT, STRING, lambda text: text[::-1])],
    "trim": [_member(_TEXT, STRING, lambda text: text.strip(WHITE_SPACE))],
    "substring": [
        _member((STRING, INT), STRING, _substring),
        _member((STRING, INT, INT), STRING, _substring_between),
    ],
    "replace": [
        _metered((STRING, STRING, STRING), STRING, _replace),
        _metered((STRING, STRING, STRING, INT), STRING, _replace_some),
    ],
    "split": [
        _metered((STRING, STRING), _TEXTS, _split),
        _metered((STRING, STRING, INT), _TEXTS, _split_some),
    ],
    "join": [_metered((_TEXTS,), STRING, _join), _metered((_TEXTS, STRING), STRING, _join_with)],
    "format": [_metered((STRING, list_of(DYN)), STRING, format_text)],
    "strings.quote": [Overload(_TEXT, STRING, _quote, by_size, is_metered=True)],
    "base64.encode": [Overload((BYTES,), STRING, _encode, by_size)],
    "base64.decode": [Overload(_TEXT, BYTES, _decode, by_size)],
}
