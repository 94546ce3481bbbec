"""Where executions stand: what a batch works on, and the copies kept between batches to save reading."""

from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from actum_core.engine.fold import Subject
from actum_core.engine.lifecycle import Execution
from actum_core.ledger.entry import Chain, Head


@dataclass(slots=True)
class Place:
    """One execution in a batch: as it was locked, and as it stands after what was decided so far."""

    org_id: UUID
    execution_id: UUID
    chain: Chain
    subject: Subject
    execution: Execution
    head: Head
    stored_execution: Execution
    stored_head: Head

    @property
    def was_moved(self) -> bool:
        """True when the batch appended to this execution."""
        return self.head.sequence != self.stored_head.sequence

    def standing_at(self, execution: Execution, head: Head) -> "Place":
        """The same execution as it is stored at ``head``, with nothing decided yet."""
        return Place(
            self.org_id, self.execution_id, self.chain, self.subject, execution, head, execution, head
        )


class PlaceCache:
    """The latest known state of recently used executions, least recently used first to go.

    It saves reading and parsing only. Whether a copy is the latest is decided by the head's hash, read
    under the row's lock; a copy that is not is thrown away. Bounded in number and in bytes of state.
    """

    def __init__(self, places_max: int, state_bytes_max: int) -> None:
        self._places_max = places_max
        self._state_bytes_max = state_bytes_max
        self._state_bytes = 0
        self._kept: OrderedDict[UUID, tuple[Place, int]] = OrderedDict()

    def find(self, execution_id: UUID) -> Place | None:
        """The copy kept of an execution, or None."""
        kept = self._kept.get(execution_id)
        if kept is None:
            return None
        self._kept.move_to_end(execution_id)
        return kept[0]

    def keep(self, place: Place, state_bytes: int) -> None:
        """Remember a place as it was committed."""
        self.forget(place.execution_id)
        self._kept[place.execution_id] = (place.standing_at(place.execution, place.head), state_bytes)
        self._state_bytes += state_bytes
        while len(self._kept) > self._places_max or self._state_bytes > self._state_bytes_max:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._state_bytes -= dropped

    def forget(self, execution_id: UUID) -> None:
        """Drop the copy of an execution, for instance because a commit's outcome is not known."""
        kept = self._kept.pop(execution_id, None)
        if kept is not None:
            self._state_bytes -= kept[1]
