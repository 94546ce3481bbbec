"""The YAML examples of a page of the documentation, each with what its page says is wrong with it."""

import re
from dataclasses import dataclass
from typing import Any

from tests.core.documents import document, parse_yaml
from tests.tidy.sources import ROOT

_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.M | re.S)
_SAID = re.compile(r"^# (problem|warning): (\S+) at (.*)$", re.M)

#: What the page says of a place: its severity, code and pointer.
Said = tuple[str, str, str]


@dataclass(frozen=True)
class Example:
    """One block of a page: a document, and the problems that the page says it has."""

    line: int
    members: dict[str, Any]
    said: frozenset[Said]

    @property
    def is_component(self) -> bool:
        return self.members.get("kind") == "component"

    @property
    def document(self) -> dict[str, Any]:
        """The document with what the page leaves out: the head, and a machine with one state."""
        whole = {"format": "actum/1", "name": "example", **self.members}
        return whole if {"machine", "nodes"} & whole.keys() else document(**whole)


def examples_of(page: str) -> list[Example]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Example(
            text.count("\n", 0, found.start()) + 1,
            parse_yaml(found[1]),
            frozenset(
                ("error" if kind == "problem" else kind, code, pointer)
                for kind, code, pointer in _SAID.findall(found[1])
            ),
        )
        for found in _BLOCK.finditer(text)
    ]


def keys_in(value: Any) -> set[str]:
    """Every key of every object in a value."""
    if isinstance(value, dict):
        return set(value).union(*(keys_in(each) for each in value.values()))
    return set().union(*(keys_in(each) for each in value)) if isinstance(value, list) else set()


def strings_in(value: Any) -> set[str]:
    """Every string in a value, keys left out."""
    if isinstance(value, dict):
        return set().union(*(strings_in(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(strings_in(each) for each in value))
    return {value} if isinstance(value, str) else set()
