"""What a binary operator may pay for the size of its operands, as far as it is known before they are."""

from dataclasses import dataclass
from typing import Final

from actum_core.expression.arithmetic import MAKING_COST
from actum_core.expression.code import Code
from actum_core.expression.comparison import COMPARING_COST
from actum_core.expression.sizes import ELEMENT_COST, TRAVERSED_PER_UNIT
from actum_core.expression.types import NUMERIC, Kind, Type
from actum_core.expression.values import Duration, Timestamp, TypeValue

_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})

#: Kinds of which all values are compared for nothing but the operator's one unit.
_SCALARS: Final = NUMERIC | {Kind.BOOL, Kind.NULL, Kind.TIMESTAMP, Kind.DURATION, Kind.TYPE}

_SCALAR_CLASSES: Final = (int, float, type(None), Timestamp, Duration, TypeValue)


@dataclass(slots=True)
class Operand:
    """What is known of one side: its static type, and its code unless it is the result of a chain so far."""

    type: Type | None
    code: Code | None

    @property
    def kind(self) -> Kind | None:
        return None if self.type is None else self.type.kind

    @property
    def is_scalar(self) -> bool:
        return self.kind in _SCALARS or (
            self.code is not None and isinstance(self.code.constant, _SCALAR_CLASSES)
        )

    @property
    def is_rare(self) -> bool:
        """Whether it may be a time or a type, whose comparing costs more."""
        if self.code is not None and self.code.is_constant:
            return not isinstance(self.code.constant, int | float | str | bytes | type(None))
        return self.kind in (None, Kind.DYN, Kind.TIMESTAMP, Kind.DURATION, Kind.TYPE)

    @property
    def size_most(self) -> int | None:
        return None if self.code is None else self.code.size_most


def operator_most(operator: str, left: Operand, right: Operand) -> int | None:
    """The most units an operator pays beyond its one; None when size decides."""
    if operator == "in":
        return _membership_most(left, right)
    if operator in _COMPARISONS:
        return _comparison_most(left, right)
    if {left.kind, right.kind} in ({Kind.INT}, {Kind.DOUBLE}, {Kind.INT, Kind.DOUBLE}):
        return 0
    if operator != "+" or left.is_scalar or right.is_scalar:
        return MAKING_COST
    if left.size_most is None or right.size_most is None:
        return None
    return max(MAKING_COST, left.size_most + right.size_most)


def _comparison_most(left: Operand, right: Operand) -> int | None:
    """Nothing beside a scalar, since the other side is one too or differs; beside a constant text, its length."""
    if left.is_scalar or right.is_scalar:
        return COMPARING_COST if left.is_rare and right.is_rare else 0
    sizes = [
        len(side.code.constant) // TRAVERSED_PER_UNIT
        for side in (left, right)
        if side.code is not None and isinstance(side.code.constant, str | bytes)
    ]
    return min(sizes, default=None)


def _membership_most(left: Operand, right: Operand) -> int | None:
    if right.kind in (Kind.MAP, Kind.OBJECT):
        return 0
    if right.size_most is None:
        return None
    if left.is_scalar:
        return (ELEMENT_COST + COMPARING_COST) * right.size_most
    members = None if right.code is None else right.code.constant
    if isinstance(members, tuple) and all(isinstance(member, str) for member in members):
        return ELEMENT_COST * len(members)
    return None
