"""Write text of the expression language: strings, member access, and parentheses only where they are needed."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from actum_core.template import names

_ESCAPES: Final = {
    "\\": "\\\\",
    "'": "\\'",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_ODD: Final = re.compile(r"[\\'\x00-\x1f\x7f]")


class Level(IntEnum):
    """How tightly the outermost operator of a text binds (cel-spec, "Syntax")."""

    CHOICE = 0
    OR = 1
    AND = 2
    RELATION = 3
    SUM = 4
    PRODUCT = 5
    UNARY = 6
    MEMBER = 7


@dataclass(frozen=True, slots=True)
class Cel:
    """A piece of text with what must be known to put it into another."""

    text: str
    level: Level = Level.MEMBER

    def within(self, level: Level) -> str:
        """The text where an operator of this level stands around it."""
        return self.text if self.level >= level else f"({self.text})"


def quoted(text: str) -> str:
    """A string literal."""

    def escape(match: re.Match[str]) -> str:
        return _ESCAPES.get(match.group(), f"\\x{ord(match.group()):02x}")

    return f"'{_ODD.sub(escape, text)}'"


def member(target: str, key: str | int) -> str:
    """``target.key``, or with brackets where the key is no identifier."""
    if isinstance(key, str) and names.is_variable_name(key):
        return f"{target}.{key}"
    return f"{target}[{key if isinstance(key, int) else quoted(key)}]"


def conjunction(parts: list[str]) -> Cel:
    """All of these; each must bind at least as tightly as ``&&``."""
    return Cel(" && ".join(parts), Level.AND) if len(parts) > 1 else Cel(parts[0], Level.AND)
