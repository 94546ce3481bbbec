"""Names for what a step makes, derived from the execution, the input sequence and the place: never random."""

import hashlib
from uuid import UUID

from actum_core.identifiers import (
    IdentifierInvalid,
    Prefix,
    derive_identifier,
    format_identifier,
    parse_identifier,
)


class DerivedIds:
    """The names that one step gives; each kind of thing counts its own places from 0."""

    __slots__ = ("_execution", "_execution_id", "_places", "_sequence")

    def __init__(self, execution: str, sequence: int) -> None:
        self._execution = execution
        self._execution_id: UUID | None = None
        self._sequence = sequence
        self._places: dict[str, int] = {}

    def place(self, kind: str) -> str:
        """The next place of a kind: ``<input sequence>.<n>``."""
        return f"{self._sequence}.{self._next(kind)}"

    def identifier(self, prefix: Prefix) -> str:
        """The next identifier with this prefix."""
        if self._execution_id is None:
            self._execution_id = _read_execution(self._execution)
        purpose = f"{prefix.value}/{self._sequence}"
        return format_identifier(
            prefix, derive_identifier(self._execution_id, purpose, self._next(prefix.value))
        )

    def _next(self, kind: str) -> int:
        place = self._places.get(kind, 0)
        self._places[kind] = place + 1
        return place


def _read_execution(execution: str) -> UUID:
    """The execution's UUID; where it has a name of another kind, as in a simulation, one that follows from it."""
    try:
        return parse_identifier(Prefix.EXECUTION, execution)
    except IdentifierInvalid:
        return UUID(bytes=hashlib.sha256(execution.encode()).digest()[:16])
