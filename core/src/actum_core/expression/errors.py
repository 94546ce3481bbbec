"""What can go wrong with an expression: faults found before it runs, errors while it runs, and cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from actum_core.errors import ActumError


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """One fault in an expression's text.

    ``offset`` is 0-based and counts characters; ``line`` and ``column`` are 1-based, as editors show them.
    """

    code: str
    detail: str
    offset: int
    line: int
    column: int


class ExpressionInvalid(ActumError):
    """Correct the expression at the named places and send it again."""

    code: ClassVar[str] = "expression_invalid"

    def __init__(self, source: str, problems: Iterable[ExpressionProblem]) -> None:
        self.source = source
        self.problems: tuple[ExpressionProblem, ...] = tuple(problems)
        shown = "; ".join(f"{p.line}:{p.column}: {p.detail}" for p in self.problems[:3])
        more = len(self.problems) - 3
        super().__init__(shown + (f"; and {more} more" if more > 0 else ""))


def place(source: str, offset: int) -> tuple[int, int]:
    """The 1-based line and column of a 0-based character offset."""
    start = source.rfind("\n", 0, offset) + 1
    return source.count("\n", 0, offset) + 1, offset - start + 1


def problem_at(source: str, offset: int, code: str, detail: str) -> ExpressionProblem:
    """A problem with its line and column worked out."""
    line, column = place(source, offset)
    return ExpressionProblem(code, detail, offset, line, column)


class EvaluationError(ActumError):
    """The expression has no value for this input; guard it, or correct the data it reads.

    ``code`` says which kind of failure (``no_such_field``, ``no_such_key``, ``no_such_overload``,
    ``divide_by_zero``, ``overflow``, ``out_of_range``, ``invalid_argument``, ``duplicate_key``,
    ``undeclared_variable``, ``too_large``); ``offset`` is the 0-based place in the source, or -1.
    """

    code: str  # type: ignore[misc]  # every other error has one code; this one says what failed

    def __init__(self, code: str, message: str, offset: int = -1) -> None:
        self.code = code
        self.message = message
        self.offset = offset
        super().__init__(message)


class CostExceeded(ActumError):
    """Make the expression cheaper, or raise the budget: it cost more than one step may spend."""

    code: ClassVar[str] = "cost_exceeded"

    def __init__(self, budget: int) -> None:
        self.budget = budget
        super().__init__(f"expressions cost more than the budget of {budget} units")
