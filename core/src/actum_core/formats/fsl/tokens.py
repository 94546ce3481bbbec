"""Cut FSL text into tokens, each with its line and column."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

Place = tuple[int, int]

_RIGHT: Final = {"->": "->", "=>": "=>", "~>": "~>", "→": "->", "⇒": "=>", "↛": "~>"}
_LEFT: Final = {"<-": "->", "<=": "=>", "<~": "~>", "←": "->", "⇐": "=>", "↚": "~>"}
_BOTH: Final = {"<->": "->", "<=>": "=>", "<~>": "~>", "↔": "->", "⇔": "=>", "↮": "~>"}


def _arrows() -> dict[str, tuple[str | None, str | None]]:
    """Every arrow with what it means from left to right, and from right to left."""
    found: dict[str, tuple[str | None, str | None]] = {}
    found |= {text: (kind, None) for text, kind in _RIGHT.items()}
    found |= {text: (None, kind) for text, kind in _LEFT.items()}
    found |= {text: (kind, kind) for text, kind in _BOTH.items()}
    for left, backward in _LEFT.items():
        for right, forward in _RIGHT.items():
            found.setdefault(left + right, (forward, backward))
    return found


ARROWS: Final = _arrows()

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<arrow>"""
    + "|".join(re.escape(arrow) for arrow in sorted(ARROWS, key=len, reverse=True))
    + r""")
      | (?P<action>'(?:[^'\\]|\\.)*')
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<chance>\d+(?:\.\d+)?\s*%)
      | (?P<stripe>[+-](?:\|\d*|\d+))
      | (?P<group>(?:\.\.\.)?&[A-Za-z0-9_.]+)
      | (?P<word>[^\s'"\[\]{};:<>=~%&#/\\|+←-⇿-]
                 (?:[^\s'"\[\]{};:<>=~%/\\|←-⇿-]|-(?![>=~])(?=[A-Za-z0-9]))*)
      | (?P<color>\#[0-9A-Za-z]+)
      | (?P<mark>[\[\]{};:])
    """,
    re.VERBOSE | re.DOTALL,
)

_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is arrow, action, string, chance, stripe, group, word, color, mark, odd, or end."""

    kind: str
    text: str
    place: Place


def tokens(source: str) -> Iterator[Token]:
    """The tokens of a text, then one of kind ``end``; a character that begins none is one of kind ``odd``."""
    place, line, start = 0, 1, 0
    while place < len(source):
        match = _TOKEN.match(source, place)
        at = (line, place - start + 1)
        text = source[place] if match is None else match.group()
        if match is None:
            yield Token("odd", text, at)
        elif match.lastgroup != "space":
            yield Token(str(match.lastgroup), _plain(str(match.lastgroup), text), at)
        breaks = text.count("\n")
        if breaks:
            line += breaks
            start = place + text.rfind("\n") + 1
        place += len(text)
    yield Token("end", "", (line, place - start + 1))


def _plain(kind: str, text: str) -> str:
    if kind in ("action", "string"):
        return _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), match.group(1)), text[1:-1])
    return text
