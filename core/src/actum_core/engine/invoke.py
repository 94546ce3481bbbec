"""Child machines: they begin at the end of the macrostep that entered their state, hear what their parent forwards,
and end with their state or by themselves (SCXML, 6.4 and 6.5).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from actum_core.engine.cell import Cell, Origin
from actum_core.engine.cell_run import ERROR_COMMUNICATION, CellRun, Delivery
from actum_core.engine.deadlines import end_timers
from actum_core.engine.interpret import leave_machine
from actum_core.engine.machine import Content, Value
from actum_core.engine.outputs import StepFailed
from actum_core.engine.run import ContentFailed, Run, price_of
from actum_core.limits import CHILD_NESTING_MAX, CHILDREN_MAX
from actum_core.template.names import is_state_id
from actum_core.template.variables import measure


@dataclass(frozen=True, slots=True)
class Invoke:
    """One ``invoke`` of a state, compiled; ``place`` is where it stands. The closures raise ContentFailed."""

    state: str
    index: int
    place: str
    use: Callable[[Run], str]
    id: Callable[[Run], str] | None
    keep_id: Callable[[Run, str], None] | None
    data: Value
    is_forwarding: bool
    finalize: Content | None


def start_children(run: CellRun) -> None:
    """Begin the child machines of the states that were entered and not left in the macrostep that ends."""
    entered, run.entered_invokes = sorted(run.entered_invokes), set()
    for state in entered:
        for invoke in run.tables.machine.nodes[state].invokes:
            try:
                _start_child(run, invoke)
            except ContentFailed as failure:
                run.fail(failure)


def _start_child(run: CellRun, invoke: Invoke) -> None:
    exchange = run.exchange
    use = invoke.use(run)
    child = run.tables.children.get(use)
    if child is None:
        raise ContentFailed("unknown_machine", f"there is no machine {use[:64]!r}", invoke.place + "/use")
    child_id = _make_id(run, invoke)
    data = invoke.data(run)
    if invoke.keep_id is not None:
        invoke.keep_id(run, child_id)
    tables = exchange.tables.child(child)
    problems = () if tables.input is None else tables.input.check(data)
    if problems:
        detail = f"the input of {use[:64]!r} is refused at {problems[0].pointer!r}: {problems[0].detail}"
        run.tell_error(ERROR_COMMUNICATION, ContentFailed("bad_input", detail, invoke.place + "/with"))
        return
    exchange.child_count += 1
    if exchange.child_count > CHILDREN_MAX:
        detail = f"an execution may have {CHILDREN_MAX} child machines at one time"
        raise StepFailed("too_many_children", detail, invoke.place)
    address = f"{run.address}#{child_id}"
    if address.count("#") > CHILD_NESTING_MAX:
        detail = f"child machines may be nested {CHILD_NESTING_MAX} deep"
        raise StepFailed("children_too_deep", detail, invoke.place)
    exchange.grow(measure(data), invoke.place)
    run.ended_invokes.pop(child_id, None)
    begun = exchange.open(address, Cell(tables, data, Origin(use, invoke.state, invoke.index)), run)
    run.children = sort_children(run, (*run.children, child_id))
    begun.draft("invoked", {"use": use, "id": child_id, "input": data})
    exchange.send(Delivery(begun, None), invoke.place)


def _make_id(run: CellRun, invoke: Invoke) -> str:
    """The id of a child: the author's, or ``<state>.<unique>`` (SCXML, 6.4.1)."""
    if invoke.id is None:
        return f"{invoke.state or '_'}.{run.exchange.ids.place('invoke')}"
    child_id = invoke.id(run)
    if not is_state_id(child_id):
        detail = f"{child_id[:64]!r} cannot be an id: letters, digits and _ . : -"
        raise ContentFailed("bad_name", detail, invoke.place + "/id")
    if child_id in run.children:
        raise ContentFailed("duplicate", f"{child_id!r} is running already", invoke.place + "/id")
    return child_id


def sort_children(run: CellRun, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of children in the order of the document that invokes them."""
    places = []
    for child_id in ids:
        origin = run.exchange.run_at(f"{run.address}#{child_id}").cell.origin
        assert origin is not None, "every child comes from somewhere"
        places.append((run.tables.machine.by_id[origin.state].index, origin.index, child_id))
    return tuple(child_id for _, _, child_id in sorted(places))


def forward_message(run: CellRun, delivery: Delivery) -> None:
    """What an external message does to children before it does anything else: finalize, autoforward.

    An invoke is finalized until its state is left, even when its child has ended meanwhile.
    """
    exchange, message = run.exchange, delivery.message
    assert message is not None, "only messages are forwarded"
    child_id = message["invoke"]
    if child_id:
        origin = run.ended_invokes.get(child_id)
        if origin is None and child_id in run.children:
            origin = exchange.run_at(f"{run.address}#{child_id}").cell.origin
        finalize = None if origin is None else _find_invoke(run, origin).finalize
        if finalize is not None:
            finalize(run)
    if message["name"] in run.tables.machine.timer_events:
        return
    for child_id in run.children:
        child = exchange.run_at(f"{run.address}#{child_id}")
        assert child.cell.origin is not None, "every child comes from somewhere"
        invoke = _find_invoke(run, child.cell.origin)
        if invoke.is_forwarding:
            exchange.send(delivery._replace(to=child, sender=run), invoke.place)


def _find_invoke(run: CellRun, origin: Origin) -> Invoke:
    return run.tables.machine.by_id[origin.state].invokes[origin.index]


def stop_children(run: CellRun, state: str) -> None:
    """Cancel the child machines of a state that is left, last begun first: as the last thing its exit does."""
    run.ended_invokes = {each: origin for each, origin in run.ended_invokes.items() if origin.state != state}
    for child_id in reversed(run.children):
        child = run.exchange.run_at(f"{run.address}#{child_id}")
        if child.cell.origin is not None and child.cell.origin.state == state:
            _stop(run, child)


def _stop(run: CellRun, child: CellRun) -> None:
    """Cancel one: it leaves its states, and nothing that it says meanwhile reaches its parent."""
    exchange = run.exchange
    child.is_stopped = True
    child.is_running = False
    exchange.enter(child, None, None)
    leave_machine(child)
    exchange.enter(run, None, run.activation.get("token"))
    child.draft("stopped", {})
    take_away(child)


def take_away(child: CellRun) -> None:
    """Forget a child that was cancelled or has ended, and what it waits for."""
    exchange, parent = child.exchange, child.parent
    assert parent is not None, "only children are taken away"
    end_timers(child)
    child.is_gone = True
    exchange.child_count -= 1
    for held in (child.cell.input, *child.vars.values()):
        size = measure(held)
        exchange.meter.charge(price_of(held, size))
        exchange.grow(-size)
    del exchange.runs[child.address]
    exchange.removed[child.address] = child
    child_id = child.address.rpartition("#")[2]
    parent.children = tuple(each for each in parent.children if each != child_id)


#: What a message that says that a child has ended is called, before its id (SCXML, 6.4.3).
DONE_INVOKE: Final = "done.invoke."


def end_child(child: CellRun) -> None:
    """A child has reached a final state: its parent is told, after everything that the child has sent before."""
    exchange, parent = child.exchange, child.parent
    assert parent is not None, "only children end so"
    child_id = child.address.rpartition("#")[2]
    child.draft("ended", {} if child.output is None else {"output": child.output})
    if child.cell.origin is not None:
        parent.ended_invokes[child_id] = child.cell.origin
    take_away(child)
    message = exchange.message(DONE_INVOKE + child_id, child.output, "external", origin="/" + child.address)
    exchange.send(Delivery(parent, {**message, "invoke": child_id}))


def note_invokes(state: int) -> Content:
    """Content of entering a state: its children begin when the macrostep ends."""

    def note(run: Run) -> None:
        assert isinstance(run, CellRun), "a machine that invokes others goes the long way"
        run.entered_invokes.add(state)

    return note


def leave_invokes(state: int, state_id: str) -> Content:
    """Content of leaving a state: its children end, and those not begun never do."""

    def leave(run: Run) -> None:
        assert isinstance(run, CellRun), "a machine that invokes others goes the long way"
        run.entered_invokes.discard(state)
        stop_children(run, state_id)

    return leave
