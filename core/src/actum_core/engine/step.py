"""The only door into the engine: one input in, the next state and everything that follows from it out.

Pure: the same program, state and input give the same bytes, wherever and whenever they run. Nothing here
reads a clock, draws a random number or does I/O.
"""

from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.engine import flat, interpret
from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.outputs import Step, StepFailed
from actum_core.engine.run import ContentFailed, Run, failed_at
from actum_core.engine.state import State
from actum_core.engine.tables import Tables, load_tables
from actum_core.errors import pointer_of
from actum_core.expression import CostExceeded, EvaluationError
from actum_core.template.in_state import asking
from actum_core.template.parse import ZERO_VALUES
from actum_core.template.program import Program
from actum_core.template.times import parse_timestamp
from actum_core.template.variables import read_variable

_NO_MESSAGE: Final[dict[str, JsonValue]] = {"name": "", "data": None}


def step(program: Program, state: State, given: Input) -> Step:
    """Everything that follows from one input.

    The input has been checked with ``Program.check_start`` or ``check_event``; it is not checked again. An
    event that is none of those declared, or that reaches a final state, changes nothing. Raises StepFailed when
    a bound is exceeded, or the input is of a kind that the state cannot take: then nothing of it applies.
    """
    tables = load_tables(program)
    run = Run(tables, state, _activation(tables, state, given))
    try:
        if tables.has_in_state:
            with asking(run.is_active):
                return _take(program, state, given, run)
        return _take(program, state, given, run)
    except CostExceeded as error:
        raise StepFailed("cost_exceeded", str(error)) from None


def _take(program: Program, state: State, given: Input, run: Run) -> Step:
    if given.kind is InputKind.EVENT:
        if not state.is_started:
            raise StepFailed("unexpected_input", "the execution has not been started")
        if state.is_final or program.ignores_event(given.name):
            return Step(state, ())
        _process_event(run, given)
        return Step(state.after(run), tuple(run.drafts))
    if given.kind is InputKind.START:
        if state.is_started:
            raise StepFailed("unexpected_input", "the execution has been started before")
        _start(run)
        return Step(state.after(run), tuple(run.drafts))
    raise StepFailed("unexpected_input", f"inputs of kind {given.kind.value} are not supported yet")


def _activation(tables: Tables, state: State, given: Input) -> dict[str, Any]:
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


def _start(run: Run) -> None:
    kinds = run.tables.kinds
    for name, make in run.tables.initials:
        try:
            value = read_variable(kinds[name], make(run))
        except ContentFailed as failure:
            run.fail(failure)
            value = read_variable(kinds[name], ZERO_VALUES[kinds[name]])
        except EvaluationError as error:
            run.fail(failed_at(pointer_of("vars", name, "initial"), error))
            value = read_variable(kinds[name], ZERO_VALUES[kinds[name]])
        run.assign(name, value)
    interpret.start_machine(run)


def _process_event(run: Run, given: Input) -> None:
    process = flat.process_message if run.tables.machine.is_flat else interpret.process_message
    rules = run.tables.rules
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
