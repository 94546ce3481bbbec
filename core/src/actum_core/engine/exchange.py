"""The working memory of a step that goes the long way: everything its machines share and say to each other.

What a machine sends goes to the end of one line of deliveries, first in, first out for the whole execution; each
delivery is one macrostep of the machine it reaches (SCXML: mainEventLoop). A step is over when the line is empty.
"""

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.engine import flat, interpret
from actum_core.engine.cell import Cell
from actum_core.engine.cell_run import CellRun, Delivery
from actum_core.engine.deadlines import end_timers
from actum_core.engine.derived_ids import DerivedIds
from actum_core.engine.initials import set_initials
from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.invoke import end_child, forward_message, start_children
from actum_core.engine.moments import moment_of
from actum_core.engine.network import NetworkTables
from actum_core.engine.outputs import Draft, Request, StepFailed
from actum_core.engine.parameters import make_parameters
from actum_core.engine.randomness import RandomNumbers
from actum_core.engine.requests import PendingRequest
from actum_core.engine.run import Message
from actum_core.engine.trace import Selection, Trace, describe_selection
from actum_core.expression import Meter
from actum_core.limits import (
    CONTENT_ACTIONS_MAX,
    DELIVERIES_WAITING_MAX,
    DRAFTS_MAX,
    MICROSTEPS_MAX,
    NETWORK_DRAFTS_MAX,
    NETWORK_MICROSTEPS_MAX,
    STATE_BYTES_MAX,
    STEP_COST_MAX,
)
from actum_core.template.late import LateMap
from actum_core.template.times import parse_timestamp

if TYPE_CHECKING:
    from actum_core.engine.network_state import NetworkState

_PLAIN_MESSAGE: Final[Message] = {"name": "", "data": None}
_NO_MESSAGE: Final[Message] = {**_PLAIN_MESSAGE, "kind": "", "id": "", "invoke": "", "origin": ""}

#: Units for bringing something to a machine of a network, whatever becomes of it there.
_DELIVERY_COST: Final = 80

#: What ``token`` is while no token drives a machine.
_NO_TOKEN: Final[dict[str, JsonValue]] = {
    **dict.fromkeys(("id", "type", "producer", "port"), ""),
    "value": None,
    "parents": [],
}


class Exchange:
    """One step under way. It is also what expressions ask for random numbers and active states."""

    __slots__ = (
        *("_event", "_parameters", "_random", "actions_left", "asking_scope", "child_count", "current"),
        *(
            "drafts",
            "drafts_max",
            "given",
            "has_ended",
            "ids",
            "meter",
            "microsteps_left",
            "microsteps_max",
            "pending",
        ),
        *("pending_count", "removed", "requests", "runs", "size", "state", "tables", "timers"),
        *("token_count", "trace", "waiting"),
    )

    def __init__(
        self, tables: NetworkTables, state: "NetworkState", given: Input, trace: Trace | None
    ) -> None:
        self.tables = tables
        self.state = state
        self.given = given
        self.trace = trace
        self.meter = Meter(STEP_COST_MAX, self)
        self.drafts: list[Draft] = []
        self.requests: list[Request] = []
        self.runs: dict[str, CellRun] = {}
        #: Children that are no more, by their addresses.
        self.removed: dict[str, CellRun] = {}
        self.waiting: deque[Delivery] = deque()
        self.timers = state.timer_set.edit()
        #: Requests made in this step, and None for those that are over.
        self.pending: dict[str, PendingRequest | None] = {}
        self.size = state.size
        self.child_count = len(state.child_set)
        self.pending_count = len(state.request_set)
        self.token_count = 0
        #: Whether the machine of a node has reached its end in this step.
        self.has_ended = False
        self.ids = DerivedIds(given.execution, given.sequence)
        self.actions_left = CONTENT_ACTIONS_MAX
        self.drafts_max = DRAFTS_MAX if tables.is_single else NETWORK_DRAFTS_MAX
        self.microsteps_max = MICROSTEPS_MAX if tables.is_single else NETWORK_MICROSTEPS_MAX
        self.microsteps_left = self.microsteps_max
        self.current: CellRun | None = None
        #: The scope in which an argument is evaluated, while that is not the current machine's own.
        self.asking_scope: int | None = None
        self._event: dict[str, Any] | None = None
        self._parameters: dict[int, LateMap] = {}
        self._random = RandomNumbers(given.execution, given.sequence)

    def close(self) -> None:
        """Let go of everything, so that what a step used is free at once."""
        for run in (*self.runs.values(), *self.removed.values()):
            run.let_go()
        self.runs.clear()
        self.waiting.clear()
        self.current = self.meter.context = None

    # --- Machines -------------------------------------------------------------------------------------

    def find_run(self, address: str) -> CellRun | None:
        """The machine or the variables at an address; None when there is nothing."""
        run = self.runs.get(address)
        if run is None and address not in self.removed:
            cell = self.state.find_cell(address)
            if cell is not None:
                above = address.rpartition("#")[0] if "#" in address else None
                parent = None if above is None else self.run_at(above)
                run = self.runs[address] = CellRun(self, address, cell, parent)
        return run

    def run_at(self, address: str) -> CellRun:
        """The machine or the variables at an address that is known to be there."""
        run = self.find_run(address)
        assert run is not None, "nothing is lost between steps"
        return run

    def open(self, address: str, cell: Cell, parent: CellRun | None) -> CellRun:
        """A machine, or variables, that were not there before."""
        run = self.runs.get(address)
        if run is None:
            run = self.runs[address] = CellRun(self, address, cell, parent)
            run.is_fresh = True
        return run

    def enter(self, run: CellRun, message: Message | None, token: dict[str, Any] | None) -> None:
        """Let a machine be the one that content and expressions are of."""
        self.current = run
        activation = run.activation
        activation["vars"] = run.owner.vars
        if message is not None:
            activation["message"] = message
        if token is not None or "token" in activation:
            activation["token"] = _NO_TOKEN if token is None else token

    # --- Deliveries -----------------------------------------------------------------------------------

    def message(
        self, name: str, data: JsonValue, kind: str, *, send_id: str = "", origin: str = ""
    ) -> Message:
        """A message; with all it tells where the template reads that."""
        if not self.tables.has_details:
            return {"name": name, "data": data}
        return {"name": name, "data": data, "kind": kind, "id": send_id, "invoke": "", "origin": origin}

    def send(self, delivery: Delivery, place: str = "") -> None:
        """Put something at the end of the line."""
        if len(self.waiting) >= DELIVERIES_WAITING_MAX:
            detail = f"more than {DELIVERIES_WAITING_MAX} messages and tokens are on their way"
            raise StepFailed("too_many_messages", detail, place)
        self.waiting.append(delivery)

    def run_to_quiet(self) -> None:
        """Deliver until nothing is on its way."""
        waiting = self.waiting
        while waiting:
            self._deliver(waiting.popleft())

    def _deliver(self, delivery: Delivery) -> None:
        run, message, token, sender = delivery
        is_late = sender is not None and sender.is_stopped and sender.parent is run
        if is_late or run.is_gone or not run.is_running:
            if token is not None:
                self._drop(run, token, "ended")
            return
        self.enter(run, message, token)
        if not run.is_sole:
            self.meter.charge(_DELIVERY_COST)
        if message is None:
            self._go_on(run)
        else:
            if run.children or run.ended_invokes:
                forward_message(run, delivery)
            # A run of one machine pays for what content causes; what comes from outside it has paid already.
            if sender is not None:
                self.spend_microstep()
            is_taken = self._process(run, message["name"])
            if token is not None and not is_taken:
                self._drop(run, token, "not_taken")
        self._settle(run)

    def _process(self, run: CellRun, name: str) -> bool:
        if run.tables.machine.is_flat and self.trace is None:
            return flat.process_message(run, name)
        return interpret.process_message(run, name)

    def _go_on(self, run: CellRun) -> None:
        if run.is_new:
            run.is_new = False
            if run.parent is not None:
                set_initials(run, run.tables.initials)
            interpret.start_machine(run)
        else:
            interpret.run_until_quiet(run)

    def _settle(self, run: CellRun) -> None:
        """The end of a macrostep: child machines begin; what that raises goes on with it (SCXML: mainEventLoop)."""
        while run.is_running and run.entered_invokes:
            start_children(run)
            if run.queue:
                interpret.run_until_quiet(run)

    def _drop(self, run: CellRun, token: dict[str, Any], reason: str) -> None:
        run.draft("dropped", {"token": token["id"], "port": token["port"], "reason": reason})

    # --- Bounds ---------------------------------------------------------------------------------------

    def spend_microstep(self) -> None:
        """One transition set taken, or one event looked at that came from inside."""
        self.microsteps_left -= 1
        if self.microsteps_left < 0:
            raise StepFailed("too_many_microsteps", f"one input may cause {self.microsteps_max} microsteps")

    def grow(self, size: int, place: str = "") -> None:
        """Count bytes that the state will hold."""
        self.size += size
        if self.size > STATE_BYTES_MAX:
            detail = f"the variables would take more than {STATE_BYTES_MAX} bytes"
            raise StepFailed("state_too_large", detail, place)

    # --- Beginning and ending -------------------------------------------------------------------------

    def complete(self, run: CellRun) -> None:
        """A machine has reached a final state and left the others."""
        if run.parent is not None:
            end_child(run)
            return
        end_timers(run)
        if run.is_sole:
            run.draft("completed", {"output": run.output})
        else:
            self.has_ended = True
            run.draft("ended", {} if run.output is None else {"output": run.output})

    # --- What expressions ask -------------------------------------------------------------------------

    def name_value(self, name: str, run: CellRun) -> Any:
        """What a name stands for that expressions of this machine mention. Raises KeyError for one without a value."""
        match name:
            case "input":
                return self._input_of(run)
            case "message":
                return _NO_MESSAGE if self.tables.has_details else _PLAIN_MESSAGE
            case "event":
                return self.event
            case "now":
                return moment_of(self.given.at)
            case "token":
                return _NO_TOKEN
            case "self":
                return "/" + run.address
            case "params" if run.tables.scope is not None:
                return self.parameters(run.tables.scope)
        raise KeyError(name)

    def _input_of(self, run: CellRun) -> JsonValue:
        if "#" in run.address:
            return run.cell.input
        return self.given.data if self.given.kind is InputKind.START else self.state.input

    @property
    def event(self) -> dict[str, Any]:
        """The event that is the input; for other inputs, one that is empty."""
        if self._event is None:
            given, is_event = self.given, self.given.kind is InputKind.EVENT
            is_sent = is_event or given.kind is InputKind.START
            self._event = {
                "name": given.name if is_event else "",
                "data": given.data if is_event else None,
                "id": given.id if is_sent else "",
                "source": given.source if is_sent else "",
                "occurred_at": None if given.occurred_at is None else parse_timestamp(given.occurred_at),
            }
        return self._event

    def parameters(self, scope: int) -> LateMap:
        """The parameters of a scope."""
        found = self._parameters.get(scope)
        if found is None:
            found = self._parameters[scope] = make_parameters(self, scope)
        return found

    def variables_of(self, scope: int) -> dict[str, Any]:
        """The variables that the machines of a scope share."""
        run = self.find_run(self.tables.scopes[scope].path)
        return {} if run is None else run.vars

    def random(self) -> float:
        """The next random number of this step."""
        return self._random.draw()

    def is_active(self, state: str, node: str | None) -> bool:
        """Whether a state is active now, of the machine that asks or of a node of its network."""
        asking = self.current
        if node is None:
            if asking is None or self.asking_scope is not None:
                return False
            found = asking.tables.machine.by_id.get(state)
            return found is not None and found.index in asking.members
        scope = self.asking_scope
        if scope is None and asking is not None:
            scope = asking.tables.scope
        address = self.tables.find(scope, node)
        if address is None:
            return False
        found = self.tables.cells[address].machine.by_id.get(state)
        if found is None:
            return False
        run = self.runs.get(address)
        cell = self.state.find_cell(address) if run is None else None
        return found.index in (run.members if run is not None else () if cell is None else cell.active)

    def tell_selection(self, run: CellRun, event: str | None, selection: Selection) -> None:
        """Tell the trace which transitions of a machine were looked at."""
        if self.trace is not None:
            self.trace.tell(describe_selection(run, event, selection), len(self.drafts))
