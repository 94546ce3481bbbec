"""What a syntax tree node compiles to: a closure, and what running it costs.

As with the nodes, nobody changes a Code or a Path; they are not frozen, because thousands are made for one template.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from actum_core.expression.errors import CostExceeded, EvaluationError

#: A compiled node. The first argument holds the outside variables by name; the second the meter at place 0 and the
#: variables of macros after it.
Run = Callable[[Mapping[str, Any], list[Any]], Any]


class _Unset:
    __slots__ = ()


UNSET: Final = _Unset()


@dataclass(slots=True)
class Path:
    """A variable and the fields read from it: the most common expression, compiled to one closure.

    ``root`` is an outside variable's name or a macro variable's place.
    """

    root: str | int
    fields: tuple[str, ...]


@dataclass(slots=True)
class Code:
    """A compiled node.

    ``lump`` is what the node and all that always runs with it cost; whoever runs the node pays it first, in one
    sum with its own. ``extra_least`` and ``extra_most`` bound what the closure pays by itself, in branches, loops
    and size-proportional work; ``extra_most`` is None when nothing bounds it. ``size_most`` bounds the length of
    the result where that is known.
    """

    run: Run
    lump: int = 0
    extra_least: int = 0
    extra_most: int | None = 0
    size_most: int | None = None
    constant: object = UNSET
    path: Path | None = None

    @property
    def is_constant(self) -> bool:
        return self.constant is not UNSET

    @property
    def least(self) -> int:
        return self.lump + self.extra_least

    @property
    def most(self) -> int | None:
        return None if self.extra_most is None else self.lump + self.extra_most


def add_most(*parts: int | None) -> int | None:
    """The sum, or None when a part has no bound."""
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def multiply_most(first: int | None, second: int | None) -> int | None:
    """The product, or None when a factor has no bound."""
    return None if first is None or second is None else first * second


#: Units for a failure that is absorbed by ``&&``, ``||``, ``all`` or ``exists``: raising and catching is dear.
FAILURE_COST: Final = 30


def pay(state: list[Any], units: int) -> None:
    """Charge the meter of a running expression."""
    meter = state[0]
    meter.left -= units
    if meter.left < 0:
        raise CostExceeded(meter.budget)


def at_offset(error: EvaluationError, offset: int) -> EvaluationError:
    """The error with its place, unless it has one already."""
    if error.offset < 0:
        error.offset = offset
    return error


def constant_code(value: object) -> Code:
    """A closure that only gives the value, and costs nothing."""
    size = len(value) if isinstance(value, str | bytes | tuple) else None
    return Code(lambda activation, state: value, size_most=size, constant=value)
