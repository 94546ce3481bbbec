"""What checking an expression found."""

from collections.abc import Mapping
from typing import Final

from actum_core.expression.errors import ExpressionProblem
from actum_core.expression.syntax import Node
from actum_core.expression.types import Substitution, Type

#: Instructions of a regular expression that take as long to make as a node of a syntax tree.
_INSTRUCTIONS_PER_NODE: Final = 16


class Checked:
    """What checking found: the faults in source order, and the types of the nodes."""

    __slots__ = ("_substitution", "_types", "instructions", "problems")

    def __init__(
        self,
        types: Mapping[Node, Type],
        substitution: Substitution,
        problems: tuple[ExpressionProblem, ...],
        instructions: int,
    ) -> None:
        self._types = types
        self._substitution = substitution
        self.problems = problems
        #: Those of the constant regular expressions, compiled.
        self.instructions = instructions

    @property
    def size(self) -> int:
        """How much there was to check and is to compile, in nodes."""
        return len(self._types) + self.instructions // _INSTRUCTIONS_PER_NODE

    def type_of(self, node: Node) -> Type:
        """The type of a node, worked out to the end."""
        return self._substitution.settle(self._types[node])
