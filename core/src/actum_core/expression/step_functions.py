"""Functions that only a step can answer: seeded random numbers, and which states are active.

They ask the context that travels with the meter. None of them is standard: a scope names those that make sense
where its expressions stand.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from actum_core.expression.errors import EvaluationError
from actum_core.expression.meter import Meter, StepContext
from actum_core.expression.overloads import Overload
from actum_core.expression.types import BOOL, DOUBLE, INT, STRING, Type

#: Units for one random number: a SHA-256 of a few bytes.
_DRAW_COST: Final = 20

#: Units for looking up a state: a name or two in tables.
_STATE_COST: Final = 4

#: Bits of one random number.
_BITS: Final = 53

#: Numbers to choose from with one draw: each is as likely as the next to within one in two million.
_COUNT_MAX: Final = 2**32


def _context(meter: Meter, name: str) -> StepContext:
    if meter.context is None:
        raise EvaluationError("invalid_argument", f"{name} has an answer only while a step is taken")
    return meter.context


def _random(meter: Meter) -> float:
    return _context(meter, "random").random()


def _random_int(least: int, most: int, meter: Meter) -> int:
    """Both ends included. All in integers, so that no rounding decides; two draws where one has too few bits."""
    context = _context(meter, "random_int")
    if least > most:
        raise EvaluationError("invalid_argument", f"random_int needs {least} to be at most {most}")
    count = most - least + 1
    drawn, bits = _bits(context), _BITS
    if count > _COUNT_MAX:
        meter.charge(_DRAW_COST)
        drawn, bits = (drawn << _BITS) | _bits(context), 2 * _BITS
    return least + (drawn * count >> bits)


def _bits(context: StepContext) -> int:
    return int(context.random() * (1 << _BITS))


def _in_state(state: str, meter: Meter) -> bool:
    return _context(meter, "in_state").is_active(state, None)


def _in_state_of(node: str, state: str, meter: Meter) -> bool:
    return _context(meter, "in_state").is_active(state, node)


def _asking(parameters: tuple[Type, ...], result: Type, run: Callable[..., object], cost: int) -> Overload:
    return Overload(parameters, result, run, cost, is_metered=True, metered_most=_DRAW_COST, needs_step=True)


RANDOM_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "random": [_asking((), DOUBLE, _random, _DRAW_COST)],
    "random_int": [_asking((INT, INT), INT, _random_int, _DRAW_COST)],
}

IN_STATE_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "in_state": [
        _asking((STRING,), BOOL, _in_state, _STATE_COST),
        _asking((STRING, STRING), BOOL, _in_state_of, _STATE_COST),
    ],
}

#: All of them, for places inside a machine or a rule.
STEP_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {**RANDOM_FUNCTIONS, **IN_STATE_FUNCTIONS}
