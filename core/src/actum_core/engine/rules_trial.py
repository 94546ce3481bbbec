"""Try the rules of a program on an event, with nothing behind it: what they would say, and what that costs."""

from dataclasses import dataclass

from actum_core.canonical_json import JsonValue
from actum_core.engine.cell import Cell
from actum_core.engine.exchange import Exchange
from actum_core.engine.initials import set_initials
from actum_core.engine.inputs import Input
from actum_core.engine.load import load_network
from actum_core.engine.network_state import NetworkState
from actum_core.engine.outputs import Draft, StepFailed
from actum_core.engine.rules import Derived
from actum_core.engine.standing import StandingReader
from actum_core.errors import Invalid
from actum_core.expression import CostExceeded
from actum_core.template.program import Program


@dataclass(frozen=True, slots=True)
class RulesTried:
    """What the rules made of an event, in their order. ``errors`` are of variables whose first value failed."""

    derived: tuple[Derived, ...]
    errors: tuple[Draft, ...]
    #: Units of cost, of which a step may spend STEP_COST_MAX.
    cost: int


def try_rules(
    program: Program,
    given: Input,
    start_input: JsonValue = None,
    variables: dict[str, JsonValue] | None = None,
) -> RulesTried:
    """Apply the rules to ``given``, an input of kind event, in an execution that has these variables.

    Without ``variables`` they hold their first values; those given must be all, in their JSON forms: Invalid is
    raised with a problem for each that is not one. No state is active. Raises StepFailed beyond a bound.
    """
    tables = load_network(program)
    cell = Cell(tables.cells[""], start_input)
    if variables is not None:
        reader = StandingReader(cell.tables, {"vars": variables})
        cell.vars = reader.variables(is_started=True)
        if reader.problems:
            raise Invalid(reader.problems)
    exchange = Exchange(tables, NetworkState(tables, cell), given, None)
    try:
        run = exchange.run_at("")
        exchange.enter(run, None, None)
        if variables is None:
            set_initials(run, run.tables.initials)
        errors = tuple(exchange.drafts)
        spent_before = exchange.meter.spent
        derived = tables.rules.derive(given.name, given.data, run)
        return RulesTried(tuple(derived), errors, exchange.meter.spent - spent_before)
    except CostExceeded as error:
        raise StepFailed("cost_exceeded", str(error)) from None
    finally:
        exchange.close()
