"""What checking an expression found."""

from collections.abc import Mapping

from actum_core.expression.errors import ExpressionProblem
from actum_core.expression.syntax import Node
from actum_core.expression.types import Substitution, Type


class Checked:
    """What checking found: the faults in source order, and the types of the nodes."""

    __slots__ = ("_substitution", "_types", "problems")

    def __init__(
        self, types: Mapping[Node, Type], substitution: Substitution, problems: tuple[ExpressionProblem, ...]
    ) -> None:
        self._types = types
        self._substitution = substitution
        self.problems = problems

    def type_of(self, node: Node) -> Type:
        """The type of a node, worked out to the end."""
        return self._substitution.settle(self._types[node])
