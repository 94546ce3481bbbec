"""Random statecharts without data, and events for them; the same seed makes the same chart."""

from random import Random
from typing import Any

EVENTS = ["e", "f", "g", "h", "e.sub"]
_LISTENED = ["e", "e", "f", "f", "g", "h", "e.sub", "*", "e f", "done"]
_LEVELS = 4
#: What a transition may raise, by what it listens to: always something later, so that few charts run in circles.
_LATER = {"e": ["f", "g", "h"], "f": ["g", "h"], "g": ["h"], "e.sub": ["f", "g", "h"], "done": ["g", "h"]}


class ChartMaker:
    """Makes one chart as a template document."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"chart {seed}")
        self._ids: list[str] = []
        #: States that a transition may lead to; a final region and the like cannot be entered by themselves.
        self._targets: list[str] = []
        #: For each state those around it, outermost first.
        self._around: dict[str, list[str]] = {}
        self._parallel: set[str] = set()

    def document(self) -> dict[str, Any]:
        states = self._states([], is_in_parallel=False)
        self._connect(states)
        machine = {"initial": self._initial(states), "states": states}
        return {"format": "actum/1", "name": "chart", "machine": machine}

    def events(self) -> list[str]:
        return [self._random.choice(EVENTS) for _ in range(self._random.randint(2, 8))]

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _new_id(self, around: list[str]) -> str:
        state_id = f"s{len(self._ids)}"
        self._ids.append(state_id)
        self._around[state_id] = around
        return state_id

    def _states(self, around: list[str], *, is_in_parallel: bool) -> list[dict[str, Any]]:
        number = self._random.randint(2, 3) if is_in_parallel else self._random.randint(1, 4)
        found = [self._state(around) for _ in range(number)]
        if around and self._chance(0.25):
            found.insert(self._random.randint(0, len(found)), self._history(around, found))
        if around and not is_in_parallel and self._chance(0.3):
            final = self._new_id(around)
            self._targets.append(final)
            found.append({"id": final, "type": "final"})
        return found

    def _state(self, around: list[str]) -> dict[str, Any]:
        state: dict[str, Any] = {"id": self._new_id(around)}
        self._targets.append(state["id"])
        inner = [*around, state["id"]]
        if len(inner) < _LEVELS and self._chance(0.5):
            is_parallel = self._chance(0.4)
            if is_parallel:
                self._parallel.add(state["id"])
                state["type"] = "parallel"
            state["states"] = self._states(inner, is_in_parallel=is_parallel)
            if not is_parallel:
                state["initial"] = self._initial(state["states"])
        return state

    def _initial(self, states: list[dict[str, Any]]) -> Any:
        """A state directly inside or, sometimes, further down."""
        usual = [state for state in states if state.get("type") != "history"]
        chosen = self._random.choice(usual)
        while chosen.get("states") and self._chance(0.2):
            chosen = self._random.choice([each for each in chosen["states"] if each.get("type") != "history"])
        return chosen["id"]

    def _history(self, around: list[str], brothers: list[dict[str, Any]]) -> dict[str, Any]:
        state_id = self._new_id(around)
        self._targets.append(state_id)
        usual = [brother["id"] for brother in brothers]
        # A shallow history of a parallel state must name every region, or none of what is below them.
        target = usual if around[-1] in self._parallel else [self._random.choice(usual)]
        reach = self._random.choice(["shallow", "deep"])
        return {"id": state_id, "type": "history", "history": reach, "target": target}

    def _connect(self, states: list[dict[str, Any]]) -> None:
        for state in states:
            if state.get("type") in ("history", "final"):
                continue
            state["on"] = [self._transition(state) for _ in range(self._random.choice([0, 1, 1, 2, 3]))]
            if self._chance(0.2):
                state["always"] = [self._eventless(state)]
            for name in ("entry", "exit"):
                if self._chance(0.12):
                    state[name] = [{"raise": self._random.choice(EVENTS[2:])}]
            self._connect(state.get("states", []))

    def _transition(self, state: dict[str, Any]) -> dict[str, Any]:
        event = self._random.choice(_LISTENED)
        made: dict[str, Any] = {
            "event": f"done.state.{self._random.choice(self._ids)}" if event == "done" else event
        }
        if self._chance(0.85):
            made["target"] = self._goal()
        if self._chance(0.35):
            made["guard"] = self._guard()
        if self._chance(0.2):
            made["internal"] = True
        later = _LATER.get(event.split()[0], [])
        if later and self._chance(0.35):
            made["actions"] = [{"raise": self._random.choice(later)}]
        return made

    def _eventless(self, state: dict[str, Any]) -> dict[str, Any]:
        """Guarded, and mostly leading onwards, so that few charts run in circles."""
        place = self._targets.index(state["id"])
        later = self._targets[place + 1 :]
        onwards = [each for each in later if state["id"] not in self._around[each]] or self._targets
        made: dict[str, Any] = {"guard": self._guard(), "target": [self._random.choice(onwards)]}
        if self._chance(0.2):
            made["actions"] = [{"raise": self._random.choice(EVENTS[2:])}]
        return made

    def _goal(self) -> list[str]:
        """One target or, where there is a parallel state, sometimes one in each of two regions."""
        first = self._random.choice(self._targets)
        others = [each for each in self._targets if self._is_beside(first, each)]
        return [first, self._random.choice(others)] if others and self._chance(0.3) else [first]

    def _is_beside(self, first: str, second: str) -> bool:
        """True when two states can be active together because a parallel state is around both."""
        one, other = [*self._around[first], first], [*self._around[second], second]
        shared = 0
        while shared < min(len(one), len(other)) and one[shared] == other[shared]:
            shared += 1
        is_apart = shared < len(one) and shared < len(other)
        return is_apart and shared > 0 and one[shared - 1] in self._parallel

    def _guard(self) -> str:
        parts = []
        for _ in range(self._random.randint(1, 2)):
            negation = "!" if self._chance(0.5) else ""
            parts.append(f"{negation}in_state('{self._random.choice(self._ids)}')")
        return self._random.choice([" && ", " || "]).join(parts)
