"""The machine of `light.py` on other engines, each written the way its own documentation shows."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Final

from benchmarks.engine.light import AMOUNT, STATES
from benchmarks.engine.timing import Body

NODE_FOLDER: Final = Path(__file__).parent / "xstate"

_NEXT: Final = dict(zip(STATES, (*STATES[1:], STATES[0]), strict=True))


class PeerMissing(Exception):
    """Install what is named (`make bench-engine` does), or read the table without it."""


class _Peer:
    """A peer that is called once for every event."""

    package: ClassVar[str]
    note: ClassVar[str] = ""

    def __init__(self) -> None:
        self.name = f"{self.package} {version(self.package)}{self.note}"

    def run(self, times: int) -> None:
        raise NotImplementedError

    def found(self) -> tuple[str, int]:
        """The state it is in, and its total."""
        raise NotImplementedError

    def verify(self, times: int) -> None:
        assert self.found() == (STATES[times % 3], AMOUNT * times), (self.name, self.found(), times)


class Transitions(_Peer):
    """Guard and assignment are methods of a model."""

    package = "transitions"

    def __init__(self) -> None:
        super().__init__()
        from transitions import Machine

        class Light:
            total = 0

            def is_large(self, amount: int) -> bool:
                return amount > 5

            def add(self, amount: int) -> None:
                self.total += amount

        ways = [
            {"trigger": "tick", "source": source, "dest": target, "conditions": "is_large", "before": "add"}
            for source, target in _NEXT.items()
        ]
        self._model: Any = Light()
        Machine(self._model, states=list(STATES), transitions=ways, initial=STATES[0], auto_transitions=False)

    def run(self, times: int) -> None:
        tick = self._model.tick
        for _ in range(times):
            tick(amount=AMOUNT)

    def found(self) -> tuple[str, int]:
        return self._model.state, self._model.total


class PythonStatemachine(_Peer):
    """Guard and assignment are methods of the machine."""

    package = "python-statemachine"

    def __init__(self) -> None:
        super().__init__()
        from statemachine import State, StateChart

        class Light(StateChart):
            green = State(initial=True)
            amber = State()
            red = State()
            tick = (
                green.to(amber, cond="is_large", on="add")
                | amber.to(red, cond="is_large", on="add")
                | red.to(green, cond="is_large", on="add")
            )
            total = 0

            def is_large(self, amount: int) -> bool:
                return amount > 5

            def add(self, amount: int) -> None:
                self.total += amount

        self._machine: Any = Light()

    def run(self, times: int) -> None:
        send = self._machine.send
        for _ in range(times):
            send("tick", amount=AMOUNT)

    def found(self) -> tuple[str, int]:
        [state] = self._machine.configuration
        return state.id, self._machine.total


class Sismic(_Peer):
    """Guard and assignment are strings of Python, as in every statechart of sismic."""

    package = "sismic"

    def __init__(self) -> None:
        super().__init__()
        from sismic.interpreter import Interpreter
        from sismic.io import import_from_yaml

        way = (
            "{{event: tick, guard: event.amount > 5, target: {target}, action: total = total + event.amount}}"
        )
        states = "".join(
            f"      - name: {source}\n        transitions: [{way.format(target=target)}]\n"
            for source, target in _NEXT.items()
        )
        text = (
            "statechart:\n  name: light\n  preamble: total = 0\n"
            f"  root state:\n    name: root\n    initial: {STATES[0]}\n    states:\n{states}"
        )
        self._interpreter: Any = Interpreter(import_from_yaml(text))
        self._interpreter.execute()

    def run(self, times: int) -> None:
        interpreter = self._interpreter
        for _ in range(times):
            interpreter.queue("tick", amount=AMOUNT)
            interpreter.execute()

    def found(self) -> tuple[str, int]:
        [state] = [each for each in self._interpreter.configuration if each != "root"]
        return state, self._interpreter.context["total"]


class XState:
    """XState in a Node that stays up: a line with a number in, a line with what came of it and how long it took out."""

    def __init__(self, way: str) -> None:
        if shutil.which("node") is None:
            raise PeerMissing("node is not there")
        if not (NODE_FOLDER / "node_modules" / "xstate").is_dir():
            raise PeerMissing("npm has not installed it")
        self._process = subprocess.Popen(
            ["node", "light.mjs", way],
            cwd=NODE_FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        hello = self._read()
        self._found: dict[str, Any] = {}
        self.name = f"xstate {hello['xstate']} on Node {hello['node']}, {way}"

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))

    def run(self, times: int) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{times}\n")
        self._process.stdin.flush()
        self._found = self._read()
        return float(self._found.pop("seconds"))

    def verify(self, times: int) -> None:
        assert self._found == {"state": STATES[times % 3], "total": AMOUNT * times}, (self._found, times)
        self.close()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)


PEERS: Final[Mapping[str, Callable[[], Body]]] = {
    "transitions": Transitions,
    "xstate actor.send()": lambda: XState("actor.send()"),
    "xstate transition()": lambda: XState("transition()"),
    "sismic": Sismic,
    "python-statemachine": PythonStatemachine,
}


def start_peers() -> tuple[list[Body], dict[str, str]]:
    """The peers that are there, and for each that is not, why."""
    bodies: list[Body] = []
    missing = {}
    for name, start in PEERS.items():
        try:
            bodies.append(start())
        except (ImportError, PeerMissing) as reason:
            missing[name] = str(reason)
    return bodies, missing
