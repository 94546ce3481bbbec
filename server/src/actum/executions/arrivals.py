"""What reaches an execution and what is answered: the types between HTTP and the batch."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

from actum_core.engine.inputs import InputKind
from actum_core.errors import ActumError, Invalid, pointer_of
from actum_core.ledger.entry import Actor


class SequenceConflict(ActumError):
    """Something was recorded first; read the execution again and resend with the sequence found."""

    code: ClassVar[str] = "sequence_conflict"

    def __init__(self, expected: int, found: int) -> None:
        self.expected = expected
        self.found = found
        super().__init__(f"expected the execution at sequence {expected}, found it at {found}")


class EventInvalid(Invalid):
    """Correct the event where the problems point; its template does not take it like that."""

    code: ClassVar[str] = "event_invalid"

    def in_batch(self, index: int) -> "EventInvalid":
        """The same, with pointers from the array that the event stood in."""
        return EventInvalid(
            replace(problem, pointer=pointer_of(index) + problem.pointer) for problem in self.problems
        )


class NotRecorded(ActumError):
    """Correct the events named by the others' answers and send all of them again: none was recorded."""

    code: ClassVar[str] = "not_recorded"


class NothingDue(ActumError):
    """Look again later: no timer of the execution is due."""

    code: ClassVar[str] = "nothing_due"


class IngestFailed(ActumError):
    """This is our fault and nothing was recorded; send it again with the same key."""

    code: ClassVar[str] = "ingest_failed"


class Received(NamedTuple):
    """One event or command, parsed and canonicalised: ``data`` is the parse of what ``payload`` holds."""

    kind: InputKind
    name: str
    source: str
    key: str
    data: Any
    payload: bytes
    fingerprint: bytes  # SHA-256 of what the key names
    occurred_at: str | None = None
    expected_sequence: int | None = None


#: What names a timer beside its key, which is unique in its execution; an event's source is of others' making, and
#: has no space.
TIMER_SOURCE: Final = "timer fired"

#: What names an outcome beside the request it belongs to: a request has one outcome for its whole life.
OUTCOME_SOURCE: Final = "outcome told"

#: Stands for the timers of an execution that are due when it is decided: which these are, and how many inputs
#: they become, only its state says.
DUE_TIMERS = Received(InputKind.TIMER, "", "", "", None, b"", b"")


class Answer(NamedTuple):
    """What became of an input; a repeat gets the first one again, marked as a duplicate."""

    source: str
    key: str
    kind: InputKind
    input_sequence: int
    first_sequence: int
    last_sequence: int
    entry_hash: bytes
    outcome: str
    received_at: str
    configuration: str  # canonical JSON array of the active states
    failure: bytes | None = None  # canonical JSON of the reason, when the outcome is failed
    is_duplicate: bool = False


@dataclass(slots=True)
class Submission:
    """One caller's inputs for one execution, in order, and the future that gets their answers."""

    org_id: UUID
    execution_id: UUID
    actor: Actor
    received: list[Received]
    is_atomic: bool
    answers: asyncio.Future[list[Answer | ActumError]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An execution to create, as the caller described it."""

    template: str
    version: int | None
    input: dict[str, Any]
    external_id: str | None
    metadata: dict[str, Any]
    is_started: bool
