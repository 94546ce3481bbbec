"""Find the same parts again in two lists, and those of them that stand in another order."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from actum_core.template.diff_parts import Part

#: The places of one part in the two lists.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Each place once: in ``pairs``, in the order of the target, or among those that one side alone has."""

    pairs: tuple[Pair, ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]


def pair_up(source: Sequence[Part], target: Sequence[Part]) -> Pairing:
    """Pair parts by their names; those without, by all that they say, and then by ever less of it.

    Those that are equal in that are paired in the order in which they stand. Which of the two lists is called
    the source makes no difference to what is paired.
    """
    found: list[Pair] = []
    left = _Left(list(enumerate(source)), list(enumerate(target)))
    left = _match(left, _name_or_meaning, found)
    level = 0
    while left.source and left.target and level < left.levels:
        left = _match(left, partial(_likeness, level), found)
        level += 1
    return Pairing(
        tuple(sorted(found, key=lambda pair: pair[1])),
        tuple(place for place, _ in left.source),
        tuple(place for place, _ in left.target),
    )


@dataclass(frozen=True, slots=True)
class _Left:
    """The parts of both sides that are not paired yet, with their places."""

    source: list[tuple[int, Part]]
    target: list[tuple[int, Part]]

    @property
    def levels(self) -> int:
        """In how many ways some of them are like others."""
        return max(len(part.open().likeness) for _, part in (*self.source, *self.target))


def _name_or_meaning(part: Part) -> Hashable:
    return part.meaning if part.key is None else part.key


def _likeness(level: int, part: Part) -> Hashable:
    """None for a part that is like others in no further way."""
    found = part.open().likeness
    return found[level] if level < len(found) else None


def _match(left: _Left, key_of: Callable[[Part], Hashable], found: list[Pair]) -> _Left:
    """Add the pairs of parts with equal keys to those found; answer who is left."""
    waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for place, part in left.source:
        waiting[key_of(part)].append(place)
    alone, taken = [], set()
    for place, part in left.target:
        key = key_of(part)
        same = waiting.get(key) if key is not None else None
        if same:
            taken.add(same[0])
            found.append((same.popleft(), place))
        else:
            alone.append((place, part))
    return _Left([each for each in left.source if each[0] not in taken], alone)


def moved_pairs(pairs: Sequence[Pair], source: Sequence[Part], target: Sequence[Part]) -> list[Pair]:
    """The fewest pairs without which the others stand in one order on both sides; in the order of the target.

    Of several such choices the names of the parts decide, so that it is the same in both directions.
    """
    if all(before < after for (before, _), (after, _) in pairwise(pairs)):
        return []
    by_target = [_title(source[before], target[after]) for before, after in pairs]
    by_source = [_title(source[before], target[after]) for before, after in sorted(pairs)]
    if by_source > by_target:
        staying = {
            (before, after) for after, before in _longest_chain([pair[::-1] for pair in sorted(pairs)])
        }
    else:
        staying = set(_longest_chain(pairs))
    return [pair for pair in pairs if pair not in staying]


def _title(*parts: Part) -> list[str]:
    return sorted(repr(_name_or_meaning(part)) for part in parts)


def _longest_chain(points: Sequence[Pair]) -> list[Pair]:
    """The longest sequence of pairs, given by rising second number, in which the first rises too."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (height, _) in enumerate(points):
        at = bisect_left(ends, height)
        before.append(last[at - 1] if at else -1)
        ends[at : at + 1] = [height]
        last[at : at + 1] = [number]
    chain = []
    number = last[-1] if last else -1
    while number >= 0:
        chain.append(points[number])
        number = before[number]
    return chain
