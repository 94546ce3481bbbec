"""Functions with regular expressions: ``matches``, and the extraction and replacement of the regex extension."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from actum_core.expression.errors import EvaluationError
from actum_core.expression.meter import Meter
from actum_core.expression.overloads import Overload
from actum_core.expression.regex import Captures, Regex, compile_regex
from actum_core.expression.regex_syntax import RegexError
from actum_core.expression.sizes import TRAVERSED_PER_UNIT, check_list_size, check_string_size
from actum_core.expression.types import BOOL, INT, STRING, list_of, optional_of
from actum_core.expression.values import ABSENT, OptionalValue

#: Units for compiling a pattern, for each of its characters and each instruction of its program.
_COMPILE_COST: Final = 20

#: Functions that take a pattern, and which argument it is.
PATTERN_ARGUMENTS: Final[Mapping[str, int]] = {
    "matches": 1,
    "regex.extract": 1,
    "regex.extractAll": 1,
    "regex.replace": 1,
}


class CompiledPattern(str):
    """A constant pattern, compiled with the expression that it stands in."""

    __slots__ = ("regex",)

    regex: Regex


def compile_pattern(pattern: str) -> CompiledPattern:
    """The pattern with its program; raises RegexError."""
    compiled = CompiledPattern(pattern)
    compiled.regex = compile_regex(pattern)
    return compiled


def _compiled(pattern: str, meter: Meter) -> Regex:
    if isinstance(pattern, CompiledPattern):
        return pattern.regex
    # Paid each time, whether it is remembered or not, so that the cost is the same everywhere.
    meter.charge(_COMPILE_COST * len(pattern))
    try:
        regex = compile_regex(pattern)
    except RegexError as error:
        raise EvaluationError("invalid_argument", f"the pattern is not usable: {error}") from None
    meter.charge(_COMPILE_COST * regex.size)
    return regex


def _matches(text: str, pattern: str, meter: Meter) -> bool:
    return _compiled(pattern, meter).is_found(text, meter)


def _found(regex: Regex, text: str, meter: Meter) -> Iterator[Captures]:
    """All matches that do not overlap, from the left."""
    place = 0
    last_end = -1
    while place <= len(text):
        captures = regex.search(text, place, meter)
        if captures is None:
            return
        start, end = captures[:2]
        # An empty match right behind another match is not one.
        if end > start or start != last_end:
            yield captures
        last_end = end
        place = end if end > start else end + 1


def _extracting(pattern: str, meter: Meter) -> Regex:
    regex = _compiled(pattern, meter)
    if regex.groups > 1:
        raise EvaluationError("invalid_argument", "the pattern may have at most one group")
    return regex


def _extracted(regex: Regex, text: str, captures: Captures) -> str | None:
    start, end = captures[2:4] if regex.groups else captures[:2]
    return text[start:end] if start >= 0 and end >= 0 else None


def _extract(text: str, pattern: str, meter: Meter) -> OptionalValue:
    regex = _extracting(pattern, meter)
    captures = regex.search(text, 0, meter)
    part = None if captures is None else _extracted(regex, text, captures)
    return ABSENT if part is None else OptionalValue(part)


def _extract_all(text: str, pattern: str, meter: Meter) -> list[str]:
    regex = _extracting(pattern, meter)
    parts: list[str] = []
    for captures in _found(regex, text, meter):
        part = _extracted(regex, text, captures)
        # As in cel-go, a group that took no part or caught nothing is left out.
        if part or (part is not None and not regex.groups):
            check_list_size(len(parts) + 1)
            parts.append(part)
    return parts


def _replace(text: str, pattern: str, replacement: str, meter: Meter) -> str:
    return _replace_some(text, pattern, replacement, -1, meter)


def _replace_some(text: str, pattern: str, replacement: str, limit: int, meter: Meter) -> str:
    regex = _compiled(pattern, meter)
    template = _parse_replacement(replacement, regex)
    parts: list[str] = []
    end = size = 0
    matches = _found(regex, text, meter)
    for captures in matches if limit < 0 else islice(matches, limit):
        made = [text[end : captures[0]]]
        made += [piece if isinstance(piece, str) else _group(text, captures, piece) for piece in template]
        end = captures[1]
        added = sum(map(len, made))
        size += added
        check_string_size(size)
        meter.charge(1 + added // TRAVERSED_PER_UNIT)
        parts.extend(made)
    check_string_size(size + len(text) - end)
    return "".join([*parts, text[end:]])


def _group(text: str, captures: Captures, number: int) -> str:
    start, end = captures[2 * number], captures[2 * number + 1]
    return text[start:end] if start >= 0 and end >= 0 else ""


def _parse_replacement(replacement: str, regex: Regex) -> list[str | int]:
    r"""Text and the groups it names: ``\0`` to ``\9``; ``\\`` is a backslash."""
    pieces: list[str | int] = []
    place = 0
    while place < len(replacement):
        end = replacement.find("\\", place)
        if end < 0:
            pieces.append(replacement[place:])
            break
        pieces.append(replacement[place:end])
        following = replacement[end + 1 : end + 2]
        if following == "\\":
            pieces.append("\\")
        elif following in "0123456789" and following and int(following) <= regex.groups:
            pieces.append(int(following))
        else:
            raise EvaluationError(
                "invalid_argument", f"the replacement's {replacement[end : end + 2]!r} is no group"
            )
        place = end + 2
    return pieces


REGEX_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "matches": [
        Overload((STRING, STRING), BOOL, _matches, is_metered=True),
        Overload((STRING, STRING), BOOL, _matches, is_member=True, is_metered=True),
    ],
    "regex.extract": [Overload((STRING, STRING), optional_of(STRING), _extract, is_metered=True)],
    "regex.extractAll": [Overload((STRING, STRING), list_of(STRING), _extract_all, is_metered=True)],
    "regex.replace": [
        Overload((STRING, STRING, STRING), STRING, _replace, is_metered=True),
        Overload((STRING, STRING, STRING, INT), STRING, _replace_some, is_metered=True),
    ],
}
