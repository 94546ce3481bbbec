"""Time pieces of code in turns, so that a slow minute of the machine falls on all of them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

#: A turn shorter than this says more about the clock than about the code.
TURN_SECONDS_MIN: Final = 0.002
_TRIES: Final = 2


class Body(Protocol):
    """What is timed: it does its thing as often as it is told, in a loop of its own."""

    @property
    def name(self) -> str: ...

    def run(self, times: int) -> float | None:
        """Do it `times` times, one after the other; the seconds that took, where only the body can see them."""

    def verify(self, times: int) -> None:
        """Raise AssertionError unless all of these, from the first on, had their effect."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Microseconds for one time. The lowest of all turns is what the code costs; what a turn took above it is
    what the machine did beside."""

    lowest: float
    median: float


@dataclass(frozen=True, slots=True)
class Turns:
    """How long and how often each body is timed."""

    rounds: int
    seconds: float


def measure(bodies: Sequence[Body], turns: Turns) -> dict[str, Figure]:
    """Let the bodies take turns, round after round; each turn lasts about as long as it should."""
    done = [0] * len(bodies)
    counts = []
    for at, body in enumerate(bodies):
        count, warm = _calibrate(body.run, turns.seconds)
        counts.append(count)
        done[at] += warm
    taken: list[list[float]] = [[] for _ in bodies]
    for _ in range(turns.rounds):
        for at, body in enumerate(bodies):
            taken[at].append(_time(body.run, counts[at]) / counts[at])
            done[at] += counts[at]
    for at, body in enumerate(bodies):
        body.verify(done[at])
    return {body.name: _figure(each) for body, each in zip(bodies, taken, strict=True)}


def _calibrate(run: Callable[[int], float | None], seconds: float) -> tuple[int, int]:
    """How often `run` must do it to take about so long, and how often it was done to find out.

    A slow try is tried again: it may have been the machine, or code that was not warm.
    """
    count, total = 1, 0
    enough = max(seconds / 4, TURN_SECONDS_MIN)
    while True:
        took = _time(run, count)
        total += count
        for _ in range(_TRIES):
            if took < enough:
                break
            took = min(took, _time(run, count))
            total += count
        else:
            return max(1, round(count * seconds / took)), total
        count *= 2


def _time(run: Callable[[int], float | None], times: int) -> float:
    began = time.perf_counter()
    seconds = run(times)
    return time.perf_counter() - began if seconds is None else seconds


def _figure(seconds: Sequence[float]) -> Figure:
    return Figure(min(seconds) * 1e6, statistics.median(seconds) * 1e6)


def ratios(figures: Mapping[str, Figure]) -> dict[str, float]:
    """Each lowest figure as a multiple of the first one's."""
    first = next(iter(figures.values())).lowest
    return {name: figure.lowest / first for name, figure in figures.items()}
