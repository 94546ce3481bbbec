"""Expressions of our own language under construction: their text, how tightly it binds, and what it yields."""

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeGuard

from actum_core.canonical_json import format_number
from actum_core.formats.cel_text import Level, quoted
from actum_core.template import names


class Yields(Enum):
    """What is known of a formula's value."""

    BOOL = "bool"
    NUMBER = "number"
    TEXT = "text"
    LIST = "list"
    MAP = "map"
    NULL = "null"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Formula:
    source: str
    level: Level = Level.MEMBER
    yields: Yields = Yields.UNKNOWN

    def within(self, least: Level) -> str:
        """The text as an operand of something that binds this tightly: in parentheses where it must be."""
        return self.source if self.level >= least else f"({self.source})"


NULL: Final = Formula("null", yields=Yields.NULL)
TRUE: Final = Formula("true", yields=Yields.BOOL)
FALSE: Final = Formula("false", yields=Yields.BOOL)


def text_formula(text: str) -> Formula:
    return Formula(quoted(text), yields=Yields.TEXT)


def number_formula(number: int | float) -> Formula:
    """A number; integral ones as integers, which is what JSON makes of them."""
    if isinstance(number, float) and number.is_integer() and abs(number) < 2**53:
        number = int(number)
    text = str(number) if isinstance(number, int) else format_number(number)
    if isinstance(number, float) and not re.search(r"[.e]", text):
        text += ".0"
    return Formula(text, Level.UNARY if text.startswith("-") else Level.MEMBER, Yields.NUMBER)


def select_optional(target: str, name: str) -> str:
    """The member, or null when the map has none of this name."""
    place = f".?{name}" if names.is_variable_name(name) else f"[?{quoted(name)}]"
    return f"{target}{place}.orValue(null)"


def failing(reason: str) -> str:
    """An expression that compiles and always fails: the place of one that could not be evaluated anyway."""
    return f"{{}}[{quoted(reason)}]"


_FAILING: Final = re.compile(r"\{\}\['((?:[^'\\]|\\.)*)'\]")


def reason_of_failing(source: str) -> str | None:
    """Why an expression that ``failing`` wrote fails; None for every other one."""
    match = _FAILING.fullmatch(source)
    return None if match is None else match[1].replace("\\'", "'").replace("\\\\", "\\")


def write_data(data: Any) -> Formula:
    """Data of a template, in which strings that begin with ``=`` are expressions, as one expression."""
    if data is None:
        return NULL
    if data is True or data is False:
        return TRUE if data else FALSE
    if isinstance(data, int | float):
        return number_formula(data)
    if isinstance(data, str):
        if data.startswith("=="):
            return text_formula(data[1:])
        return Formula(data[1:], Level.CHOICE) if data.startswith("=") else text_formula(data)
    if isinstance(data, list):
        members = ", ".join(write_data(member).source for member in data)
        return Formula(f"[{members}]", yields=Yields.LIST)
    pairs = ", ".join(f"{quoted(key)}: {write_data(value).source}" for key, value in data.items())
    return Formula(f"{{{pairs}}}", yields=Yields.MAP)


def read_data(source: str) -> Any:
    """An expression as data: a literal where it plainly is one, else a string that begins with ``=``."""
    text = source.strip()
    if text in ("null", "true", "false") or re.fullmatch(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?", text):
        value = json.loads(text)
        return int(value) if isinstance(value, float) and value.is_integer() else value
    for mark in ("'", '"'):
        if len(text) > 1 and text[0] == text[-1] == mark and not re.search(rf"[\\{mark}\n\r]", text[1:-1]):
            return literal_text(text[1:-1])
    if text == "[]":
        return []
    return {} if text == "{}" else "=" + text


def literal_text(text: str) -> str:
    """Text as data: what begins with ``=`` would be an expression."""
    return "=" + text if text.startswith("=") else text


def literal_data(value: Any) -> Any:
    """A JSON value as data that is just this value."""
    if isinstance(value, str):
        return literal_text(value)
    if isinstance(value, list):
        return [literal_data(member) for member in value]
    if isinstance(value, dict):
        return {key: literal_data(member) for key, member in value.items()}
    return value


def is_expression(data: object) -> TypeGuard[str]:
    """True for data that is evaluated: a text that begins with one equals sign."""
    return isinstance(data, str) and data.startswith("=") and not data.startswith("==")
