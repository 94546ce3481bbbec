"""The working memory of one step: what content reads and writes, and the budgets it spends."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.machine import Transition
from actum_core.engine.outputs import Draft, StepFailed
from actum_core.expression import EvaluationError, Meter
from actum_core.limits import (
    CONTENT_ACTIONS_MAX,
    DATA_BYTES_MAX,
    DRAFTS_MAX,
    INTERNAL_QUEUE_MAX,
    MICROSTEPS_MAX,
    STATE_BYTES_MAX,
    STEP_COST_MAX,
)
from actum_core.template.variables import count_members, measure

if TYPE_CHECKING:
    from actum_core.engine.state import MachineState
    from actum_core.engine.tables import Tables

Message = dict[str, Any]

#: The name of the event that a failing expression raises (SCXML, 5.9).
ERROR_EXECUTION: Final = "error.execution"

#: What a microstep without levels follows from: its transition, the states before and after, and the event; in a
#: network, the node too.
FlatMicrostep = tuple[object, ...]

#: Bytes of data per unit of cost: checking, copying and measuring a number (40 at most) takes four units of time.
_BYTES_PER_UNIT: Final = 10

#: Units of cost per member of a list or map that is checked, copied and measured, however short it is.
_MEMBER_COST: Final = 10


def measure_again(value: Any, meter: Meter) -> int:
    """The size of what a variable held until now. Looking through it costs less than what made it, but not nothing."""
    kind = type(value)
    if kind is list or kind is dict:
        meter.charge(_MEMBER_COST // 2 * len(value))
    return measure(value)


def price_of(value: Any, size: int) -> int:
    """What handling data of so many bytes costs, in units."""
    kind = type(value)
    if kind is list or kind is dict:
        return size // _BYTES_PER_UNIT + _MEMBER_COST * count_members(value)
    return size // _BYTES_PER_UNIT


class ContentFailed(Exception):
    """Ends a block of content: the expression at ``place`` has no value that can be used."""

    def __init__(self, code: str, message: str, place: str, offset: int = -1) -> None:
        self.code = code
        self.message = message
        self.place = place
        self.offset = offset
        #: The id of the send that failed, where it has one (SCXML, 5.10.1: sendid).
        self.send_id = ""
        super().__init__(message)


def failed_at(place: str, error: EvaluationError) -> ContentFailed:
    return ContentFailed(error.code, error.message, place, error.offset)


class Run:
    """One step of one machine under way. Nothing of it outlives the step but what becomes the next state."""

    #: Whether somebody wants to know why transitions fire or do not.
    is_traced: ClassVar[bool] = False

    __slots__ = (
        *(
            "actions_left",
            "activation",
            "active",
            "assigned",
            "changed",
            "drafts",
            "failed_guards",
            "history",
            "is_running",
        ),
        *("members", "meter", "microsteps_left", "output", "owns_vars", "queue", "size", "tables", "vars"),
    )

    def __init__(self, tables: "Tables", state: "MachineState", activation: dict[str, Any]) -> None:
        self.tables = tables
        self.active = state.active
        #: The active states at this very moment, which inside a microstep are others than before and after it.
        self.members: set[int] = set(state.active)
        self.vars = state.vars
        self.owns_vars = False
        self.history = state.history
        self.size = state.size
        self.activation = activation
        self.meter = Meter(STEP_COST_MAX)
        self.queue: deque[Message] = deque()
        self.drafts: list[Draft] = []
        #: Variables set since the last transition draft.
        self.changed: dict[str, Any] = {}
        #: Variables set in this step.
        self.assigned: set[str] = set()
        self.failed_guards: set[str] = set()
        self.is_running = True
        self.output: JsonValue = None
        self.microsteps_left = MICROSTEPS_MAX
        self.actions_left = CONTENT_ACTIONS_MAX

    def begin(self) -> None:
        """Have nothing said and nothing set yet: what ``__init__`` does too, written out since every step comes by."""
        self.queue = deque()
        self.changed = {}
        self.assigned = set()
        self.failed_guards = set()

    def assign(self, name: str, value: Any) -> None:
        """Set one variable to what it holds from now on; the state before this step keeps its own."""
        if not self.owns_vars:
            self.vars = self.vars.copy()
            self.activation["vars"] = self.vars
            self.owns_vars = True
        size = measure(value)
        self.meter.charge(price_of(value, size))
        # Only the start sets a variable that was not there.
        self.size += size - measure_again(self.vars[name], self.meter) if name in self.vars else size
        self.vars[name] = value
        self.changed[name] = value
        self.assigned.add(name)
        if self.size > STATE_BYTES_MAX:
            raise StepFailed(
                "state_too_large", f"the variables would take more than {STATE_BYTES_MAX} bytes", "/vars"
            )

    def check_payload(self, value: JsonValue, place: str) -> None:
        """Charge for data that leaves the step, and see that an entry can hold it."""
        size = measure(value)
        self.meter.charge(price_of(value, size))
        if size > DATA_BYTES_MAX:
            raise StepFailed("payload_too_large", f"data of more than {DATA_BYTES_MAX} bytes", place)

    def raise_event(self, name: str, data: JsonValue, place: str) -> None:
        """Put an event on the internal queue."""
        if len(self.queue) >= INTERNAL_QUEUE_MAX:
            raise StepFailed(
                "too_many_events", f"more than {INTERNAL_QUEUE_MAX} raised events are waiting", place
            )
        self.queue.append({"name": name, "data": data})

    def fail(self, failure: ContentFailed) -> None:
        """Tell of a failure in the ledger and to the machine (SCXML, 5.9)."""
        told: dict[str, Any] = {"code": failure.code, "message": failure.message, "place": failure.place}
        if failure.offset >= 0:
            told["offset"] = failure.offset
        self.draft("error", {"name": ERROR_EXECUTION, **told})
        self.raise_event(ERROR_EXECUTION, told, failure.place)

    def fail_guard(self, failure: ContentFailed) -> None:
        """Tell of a failing guard once per macrostep.

        Guards are tried again after every microstep and for every internal event, the error event among them:
        were each failure told, the first would never end.
        """
        if failure.place not in self.failed_guards:
            self.failed_guards.add(failure.place)
            self.fail(failure)

    def complete(self) -> None:
        """The machine has reached a final state, has been left, and has an output."""
        self.draft("completed", {"output": self.output})

    def tell_selection(
        self,
        event: str | None,
        verdicts: Mapping[int, bool],
        enabled: Mapping[int, Transition],
        kept: Sequence[Transition],
    ) -> None:
        """Tell whoever traces which transitions were looked at, and what became of them."""

    def draft(self, kind: str, payload: dict[str, Any], canonical: bytes | None = None) -> None:
        if len(self.drafts) >= DRAFTS_MAX:
            raise StepFailed("too_many_drafts", f"one input may cause {DRAFTS_MAX} entries")
        self.drafts.append(Draft(kind, payload, canonical))

    def spend_actions(self, number: int, place: str) -> None:
        self.actions_left -= number
        if self.actions_left < 0:
            raise StepFailed("too_many_actions", f"one input may run {CONTENT_ACTIONS_MAX} actions", place)

    def spend_microstep(self) -> None:
        """One transition set taken, or one internal event looked at."""
        self.microsteps_left -= 1
        if self.microsteps_left < 0:
            raise StepFailed("too_many_microsteps", f"one input may cause {MICROSTEPS_MAX} microsteps")

    def take_changes(self) -> dict[str, JsonValue]:
        """The variables set since this was last asked, as JSON."""
        changed = self.tables.write_variables(self.changed)
        self.changed = {}
        return changed

    def draft_transition(
        self, event: str | None, transitions: Sequence[Transition], exited: list[str], entered: list[str]
    ) -> None:
        """The draft of one microstep of any machine."""
        payload: dict[str, Any] = {"event": event}
        if transitions:
            payload["transitions"] = [transition.draft for transition in transitions]
        if exited:
            payload["exited"] = exited
        if entered:
            payload["entered"] = entered
        payload["configuration"] = list(self.tables.machine.configuration(self.active))
        if self.changed:
            payload["vars"] = self.take_changes()
        self.draft("transition", payload)

    def draft_microstep(self, payload: dict[str, Any], key: FlatMicrostep) -> None:
        """The draft of a microstep without levels, of which ``payload`` says all but the variables.

        All that is said of it but these follows from its key, and is written once. ``vars`` comes last in
        canonical order, so it can be put behind what was written before.
        """
        written = self.tables.microsteps
        frame = written.get(key)
        if frame is None:
            if len(written) >= self.tables.kept_max:
                written.clear()
            frame = written[key] = canonical_json.encode(payload)[:-1]
        if self.changed:
            payload["vars"] = changes = self.take_changes()
            frame += b',"vars":' + canonical_json.encode(changes)
        self.draft("transition", payload, frame + b"}")
