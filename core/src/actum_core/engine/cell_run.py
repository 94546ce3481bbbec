"""One machine of a network, or a child machine, in a step: what its content reads, writes and says to others."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actum_core.canonical_json import JsonValue
from actum_core.engine.cell import Cell, Origin
from actum_core.engine.machine import Transition
from actum_core.engine.outputs import Draft, StepFailed
from actum_core.engine.run import (
    ERROR_EXECUTION,
    ContentFailed,
    FlatMicrostep,
    Message,
    Run,
    measure_again,
    price_of,
)
from actum_core.engine.tables import NO_MACHINE, CellTables
from actum_core.limits import CONTENT_ACTIONS_MAX, INTERNAL_QUEUE_MAX
from actum_core.template.variables import measure

if TYPE_CHECKING:
    from actum_core.engine.exchange import Exchange

ERROR_COMMUNICATION: Final = "error.communication"


class Activation(dict[str, Any]):
    """The names that expressions know; what few of them ask for is made when it is asked for."""

    __slots__ = ("run",)

    def __init__(self, run: "CellRun") -> None:
        super().__init__()
        self.run = run

    def __missing__(self, name: str) -> Any:
        value = self.run.exchange.name_value(name, self.run)
        self[name] = value
        return value


class CellRun(Run):
    """A machine at an address while its step is taken.

    ``owner`` is the run whose variables it sees. ``entered_invokes`` are numbers of states entered in this macrostep,
    whose child machines begin at its end. A run that ``is_fresh`` was not there before this step. Nothing reaches a
    child any more that ``is_gone``, and nothing that it said reaches its parent when it was cancelled
    (``is_stopped``) and did not end by itself.
    """

    __slots__ = (
        *("address", "cell", "children", "ended_invokes", "entered_invokes", "exchange", "failures"),
        *("is_gone", "is_new"),
        *("is_fresh", "is_stopped", "owner", "parent"),
    )

    tables: CellTables
    activation: Activation

    def __init__(self, exchange: "Exchange", address: str, cell: Cell, parent: "CellRun | None") -> None:
        self.exchange = exchange
        self.address = address
        self.cell = cell
        self.parent = parent
        self.tables = cell.tables
        self.owner: CellRun = self if cell.tables.owner is None else exchange.run_at(cell.tables.owner)
        self.active = cell.active
        self.members = set(cell.active)
        self.vars = cell.vars
        self.owns_vars = False
        self.history = cell.history
        self.children = cell.children
        self.activation = Activation(self)
        self.meter = exchange.meter
        self.drafts = exchange.drafts
        self.begin()
        #: What guards failed of, by their place; kept for a trace only.
        self.failures: dict[str, ContentFailed] = {}
        self.is_running = not cell.is_final
        self.output = cell.output
        self.entered_invokes: set[int] = set()
        #: Where children came from that have ended in this step: what they sent before is still to be finalized.
        self.ended_invokes: dict[str, Origin] = {}
        self.is_new = not cell.active
        self.is_fresh = False
        self.is_gone = False
        self.is_stopped = False

    def let_go(self) -> None:
        """Forget everything that refers back to the step."""
        self.activation.clear()
        del self.activation, self.exchange, self.owner, self.parent

    @property
    def is_traced(self) -> bool:  # type: ignore[override]  # a constant for every run that cannot be traced
        return self.exchange.trace is not None

    @property
    def is_changed(self) -> bool:
        """Whether the next state has another cell at this address."""
        cell = self.cell
        return self.is_fresh or not (
            self.active is cell.active
            and self.vars is cell.vars
            and self.history is cell.history
            and self.children is cell.children
            and self.is_running is not cell.is_final
        )

    @property
    def has_machine(self) -> bool:
        """False for what has variables only."""
        return self.tables.machine is not NO_MACHINE

    @property
    def is_sole(self) -> bool:
        """True for the machine that an execution is of, when it is of one."""
        return not self.address and self.exchange.tables.is_single

    def assign(self, name: str, value: Any) -> None:
        owner = self.owner
        if not owner.owns_vars:
            owner.vars = owner.vars.copy()
            owner.owns_vars = True
        self.activation["vars"] = owner.vars
        size = measure(value)
        self.meter.charge(price_of(value, size))
        before = measure_again(owner.vars[name], self.meter) if name in owner.vars else 0
        self.exchange.grow(size - before, "/vars")
        owner.vars[name] = value
        owner.assigned.add(name)
        self.changed[name] = value

    def raise_event(self, name: str, data: JsonValue, place: str) -> None:
        kind = "platform" if name.startswith("done.state.") else "internal"
        self.put_internal(self.exchange.message(name, data, kind), place)

    def put_internal(self, message: Message, place: str) -> None:
        """Put a message on the internal queue."""
        if len(self.queue) >= INTERNAL_QUEUE_MAX:
            raise StepFailed(
                "too_many_events", f"more than {INTERNAL_QUEUE_MAX} raised events are waiting", place
            )
        self.queue.append(message)

    def fail(self, failure: ContentFailed) -> None:
        self.tell_error(ERROR_EXECUTION, failure)

    def fail_guard(self, failure: ContentFailed) -> None:
        if self.is_traced:
            self.failures[failure.place] = failure
        super().fail_guard(failure)

    def tell_error(self, name: str, failure: ContentFailed) -> None:
        """Tell of an error in the ledger and to the machine (SCXML, 5.9)."""
        told: dict[str, Any] = {"code": failure.code, "message": failure.message, "place": failure.place}
        if failure.offset >= 0:
            told["offset"] = failure.offset
        said = {"name": name, **told}
        self.draft("error", {**said, "id": failure.send_id} if failure.send_id else said)
        message = self.exchange.message(name, told, "platform", send_id=failure.send_id)
        self.put_internal(message, failure.place)

    def draft(self, kind: str, payload: dict[str, Any], canonical: bytes | None = None) -> None:
        exchange = self.exchange
        if len(self.drafts) >= exchange.drafts_max:
            raise StepFailed("too_many_drafts", f"one input may cause {exchange.drafts_max} entries")
        if self.address and "node" not in payload:
            payload = {**payload, "node": self.address}
        self.drafts.append(Draft(kind, payload, canonical))

    def draft_microstep(self, payload: dict[str, Any], key: FlatMicrostep) -> None:
        if self.address:
            payload["node"] = self.address
            key = (*key, self.address)
        super().draft_microstep(payload, key)

    def spend_actions(self, number: int, place: str) -> None:
        exchange = self.exchange
        exchange.actions_left -= number
        if exchange.actions_left < 0:
            raise StepFailed("too_many_actions", f"one input may run {CONTENT_ACTIONS_MAX} actions", place)

    def spend_microstep(self) -> None:
        self.exchange.spend_microstep()

    def complete(self) -> None:
        self.exchange.complete(self)

    def tell_selection(
        self,
        event: str | None,
        verdicts: Mapping[int, bool],
        enabled: Mapping[int, Transition],
        kept: Sequence[Transition],
    ) -> None:
        self.exchange.tell_selection(self, event, (verdicts, enabled, kept))
        self.failures.clear()


class Delivery(NamedTuple):
    """What is on its way to a machine. Without a message, the machine is to begin, or to go on with what is on its
    internal queue."""

    to: CellRun
    message: Message | None
    token: dict[str, Any] | None = None
    sender: CellRun | None = None


def cell_of(run: Run) -> CellRun:
    """The run of content that reaches beyond its machine, which the compiler sees to be one of these."""
    assert isinstance(run, CellRun), "a template with such content goes the long way"
    return run
