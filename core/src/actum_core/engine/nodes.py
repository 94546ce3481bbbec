"""The cells of a network's nodes, in parts: a step that touches few nodes copies and writes few parts anew."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from actum_core import canonical_json
from actum_core.engine.cell import Cell

#: Nodes of one part. The square root of the largest network that has been measured.
PART_NODES: Final = 32


class _Part:
    """Some neighbours in the order of paths. Nothing in it changes but what is remembered of its written forms."""

    __slots__ = ("_canonical", "_committed", "_digest", "cells")

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self.cells = cells
        self._canonical: bytes | None = None
        self._committed: bytes | None = None
        self._digest: bytes | None = None

    @property
    def canonical(self) -> bytes:
        """Its members in full, without the braces."""
        if self._canonical is None:
            self._canonical = b",".join([cell.tables.key + cell.written().canonical for cell in self.cells])
        return self._canonical

    @property
    def committed(self) -> bytes:
        """Its members as they are committed to, without the braces."""
        if self._committed is None:
            self._committed = b",".join([cell.tables.key + cell.written().committed for cell in self.cells])
        return self._committed

    @property
    def digest(self) -> bytes:
        """SHA-256 of the object of its members as they are committed to."""
        if self._digest is None:
            self._digest = hashlib.sha256(b"{" + self.committed + b"}").digest()
        return self._digest


class Nodes:
    """An immutable sequence of cells by the numbers of their nodes, which follow the order of paths.

    In a commitment, more than PART_NODES nodes are ``{"$parts": …}``: the hex SHA-256 over the SHA-256 of each part
    in order, where a part is the object of PART_NODES nodes as they are committed to.
    """

    __slots__ = ("_machines", "_parts", "_texts")

    def __init__(self, parts: Sequence[_Part], machines: Sequence[int], texts: Sequence[str | None]) -> None:
        self._parts = parts
        #: The numbers of the nodes that are machines, in document order.
        self._machines = machines
        #: The configurations of as many of these as make a part, as members of a JSON array; None for what changed.
        self._texts = list(texts)

    @classmethod
    def of(cls, cells: Sequence[Cell], machines: Sequence[int]) -> "Nodes":
        """All cells of a network, in the order of paths; ``machines`` are the numbers of some in document order."""
        starts = range(0, len(cells), PART_NODES)
        parts = [_Part(tuple(cells[start : start + PART_NODES])) for start in starts]
        return cls(parts, machines, [None] * -(-len(machines) // PART_NODES))

    def __bool__(self) -> bool:
        return bool(self._parts)

    def __getitem__(self, number: int) -> Cell:
        return self._parts[number // PART_NODES].cells[number % PART_NODES]

    @property
    def configuration(self) -> tuple[str, ...]:
        """The active atomic states of all machines, each as ``path/state``, in document order."""
        return tuple(name for number in self._machines for name in self[number].path_names)

    def changed(self, changes: Mapping[int, Cell]) -> "Nodes":
        """A copy with other cells at some numbers."""
        parts, texts = list(self._parts), self._texts.copy()
        touched: dict[int, list[Cell]] = {}
        for number, cell in changes.items():
            place = number // PART_NODES
            if place not in touched:
                touched[place] = list(parts[place].cells)
            touched[place][number % PART_NODES] = cell
            if cell.tables.node is not None:
                texts[cell.tables.node.index // PART_NODES] = None
        for place, cells in touched.items():
            parts[place] = _Part(tuple(cells))
        return Nodes(parts, self._machines, texts)

    def canonical(self) -> bytes:
        """The canonical JSON object of all nodes."""
        return b"{" + b",".join([part.canonical for part in self._parts]) + b"}"

    def committed(self) -> bytes:
        """The canonical JSON of what a commitment says of all nodes."""
        if len(self._parts) == 1:
            return b"{" + self._parts[0].committed + b"}"
        digests = b"".join([part.digest for part in self._parts])
        return b'{"$parts":"%s"}' % hashlib.sha256(digests).hexdigest().encode()

    def configuration_text(self) -> str:
        """The configuration as a canonical JSON array."""
        texts = self._texts
        for place, text in enumerate(texts):
            if text is None:
                numbers = self._machines[place * PART_NODES : (place + 1) * PART_NODES]
                names = [name for number in numbers for name in self[number].path_names]
                texts[place] = canonical_json.encode(names).decode()[1:-1]
        return "[" + ",".join([text for text in texts if text]) + "]"
