"""Make names that templates accept out of the names of other tools, without two becoming one."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from actum_core.limits import ID_LENGTH_MAX, NAME_LENGTH_MAX, TEMPLATE_NAME_LENGTH_MAX
from actum_core.template import names

_WORD_END: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_NO_SLUG: Final = re.compile(r"[^a-z0-9]+")
_NO_WORD: Final = re.compile(r"[^A-Za-z0-9_]+")
_NO_STATE: Final = re.compile(r"[^A-Za-z0-9_.:-]+")
_NO_NODE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_NO_EVENT: Final = re.compile(r"[\s*\x00-\x1f\x7f]+")

#: Characters left for what makes a name unique.
_ROOM: Final = 8


def template_name(text: str, default: str) -> str:
    """``text`` as the name of a template: ``craneDetectorModel`` is ``crane-detector-model``."""
    spaced = _WORD_END.sub("-", text[: 4 * TEMPLATE_NAME_LENGTH_MAX]).lower()
    slug = _NO_SLUG.sub("-", spaced)[:TEMPLATE_NAME_LENGTH_MAX].strip("-")
    return slug or default


def variable_name(text: str) -> str:
    """``text`` as the name of a variable, which is an identifier of the expression language."""
    word = _NO_WORD.sub("_", text)[: ID_LENGTH_MAX - _ROOM] or "_"
    word = f"_{word}" if word[0].isdigit() else word
    return word if names.is_variable_name(word) else f"{word}_"


def state_id(text: str) -> str:
    """``text`` as the id of a state or a node."""
    word = _NO_STATE.sub("_", text)[: ID_LENGTH_MAX - _ROOM] or "_"
    return word if names.is_state_id(word) else f"_{word}"


def node_name(text: str) -> str:
    """``text`` as the name of a node or a port."""
    word = _NO_NODE.sub("_", text)[: ID_LENGTH_MAX - _ROOM] or "_"
    return word if names.is_node_name(word) else f"_{word}"


def event_name(text: str) -> str:
    """``text`` as the name of an event that may be posted."""
    word = _NO_EVENT.sub("_", text)[: NAME_LENGTH_MAX - _ROOM] or "_"
    return f"_{word}" if names.is_reserved_event(word) else word


class Names:
    """The names of one kind in one document: each text has one, and no two texts share one."""

    def __init__(self, form: Callable[[str], str], taken: Iterable[str] = ()) -> None:
        self._form = form
        self._taken = set(taken)
        self._given: dict[str, str] = {}
        self._numbers: dict[str, int] = {}

    def __contains__(self, text: object) -> bool:
        return text in self._given

    def find(self, text: str) -> str | None:
        """The name that ``text`` was given, if any."""
        return self._given.get(text)

    def give(self, text: str) -> str:
        """The name of ``text``, the same every time."""
        if text not in self._given:
            self._given[text] = self.make(text)
        return self._given[text]

    def make(self, text: str) -> str:
        """A name like ``text`` that nothing else has or will have."""
        word = self._form(text)
        found, number = word, self._numbers.get(word, 2)
        while found in self._taken:
            found, number = f"{word}_{number}", number + 1
        self._numbers[word] = number
        self._taken.add(found)
        return found
