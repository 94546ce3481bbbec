"""A step that goes the long way: what each kind of input says to which machines, until nothing is on its way."""

from typing import Any

from actum_core.canonical_json import JsonValue
from actum_core.engine.addressing import deliver_message
from actum_core.engine.cell import Cell
from actum_core.engine.cell_run import CellRun, Delivery
from actum_core.engine.deadlines import end_timers
from actum_core.engine.exchange import Exchange
from actum_core.engine.initials import set_initials
from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.moments import moment_of
from actum_core.engine.network import NetworkTables
from actum_core.engine.network_state import NetworkState
from actum_core.engine.outputs import Step, StepFailed
from actum_core.engine.requesting import request_inference
from actum_core.engine.requests import PendingRequest
from actum_core.engine.rules import Asked, Derived
from actum_core.engine.run import ContentFailed
from actum_core.engine.state import MachineState
from actum_core.engine.trace import Trace
from actum_core.template.times import parse_timestamp


def step_network(tables: NetworkTables, state: NetworkState, given: Input, trace: Trace | None) -> Step:
    """Everything that follows from one input. Raises StepFailed and CostExceeded."""
    _check_expected(state, given)
    if given.kind is InputKind.EVENT and (state.is_final or tables.program.ignores_event(given.name)):
        return Step(state, ())
    exchange = Exchange(tables, state, given, trace)
    try:
        match given.kind:
            case InputKind.EVENT:
                _take_event(exchange, given)
            case InputKind.START:
                _start(exchange, given)
            case InputKind.TIMER:
                _fire(exchange, given.name)
            case InputKind.OUTCOME:
                _take_outcome(exchange, given)
        exchange.run_to_quiet()
        output = _find_output(exchange) if exchange.has_ended and not state.is_final else None
        if output is not None:
            _complete(exchange, output)
        after = state.after(exchange)
        if output is not None:
            after = after.completed(output)
        return Step(after, tuple(exchange.drafts), tuple(exchange.requests))
    finally:
        if trace is not None:
            trace.tell_cost(exchange.meter.spent)
        exchange.close()


def step_machine_traced(
    tables: NetworkTables, state: MachineState, given: Input, trace: Trace | None
) -> Step:
    """A step of a sole machine on the long way, which gives what the short one gives and tells why."""
    before = NetworkState.of_machine(tables, state)
    stepped = step_network(tables, before, given, trace)
    assert isinstance(stepped.state, NetworkState), "the long way stays the long way"
    return Step(state if stepped.state is before else stepped.state.as_machine(state), stepped.drafts)


def _check_expected(state: NetworkState, given: Input) -> None:
    match given.kind:
        case InputKind.START if state.is_started:
            raise StepFailed("unexpected_input", "the execution has been started before")
        case InputKind.EVENT if not state.is_started:
            raise StepFailed("unexpected_input", "the execution has not been started")
        case InputKind.TIMER if given.name not in state.timers:
            raise StepFailed("unexpected_input", f"no timer {given.name[:64]!r} is waited for")
        case InputKind.OUTCOME if given.name not in state.requests:
            raise StepFailed("unexpected_input", f"no outcome of {given.name[:64]!r} is waited for")
        case InputKind.COMMAND | InputKind.MIGRATE:
            raise StepFailed("unexpected_input", f"nothing waits for an input of kind {given.kind.value}")


def _start(exchange: Exchange, given: Input) -> None:
    """Variables first, outer ones before inner ones; then every machine enters its first states, in document order."""
    tables = exchange.tables
    for address, cell_tables in tables.cells.items():
        exchange.open(address, Cell(cell_tables, given.data if not address else None), None)
    for address in tables.owners:
        run = exchange.run_at(address)
        exchange.enter(run, None, None)
        set_initials(run, run.tables.initials)
        if run.changed and not run.has_machine:
            # A machine tells with its first microstep what its variables begin with; for these, nobody else would.
            run.draft("assigned", {"vars": run.take_changes()})
    for address in tables.machines:
        exchange.send(Delivery(exchange.run_at(address), None))


def _take_event(exchange: Exchange, given: Input) -> None:
    rules = exchange.tables.rules
    if rules.are_absent:
        _say(exchange, given.name, given.data)
        return
    run = exchange.run_at("")
    exchange.enter(run, None, None)
    for derived in rules.derive(given.name, given.data, run):
        if derived.asked is not None:
            _ask(exchange, run, derived.asked)
        else:
            _take_derived(exchange, derived)


def _take_derived(exchange: Exchange, derived: Derived, **marks: JsonValue) -> None:
    """Tell of what a rule yielded, and deliver it."""
    run, message = exchange.run_at(""), derived.message
    if message is None:
        run.draft("rule_failed", derived.failure or {})
        return
    name, data = message["name"], message["data"]
    if derived.rule:
        run.draft("message", {"rule": derived.rule, "message": name, "data": data, **marks})
    _say(exchange, name, data)


def _say(exchange: Exchange, name: str, data: JsonValue) -> None:
    """Say something to every machine that hears it, and let all that follows come to rest."""
    for address in exchange.tables.hearers(name):
        exchange.send(Delivery(exchange.run_at(address), exchange.message(name, data, "external")))
    exchange.run_to_quiet()


def _ask(exchange: Exchange, run: CellRun, asked: Asked) -> None:
    kept: dict[str, Any] = {}
    if asked.extract is not None:
        kept["extract"] = asked.extract
    if asked.needs_event:
        kept["event"] = {**exchange.event, "occurred_at": exchange.given.occurred_at}
    pending = PendingRequest("infer", asked.payload["rule"], kept=kept or None)
    request_inference(run, pending, asked.payload)


def _fire(exchange: Exchange, key: str) -> None:
    timer = exchange.timers.find(key)
    assert timer is not None, "it was checked to be there"
    exchange.timers.remove(key)
    exchange.grow(-timer.size)
    run = exchange.run_at(timer.node)
    is_own = timer.kind == "after"
    message = exchange.message(
        timer.event,
        timer.data,
        "platform" if is_own else "external",
        send_id=timer.id,
        origin="" if is_own else "/" + timer.node,
    )
    message["due"] = moment_of(timer.due)
    try:
        deliver_message(run, message, timer.to, "")
    except ContentFailed as failure:
        run.fail(failure)
    if run.queue:
        # Nobody was there: the machine that sent it is told, and sees to that.
        exchange.send(Delivery(run, None))


def _take_outcome(exchange: Exchange, given: Input) -> None:
    pending = exchange.state.requests[given.name]
    exchange.pending[given.name] = None
    exchange.pending_count -= 1
    exchange.grow(-pending.size)
    outcome: dict[str, Any] = given.data if isinstance(given.data, dict) else {}
    is_done = outcome.get("ok") is True
    if pending.kind == "infer":
        _conclude(exchange, pending, outcome)
        return
    run = exchange.find_run(pending.node)
    if run is None or not run.is_running:
        return  # whoever asked is no more; what became of it stands in the ledger all the same
    name = f"{'done' if is_done else 'error'}.do.{pending.subject}"
    data = outcome.get("output" if is_done else "error")
    message = exchange.message(name, data, "external", send_id=pending.name or given.name)
    exchange.send(Delivery(run, message))


def _conclude(exchange: Exchange, pending: PendingRequest, outcome: dict[str, Any]) -> None:
    """The messages of an ai rule, from what its model put out."""
    run, kept = exchange.run_at(""), pending.kept or {}
    exchange.enter(run, None, None)
    if "event" in kept:
        occurred_at = kept["event"]["occurred_at"]
        moment = None if occurred_at is None else parse_timestamp(occurred_at)
        run.activation["event"] = {**kept["event"], "occurred_at": moment}
    if "extract" in kept:
        run.activation["extract"] = kept["extract"]
    if outcome.get("ok") is not True:
        failure = {"rule": pending.subject, "code": "no_output", "message": "the model gave no output"}
        told = outcome.get("error")
        run.draft("rule_failed", failure if told is None else {**failure, "error": told})
        return
    for derived in exchange.tables.rules.conclude(pending.subject, outcome.get("output"), run):
        _take_derived(exchange, derived, nondeterministic=True)


def _find_output(exchange: Exchange) -> dict[str, JsonValue] | None:
    """The outputs of the machines that end an execution, by node; None while one of them has not ended."""
    output: dict[str, JsonValue] = {}
    for address in exchange.tables.endable:
        run = exchange.run_at(address)
        if run.is_running:
            return None
        output[address] = run.output
    return output or None


def _complete(exchange: Exchange, output: dict[str, JsonValue]) -> None:
    """Nothing more will come: what is waited for is taken back."""
    for address in exchange.timers.nodes:
        end_timers(exchange.run_at(address))
    exchange.run_at("").draft("completed", {"output": output})
