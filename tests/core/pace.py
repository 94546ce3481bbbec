"""Processor time that does not depend on what else the machine does.

Whatever shares its caches and cores makes a piece of Python take more processor time, up to twice as much. What is
bounded is therefore measured beside two fixed pieces of work, one that stays within the nearest cache and one
that does not, and told as it would be on the machine where the bounds were set.
"""

import math
import time
from collections.abc import Callable
from typing import Final

#: Processor seconds of the two pieces of work on the machine that the bounds were set on.
_NEAR_SECONDS: Final = 0.004
_FAR_SECONDS: Final = 0.007

_FAR: Final = [str(number * 7_919 % 99_991) for number in range(99_991)]
_BY_NAME: Final = {name: place for place, name in enumerate(_FAR)}


def timed(run: Callable[[], object]) -> float:
    """Processor seconds that ``run`` takes, as on the machine that bounds are set on."""
    before = slowness()
    began = time.process_time()
    run()
    seconds = time.process_time() - began
    return seconds / max(before, slowness())


def slowness() -> float:
    """How many times slower than that machine this one is now; never less than 1."""
    return max(1.0, _seconds_of(_near) / _NEAR_SECONDS, _seconds_of(_far) / _FAR_SECONDS)


def _seconds_of(work: Callable[[], None]) -> float:
    found = math.inf
    for _ in range(3):
        began = time.process_time()
        work()
        found = min(found, time.process_time() - began)
    return found


def _near() -> None:
    held: dict[int, int] = {}
    for number in range(60_000):
        held[number & 255] = abs(number)


def _far() -> None:
    """Visit entries in an order that is not theirs in memory."""
    place = 1
    for _ in range(10_000):
        place = _BY_NAME[_FAR[place * 31 % 99_991]] + 1
