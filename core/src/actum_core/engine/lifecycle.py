"""The life of an execution around its machine: created, running, paused, and the three ways to end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from actum_core import canonical_json
from actum_core.engine.network_state import NetworkState
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


class UnknownTimer(ActumError):
    """Drop this timer: the execution does not wait for it, because it has fired or was taken back."""

    code: ClassVar[str] = "unknown_timer"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"the execution waits for no timer {key[:64]!r}")


class TimerNotDue(ActumError):
    """Fire this timer later: it is not due yet, and no timer is ever early."""

    code: ClassVar[str] = "timer_not_due"

    def __init__(self, key: str, due: str) -> None:
        self.key = key
        self.due = due
        super().__init__(f"the timer {key!r} is due at {due}")


class UnknownRequest(ActumError):
    """Drop this outcome: the execution does not wait for it, because one has come already."""

    code: ClassVar[str] = "unknown_request"

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(f"the execution waits for no outcome of {request_id[:64]!r}")


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution as the fold sees it: what a snapshot stores and what a state commitment binds.

    ``held`` counts the events and outcomes recorded since it was paused; they are the inputs that end at
    ``input_sequence``, since a paused execution takes nothing else without ceasing to be paused. ``paused_at`` is
    when it was paused, while it is and where its timers are going to be put off by as long; empty otherwise.
    """

    lifecycle: Lifecycle
    input_sequence: int
    held: int
    state: State
    paused_at: str = ""

    @property
    def next_due(self) -> str | None:
        """When its first timer may fire, as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; None while it is paused."""
        return self.state.next_due if self.lifecycle is Lifecycle.RUNNING else None

    def canonical(self) -> bytes:
        """RFC 8785 JSON of all of it; ``restore`` reads it back."""
        return self._write(self.state.canonical())

    def committed_form(self) -> bytes:
        """What a state commitment is over: as ``canonical``, with long variables named by their digests."""
        return self._write(self.state.commitment())

    def _write(self, state: bytes) -> bytes:
        paused = b',"pausedAt":"%s"' % self.paused_at.encode() if self.paused_at else b""
        return b'{"held":%d,"inputSequence":%d,"lifecycle":"%s"%s,"state":%s}' % (
            self.held,
            self.input_sequence,
            self.lifecycle.encode(),
            paused,
            state,
        )


def restore_execution(program: Program, canonical: bytes) -> Execution:
    """Read back what ``Execution.canonical`` wrote. Raises Invalid when it is not such a text."""
    found: dict[str, Any] = canonical_json.parse(canonical)
    return Execution(
        lifecycle=Lifecycle(found["lifecycle"]),
        input_sequence=found["inputSequence"],
        held=found["held"],
        state=State.from_json(program, found["state"]),
        paused_at=found.get("pausedAt", ""),
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


def check_timer_admissible(execution: Execution, key: str, at: str) -> None:
    """Raise InvalidState, UnknownTimer or TimerNotDue when a timer may not fire at ``at``; nothing is recorded of it.

    ``at`` is ``YYYY-MM-DDTHH:MM:SS.ffffffZ``. A paused execution fires none.
    """
    if execution.lifecycle is not Lifecycle.RUNNING:
        raise InvalidState("timers", execution.lifecycle)
    timer = execution.state.timers.get(key)
    if timer is None:
        raise UnknownTimer(key)
    if at < timer.due:
        raise TimerNotDue(key, timer.due)


def find_due_timer(execution: Execution, at: str) -> tuple[str, str] | None:
    """The timer that may fire first by ``at``, as its key and when it is due; None when none may.

    Of those due at the same moment it is the one that was set first. Fire it, and ask again: a step may take back
    or set others.
    """
    first = execution.state.first_timer if execution.lifecycle is Lifecycle.RUNNING else None
    return None if first is None or at < first[1] else first


def check_outcome_admissible(execution: Execution, request_id: str) -> None:
    """Raise InvalidState, UnknownRequest or HeldEventsFull when an outcome may not enter now.

    A paused execution holds outcomes back as it does events; that the same outcome is not sent again meanwhile is
    for the caller to see to, as with events.
    """
    if execution.lifecycle.is_over or execution.lifecycle is Lifecycle.CREATED:
        raise InvalidState("outcomes", execution.lifecycle)
    if request_id not in execution.state.requests:
        raise UnknownRequest(request_id)
    if execution.held >= HELD_EVENTS_MAX:
        raise HeldEventsFull


def stop_waiting(state: State) -> State:
    """The state of an execution that is over: it waits for no moment."""
    return state.without_timers() if isinstance(state, NetworkState) and state.timers else state
