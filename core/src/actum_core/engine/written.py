"""The written forms of what a state holds, kept from state to state so that only what changed is written anew.

Everything has two forms: in full, and as a commitment is over it. The second names what is long by its digest, so
that a commitment costs what changed since the last one.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Final, Generic, NamedTuple, TypeVar

#: Bytes of a value's canonical form up to which a commitment holds the value itself: a digest is longer.
COMMITTED_BYTES_MAX: Final = 64

#: Members of a collection up to which a commitment holds them one by one; more are digested in parts.
COMMITTED_MEMBERS_MAX: Final = 32

#: Parts that a large collection is digested in: a step that touches few members digests few parts anew.
_PARTS: Final = 64

T = TypeVar("T")


class Written(NamedTuple):
    """One value in full and as it is committed to."""

    canonical: bytes
    committed: bytes


def commit_value(canonical: bytes) -> bytes:
    """What stands for a value in a commitment: itself, or the SHA-256 of its canonical form in hex."""
    if len(canonical) <= COMMITTED_BYTES_MAX:
        return canonical
    return b'{"$digest":"%s"}' % hashlib.sha256(canonical).hexdigest().encode()


class Collection(Generic[T]):
    """An immutable map from short ASCII names to parts of a state.

    A changed copy shares what it did not touch and remembers how that is written. In a commitment, a collection of
    more than COMMITTED_MEMBERS_MAX members is ``{"$parts": …}``: the hex SHA-256 over the SHA-256 of each of 64
    parts in order, where a part is the committed form of the members whose name's SHA-256 begins with six bits
    that give its number.
    """

    __slots__ = ("_forms", "_stale", "_write", "members")

    def __init__(self, members: dict[str, T], write: Callable[[T], Written]) -> None:
        #: MUST NOT be changed.
        self.members = members
        self._write = write
        self._forms: _Forms | None = None
        self._stale: frozenset[str] = frozenset(members)

    def __len__(self) -> int:
        return len(self.members)

    def changed(self, changes: Mapping[str, T | None]) -> "Collection[T]":
        """A copy with other members; None takes one away."""
        members = self.members.copy()
        for name, member in changes.items():
            if member is None:
                members.pop(name, None)
            else:
                members[name] = member
        after = Collection(members, self._write)
        after._forms = self._forms
        after._stale = self._stale.union(changes)
        return after

    def canonical(self) -> bytes:
        """The canonical JSON object of all members."""
        return b"{" + b",".join(self._written().canonical) + b"}"

    def committed(self) -> bytes:
        """The canonical JSON of what a commitment says of all members."""
        return self._written().committed_form()

    def _written(self) -> "_Forms":
        if self._forms is None or self._stale:
            forms = _Forms() if self._forms is None else self._forms.copy()
            for name in sorted(self._stale):
                member = self.members.get(name)
                if member is None:
                    forms.remove(name)
                else:
                    forms.put(name, self._write(member))
            self._forms, self._stale = forms, frozenset()
        return self._forms


class _Forms:
    """What is written of each member, in the order of names."""

    __slots__ = ("_fresh", "_parts", "canonical", "committed", "names")

    def __init__(self) -> None:
        self.names: list[str] = []
        self.canonical: list[bytes] = []
        self.committed: list[bytes] = []
        #: The digest of each part and the names in it, once they are needed; and the numbers of those that still hold.
        self._parts: list[tuple[bytes, list[str]]] | None = None
        self._fresh: set[int] = set()

    def copy(self) -> "_Forms":
        forms = _Forms()
        forms.names = self.names.copy()
        forms.canonical = self.canonical.copy()
        forms.committed = self.committed.copy()
        forms._parts = None if self._parts is None else self._parts.copy()
        forms._fresh = self._fresh.copy()
        return forms

    def put(self, name: str, written: Written) -> None:
        key = f'"{name}":'.encode()
        canonical, committed = key + written.canonical, key + written.committed
        place = bisect_left(self.names, name)
        if place < len(self.names) and self.names[place] == name:
            self.canonical[place], self.committed[place] = canonical, committed
        else:
            self.names.insert(place, name)
            self.canonical.insert(place, canonical)
            self.committed.insert(place, committed)
            self._regroup(name, is_there=True)
        self._touch(name)

    def remove(self, name: str) -> None:
        place = bisect_left(self.names, name)
        if place < len(self.names) and self.names[place] == name:
            del self.names[place], self.canonical[place], self.committed[place]
            self._regroup(name, is_there=False)
            self._touch(name)

    def committed_form(self) -> bytes:
        if len(self.names) <= COMMITTED_MEMBERS_MAX:
            return b"{" + b",".join(self.committed) + b"}"
        parts = self._parts
        if parts is None:
            grouped: list[list[str]] = [[] for _ in range(_PARTS)]
            for name in self.names:
                grouped[_part_of(name)].append(name)
            parts = self._parts = [(b"", names) for names in grouped]
            self._fresh = set()
        for number in range(_PARTS):
            if number not in self._fresh:
                parts[number] = (self._digest(parts[number][1]), parts[number][1])
                self._fresh.add(number)
        whole = hashlib.sha256(b"".join([digest for digest, _ in parts])).hexdigest()
        return b'{"$parts":"%s"}' % whole.encode()

    def _digest(self, names: list[str]) -> bytes:
        members = [self.committed[bisect_left(self.names, name)] for name in names]
        return hashlib.sha256(b"{" + b",".join(members) + b"}").digest()

    def _touch(self, name: str) -> None:
        if self._parts is not None:
            self._fresh.discard(_part_of(name))

    def _regroup(self, name: str, *, is_there: bool) -> None:
        if self._parts is None:
            return
        number = _part_of(name)
        digest, names = self._parts[number]
        if is_there:
            place = bisect_left(names, name)
            self._parts[number] = (digest, [*names[:place], name, *names[place:]])
        else:
            self._parts[number] = (digest, [each for each in names if each != name])


def _part_of(name: str) -> int:
    return hashlib.sha256(name.encode()).digest()[0] >> 2
