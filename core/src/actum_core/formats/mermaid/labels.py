"""Read what stands at an arrow or in a state: ``event [guard] / action; action``.

This is how UML writes transitions, and what our own drawings say. Mermaid knows no such form, so whatever does not
have it stays text, with a problem.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from actum_core.expression import DYN, TIMESTAMP, ExpressionInvalid, Scope, compile_expression
from actum_core.expression.step_functions import STEP_FUNCTIONS

#: What a state is called at which stands what holds in all states of a machine.
ANY_STATE: Final = "in any state"

#: What stands for no action where a slash is needed.
NOTHING: Final = "(nothing)"

_DELAY: Final = re.compile(r"after\s+((?:\d+(?:\.\d+)?(?:ms|us|ns|d|h|m|s))+)$")
_WORDS_OF_DELAY: Final = re.compile(r"after\s+\((.*)\)$")
_ASSIGN: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=(?![=~])\s*(.+)$", re.DOTALL)
_PLAIN: Final = re.compile(r"(raise|cancel|do)\s+(\S+)$")
_SCOPE: Final = Scope(
    {"vars": DYN, "message": DYN, "event": DYN, "input": DYN, "token": DYN, "now": TIMESTAMP, "self": DYN},
    STEP_FUNCTIONS,
)
_CLOSING: Final = {"[": "]", "(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class Label:
    """The parts of a label; ``delay`` is the text of an ``after``."""

    events: tuple[str, ...] = ()
    delay: str | None = None
    guard: str | None = None
    actions: tuple[str, ...] = ()
    #: There is a slash: something is done, if only nothing.
    is_acting: bool = False


def read_label(text: str) -> Label:
    """The parts of a label, none of which is understood yet."""
    before, actions = _split_once(text, "/")
    events, guard = _guarded(before)
    parts = (part.strip() for part in _split(actions, ";"))
    found = tuple(part for part in parts if part and part != NOTHING)
    is_acting = before != text
    delay = _delay(events)
    if delay is not None:
        return Label((), delay, guard, found, is_acting)
    names = tuple(part.strip() for part in events.split(", ") if part.strip())
    return Label(names, None, guard, found, is_acting)


def is_expression(text: str) -> bool:
    """True when a text is an expression of our language, whatever its names stand for."""
    try:
        compile_expression(text, _SCOPE)
    except ExpressionInvalid:
        return False
    return True


def read_action(text: str) -> dict[str, Any] | None:
    """The content that a text says, or None when it is prose."""
    if match := _PLAIN.match(text):
        word, name = match.groups()
        return {"do": {"action": name}} if word == "do" else {word: name}
    values: dict[str, str] = {}
    for part in _split(text, ","):
        match = _ASSIGN.match(part.strip())
        if match is None or not is_expression(match.group(2)):
            return None
        values[match.group(1)] = match.group(2)
    return {"assign": values}


def _delay(text: str) -> str | None:
    if match := _DELAY.match(text.strip()):
        return match.group(1)
    match = _WORDS_OF_DELAY.match(text.strip())
    return f"={match.group(1)}" if match and is_expression(match.group(1)) else None


def _guarded(text: str) -> tuple[str, str | None]:
    """What stands before a guard in brackets at the end, and the guard."""
    stripped = text.strip()
    if not stripped.endswith("]"):
        return stripped, None
    scanner = _Scanner(stripped)
    start = next((index for index in scanner.tops() if stripped[index] == "["), None)
    if start is None or scanner.end_of(start) != len(stripped) - 1:
        return stripped, None
    return stripped[:start].strip(), stripped[start + 1 : -1].strip()


class _Scanner:
    """Knows which places of a text stand in brackets or strings."""

    def __init__(self, text: str) -> None:
        self._text = text
        #: Quotes of which one had no end: they are apostrophes, here and after.
        self._apostrophes: set[str] = set()

    def tops(self) -> list[int]:
        """The places that stand in no brackets and no string; those of opening marks are among them."""
        found, index = [], 0
        while index < len(self._text):
            found.append(index)
            is_opening = self._text[index] in _CLOSING
            index = (self.end_of(index) if is_opening else self._after_string(index)) + 1
        return found

    def end_of(self, start: int) -> int:
        """The place of the bracket that closes the one at ``start``, or the end."""
        waiting = [_CLOSING[self._text[start]]]
        index = start + 1
        while index < len(self._text):
            character = self._text[index]
            if character in _CLOSING:
                waiting.append(_CLOSING[character])
            elif character == waiting[-1]:
                waiting.pop()
                if not waiting:
                    return index
            else:
                index = self._after_string(index)
            index += 1
        return len(self._text)

    def _after_string(self, start: int) -> int:
        """The place of the quote that ends the string beginning here, or the same place when none does."""
        quote = self._text[start]
        is_within_word = start > 0 and self._text[start - 1].isalnum()
        if quote not in "'\"" or quote in self._apostrophes or is_within_word:
            return start
        index = start + 1
        while index < len(self._text):
            if self._text[index] == "\\":
                index += 1
            elif self._text[index] == quote:
                return index
            index += 1
        self._apostrophes.add(quote)
        return start


def _split_once(text: str, mark: str) -> tuple[str, str]:
    for index in _Scanner(text).tops():
        is_apart = index == 0 or text[index - 1].isspace()
        if text[index] == mark and is_apart:
            return text[:index], text[index + 1 :]
    return text, ""


def _split(text: str, mark: str) -> list[str]:
    parts, start = [], 0
    for index in _Scanner(text).tops():
        if text[index] == mark:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]
