"""Random templates and inputs for property tests: levels, regions, histories, content that works and that fails."""

from random import Random
from typing import Any

from ..documents import document

NAMES = ["e", "e", "f", "f", "e.sub", "g", "error.execution", "done.state.s1"]
GUARDS = [
    "vars.n < 5",
    "vars.n % 2 == 0",
    "event.data.k > 1",
    "message.name == 'e'",
    "in_state('s0')",
    "vars.any.x",
    "size(vars.list) > 2",
    "'a' in vars.map",
]
ASSIGNMENTS = [
    {"n": "vars.n + 1"},
    {"n": "vars.n * 1000000007"},
    {"n": "1 / (vars.n - 2)"},
    {"d": "vars.d + vars.n"},
    {"d": "vars.d * 1.0e19 - 0.0"},
    {"list": "vars.list + [vars.n, vars.d, message.data]"},
    {"list": "[]"},
    {"any": "{'z': vars.d, 'a': [vars.u, vars.t]}"},
    {"any": "event.data"},
    {"any": "vars.any.z / 2"},
    {"map": "{'b': 1.0, 'a': vars.list, 'é': '😀'}"},
    {"u": "vars.u + 1u"},
    {"t": "now"},
    {"n": "vars.n + 1", "list": "[vars.n]"},
]


class ChartMaker:
    """Makes one chart; the same seed makes the same."""

    def __init__(self, seed: int, *, levels: int) -> None:
        self._random = Random(seed)
        self._levels = levels
        self._ids: list[str] = []

    def template(self) -> dict[str, Any]:
        """A template document; with one level it takes the short way."""
        states = self._states(1)
        self._connect(states)
        if self._coin():
            final = self._id()
            states.append({"id": final, "type": "final", "output": {"n": "=vars.n", "d": "=vars.d"}})
            states[0]["on"].append({"event": "g", "target": final})
        machine = {"initial": states[0]["id"], "states": states}
        return document(machine, rules=RULES if self._coin() else [], vars=VARIABLES)

    def events(self) -> list[tuple[str, Any]]:
        """Names and data to post."""
        names = ["e", "f", "e.sub", "g", "h"]
        return [(self._random.choice(names), self._data(0)) for _ in range(self._random.randint(3, 12))]

    def _coin(self) -> bool:
        return self._random.random() < 0.5

    def _id(self) -> str:
        self._ids.append(f"s{len(self._ids)}")
        return self._ids[-1]

    def _states(self, level: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for _ in range(self._random.randint(1, 3)):
            state: dict[str, Any] = {"id": self._id(), "entry": self._block(0), "exit": self._block(0)}
            if level < self._levels and self._coin():
                inner = self._states(level + 1)
                state["states"] = inner
                if self._coin():
                    state["type"] = "parallel"
                else:
                    state["initial"] = self._random.choice([child["id"] for child in inner])
                if self._coin():
                    reach = self._random.choice(["shallow", "deep"])
                    history = {
                        "id": self._id(),
                        "type": "history",
                        "history": reach,
                        "target": inner[0]["id"],
                    }
                    state["states"] = [*inner, history]
            found.append(state)
        return found

    def _connect(self, states: list[dict[str, Any]]) -> None:
        for state in states:
            if state.get("type") != "history":
                state["on"] = [
                    self._transition(is_eventless=False) for _ in range(self._random.randint(0, 3))
                ]
                state["always"] = [
                    self._transition(is_eventless=True) for _ in range(self._random.choice([0, 0, 1]))
                ]
                self._connect(state.get("states", []))

    def _transition(self, *, is_eventless: bool) -> dict[str, Any]:
        made: dict[str, Any] = {"actions": self._block(0), "internal": self._coin()}
        if self._random.random() < 0.8:
            made["target"] = self._random.choice(self._ids)
        if is_eventless or self._coin():
            made["guard"] = self._random.choice(GUARDS)
        if not is_eventless:
            made["event"] = self._random.choice([*NAMES, "*", "e f"])
        return made

    def _block(self, depth: int) -> list[Any]:
        return [self._action(depth) for _ in range(self._random.choice([0, 0, 1, 2]))]

    def _action(self, depth: int) -> dict[str, Any]:
        match self._random.randint(0, 9 if depth < 2 else 7):
            case 0 | 1 | 2 | 3 | 4 | 5:
                return {"assign": self._random.choice(ASSIGNMENTS)}
            case 6:
                return {"raise": self._random.choice(["g", {"event": "e", "data": {"k": "=vars.n"}}])}
            case 7:
                return {"log": {"label": "d", "value": "=vars.d"}}
            case 8:
                return {
                    "if": self._random.choice(GUARDS),
                    "then": self._block(depth + 1),
                    "else": self._block(depth + 1),
                }
            case _:
                return {
                    "for_each": {"in": "vars.list", "as": "x", "index": "i", "do": self._block(depth + 1)}
                }

    def _data(self, depth: int) -> Any:
        match self._random.randint(0, 3 if depth < 2 else 1):
            case 0:
                return self._random.choice([None, 0.5, "a", "é", True])
            case 1:
                return self._random.randint(-3, 3)
            case 2:
                return [self._data(depth + 1) for _ in range(self._random.randint(0, 2))]
            case _:
                return {key: self._data(depth + 1) for key in ("x", "k", "a") if self._coin()}


RULES = [
    {"id": "r", "on": "f", "when": "event.data.k > 1", "emit": ["e", {"message": "f", "data": "=vars.any"}]}
]
VARIABLES = {
    "n": {"type": "int"},
    "u": {"type": "uint"},
    "d": {"type": "double", "initial": 1.5},
    "t": {"type": "timestamp"},
    "list": {"type": "list"},
    "map": {"type": "map"},
    "any": {},
}
