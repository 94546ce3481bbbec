"""The only door into the engine: one input in, the next state and everything that follows from it out.

Pure: the same program, state and input give the same bytes, wherever and whenever they run. Nothing here
reads a clock, draws a random number or does I/O.
"""

from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.engine import flat, interpret
from actum_core.engine.initials import set_initials
from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.load import load_network, load_tables
from actum_core.engine.network_state import NetworkState
from actum_core.engine.network_step import step_machine_traced, step_network
from actum_core.engine.outputs import Step, StepFailed
from actum_core.engine.randomness import RandomNumbers
from actum_core.engine.run import Run
from actum_core.engine.state import MachineState, State
from actum_core.engine.tables import ProgramTables
from actum_core.engine.trace import Trace
from actum_core.expression import CostExceeded
from actum_core.template.program import Program
from actum_core.template.times import parse_timestamp

_NO_MESSAGE: Final[dict[str, JsonValue]] = {"name": "", "data": None}


def step(program: Program, state: State, given: Input, trace: Trace | None = None) -> Step:
    """Everything that follows from one input.

    The input has been checked with ``Program.check_start`` or ``check_event``; it is not checked again. An
    event that is none of those declared, or that reaches a final state, changes nothing. Raises StepFailed when
    a bound is exceeded, or the input is of a kind that the state cannot take: then nothing of it applies.

    A ``trace`` is told which transitions were looked at and why they were taken or not; it changes nothing.
    """
    tables = load_tables(program)
    try:
        if type(state) is MachineState and trace is None:
            run = Run(tables, state, _activation(tables, state, given))
            if not tables.needs_context:
                return _take(tables, state, given, run)
            run.meter.context = _Context(run, given)
            try:
                return _take(tables, state, given, run)
            finally:
                run.meter.context = None  # a circle of references would outlive the step
        if isinstance(state, NetworkState):
            return step_network(load_network(program), state, given, trace)
        assert isinstance(state, MachineState), "a state is of one form or the other"
        return step_machine_traced(load_network(program), state, given, trace)
    except CostExceeded as error:
        raise StepFailed("cost_exceeded", str(error)) from None


class _Context:
    """What expressions of a sole machine may ask the step."""

    __slots__ = ("_random", "_run")

    def __init__(self, run: Run, given: Input) -> None:
        self._run = run
        self._random = RandomNumbers(given.execution, given.sequence)

    def random(self) -> float:
        return self._random.draw()

    def is_active(self, state: str, node: str | None) -> bool:
        found = None if node is not None else self._run.tables.machine.by_id.get(state)
        return found is not None and found.index in self._run.members


def _take(tables: ProgramTables, state: MachineState, given: Input, run: Run) -> Step:
    if given.kind is InputKind.EVENT:
        if not state.is_started:
            raise StepFailed("unexpected_input", "the execution has not been started")
        if state.is_final or tables.program.ignores_event(given.name):
            return Step(state, ())
        _process_event(tables, run, given)
        return Step(state.after(run), tuple(run.drafts))
    if given.kind is InputKind.START:
        if state.is_started:
            raise StepFailed("unexpected_input", "the execution has been started before")
        set_initials(run, tables.initials)
        interpret.start_machine(run)
        return Step(state.after(run), tuple(run.drafts))
    raise StepFailed("unexpected_input", f"nothing waits for an input of kind {given.kind.value}")


def _activation(tables: ProgramTables, state: MachineState, given: Input) -> dict[str, Any]:
    """The names that expressions know; a name that no expression of the template mentions is left out."""
    activation: dict[str, Any] = {
        "vars": state.vars,
        "input": given.data if given.kind is InputKind.START else state.input,
        "message": _NO_MESSAGE,
    }
    if tables.has_event:
        is_event = given.kind is InputKind.EVENT
        activation["event"] = {
            "name": given.name if is_event else "",
            "data": given.data if is_event else None,
            "id": given.id,
            "source": given.source,
            "occurred_at": None if given.occurred_at is None else parse_timestamp(given.occurred_at),
        }
    if tables.has_now:
        activation["now"] = parse_timestamp(given.at)
    return activation


def _process_event(tables: ProgramTables, run: Run, given: Input) -> None:
    process = flat.process_message if tables.machine.is_flat else interpret.process_message
    rules = tables.rules
    if rules.are_absent:
        run.activation["message"] = {"name": given.name, "data": given.data}
        process(run, given.name)
        return
    for derived in rules.derive(given.name, given.data, run):
        message = derived.message
        if message is None:
            run.draft("rule_failed", derived.failure or {})
            continue
        if derived.rule:
            run.draft("message", {"rule": derived.rule, "message": message["name"], "data": message["data"]})
        if run.is_running:
            run.activation["message"] = message
            process(run, message["name"])
