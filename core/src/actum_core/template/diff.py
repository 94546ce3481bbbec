"""Tell how two template documents differ in what they mean: typed changes, with pointers into both.

Titles, descriptions, layout, shorthands and the order of members that have no order are no changes. The order of
states, transitions, rules, nodes and edges has a meaning: another one is told as ``moved``, and nothing else of it.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.template.diff_names import find_new_names
from actum_core.template.diff_pairs import Pair, Pairing, moved_pairs, pair_up
from actum_core.template.diff_parts import Fact, Part, PartKind, PartList
from actum_core.template.diff_read import NewNames, read_design
from actum_core.template.parse import parse_design


class ChangeKind(StrEnum):
    """What became of a part from one document to the other."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class Side:
    """A change as one of the documents shows it.

    ``pointer`` names what is there, or the nearest that is written; ``value`` is the author's text at it. Of a
    part that was moved it is the place, from 0, or the state that it stands in; of one renamed, its name.
    """

    name: str
    pointer: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``aspect`` is the member of the part that changed, ``""`` for the part as a whole.

    An added part has no source, a removed one no target.
    """

    kind: ChangeKind
    part: PartKind
    aspect: str
    source: Side | None
    target: Side | None

    @property
    def name(self) -> str:
        """What the part is called, in the target if it is there."""
        side = self.target or self.source
        assert side is not None
        return side.name

    def reversed(self) -> "Change":
        """The change that leads back."""
        kinds = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.REMOVED: ChangeKind.ADDED}
        return replace(self, kind=kinds.get(self.kind, self.kind), source=self.target, target=self.source)


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes, in the order of the target document; of what stands in one list, the removed parts first."""

    changes: tuple[Change, ...]

    @property
    def same_program(self) -> bool:
        """True when both documents compile to one program, as far as the components they use are the same."""
        return not self.changes


def diff_documents(source: object, target: object) -> Difference:
    """How ``target`` differs from ``source``: two documents of templates or of components.

    Neither needs to be without errors, but both must have the form of a document. Raises Invalid with the
    problems of the first that has not.
    """
    ours, theirs = parse_design(source), parse_design(target)
    names = find_new_names(ours, theirs)
    comparison = _Comparison(source, target)
    return Difference(tuple(comparison.compare(read_design(ours, names), read_design(theirs, NewNames()))))


class _Comparison:
    """Compares two documents, part by part."""

    def __init__(self, source: object, target: object) -> None:
        self._source = source
        self._target = target

    def compare(self, ours: Part, theirs: Part) -> Iterator[Change]:
        """The changes of one part that is there in both, and of all within it."""
        if ours.meaning == theirs.meaning is not None:
            return
        before, after = ours.open(), theirs.open()
        for aspect in dict.fromkeys((*before.facts, *after.facts)):
            facts = before.facts.get(aspect, _NOTHING), after.facts.get(aspect, _NOTHING)
            if facts[0].meaning != facts[1].meaning:
                source = _side_of(self._source, ours, aspect, facts[0])
                target = _side_of(self._target, theirs, aspect, facts[1])
                yield Change(ChangeKind.CHANGED, theirs.kind, aspect, source, target)
        for place in dict.fromkeys((*before.inner, *after.inner)):
            yield from self._compare_lists(before.inner.get(place, _NOBODY), after.inner.get(place, _NOBODY))

    def _compare_lists(self, ours: PartList, theirs: PartList) -> Iterator[Change]:
        found = pair_up(ours.parts, theirs.parts)
        if ours.is_renamable:
            found = _with_renamed(found, ours.parts, theirs.parts)
        for place in found.removed:
            part = ours.parts[place]
            yield Change(ChangeKind.REMOVED, part.kind, "", _whole(self._source, part), None)
        partners = {after: before for before, after in found.pairs}
        moves = _moves(found.pairs, ours.parts, theirs.parts) if ours.is_ordered else {}
        for place, part in enumerate(theirs.parts):
            if place not in partners:
                yield Change(ChangeKind.ADDED, part.kind, "", None, _whole(self._target, part))
                continue
            before = ours.parts[partners[place]]
            if before.id != part.id:
                yield _told(ChangeKind.RENAMED, (before, part), "", (before.id, part.id))
            if place in moves:
                yield moves[place]
            yield from self.compare(before, part)


_NOTHING: Final = Fact(None, None)
_NOBODY: Final = PartList()
_ABSENT: Final = object()


def _told(
    kind: ChangeKind, parts: tuple[Part, Part], aspect: str, values: tuple[JsonValue, JsonValue]
) -> Change:
    source, target = (Side(part.name, part.pointer, value) for part, value in zip(parts, values, strict=True))
    return Change(kind, parts[1].kind, aspect, source, target)


def _with_renamed(found: Pairing, ours: Sequence[Part], theirs: Sequence[Part]) -> Pairing:
    """Parts that nothing refers to are the same under another name when they say the same and no others do."""
    groups: defaultdict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for place in found.removed:
        groups[ours[place].meaning][0].append(place)
    for place in found.added:
        groups[theirs[place].meaning][1].append(place)
    renamed = {old[0]: new[0] for old, new in groups.values() if len(old) == len(new) == 1}
    found_again = set(renamed.values())
    return Pairing(
        tuple(sorted((*found.pairs, *renamed.items()), key=lambda pair: pair[1])),
        tuple(place for place in found.removed if place not in renamed),
        tuple(place for place in found.added if place not in found_again),
    )


def _moves(pairs: Sequence[Pair], ours: Sequence[Part], theirs: Sequence[Part]) -> dict[int, Change]:
    """The change of each part, by its place in the target, that stands elsewhere than in the source."""
    moves = {}
    groups: defaultdict[str | None, list[Pair]] = defaultdict(list)
    for before, after in pairs:
        parts = (ours[before], theirs[after])
        if parts[0].parent == parts[1].parent:
            groups[parts[1].parent].append((before, after))
        else:
            moves[after] = _told(ChangeKind.MOVED, parts, "parent", (parts[0].inside, parts[1].inside))
    source, target = _places(ours), _places(theirs)
    for group in groups.values():
        for before, after in moved_pairs(group, ours, theirs):
            places = (source[before], target[after])
            moves[after] = _told(ChangeKind.MOVED, (ours[before], theirs[after]), "order", places)
    return moves


def _places(parts: Sequence[Part]) -> list[int]:
    """Where each part stands among those with its parent."""
    counts: Counter[str | None] = Counter()
    places = []
    for part in parts:
        places.append(counts[part.parent])
        counts[part.parent] += 1
    return places


def _side_of(document: object, part: Part, aspect: str, fact: Fact) -> Side:
    pointer = f"{part.pointer}/{aspect}" if aspect else part.pointer
    value = _find(document, pointer)
    if value is _ABSENT:
        return Side(part.name, part.pointer, fact.plain)
    return Side(part.name, pointer, value)


def _whole(document: object, part: Part) -> Side:
    """A part as its author wrote it. The states inside a state are parts of their own."""
    value = _find(document, part.pointer)
    if part.kind in (PartKind.STATE, PartKind.MACHINE) and isinstance(value, Mapping):
        value = {name: member for name, member in value.items() if name != "states"}
    return Side(part.name, part.pointer, None if value is _ABSENT else value)


def _find(document: Any, pointer: str) -> Any:
    """What an RFC 6901 pointer names, or _ABSENT."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping) and name in document:
            document = document[name]
        elif isinstance(document, Sequence) and not isinstance(document, str) and name.isdecimal():
            if int(name) >= len(document):
                return _ABSENT
            document = document[int(name)]
        else:
            return _ABSENT
    return document
