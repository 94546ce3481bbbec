"""Read FSL, the language of the jssm library, to its statements.

A statement that cannot be read is a problem at its line and column, and reading goes on behind its semicolon.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from actum_core.formats.findings import Findings
from actum_core.formats.fsl.tokens import ARROWS, Place, Token, tokens

_UNITS: Final = {
    unit: length
    for length, units in (
        ("ms", "ms msec msecs millisecond milliseconds"),
        ("s", "s sec secs second seconds"),
        ("m", "m min mins minute minutes"),
        ("h", "h hr hrs hour hours"),
        ("d", "d day days"),
    )
    for unit in units.split()
}
_DAYS: Final = {"w": 7, "wk": 7, "wks": 7, "week": 7, "weeks": 7}


@dataclass(frozen=True, slots=True)
class Name:
    """A state, or a group of states with ``is_group``."""

    text: str
    place: Place
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """What stands at one side of an arrow: what takes the transition, or when it takes itself."""

    action: str | None = None
    delay: str | None = None
    chance: str | None = None
    place: Place = (0, 0)

    @property
    def is_empty(self) -> bool:
        return self.action is None and self.delay is None and self.chance is None


@dataclass(frozen=True, slots=True)
class Edge:
    """Transitions from each of ``sources`` to each of ``targets``; ``kind`` is ``->``, ``=>`` or ``~>``."""

    sources: tuple[Name, ...]
    targets: tuple[Name, ...]
    kind: str
    label: Label
    place: Place


@dataclass(frozen=True, slots=True)
class GroupOf:
    name: str
    members: tuple[Name, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something said about the machine or, with ``state``, about a state; ``values`` are the words of it."""

    name: str
    values: tuple[str, ...]
    place: Place
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """A statement that is understood and has no counterpart."""

    name: str
    place: Place


Statement = Edge | GroupOf | Attribute | Other


class _Unreadable(Exception):
    def __init__(self, token: Token, expected: str) -> None:
        super().__init__(expected)
        self.token = token
        self.expected = expected


def read_statements(source: str, findings: Findings) -> list[Statement]:
    """Every statement that can be read, in order."""
    return list(_Reader(source, findings).statements())


class _Reader:
    def __init__(self, source: str, findings: Findings) -> None:
        self._tokens = tokens(source)
        self._findings = findings
        self._token = next(self._tokens)
        self._ahead: Token | None = None

    def statements(self) -> Iterator[Statement]:
        while self._token.kind != "end":
            try:
                yield from self._statement()
            except _Unreadable as problem:
                found = "the end" if problem.token.kind == "end" else repr(problem.token.text[:40])
                detail = f"{problem.expected} was expected, {found} was found: the statement is left out"
                self._findings.report_at(problem.token.place, "syntax", detail)
                self._skip_statement()

    def _statement(self) -> Iterator[Statement]:
        first = self._token
        following = self._peek()
        if first.kind == "group" and _is_mark(following, ":"):
            yield self._group()
        elif first.kind == "word" and _is_mark(following, ":"):
            yield self._attribute(None)
        elif first.kind == "word" and first.text == "state" and following.kind in ("word", "string"):
            yield from self._state()
        elif (
            first.kind == "word"
            and first.text in _OTHERS
            and following.kind not in ("arrow", "action", "chance")
        ):
            self._skip_statement()
            yield Other(first.text, first.place)
        else:
            yield from self._edges()

    def _edges(self) -> Iterator[Statement]:
        sources = self._names()
        if self._token.kind == "arrow" or self._token.kind in ("action", "chance", "word", "mark"):
            yield from self._chain(sources)
        else:
            raise _Unreadable(self._token, "an arrow")

    def _chain(self, sources: tuple[Name, ...]) -> Iterator[Statement]:
        while True:
            forward = self._label()
            arrow = self._token
            if arrow.kind != "arrow":
                raise _Unreadable(arrow, "an arrow")
            self._advance()
            backward = self._label()
            targets = self._names()
            right, left = ARROWS[arrow.text]
            if right is not None:
                yield Edge(sources, targets, right, forward, arrow.place)
            elif not forward.is_empty:
                self._findings.report_at(forward.place, "left_out", "the arrow does not go this way")
            if left is not None:
                yield Edge(targets, sources, left, backward, arrow.place)
            elif not backward.is_empty:
                self._findings.report_at(backward.place, "left_out", "the arrow does not go this way")
            if self._is_end():
                return
            sources = targets

    def _label(self) -> Label:
        """What decorates one side of an arrow, in any order."""
        place = self._token.place
        found: dict[str, str] = {}
        while True:
            token = self._token
            if token.kind == "action":
                key, value = "action", token.text
                self._advance()
            elif token.kind == "chance":
                key, value = "chance", token.text
                self._advance()
            elif token.kind == "word" and token.text == "after":
                self._advance()
                key, value = "delay", self._duration()
            elif _is_mark(token, "{"):
                self._skip_braces()
                self._findings.report_at(token.place, "left_out", "how an arrow looks is left out", "warning")
                continue
            else:
                return Label(**found, place=place)
            if key in found:
                raise _Unreadable(token, f"one {key}")
            found[key] = value

    def _duration(self) -> str:
        """A number with a unit, written together or not; seconds without one."""
        token = self._token
        if token.kind != "word":
            raise _Unreadable(token, "a length of time, such as 5s,")
        digits = len(token.text) - len(token.text.lstrip("0123456789."))
        number, unit = token.text[:digits], token.text[digits:]
        self._advance()
        if not unit and self._token.kind == "word" and self._token.text.lower() in {**_UNITS, **_DAYS}:
            unit = self._token.text
            self._advance()
        unit = unit.lower() or "s"
        if not number.replace(".", "", 1).isdigit() or unit not in {**_UNITS, **_DAYS} or len(number) > 12:
            raise _Unreadable(token, "a length of time, such as 5s,")
        if unit in _DAYS:
            return f"{float(number) * _DAYS[unit] * 24:g}h"
        return f"{number.strip('.')}{_UNITS[unit]}"

    def _names(self) -> tuple[Name, ...]:
        token = self._token
        if _is_mark(token, "["):
            self._advance()
            found: list[Name] = []
            while not _is_mark(self._token, "]"):
                found.append(self._name())
            self._advance()
            return tuple(found)
        return (self._name(),)

    def _name(self) -> Name:
        token = self._token
        if token.kind == "stripe":
            raise _Unreadable(token, "a state (steps within lists are not known here)")
        if token.kind not in ("word", "string", "group"):
            raise _Unreadable(token, "a state")
        self._advance()
        if token.kind == "group":
            return Name(token.text.lstrip(".&"), token.place, is_group=True)
        return Name(token.text, token.place)

    def _group(self) -> GroupOf:
        token = self._token
        self._advance()
        self._advance()
        members = {(member.text, member.is_group): member for member in reversed(self._names())}
        self._expect_end()
        return GroupOf(token.text.lstrip(".&"), tuple(reversed(members.values())), token.place)

    def _attribute(self, state: str | None) -> Attribute:
        token = self._token
        self._advance()
        self._advance()
        values: list[str] = []
        depth = 0
        while self._token.kind != "end":
            depth += (self._token.text in ("[", "{")) - (self._token.text in ("]", "}"))
            if depth < 0 or (depth == 0 and _is_mark(self._token, ";")):
                break
            if self._token.kind != "mark":
                values.append(self._token.text)
            self._advance()
        self._expect_end()
        return Attribute(token.text, tuple(values), token.place, state)

    def _state(self) -> Iterator[Statement]:
        self._advance()
        name = self._name()
        if not _is_mark(self._token, ":") or not _is_mark(self._peek(), "{"):
            raise _Unreadable(self._token, "': {'")
        self._advance()
        self._advance()
        while not _is_mark(self._token, "}"):
            if self._token.kind != "word" or not _is_mark(self._peek(), ":"):
                if self._token.kind == "word" and self._token.text in _OTHERS:
                    yield Other(self._token.text, self._token.place)
                    self._skip_statement()
                    continue
                raise _Unreadable(self._token, "an attribute")
            yield self._attribute(name.text)
        self._advance()
        self._expect_end()

    def _skip_braces(self) -> None:
        """Pass over braces and what stands in them."""
        opening, depth = self._token, 0
        while self._token.kind != "end":
            depth += _is_mark(self._token, "{") - _is_mark(self._token, "}")
            self._advance()
            if depth == 0:
                return
        raise _Unreadable(opening, "the '}' of this brace")

    def _is_end(self) -> bool:
        if _is_mark(self._token, ";"):
            self._advance()
            return True
        if self._token.kind == "end":
            self._findings.report_at(self._token.place, "syntax", "the last semicolon is missing", "warning")
            return True
        return False

    def _expect_end(self) -> None:
        if not self._is_end():
            raise _Unreadable(self._token, "';'")

    def _skip_statement(self) -> None:
        while self._token.kind != "end":
            is_last = _is_mark(self._token, ";")
            self._advance()
            if is_last:
                return

    def _peek(self) -> Token:
        if self._ahead is None:
            self._ahead = self._token if self._token.kind == "end" else next(self._tokens)
        return self._ahead

    def _advance(self) -> None:
        if self._ahead is not None:
            self._token, self._ahead = self._ahead, None
        elif self._token.kind != "end":
            self._token = next(self._tokens)


def _is_mark(token: Token, text: str) -> bool:
    return token.kind == "mark" and token.text == text


#: Words that begin statements other than transitions.
_OTHERS: Final = frozenset(
    {"property", "arrange", "arrange-start", "arrange-end", "oarrange", "farrange", "on"}
)
