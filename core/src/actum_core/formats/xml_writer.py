"""Write a small tree as XML text, two spaces to each level."""

import re
from dataclasses import dataclass, field
from typing import Final

#: Characters that no XML 1.0 document can hold, not even written as a number (2.2).
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_ESCAPES: Final = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\n": "&#10;",
    "\r": "&#13;",
    "\t": "&#9;",
}
_IN_ATTRIBUTE: Final = re.compile(r'[&<"\n\r\t]')
_IN_TEXT: Final = re.compile(r"[&<>\r]")


@dataclass(slots=True)
class Node:
    """An element to be written, with its name as it shall stand. Text and children exclude each other."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    text: str = ""


def is_writable(text: str) -> bool:
    """True when XML can hold all of the text."""
    return _UNWRITABLE.search(text) is None


def write_xml(root: Node) -> str:
    """The document. What XML cannot hold is left out: ``is_writable`` tells of it before."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    _write(root, "", lines)
    return "\n".join(lines) + "\n"


def _write(node: Node, indent: str, lines: list[str]) -> None:
    attributes = "".join(
        f' {name}="{_escaped(value, _IN_ATTRIBUTE)}"' for name, value in node.attributes.items()
    )
    head = f"{indent}<{node.name}{attributes}"
    if node.children:
        lines.append(f"{head}>")
        for child in node.children:
            _write(child, indent + "  ", lines)
        lines.append(f"{indent}</{node.name}>")
    elif node.text:
        lines.append(f"{head}>{_escaped(node.text, _IN_TEXT)}</{node.name}>")
    else:
        lines.append(f"{head}/>")


def _escaped(text: str, odd: re.Pattern[str]) -> str:
    return odd.sub(lambda match: _ESCAPES[match.group()], _UNWRITABLE.sub("", text))
