"""Read the finite state machines of a scenario, in the forms that the editor has had, to one form.

These are states as objects with actions, states as names with their actions beside them, and the object of states
with what each does ``on`` a message.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from actum_core.formats.editor.network import Network
from actum_core.formats.editor.scenario import Node

_FSM: Final = (
    "states",
    "initialState",
    "transitions",
    "variables",
    "stateActions",
    "outputs",
    "initial",
    "name",
)
_STATE: Final = ("name", "isInitial", "isFinal", "onEntry", "onExit", "description", "type")
_TRANSITION: Final = (
    *("from", "to", "trigger", "condition", "guard", "actions", "description", "event"),
    *("delay", "timeout", "interval", "duration", "after"),
)
_DELAYS: Final = ("delay", "timeout", "interval", "duration", "after")
_ACTION: Final = ("action", "type", "target", "value", "formula", "output", "message")


@dataclass(frozen=True, slots=True)
class Action:
    """``kind`` is emit, log, set_variable, increment or decrement; a formula goes before a value."""

    kind: str
    target: str
    value: Any
    formula: str | None
    pointer: str


@dataclass(frozen=True, slots=True)
class Transition:
    source: str
    target: str
    trigger: str
    conditions: tuple[str, ...]
    delay: float | None
    actions: tuple[Action, ...]
    pointer: str


@dataclass(slots=True)
class State:
    name: str
    is_final: bool = False
    entry: list[Action] = field(default_factory=list)
    exit: list[Action] = field(default_factory=list)


@dataclass(slots=True)
class Automaton:
    states: dict[str, State]
    initial: str
    transitions: list[Transition]
    variables: dict[str, Any]
    outputs: list[str]
    pointer: str


def read_automaton(network: Network, node: Node) -> Automaton:
    """The machine of a node; what cannot be read is a problem."""
    return _Reader(network, node).read()


class _Reader:
    def __init__(self, network: Network, node: Node) -> None:
        self._network = network
        self._findings = network.findings
        self._node = node
        name = "config" if node.kind == "FSM" and "config" in node.members else "fsm"
        self._place = f"{node.pointer}/{name}"
        self._members = self._findings.mapping(node.members.get(name), self._place) or {}

    def read(self) -> Automaton:
        self._network.check_known(self._members, self._place, _FSM)
        found = Automaton({}, "", [], {}, [], self._place)
        states = self._members.get("states")
        if isinstance(states, dict):
            for name, value in states.items():
                self._keyed(name, value, found)
        else:
            for index, value in enumerate(self._findings.array(states, self._place + "/states") or []):
                self._listed(value, f"{self._place}/states/{index}", found)
        initial = self._members.get("initialState", self._members.get("initial"))
        if isinstance(initial, str):
            found.initial = initial
        if found.initial not in found.states:
            if found.initial or not found.states:
                detail = f"there is no state {found.initial[:64]!r} to begin in"
                self._findings.report(self._place, "unknown_state", detail)
            found.states.setdefault("idle", State("idle")) if not found.states else None
            found.initial = next(iter(found.states))
        self._beside(found)
        transitions = self._members.get("transitions", [])
        for index, value in enumerate(self._findings.array(transitions, self._place + "/transitions") or []):
            self._transition(value, f"{self._place}/transitions/{index}", found)
        variables = self._members.get("variables", {})
        found.variables = self._findings.mapping(variables, self._place + "/variables") or {}
        outputs = self._members.get("outputs", [])
        found.outputs = (
            [each for each in outputs if isinstance(each, str)] if isinstance(outputs, list) else []
        )
        return found

    def _listed(self, value: object, pointer: str, found: Automaton) -> None:
        """A state as a name, or as an object with one."""
        if isinstance(value, str):
            found.states.setdefault(value, State(value))
            return
        members = self._findings.mapping(value, pointer)
        name = members.get("name") if members is not None else None
        if members is None or not isinstance(name, str):
            self._findings.report(pointer, "missing_field", "a state has a name: it is left out")
            return
        self._network.check_known(members, pointer, _STATE)
        if name in found.states:
            self._findings.report(pointer + "/name", "duplicate", f"the state {name[:64]!r} is there twice")
        state = found.states[name] = State(name, members.get("isFinal") is True)
        state.entry += self._actions(members.get("onEntry"), pointer + "/onEntry")
        state.exit += self._actions(members.get("onExit"), pointer + "/onExit")
        if members.get("isInitial") is True and not found.initial:
            found.initial = name

    def _keyed(self, name: str, value: object, found: Automaton) -> None:
        """A state of the object of states, with its transitions."""
        place = f"{self._place}/states/{name}"
        members = self._findings.mapping(value, place) or {}
        self._network.check_known(members, place, ("on", "actions", "onEntry", "onExit", "isFinal", "type"))
        state = found.states.setdefault(name, State(name))
        state.is_final = members.get("isFinal") is True or members.get("type") == "final"
        actions = members.get("actions")
        for holder, at in ((members, place), (actions, place + "/actions")):
            if isinstance(holder, dict):
                state.entry += self._actions(holder.get("onEntry"), at + "/onEntry")
                state.exit += self._actions(holder.get("onExit"), at + "/onExit")
        on = members.get("on")
        for trigger, target in on.items() if isinstance(on, dict) else ():
            at = f"{place}/on/{trigger}"
            fields = target if isinstance(target, dict) else {"target": target}
            done = tuple(self._actions(fields.get("actions"), at + "/actions"))
            to = fields.get("target")
            if not isinstance(to, str):
                self._findings.report(at, "wrong_type", "the name of a state was expected: it is left out")
                continue
            found.transitions.append(Transition(name, to, trigger, (), None, done, at))

    def _beside(self, found: Automaton) -> None:
        """Actions that stand beside the states: formulas by output, and texts to log."""
        place = self._place + "/stateActions"
        value = self._members.get("stateActions", {})
        for name, each in (self._findings.mapping(value, place) or {}).items():
            at = f"{place}/{name}"
            members = self._findings.mapping(each, at)
            state = found.states.get(name)
            if members is None or state is None:
                self._findings.report(at, "unknown_state", f"there is no state {name[:64]!r}: it is left out")
                continue
            self._network.check_known(members, at, ("onEntry", "onExit", "logs"))
            logs = members.get("logs")
            for index, text in enumerate(logs if isinstance(logs, list) else []):
                state.entry.append(Action("log", "", text, None, f"{at}/logs/{index}"))
            for side, actions in (("onEntry", state.entry), ("onExit", state.exit)):
                listed = members.get(side)
                if isinstance(listed, dict):
                    for output, formula in listed.items():
                        pointer = f"{at}/{side}/{output}"
                        actions.append(Action("emit", output, None, str(formula), pointer))
                else:
                    actions += self._actions(listed, f"{at}/{side}")

    def _actions(self, value: object, pointer: str) -> list[Action]:
        found = []
        for index, each in enumerate([] if value is None else self._findings.array(value, pointer) or []):
            place = f"{pointer}/{index}"
            members = self._findings.mapping(each, place)
            if members is None:
                continue
            self._network.check_known(members, place, _ACTION)
            kind = members.get("action", members.get("type"))
            target = members.get("target", members.get("output"))
            formula = members.get("formula")
            found.append(
                Action(
                    str(kind),
                    target if isinstance(target, str) else "",
                    members.get("value", members.get("message")),
                    formula if isinstance(formula, str) else None,
                    place,
                )
            )
        return found

    def _transition(self, value: object, pointer: str, found: Automaton) -> None:
        members = self._findings.mapping(value, pointer)
        if members is None:
            return
        self._network.check_known(members, pointer, _TRANSITION)
        source, target = members.get("from"), members.get("to")
        for side, name in (("from", source), ("to", target)):
            if not isinstance(name, str) or name not in found.states:
                detail = f"there is no state {str(name)[:64]!r}: the transition is left out"
                self._findings.report(f"{pointer}/{side}", "unknown_state", detail)
                return
        trigger = members.get("trigger", members.get("event", "condition"))
        conditions = tuple(
            text
            for name in ("condition", "guard")
            if isinstance(text := members.get(name), str) and text.strip()
        )
        delays = [members[name] for name in _DELAYS if isinstance(members.get(name), int | float)]
        actions = tuple(self._actions(members.get("actions"), pointer + "/actions"))
        delay = float(delays[0]) if delays else None
        found.transitions.append(
            Transition(str(source), str(target), str(trigger), conditions, delay, actions, pointer)
        )
