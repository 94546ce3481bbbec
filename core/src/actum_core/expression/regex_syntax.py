"""Read the regular expressions of RE2 that can be matched in linear time; everything else is refused by name.

Not supported, unlike RE2: Unicode property classes, because Python versions disagree about Unicode. Refused as
in RE2: backreferences and look-around.
"""

from dataclasses import dataclass
from typing import Final

from actum_core.expression.regex_ranges import PERL, POSIX, TOP, Ranges, fold, invert, normalize, span
from actum_core.limits import EXPRESSION_REGEX_LENGTH_MAX

#: What RE2 allows for the counts of ``{n,m}``.
REPEAT_MAX: Final = 1_000

#: Nested groups: what the recursive reader can follow.
DEPTH_MAX: Final = 50


class RegexError(Exception):
    """A pattern that is malformed, too large, or not supported."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character within any of the sorted ranges of code points."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple["Pattern", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple["Pattern", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """At least ``least`` and at most ``most`` times (None: any number); a greedy one prefers more."""

    part: "Pattern"
    least: int
    most: int | None
    is_greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group; the number counts from 1."""

    part: "Pattern"
    number: int


@dataclass(frozen=True, slots=True)
class Assertion:
    """A place between characters: ``start``, ``end``, ``line_start``, ``line_end``, ``word``, ``not_word``."""

    kind: str


Pattern = OneOf | Sequence | Choice | Repeat | Group | Assertion


_CONTROL: Final = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_ASSERTIONS: Final = {"A": "start", "z": "end", "b": "word", "B": "not_word"}


@dataclass(frozen=True, slots=True)
class _Flags:
    ignore_case: bool = False
    multi_line: bool = False
    dot_all: bool = False
    swap_greed: bool = False


_FLAG_FIELDS: Final = {"i": "ignore_case", "m": "multi_line", "s": "dot_all", "U": "swap_greed"}


def parse_pattern(source: str) -> tuple[Pattern, int]:
    """The pattern and its number of capturing groups; raises RegexError."""
    if len(source) > EXPRESSION_REGEX_LENGTH_MAX:
        raise RegexError(f"a pattern has at most {EXPRESSION_REGEX_LENGTH_MAX} characters")
    reader = _Reader(source)
    pattern = reader.choice(_Flags())
    if reader.place < len(source):
        raise RegexError("there is a ')' without '('")
    return pattern, reader.groups


class _Reader:
    __slots__ = ("depth", "groups", "place", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.place = 0
        self.groups = 0
        self.depth = 0

    def _peek(self, length: int = 1) -> str:
        return self.source[self.place : self.place + length]

    def _take(self) -> str:
        if self.place >= len(self.source):
            raise RegexError("the pattern ends too early")
        self.place += 1
        return self.source[self.place - 1]

    def choice(self, flags: _Flags) -> Pattern:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise RegexError(f"groups are nested more than {DEPTH_MAX} deep")
        options: list[Pattern] = []
        parts: list[Pattern] = []
        while (character := self._peek()) not in ("", ")"):
            if character == "|":
                self.place += 1
                options.append(_sequence(parts))
                parts = []
            elif self._peek(2) == "(?" and (changed := self._bare_flags(flags)) is not None:
                flags = changed
            elif self._peek(2) == "\\Q":
                quoted = self._quoted(flags)
                parts.extend([*quoted[:-1], *(self._repeated(last, flags) for last in quoted[-1:])])
            else:
                parts.append(self._repeated(self._atom(flags), flags))
        self.depth -= 1
        options.append(_sequence(parts))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _quoted(self, flags: _Flags) -> list[Pattern]:
        end = self.source.find("\\E", self.place + 2)
        text = self.source[self.place + 2 : end if end >= 0 else len(self.source)]
        self.place = end + 2 if end >= 0 else len(self.source)
        return [self._character(ord(character), flags) for character in text]

    def _character(self, code: int, flags: _Flags) -> OneOf:
        ranges: Ranges = ((code, code),)
        return OneOf(fold(ranges) if flags.ignore_case else ranges)

    def _bare_flags(self, flags: _Flags) -> _Flags | None:
        """``(?i)``: flags for the rest of the group; None when it is another group."""
        end = self.place + 2
        while end < len(self.source) and self.source[end] in "imsU-":
            end += 1
        if self.source[end : end + 1] != ")":
            return None
        text = self.source[self.place + 2 : end]
        self.place = end + 1
        return _with_flags(flags, text)

    def _repeated(self, part: Pattern, flags: _Flags) -> Pattern:
        bounds = self._bounds()
        if bounds is None:
            return part
        is_lazy = self._peek() == "?"
        if is_lazy:
            self.place += 1
        mark = self.place
        if self._bounds() is not None:
            self.place = mark
            raise RegexError("a repetition cannot be repeated")
        return Repeat(part, *bounds, is_greedy=is_lazy is flags.swap_greed)

    def _bounds(self) -> tuple[int, int | None] | None:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        character = self._peek()
        if character in simple:
            self.place += 1
            return simple[character]
        if character != "{":
            return None
        end = self.source.find("}", self.place)
        least, comma, most = self.source[self.place + 1 : max(end, 0)].partition(",")
        if end < 0 or not _is_number(least) or not (most == "" or _is_number(most)):
            return None
        if len(least) > 4 or len(most) > 4 or int(least) > REPEAT_MAX or int(most or 0) > REPEAT_MAX:
            raise RegexError(f"a repetition counts to at most {REPEAT_MAX}")
        self.place = end + 1
        if not comma:
            return int(least), int(least)
        if most and int(most) < int(least):
            raise RegexError("a repetition's bounds are the wrong way round")
        return int(least), int(most) if most else None

    def _atom(self, flags: _Flags) -> Pattern:
        character = self._take()
        match character:
            case "(":
                return self._group(flags)
            case "[":
                return self._class(flags)
            case ".":
                return OneOf(((0, TOP),) if flags.dot_all else invert(span("\n\n")))
            case "^":
                return Assertion("line_start" if flags.multi_line else "start")
            case "$":
                return Assertion("line_end" if flags.multi_line else "end")
            case "*" | "+" | "?":
                raise RegexError(f"there is nothing for {character!r} to repeat")
            case "\\":
                return self._escape(flags)
            case _:
                return self._character(ord(character), flags)

    def _group(self, flags: _Flags) -> Pattern:
        number = 0
        if self._peek() == "?":
            self.place += 1
            if self._peek() == "<" or self._peek(2) == "P<":
                self.place = self._name_end()
                number = self._next_group()
            else:
                start = self.place
                while self._peek() and self._peek() in "imsU-":
                    self.place += 1
                flags = _with_flags(flags, self.source[start : self.place])
                if self._take() != ":":
                    raise RegexError("look-around and conditions are not supported")
        else:
            number = self._next_group()
        part = self.choice(flags)
        if self._peek() != ")":
            raise RegexError("there is a '(' without ')'")
        self.place += 1
        return Group(part, number) if number else part

    def _next_group(self) -> int:
        self.groups += 1
        return self.groups

    def _name_end(self) -> int:
        start = self.source.index("<", self.place) + 1
        end = self.source.find(">", start)
        name = self.source[start : max(end, start)]
        if not name or not (name.isascii() and name.isidentifier()):
            raise RegexError("look-around is not supported, and a group needs a proper name")
        return end + 1

    def _escape(self, flags: _Flags) -> Pattern:
        character = self._peek()
        if character in _ASSERTIONS:
            self.place += 1
            return Assertion(_ASSERTIONS[character])
        ranges = self._escaped_ranges()
        return OneOf(fold(ranges) if flags.ignore_case else ranges)

    def _escaped_ranges(self) -> Ranges:
        """What a backslash and the characters after it stand for."""
        character = self._take()
        if character.lower() in PERL:
            ranges = PERL[character.lower()]
            return ranges if character.islower() else invert(ranges)
        if character in _CONTROL:
            return ((_CONTROL[character], _CONTROL[character]),)
        if character == "x":
            code = self._hexadecimal()
            return ((code, code),)
        if character == "0" or (character in "1234567" and self._peek() and self._peek() in "01234567"):
            digits = character
            while len(digits) < 3 and self._peek() and self._peek() in "01234567":
                digits += self._take()
            return ((int(digits, 8), int(digits, 8)),)
        if character in "pP":
            raise RegexError("Unicode property classes are not supported; list the ranges instead")
        if character.isascii() and not character.isalnum():
            return ((ord(character), ord(character)),)
        raise RegexError(f"the escape '\\{character}' is not supported")

    def _hexadecimal(self) -> int:
        if self._peek() == "{":
            end = self.source.find("}", self.place)
            digits = self.source[self.place + 1 : max(end, 0)]
            self.place = end + 1
        else:
            digits = self._peek(2)
            self.place += 2
        if not 0 < len(digits) <= 8 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise RegexError("\\x needs two hexadecimal digits, or some in braces")
        code = int(digits, 16)
        if code > TOP:
            raise RegexError("\\x names no Unicode character")
        return code

    def _class(self, flags: _Flags) -> OneOf:
        is_inverted = self._peek() == "^"
        if is_inverted:
            self.place += 1
        found: list[tuple[int, int]] = []
        is_first = True
        while self._peek() != "]" or is_first:
            is_first = False
            found.extend(self._class_part())
        self.place += 1
        ranges = normalize(found)
        ranges = fold(ranges) if flags.ignore_case else ranges
        return OneOf(invert(ranges) if is_inverted else ranges)

    def _class_part(self) -> Ranges:
        if self._peek(2) == "[:":
            end = self.source.find(":]", self.place)
            name = self.source[self.place + 2 : max(end, 0)]
            if name.removeprefix("^") not in POSIX:
                raise RegexError("the class between [: and :] is not known")
            self.place = end + 2
            ranges = POSIX[name.removeprefix("^")]
            return invert(ranges) if name.startswith("^") else ranges
        first = self._class_end()
        if self._peek() != "-" or self._peek(2) in ("-]", "-"):
            return first
        self.place += 1
        last = self._class_end()
        low, high = first[0][0], last[-1][1]
        if (
            len(first) > 1
            or len(last) > 1
            or first[0][0] != first[0][1]
            or last[0][0] != last[0][1]
            or low > high
        ):
            raise RegexError("a range in a class goes from a lower character to a higher")
        return ((low, high),)

    def _class_end(self) -> Ranges:
        character = self._take()
        if character == "\\":
            return self._escaped_ranges()
        return ((ord(character), ord(character)),)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _with_flags(flags: _Flags, text: str) -> _Flags:
    on, _, off = text.partition("-")
    if "-" in off:
        raise RegexError("flags are written like (?i-s)")
    values = {name: getattr(flags, name) for name in _FLAG_FIELDS.values()}
    values.update({_FLAG_FIELDS[letter]: True for letter in on})
    values.update({_FLAG_FIELDS[letter]: False for letter in off})
    return _Flags(**values)


def _sequence(parts: list[Pattern]) -> Pattern:
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))
