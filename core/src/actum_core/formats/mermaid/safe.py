"""Identifiers and labels that Mermaid reads as they are meant.

Mermaid splits lines before it parses them, so a label must not have a colon, a semicolon, a comment sign or anything
that HTML knows; each is written as an entity code, which Mermaid turns back when it draws.
"""

import re
from typing import Final

#: Words that begin statements, or mean something elsewhere in a diagram.
_RESERVED: Final = frozenset(
    {
        *(
            "state",
            "note",
            "end",
            "default",
            "direction",
            "class",
            "classdef",
            "style",
            "click",
            "href",
            "as",
        ),
        *("fork", "join", "choice", "left", "right", "of", "hide", "empty", "description", "scale", "width"),
        *("graph", "subgraph", "flowchart", "statediagram", "call", "linkstyle", "interpolate", "root"),
        *("lr", "rl", "tb", "td", "bt", "title", "acctitle", "accdescr"),
    }
)
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: Characters that cut a label, and the first letters of what Mermaid looks for anywhere in a line.
_ODD: Final = re.compile(r"""[:;#%<>&"`\\]|d(?=irection)|\[(?=\[)|e(?=nd note)""", re.IGNORECASE)
_SPACES: Final = re.compile(r"\s+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ufeff]")
_ENTITY: Final = re.compile(r"#(\d{1,7}|[A-Za-z]{1,10});")
_NAMED: Final = {"quot": '"', "lt": "<", "gt": ">", "amp": "&", "colon": ":", "semi": ";", "num": "#"}


def is_plain_id(text: str) -> bool:
    """True for an id that stands in a diagram as it is."""
    word = text.lower()
    return (
        _PLAIN.fullmatch(text) is not None
        and word not in _RESERVED
        and not word.startswith("end")
        and not word.endswith("direction")
    )


def plain_id(text: str) -> str:
    """An id like ``text`` that Mermaid accepts; two texts may come to the same."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text)
    return word if is_plain_id(word) else f"s_{word}_"


def label(text: str) -> str:
    """One line of text as a label."""
    line = _SPACES.sub(" ", _CONTROL.sub(" ", text)).strip()
    return _ODD.sub(lambda match: f"#{ord(match.group())};", line) or "#32;"


def unlabel(text: str) -> str:
    """The text that a label stands for."""

    def read(match: re.Match[str]) -> str:
        code = match.group(1)
        if code.isdigit():
            return (
                chr(int(code))
                if int(code) <= 0x10FFFF and not 0xD800 <= int(code) <= 0xDFFF
                else match.group()
            )
        return _NAMED.get(code, match.group())

    return _ENTITY.sub(read, text).strip()
