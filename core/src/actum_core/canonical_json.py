"""Canonical JSON (RFC 8785) and the strict parser in front of it.

``parse`` accepts I-JSON (RFC 7493) only and names the place of what it refuses; ``encode`` writes the one
canonical form. What is hashed, stored and run by the engine is always ``parse(encode(parse(text)))``.

Both have a fast path through the standard library and an exact one of our own. The standard encoder with
sorted keys differs from RFC 8785 only for integer-valued, very large and very small floats, for integers
beyond 2**53-1 and for the order of keys outside the Basic Multilingual Plane; the standard decoder takes
numbers, duplicate keys and surrogates that I-JSON does not. Text that might hold one of these goes the
exact way; that both ways agree is a property test.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final

from actum_core.errors import MalformedJson, Problem, pointer_of
from actum_core.limits import JSON_BYTES_MAX, JSON_DEPTH_MAX, JSON_INTEGER_MAX

JsonValue = None | bool | int | float | str | list[Any] | dict[str, Any]

_encoder: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)
#: Numbers that the standard library may write otherwise than ECMA-262, or read otherwise than I-JSON: an
#: exponent, an integer-valued fraction, sixteen digits in a row that are not a fraction. It begins with a set
#: of characters, which lets the matcher skip to the next digit.
_odd_number: Final = re.compile(r"[0-9](?:[eE]|\.0(?![0-9])|(?<![.0-9].)[0-9]{15})").search
_strings: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_brackets: Final = re.compile(r"[][{}]").findall
_escape_string: Final = json.encoder.encode_basestring


def _make_fast_encode() -> Callable[[object], str]:
    """The standard encoder's inner function, made once: `JSONEncoder.encode` makes it anew at every call."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return _encoder.encode
    inner = make(None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", True, False, False)
    return lambda value: "".join(inner(value, 0))


_fast_encode: Final = _make_fast_encode()


def encode(value: object) -> bytes:
    """The canonical bytes of ``value``: dict, list, tuple, str, int, float, bool or None.

    Keys MUST be strings; the fast way would write a number as one without noticing.

    Raises MalformedJson with the pointer of what has no canonical form: NaN and infinities, integers
    beyond 2**53-1, lone surrogates, other types, nesting beyond JSON_DEPTH_MAX.
    """
    if type(value) is int and -JSON_INTEGER_MAX <= value <= JSON_INTEGER_MAX:
        return b"%d" % value
    try:
        text = _fast_encode(value)
        if _has_plain_numbers(text) and (text.isascii() or max(text) <= "\uffff") and _is_shallow(text):
            return text.encode()
    except (ValueError, TypeError, RecursionError):
        pass  # the exact encoder finds out what it was, and where
    parts: list[str] = []
    _write(value, parts, ())
    return "".join(parts).encode()


def _has_plain_numbers(text: str) -> bool:
    """True when no number of this well-formed JSON text is odd; strings that look like one do not count."""
    return _odd_number(text) is None or _odd_number(_strings.sub('""', text)) is None


def _is_shallow(text: str) -> bool:
    """True when arrays and objects of this well-formed JSON text are nested no deeper than the bound."""
    if text.count("[") + text.count("{") <= JSON_DEPTH_MAX:
        return True
    depth = 0
    for bracket in _brackets(_strings.sub("", text)):
        if bracket in "[{":
            depth += 1
            if depth > JSON_DEPTH_MAX:
                return False
        else:
            depth -= 1
    return True


def _write(value: object, parts: list[str], place: tuple[str | int, ...]) -> None:
    if value is None or value is True or value is False:
        parts.append("null" if value is None else "true" if value else "false")
    elif isinstance(value, str):
        parts.append(_escaped(value, place))
    elif isinstance(value, int):
        if not -JSON_INTEGER_MAX <= value <= JSON_INTEGER_MAX:
            raise _refused(
                place, "integer_out_of_range", "integers beyond 2^53-1 are not exact: use a string"
            )
        parts.append(int.__repr__(value))
    elif isinstance(value, float):
        parts.append(_number(value, place))
    elif len(place) >= JSON_DEPTH_MAX:
        raise _refused(place, "too_deep", f"nested deeper than {JSON_DEPTH_MAX}")
    elif isinstance(value, Mapping):
        _write_object(value, parts, place)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        parts.append("[")
        for index, member in enumerate(value):
            if index:
                parts.append(",")
            _write(member, parts, (*place, index))
        parts.append("]")
    else:
        raise _refused(place, "not_json", f"{type(value).__name__} has no JSON form")


def _write_object(value: Mapping[Any, object], parts: list[str], place: tuple[str | int, ...]) -> None:
    for key in value:
        if not isinstance(key, str):
            raise _refused(place, "not_json", f"the key {key!r} is not a string")
        _escaped(key, place)
    parts.append("{")
    # RFC 8785, section 3.2.3: keys are ordered by their UTF-16 code units.
    for index, key in enumerate(sorted(value, key=lambda text: text.encode("utf-16-be"))):
        if index:
            parts.append(",")
        parts.append(_escape_string(key) + ":")
        _write(value[key], parts, (*place, key))
    parts.append("}")


def quote_text(text: str) -> str:
    """A string without lone surrogates as canonical JSON writes it, with its quotes."""
    return _escape_string(text)


def _escaped(text: str, place: tuple[str | int, ...]) -> str:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _refused(place, "lone_surrogate", "a lone surrogate is not a Unicode character")
    return _escape_string(text)


def _number(value: float, place: tuple[str | int, ...]) -> str:
    if not math.isfinite(value):
        raise _refused(place, "not_finite", "NaN and infinities have no JSON form")
    return format_number(value)


def is_stable_number(value: float) -> bool:
    """True when the canonical form of ``value`` parses back to it.

    Not so for NaN, infinities, and integer-valued doubles from 2**53 up to 1e21: ECMA-262 writes these as
    plain digits, which are refused as an inexact integer when read.
    """
    return math.isfinite(value) and not (value.is_integer() and JSON_INTEGER_MAX < abs(value) < 1e21)


def format_number(value: float) -> str:
    """A finite double as ECMA-262 (Number::toString, radix 10) writes it: shortest, round-tripping."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent_text = float.__repr__(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    digits = whole + fraction
    # The value is 0.d1d2d3… × 10**point.
    point = len(whole) + int(exponent_text or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        power = point - 1
        rest = "." + digits[1:] if len(digits) > 1 else ""
        text = f"{digits[0]}{rest}e{'+' if power > 0 else '-'}{abs(power)}"
    return sign + text


def _refused(place: tuple[str | int, ...], code: str, detail: str) -> MalformedJson:
    return MalformedJson([Problem(pointer_of(*place), code, detail)])


class _Refused(Exception):
    """A duplicate key or a constant that is not JSON."""


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Refused
    return members


def _no_constant(text: str) -> Any:
    raise _Refused


def _plain_integer(text: str) -> int:
    if len(text) > _INTEGER_LENGTH_MAX or not -JSON_INTEGER_MAX <= (value := int(text)) <= JSON_INTEGER_MAX:
        raise _Refused
    return value


def _plain_float(text: str) -> float:
    value = float(text)
    if not is_stable_number(value):
        raise _Refused
    return value


#: Characters of the longest integer that is exact, with its sign.
_INTEGER_LENGTH_MAX: Final = 17

_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_unique_pairs,
    parse_constant=_no_constant,
    parse_int=_plain_integer,
    parse_float=_plain_float,
)
#: The decoder's inner function, given the text and where to begin: the value and where it ended.
#: Type checkers do not know it: JSONDecoder decodes through it, and its stubs leave it out.
_scan: Final[Callable[[str, int], tuple[Any, int]]] = _decoder.scan_once  # type: ignore[attr-defined]
_surrogate_escape: Final = re.compile(r"\\u[dD][89a-fA-F]").search


def parse(source: bytes, bytes_max: int = JSON_BYTES_MAX) -> Any:
    """The value of I-JSON text in UTF-8.

    Raises MalformedJson: not UTF-8 or not JSON (with the line and column), duplicate keys (also when
    equal only after unescaping), NaN and infinities, numbers that overflow, integers beyond 2**53-1 (also
    those written with a fraction or an exponent), lone surrogates, nesting beyond JSON_DEPTH_MAX, more
    than ``bytes_max`` bytes.
    """
    if len(source) > bytes_max:
        raise _refused((), "too_large", f"{len(source)} bytes are more than {bytes_max}")
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        raise _refused((), "not_utf8", f"not UTF-8 at byte {error.start}") from None
    try:
        value, end = _scan(text, 0)
        is_whole = end == len(text) or not text[end:].strip(" \t\n\r")
        if is_whole and ("\\u" not in text or _surrogate_escape(text) is None) and _is_shallow(text):
            return value
    except (_Refused, ValueError, RecursionError, StopIteration):
        pass  # the exact parser finds out what it was, and where
    return _Scanner(text).document()


_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LITERALS: Final = (("true", True), ("false", False), ("null", None))


class _Scanner:
    """The exact parser: slower than the standard one, and knows the place of everything it refuses."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def document(self) -> Any:
        value = self._value(())
        self._skip()
        if self._at != len(self._text):
            raise self._syntax((), "nothing may follow the value")
        return value

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _syntax(self, place: tuple[str | int, ...], expected: str) -> MalformedJson:
        line = self._text.count("\n", 0, self._at) + 1
        column = self._at - self._text.rfind("\n", 0, self._at)
        return _refused(place, "syntax", f"{expected} (line {line}, column {column})")

    def _value(self, place: tuple[str | int, ...]) -> Any:
        self._skip()
        first = self._text[self._at : self._at + 1]
        if first == '"':
            return self._string(place)
        if first in ("{", "["):
            if len(place) >= JSON_DEPTH_MAX:
                raise _refused(place, "too_deep", f"nested deeper than {JSON_DEPTH_MAX}")
            self._at += 1
            return self._object(place) if first == "{" else list(self._members(place))
        for word, value in _LITERALS:
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        return self._scan_number(place)

    def _scan_number(self, place: tuple[str | int, ...]) -> int | float:
        match = _NUMBER.match(self._text, self._at)
        if match is None:
            for word in ("NaN", "Infinity", "-Infinity"):
                if self._text.startswith(word, self._at):
                    raise _refused(place, "not_finite", "NaN and infinities have no JSON form")
            raise self._syntax(place, "a JSON value was expected")
        self._at = match.end()
        text = match.group()
        if match.group(1) is None and match.group(2) is None:
            digits = len(text)
            if digits > 17 or abs(int(text)) > JSON_INTEGER_MAX:
                raise _refused(
                    place, "integer_out_of_range", "integers beyond 2^53-1 are not exact: use a string"
                )
            return int(text)
        number = float(text)
        _number(number, place)
        if not is_stable_number(number):
            raise _refused(
                place, "integer_out_of_range", "integers beyond 2^53-1 are not exact: use a string"
            )
        return number

    def _string(self, place: tuple[str | int, ...]) -> str:
        try:
            value, self._at = scanstring(self._text, self._at + 1, True)
        except ValueError as error:
            self._at = getattr(error, "pos", self._at)
            raise self._syntax(place, "a string is not well formed") from None
        _escaped(value, place)
        return str(value)

    def _object(self, place: tuple[str | int, ...]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        self._skip()
        if self._take("}"):
            return members
        while True:
            self._skip()
            if self._text[self._at : self._at + 1] != '"':
                raise self._syntax(place, "a string key was expected")
            key = self._string(place)
            if key in members:
                raise _refused((*place, key), "duplicate_key", f"the key {key!r} stands twice in one object")
            self._skip()
            if not self._take(":"):
                raise self._syntax(place, "a colon was expected")
            members[key] = self._value((*place, key))
            self._skip()
            if self._take("}"):
                return members
            if not self._take(","):
                raise self._syntax(place, "a comma or a closing brace was expected")

    def _members(self, place: tuple[str | int, ...]) -> Iterator[Any]:
        self._skip()
        if self._take("]"):
            return
        index = 0
        while True:
            yield self._value((*place, index))
            index += 1
            self._skip()
            if self._take("]"):
                return
            if not self._take(","):
                raise self._syntax(place, "a comma or a closing bracket was expected")

    def _take(self, character: str) -> bool:
        if self._text.startswith(character, self._at):
            self._at += 1
            return True
        return False
