"""Count what expressions cost, so that a step ends when its budget does."""

from actum_core.expression.errors import CostExceeded
from actum_core.limits import EXPRESSION_COST_BUDGET


class Meter:
    """A budget of cost units shared by all expressions of one step.

    Evaluation subtracts from ``left`` before it does the work, so that nothing larger than the budget is
    ever built. A meter that has been exceeded stays exceeded.
    """

    __slots__ = ("budget", "left")

    def __init__(self, budget: int = EXPRESSION_COST_BUDGET) -> None:
        self.budget = budget
        self.left = budget

    @property
    def spent(self) -> int:
        """Units used so far; more than the budget once it has been exceeded."""
        return self.budget - self.left

    def charge(self, units: int) -> None:
        """Use units; raises CostExceeded when fewer are left."""
        self.left -= units
        if self.left < 0:
            raise CostExceeded(self.budget)
