"""What a step costs when something that it does not touch grows: states, history, variables, nodes.

Every series has the light of `light.py` in it, which does the same in each of its sizes.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actum_core.template import compile_template
from benchmarks.engine.driving import Recording, Stepping
from benchmarks.engine.light import LightRecorded, LightStep, light_document, moving_on
from benchmarks.engine.timing import Body

TICK: Final = ("tick", {"amount": 7})

#: Nothing of a step depends on what it does not touch; the rest is how evenly a machine runs.
GROWTH_MAX: Final = 1.2
#: Who goes through all states goes through all their memory: what grows here is what the processor has to fetch.
VISITED_GROWTH_MAX: Final = 1.5


@dataclass(frozen=True, slots=True)
class Series:
    """A thing that grows: its sizes, and what makes the body of each. The first size is what the others are
    compared with."""

    name: str
    sizes: tuple[int, ...]
    quick_sizes: tuple[int, ...]
    make: Callable[[int], Body]
    #: What the dearest size may cost as a multiple of the first.
    bound: float = GROWTH_MAX

    def bodies(self, is_quick: bool) -> list[Body]:  # noqa: FBT001 -- one of two sets of sizes
        return [self.make(size) for size in (self.quick_sizes if is_quick else self.sizes)]


def _named(size: int) -> str:
    return f"{size:,}"


def _states(size: int) -> dict[str, Any]:
    """The light, and beside it so many states that nothing leads into."""
    document = light_document()
    states = document["machine"]["states"]
    states |= {f"s{number}": {"on": {"tick": moving_on("green")}} for number in range(size - len(states))}
    return document


def _ring(size: int) -> dict[str, Any]:
    """So many states, each of which leads to the next."""
    states = {f"s{number}": {"on": {"tick": moving_on(f"s{(number + 1) % size}")}} for number in range(size)}
    return {**light_document(), "machine": {"initial": "s0", "states": states}}


def _levels(size: int) -> dict[str, Any]:
    """The light, and beside it so many regions' states on levels of their own: no flat machine any more."""
    document = _states(3)
    inner = {f"t{number}": {"on": {"tick": moving_on("green")}} for number in range(size - 4)}
    if inner:
        document["machine"]["states"]["deep"] = {"initial": "t0", "states": inner}
    return document


def _variables(size: int) -> dict[str, Any]:
    """The light, and a list of so many bytes of JSON that no step touches."""
    document = light_document()
    texts = ["x" * 97] * (size // 100)  # each with its quotes and its comma
    document["vars"]["untouched"] = {"type": "list", "initial": texts}
    return document


def _aged(size: int) -> Body:
    """The light after so many inputs."""
    light = LightStep()
    light.run(size)
    return _Later(_named(size), light, size)


def _aged_recorded(size: int) -> Body:
    light = LightRecorded()
    light.run(size)
    return _Later(_named(size), light, size)


@dataclass(slots=True)
class _Later:
    """A body that has been run before."""

    name: str
    body: Body
    before: int

    def run(self, times: int) -> float | None:
        return self.body.run(times)

    def verify(self, times: int) -> None:
        self.body.verify(times + self.before)


def _network(size: int) -> dict[str, Any]:
    """So many lights on an edge after the first; only the first hears of a tick, and nothing leaves it."""
    light = light_document()
    idle = {"initial": "waiting", "states": {"waiting": {"on": {"token": "waiting"}}}}
    nodes: dict[str, Any] = {f"n{number}": {"machine": idle} for number in range(1, size)}
    nodes["n0"] = {"machine": light.pop("machine")}
    edges = [{"from": f"n{number}.out", "to": f"n{number + 1}.in"} for number in range(size - 1)]
    return {**light, "nodes": nodes, "edges": edges}


def _stepping(document: Callable[[int], dict[str, Any]]) -> Callable[[int], Body]:
    return lambda size: Stepping(_named(size), compile_template(document(size)), (TICK,))


def _recording(document: Callable[[int], dict[str, Any]]) -> Callable[[int], Body]:
    return lambda size: Recording(_named(size), compile_template(document(size)), (TICK,))


_STATES: Final = ((10, 100, 1_000, 5_000), (10, 100))
_HISTORY: Final = ((10, 100_000), (10, 1_000))
_BYTES: Final = ((1_000, 400_000), (1_000, 10_000))
_NODES: Final = ((10, 100, 1_000), (10, 20))

SERIES: Final[Sequence[Series]] = (
    Series("states beside those visited", *_STATES, _stepping(_states)),
    Series("states visited in turn", *_STATES, _stepping(_ring), VISITED_GROWTH_MAX),
    Series("states of a machine with levels", *_STATES, _stepping(_levels)),
    Series("inputs before", *_HISTORY, _aged),
    Series("inputs before, recorded", *_HISTORY, _aged_recorded),
    Series("bytes of untouched variables", *_BYTES, _stepping(_variables)),
    Series("bytes of untouched variables, recorded", *_BYTES, _recording(_variables)),
    Series("nodes of a network", *_NODES, _stepping(_network)),
    Series("nodes of a network, recorded", *_NODES, _recording(_network)),
)


# --- Compiling ------------------------------------------------------------------------------------------

COMPILED_STATES: Final = 500
COMPILE: Final = "compile_template"
LOAD: Final = "load_program, of its bytes"


def large_document(states: int) -> Mapping[str, Any]:
    """A template in which no two expressions are the same, so that each has to be compiled."""
    document = light_document()
    document["machine"] = {
        "initial": "s0",
        "states": {
            f"s{number}": {
                "on": {
                    "tick": {
                        "guard": f"message.data.amount > {number} && vars.total < {states * 100}",
                        "target": f"s{(number + 1) % states}",
                        "actions": [
                            {"assign": {"total": f"vars.total + message.data.amount * {number + 2}"}}
                        ],
                    }
                }
            }
            for number in range(states)
        },
    }
    return document


class Compiling:
    """Compile a template over and over: nothing is kept from one time to the next.

    One time is longer than a busy machine leaves anybody alone, so that it is CPU time that counts.
    """

    def __init__(self, name: str, compile_once: Callable[[], Any]) -> None:
        self.name = name
        self._compile = compile_once
        self._digests: set[str] = set()

    def run(self, times: int) -> float:
        began = time.process_time()
        for _ in range(times):
            self._digests.add(self._compile().digest)
        return time.process_time() - began

    def verify(self, times: int) -> None:
        assert times > 0
        assert len(self._digests) == 1
