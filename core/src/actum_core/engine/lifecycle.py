"""The life of an execution around its machine: created, running, paused, and the three ways to end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from actum_core import canonical_json
from actum_core.engine.state import State
from actum_core.errors import ActumError
from actum_core.limits import HELD_EVENTS_MAX
from actum_core.template import Program


class Lifecycle(StrEnum):
    """Where an execution stands. The transitions are in COMMANDS and in what its machine does."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """True when nothing can enter any more."""
        return self in _OVER


class Command(StrEnum):
    """What a person may tell an execution to do."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


_OVER: Final = frozenset({Lifecycle.COMPLETED, Lifecycle.FAILED, Lifecycle.CANCELLED})

#: Where each command may be given, and where it leads.
COMMANDS: Final[dict[Command, tuple[frozenset[Lifecycle], Lifecycle]]] = {
    Command.PAUSE: (frozenset({Lifecycle.RUNNING}), Lifecycle.PAUSED),
    Command.RESUME: (frozenset({Lifecycle.PAUSED}), Lifecycle.RUNNING),
    Command.CANCEL: (
        frozenset({Lifecycle.CREATED, Lifecycle.RUNNING, Lifecycle.PAUSED}),
        Lifecycle.CANCELLED,
    ),
}


class InvalidState(ActumError):
    """The execution's lifecycle does not allow this now; read the execution and decide again."""

    code: ClassVar[str] = "invalid_state"

    def __init__(self, attempted: str, found: Lifecycle) -> None:
        self.attempted = attempted
        self.found = found
        super().__init__(f"an execution that is {found.value} does not take {attempted}")


class HeldEventsFull(ActumError):
    """Resume the execution before sending more: a paused one holds a bounded number of events."""

    code: ClassVar[str] = "held_events_full"

    def __init__(self) -> None:
        super().__init__(f"the paused execution already holds {HELD_EVENTS_MAX} events")


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution as the fold sees it: what a snapshot stores and what a state commitment binds.

    ``held`` counts the events recorded since it was paused; they are the inputs that end at
    ``input_sequence``, since a paused execution takes nothing else without ceasing to be paused.
    """

    lifecycle: Lifecycle
    input_sequence: int
    held: int
    state: State

    def canonical(self) -> bytes:
        """RFC 8785 JSON of all of it; ``restore`` reads it back."""
        return b'{"held":%d,"inputSequence":%d,"lifecycle":"%s","state":%s}' % (
            self.held,
            self.input_sequence,
            self.lifecycle.encode(),
            self.state.canonical(),
        )

    def committed_form(self) -> bytes:
        """What a state commitment is over: as ``canonical``, with long variables named by their digests."""
        return b'{"held":%d,"inputSequence":%d,"lifecycle":"%s","state":%s}' % (
            self.held,
            self.input_sequence,
            self.lifecycle.encode(),
            self.state.commitment(),
        )


def restore_execution(program: Program, canonical: bytes) -> Execution:
    """Read back what ``Execution.canonical`` wrote. Raises Invalid when it is not such a text."""
    found: dict[str, Any] = canonical_json.parse(canonical)
    return Execution(
        lifecycle=Lifecycle(found["lifecycle"]),
        input_sequence=found["inputSequence"],
        held=found["held"],
        state=State.from_json(program, found["state"]),
    )


def check_event_admissible(execution: Execution) -> None:
    """Raise InvalidState or HeldEventsFull when no event may enter now; nothing is recorded of it."""
    if execution.lifecycle.is_over or execution.lifecycle is Lifecycle.CREATED:
        raise InvalidState("events", execution.lifecycle)
    if execution.held >= HELD_EVENTS_MAX:
        raise HeldEventsFull


def check_command_admissible(execution: Execution, command: Command) -> None:
    """Raise InvalidState when the command may not be given now; nothing is recorded of it."""
    if execution.lifecycle not in COMMANDS[command][0]:
        raise InvalidState(command.value, execution.lifecycle)
