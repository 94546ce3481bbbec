"""Closures of binary operators: single ones, comparisons with a constant, and long chains as one loop."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from actum_core.expression.arithmetic import as_double
from actum_core.expression.chain_costs import Operand, operator_most
from actum_core.expression.code import Code, Run, add_most, at_offset
from actum_core.expression.comparison import EXACT_MAX, contains, equal
from actum_core.expression.errors import EvaluationError
from actum_core.expression.meter import Meter
from actum_core.expression.operators import OPERATORS, Operator
from actum_core.expression.sizes import TRAVERSED_PER_UNIT
from actum_core.expression.syntax import Link
from actum_core.expression.types import DOUBLE, INT, Kind, Type

_ARITHMETIC: Final = frozenset("+-*/")

_PROMOTED: Final = frozenset({(Kind.DOUBLE, Kind.DOUBLE), (Kind.INT, Kind.DOUBLE), (Kind.DOUBLE, Kind.INT)})

_EQUALITY: Final = frozenset({"==", "!="})
_COMPARED: Final = _EQUALITY | {"<", "<=", ">", ">="}
_PLAIN: Final = (int, float)


def apply_chain(links: Sequence[Link], operands: Sequence[Code], types: Sequence[Type | None]) -> Code:
    """The code of ``first op operand op operand …``, from the left."""
    steps: list[tuple[Operator, Run, int]] = []
    mosts: list[int | None] = []
    left = Operand(types[0], operands[0])
    for link, operand, right in zip(links, operands[1:], types[1:], strict=True):
        operator, result = _typed_operator(link.operator, left.type, right)
        steps.append((operator, operand.run, link.offset))
        mosts.append(operator_most(link.operator, left, Operand(right, operand)))
        left = Operand(result, None)
    is_single = len(links) == 1
    return Code(
        _single(links[0], operands[0], operands[1], steps[0][0])
        if is_single
        else _loop(operands[0].run, steps),
        lump=len(links) + sum([operand.lump for operand in operands]),
        extra_least=sum([operand.extra_least for operand in operands]),
        extra_most=add_most(*mosts, *[operand.extra_most for operand in operands]),
    )


def _typed_operator(operator: str, left: Type | None, right: Type | None) -> tuple[Operator, Type | None]:
    """The operation, in doubles where the static types say so, and the type of what it gives.

    A number declared as double arrives from JSON as an int when it has no fraction. Its declared type decides,
    so that 5 / 2 of two doubles is 2.5 and not 2.
    """
    general = OPERATORS[operator]
    if operator not in _ARITHMETIC or left is None or right is None:
        return general, None
    kinds = (left.kind, right.kind)
    if kinds not in _PROMOTED:
        return general, INT if kinds == (Kind.INT, Kind.INT) else None

    def apply(first: Any, second: Any, meter: Meter) -> object:
        if type(first) is int:
            first = as_double(first)
        if type(second) is int:
            second = as_double(second)
        return general(first, second, meter)

    return apply, DOUBLE


def _loop(first: Run, steps: Sequence[tuple[Operator, Run, int]]) -> Run:
    parts = tuple(steps)

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = first(activation, state)
        meter = state[0]
        for operator, operand, offset in parts:
            right = operand(activation, state)
            try:
                value = operator(value, right, meter)
            except EvaluationError as error:
                raise at_offset(error, offset) from None
        return value

    return run


def _single(link: Link, left: Code, right: Code, operator: Operator) -> Run:
    constant = right.constant
    if type(constant) is str and link.operator in _EQUALITY:
        return _equal_string(left.run, constant, link)
    if link.operator in _COMPARED and _is_exact_number(constant):
        return _compare_number(left.run, constant, operator, link)
    if type(constant) is tuple and link.operator == "in" and all(type(item) is str for item in constant):
        return _in_strings(left.run, constant)
    return _general(left.run, right.run, operator, link.offset)


def _is_exact_number(constant: object) -> bool:
    """Whether it is a plain int or float that Python compares with others as the language does."""
    return isinstance(constant, int | float) and type(constant) in _PLAIN and abs(constant) < EXACT_MAX


def _general(left: Run, right: Run, operator: Operator, offset: int) -> Run:
    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        first = left(activation, state)
        second = right(activation, state)
        try:
            return operator(first, second, state[0])
        except EvaluationError as error:
            raise at_offset(error, offset) from None

    return run


def _equal_string(left: Run, constant: str, link: Link) -> Run:
    is_equal = link.operator == "=="
    lump = len(constant) // TRAVERSED_PER_UNIT

    def run_equal(activation: Mapping[str, Any], state: list[Any]) -> bool:
        value = left(activation, state)
        return value == constant if type(value) is str else equal(value, constant, state[0])

    def run_unequal(activation: Mapping[str, Any], state: list[Any]) -> bool:
        value = left(activation, state)
        return value != constant if type(value) is str else not equal(value, constant, state[0])

    if lump:
        return _general(left, lambda activation, state: constant, OPERATORS[link.operator], link.offset)
    return run_equal if is_equal else run_unequal


def _compare_number(left: Run, constant: Any, operator: Operator, link: Link) -> Run:
    """A number against a constant; anything but an int or a float goes the general way."""
    offset = link.offset

    def other(value: Any, state: list[Any]) -> Any:
        try:
            return operator(value, constant, state[0])
        except EvaluationError as error:
            raise at_offset(error, offset) from None

    return _COMPARISONS[link.operator](left, constant, other)


#: What to do with a value that is no plain number.
Other = Callable[[Any, list[Any]], Any]


def _less(left: Run, constant: Any, other: Other) -> Run:
    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = left(activation, state)
        return value < constant if type(value) is int or type(value) is float else other(value, state)

    return run


def _less_or_equal(left: Run, constant: Any, other: Other) -> Run:
    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = left(activation, state)
        return value <= constant if type(value) is int or type(value) is float else other(value, state)

    return run


def _greater(left: Run, constant: Any, other: Other) -> Run:
    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = left(activation, state)
        return value > constant if type(value) is int or type(value) is float else other(value, state)

    return run


def _greater_or_equal(left: Run, constant: Any, other: Other) -> Run:
    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = left(activation, state)
        return value >= constant if type(value) is int or type(value) is float else other(value, state)

    return run


def _equals(left: Run, constant: Any, other: Other) -> Run:
    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = left(activation, state)
        return value == constant if type(value) is int or type(value) is float else other(value, state)

    return run


def _differs(left: Run, constant: Any, other: Other) -> Run:
    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = left(activation, state)
        return value != constant if type(value) is int or type(value) is float else other(value, state)

    return run


_COMPARISONS: Final[Mapping[str, Callable[[Run, Any, Other], Run]]] = {
    "<": _less,
    "<=": _less_or_equal,
    ">": _greater,
    ">=": _greater_or_equal,
    "==": _equals,
    "!=": _differs,
}


def _in_strings(left: Run, constants: tuple[str, ...]) -> Run:
    """``x in ['a', 'b']``: one look into a set, since a string equals nothing but strings."""
    wanted = frozenset(constants)

    def run(activation: Mapping[str, Any], state: list[Any]) -> bool:
        value = left(activation, state)
        return value in wanted if type(value) is str else contains(value, constants, state[0])

    return run
