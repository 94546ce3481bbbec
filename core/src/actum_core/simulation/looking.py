"""Keeps what steps tell of the transitions that they look at, and of what they spend."""

from collections.abc import Sequence

from actum_core.engine.trace import Look
from actum_core.simulation.turn import Selection


class Looking:
    """A trace for the engine; ``cost`` is in units of which one step may spend STEP_COST_MAX."""

    def __init__(self) -> None:
        self.selections: list[Selection] = []
        self.cost = 0

    def tell(self, looks: Sequence[Look], drafts: int) -> None:
        """One selection of transitions; one for which there was nothing to look at is left out."""
        if looks:
            self.selections.append(Selection(tuple(looks), drafts))

    def tell_cost(self, spent: int) -> None:
        """The end of a step."""
        self.cost += spent
