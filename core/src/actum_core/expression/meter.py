"""Count what expressions cost, so that a step ends when its budget does; and hold what only the step can answer."""

from typing import Protocol

from actum_core.expression.errors import CostExceeded
from actum_core.limits import EXPRESSION_COST_BUDGET


class StepContext(Protocol):
    """What some functions ask the step that evaluates them: the only things that do not come from arguments.

    Whoever implements it MUST answer the same when the same input is folded again.
    """

    def random(self) -> float:
        """The next random number: at least 0, less than 1, a multiple of 2**-53."""
        ...

    def is_active(self, state: str, node: str | None) -> bool:
        """Whether a state is active now: of the machine that asks, or of the named node of its network.

        A state or node that does not exist is not active.
        """
        ...


class Meter:
    """A budget of cost units shared by all expressions of one step, with the step's context.

    Evaluation subtracts from ``left`` before it does the work, so that nothing larger than the budget is
    ever built. A meter that has been exceeded stays exceeded. Without a context, functions that need the step
    fail with EvaluationError.
    """

    __slots__ = ("budget", "context", "left")

    def __init__(self, budget: int = EXPRESSION_COST_BUDGET, context: StepContext | None = None) -> None:
        self.budget = budget
        self.left = budget
        self.context = context

    @property
    def spent(self) -> int:
        """Units used so far; more than the budget once it has been exceeded."""
        return self.budget - self.left

    def charge(self, units: int) -> None:
        """Use units; raises CostExceeded when fewer are left."""
        self.left -= units
        if self.left < 0:
            raise CostExceeded(self.budget)
