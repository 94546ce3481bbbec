"""What a detector model names before any of it is translated: inputs, variables, timers, and what is always set."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from actum_core.formats.iot_events import reads
from actum_core.formats.iot_events.model import Action, DetectorModel, Event
from actum_core.formats.iot_events.syntax import Literal, Node, Unreadable, parse_iot_expression
from actum_core.formats.iot_events.translate import Surroundings, Translator
from actum_core.formats.naming import Names, event_name, state_id, variable_name

#: What an action of another service takes as an expression whatever it looks like.
_CONTENT: Final = "contentExpression"

_NUMBERS: Final = frozenset({"integer", "decimal", "number"})

#: Rounds of finding the kinds of variables that depend on each other.
_ROUNDS_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Survey:
    """The names that things have in the template; ``kinds`` are known for settled variables only."""

    inputs: dict[str, str]
    events: dict[str, str]
    variables: dict[str, str]
    flags: dict[str, str]
    durations: dict[str, str]
    timers: dict[str, str]
    settled: frozenset[str]
    kinds: dict[str, str]
    names: Names

    def surroundings(self, settled: frozenset[str], frozen: dict[str, str]) -> Surroundings:
        return Surroundings(self.inputs, self.variables, self.flags, settled, self.kinds, frozen)


def parsed(text: str) -> Node | None:
    """The tree of a text, or None when it has none; the problem is told where it is translated."""
    try:
        return parse_iot_expression(text)
    except Unreadable:
        return None


def is_always(condition: str | None) -> bool:
    """True for an event without a condition, or with one that is true."""
    if condition is None:
        return True
    node = parsed(condition)
    return isinstance(node, Literal) and node.value is True


def is_expression(text: str) -> bool:
    """Whether a field of an action that may hold a plain text or an expression holds an expression."""
    return text.startswith("'") or any(mark in text for mark in ("$input.", "$variable.", "${"))


def expressions(event: Event) -> Iterator[str]:
    """Every expression of an event."""
    if event.condition is not None:
        yield event.condition
    for action in event.actions:
        yield from action_expressions(action)


def action_expressions(action: Action) -> Iterator[str]:
    if action.kind == "setVariable":
        yield from (text for text in (action.fields.get("value"),) if isinstance(text, str))
    elif action.kind == "setTimer":
        yield from (text for text in (action.fields.get("durationExpression"),) if isinstance(text, str))
    else:
        yield from _texts(action.fields, "")


def _texts(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name)
    elif isinstance(value, str) and (name == _CONTENT or is_expression(value)):
        yield value


def survey_model(model: DetectorModel) -> Survey:
    """Name everything: first what the author named, then what the template needs beside."""
    nodes = [node for event in model.events() for text in expressions(event) if (node := parsed(text))]
    inputs = sorted({name for node in nodes for name in reads.input_names(node)} | set(model.inputs))
    actions = [action for event in model.events() for action in event.actions]
    names = Names(variable_name)
    variables = {
        name: names.make(name)
        for name in _ordered(action.fields.get("variableName") for action in _of(actions, "setVariable"))
    }
    timers = _ordered(action.fields.get("timerName") for action in _of(actions, "setTimer"))
    reset = {action.fields.get("timerName") for action in _of(actions, "resetTimer")}
    events, ids = Names(event_name), Names(state_id)
    found = Survey(
        inputs={name: names.make(f"input_{name}") for name in inputs},
        events={name: events.make(name) for name in inputs},
        variables=variables,
        flags={name: names.make(f"timeout_{name}") for name in timers},
        durations={name: names.make(f"timer_{name}") for name in timers if name in reset},
        timers={name: ids.make(name) for name in timers},
        settled=frozenset(),
        kinds={},
        names=names,
    )
    settled = _settled(model, found)
    return replace(found, settled=settled, kinds=_kinds(model, found, settled))


def _of(actions: list[Action], kind: str) -> list[Action]:
    return [action for action in actions if action.kind == kind]


def _ordered(names: Iterator[Any]) -> list[str]:
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def _settled(model: DetectorModel, survey: Survey) -> frozenset[str]:
    """The variables that entering the initial state gives a value without fail: nothing else comes before."""
    found: set[str] = set()
    for state in model.states:
        if state.name != model.initial:
            continue
        for event in state.enter:
            if not is_always(event.condition):
                continue
            for action in _of(list(event.actions), "setVariable"):
                translator = Translator(survey.surroundings(frozenset(found), {}))
                if _is_safe(translator, action):
                    found.add(action.fields["variableName"])
        break
    return frozenset(found)


def _is_safe(translator: Translator, action: Action) -> bool:
    node = parsed(action.fields["value"]) if isinstance(action.fields.get("value"), str) else None
    if node is None or action.fields.get("variableName") not in translator.around.variables:
        return False
    try:
        return translator.value(node).is_safe
    except Unreadable:
        return False


def _kinds(model: DetectorModel, survey: Survey, settled: frozenset[str]) -> dict[str, str]:
    """What settled variables hold: what every value given to them is, when that is one kind."""
    given: dict[str, list[Node | None]] = {name: [] for name in settled}
    for event in model.events():
        for action in _of(list(event.actions), "setVariable"):
            name, text = action.fields.get("variableName"), action.fields.get("value")
            if name in given:
                given[name].append(parsed(text) if isinstance(text, str) else None)
    kinds = {name: _first_kind(nodes) for name, nodes in given.items()}
    for _ in range(_ROUNDS_MAX):
        around = Surroundings(survey.inputs, survey.variables, survey.flags, settled, kinds)
        found = {name: _joined([_kind(node, around) for node in nodes]) for name, nodes in given.items()}
        if found == kinds:
            return kinds
        kinds = {name: found[name] if kinds[name] else "" for name in kinds}
    return {}


def _first_kind(nodes: list[Node | None]) -> str:
    around = Surroundings({}, {}, {})
    literals = [_kind(node, around) for node in nodes if node and not reads.references(node)]
    return literals[0] if literals else ""


def _kind(node: Node | None, around: Surroundings) -> str:
    if node is None:
        return ""
    try:
        return Translator(around).value(node).kind
    except Unreadable:
        return ""


def _joined(kinds: list[str]) -> str:
    different = set(kinds)
    if len(different) == 1:
        return kinds[0]
    return "number" if different and different <= _NUMBERS else ""
