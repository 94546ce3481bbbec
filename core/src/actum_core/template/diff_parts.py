"""What a document is compared as: parts that have a name or a place, say facts, and hold other parts.

Which fields mean something is what the document's own types say: a field that takes no part in their equality
(titles, descriptions, pointers) is no fact here either, and one that is new is a fact without being named here.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum, StrEnum
from typing import Any, Final, NamedTuple

from actum_core.canonical_json import JsonValue
from actum_core.template.schema import Schema


class PartKind(StrEnum):
    """What a part of a document is."""

    #: The template or component itself.
    DOCUMENT = "document"
    VARIABLE = "variable"
    PARAMETER = "parameter"
    EVENT = "event"
    RULE = "rule"
    ACTION = "action"
    NODE = "node"
    EDGE = "edge"
    MACHINE = "machine"
    STATE = "state"
    TRANSITION = "transition"
    TIMER = "timer"
    INVOKE = "invoke"
    #: One action of a list of executable content.
    CONTENT = "content"


class Fact(NamedTuple):
    """What one member says: ``meaning`` to compare it by, ``plain`` to tell it by where no such member is written."""

    meaning: Hashable
    plain: JsonValue


@dataclass(frozen=True, slots=True)
class Body:
    """What a part says, by the member that says it, and the parts inside it, by where they stand.

    ``likeness`` are keys by which a part without a name is found again when it has changed, the closest first.
    """

    facts: Mapping[str, Fact]
    inner: Mapping[str, "PartList"] = field(default_factory=dict)
    likeness: tuple[Hashable, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of a document.

    ``name`` is for people, ``id`` what the document calls the part, ``key`` what it is compared under; a part
    without a key is found again by its ``meaning``, which is all that it says but for its name and its place.
    Its body is made only when somebody looks into it: most parts are the same in both documents. A part has its
    place among those with its ``parent``, a key; ``inside`` is that parent's name in this document.
    """

    kind: PartKind
    name: str
    pointer: str
    meaning: Hashable
    open: Callable[[], Body]
    key: str | None = None
    id: str = ""
    parent: str | None = None
    inside: str = ""


@dataclass(frozen=True, slots=True)
class PartList:
    """Parts that stand in one place. Without ``is_ordered`` their order means nothing.

    ``is_renamable`` says that nothing refers to these parts by their names.
    """

    parts: tuple[Part, ...] = ()
    is_ordered: bool = True
    is_renamable: bool = False


#: The member of a document that says a fact, where it is not called like the field.
_MEMBERS: Final[Mapping[str, str]] = {
    "data": "with",
    "emissions": "emit",
    "events": "event",
    "extracts": "extract",
    "ignores_unknown_events": "unknown_events",
    "is_forwarding": "autoforward",
    "is_internal": "internal",
    "is_required": "required",
    "on_resume": "timers",
    "targets": "target",
}

#: The fields that take part in the equality of each of the document's types met so far.
_compared: Final[dict[type, tuple[str, ...]]] = {}


def facts_of(value: Any, without: Collection[str] = ()) -> dict[str, Fact]:
    """What the fields of one of the document's types say, but for those that are parts of their own."""
    return {
        _MEMBERS.get(name, name): fact(getattr(value, name))
        for name in _compared_fields(type(value))
        if name not in without
    }


def fact(value: Any) -> Fact:
    """The fact that a value states."""
    return Fact(meaning_of(value), _plain(value))


def meaning_of(value: Any) -> Hashable:
    """Equal for what says the same, and for nothing else: 1, 1.0 and true are three values."""
    kind = type(value)
    if kind is str or value is None:
        return value  # type: ignore[no-any-return]
    if kind is tuple or kind is list:
        return ("[]", *[meaning_of(member) for member in value])
    if kind is dict:
        return ("{}", *sorted((key, meaning_of(member)) for key, member in value.items()))
    if kind is Schema:
        return meaning_of(value.document)
    if kind is bool or kind is int or kind is float or isinstance(value, Enum):
        return (kind.__name__, value)
    return (kind.__name__, *[meaning_of(getattr(value, name)) for name in _compared_fields(kind)])


def _compared_fields(kind: type) -> tuple[str, ...]:
    found = _compared.get(kind)
    if found is None:
        found = _compared[kind] = tuple(each.name for each in fields(kind) if each.compare)
    return found


def _plain(value: Any) -> JsonValue:
    """A form for people of what is written in a shorthand or not at all; None where only the author's text will do."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple) and all(isinstance(member, str) for member in value):
        return list(value) if len(value) > 1 else value[0] if value else None
    return None
