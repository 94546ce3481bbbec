"""Put compiled parts together: the sums of their costs, and constants for what never changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from actum_core.expression.access import read_path
from actum_core.expression.arithmetic import as_double
from actum_core.expression.code import Code, Path, Run, add_most, constant_code
from actum_core.expression.errors import CostExceeded, EvaluationError
from actum_core.expression.meter import Meter
from actum_core.expression.types import Kind, Type

#: Units that folding one constant part may spend, and the length its value may have, at compile time.
FOLD_BUDGET: Final = 1_000
FOLD_SIZE_MAX: Final = 4_096


def path_code(path: Path, offset: int) -> Code:
    """A variable and the fields read from it."""
    return Code(read_path(path, offset), lump=1 + len(path.fields), path=path)


def above(run: Run, lump: int, *parts: Code) -> Code:
    """The code of a node that always runs all its parts."""
    return Code(
        run,
        lump=lump + sum(part.lump for part in parts),
        extra_least=sum(part.extra_least for part in parts),
        extra_most=add_most(*(part.extra_most for part in parts)),
    )


def failing_code(code: str, detail: str, offset: int) -> Code:
    """Code that fails when it is reached: what checking would have refused."""

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        raise EvaluationError(code, detail, offset)

    return Code(run, lump=1)


def as_declared(code: Code, declared: Type | None) -> Code:
    """The code, giving a double where the static type says so: JSON writes a double without a fraction as an int."""
    if declared is None or declared.kind is not Kind.DOUBLE or code.is_constant:
        return code
    inner = code.run

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = inner(activation, state)
        return as_double(value) if type(value) is int else value

    return replace(code, run=run, path=None)


def largest(sizes: Iterable[int | None]) -> int | None:
    """The largest size, or None when one has no bound."""
    found = 0
    for size in sizes:
        if size is None:
            return None
        found = max(found, size)
    return found


def fold(code: Code, parts: Sequence[Code]) -> Code:
    """A constant in place of code whose parts are all constant, when it has a value and that is small."""
    if not all(part.is_constant for part in parts):
        return code
    meter = Meter(FOLD_BUDGET)
    try:
        meter.charge(code.lump)
        value = code.run({}, [meter])
    except (EvaluationError, CostExceeded):
        return code
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, dict) or (isinstance(value, str | bytes | tuple) and len(value) > FOLD_SIZE_MAX):
        return code
    return constant_code(value)
