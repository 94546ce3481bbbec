"""An expression, from its source to its value: parse, check, compile, evaluate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actum_core.expression.check import check_expression
from actum_core.expression.code import Run
from actum_core.expression.errors import CostExceeded, ExpressionInvalid
from actum_core.expression.evaluate import Compiled, compile_tree
from actum_core.expression.meter import Meter
from actum_core.expression.parse import parse_expression
from actum_core.expression.scope import Scope
from actum_core.expression.types import DYN, Type


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What one evaluation costs at least and at most, in units; ``maximum`` is None when the data decides."""

    minimum: int
    maximum: int | None


class Expression:
    """A compiled expression. Immutable; may be evaluated any number of times, from any thread."""

    __slots__ = ("_lump", "_places", "_run", "cost_estimate", "result_type", "size", "source")

    def __init__(self, source: str, compiled: Compiled, result_type: Type, size: int = 0) -> None:
        code = compiled.code
        self.source = source
        #: What it was to check, in nodes of its syntax tree; 0 for one that was not checked.
        self.size = size
        self.result_type = result_type
        self.cost_estimate = CostEstimate(code.least, code.most)
        self._run: Run = code.run
        self._lump = code.lump
        self._places: list[Any] = [None] * compiled.places

    def evaluate(self, activation: Mapping[str, Any], meter: Meter) -> Any:
        """The value for these variables.

        The variables are read in place, never converted or copied, and MUST NOT change meanwhile; the result may
        share parts of them. Raises EvaluationError when there is no value, CostExceeded when the meter runs out.
        """
        meter.left -= self._lump
        if meter.left < 0:
            raise CostExceeded(meter.budget)
        return self._run(activation, [meter, *self._places])

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


def compile_expression(source: str, scope: Scope) -> Expression:
    """Parse, check and compile; raises ExpressionInvalid with every fault found."""
    root = parse_expression(source)
    checked = check_expression(root, source, scope)
    if checked.problems:
        raise ExpressionInvalid(source, checked.problems)
    return Expression(source, compile_tree(root, scope, checked), checked.type_of(root), checked.size)


def type_of_source(source: str, scope: Scope) -> tuple[Type, int]:
    """The type and the size of an expression, without compiling it; raises ExpressionInvalid with every fault found."""
    root = parse_expression(source)
    checked = check_expression(root, source, scope)
    if checked.problems:
        raise ExpressionInvalid(source, checked.problems)
    return checked.type_of(root), checked.size


def compile_unchecked(source: str, scope: Scope) -> Expression:
    """Parse and compile; what checking would have found fails when it is evaluated."""
    root = parse_expression(source)
    return Expression(source, compile_tree(root, scope, None), DYN)
