"""Put the messages that a component is told to listen to in the place of its parameters."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from actum_core.template.document import State, Transition

#: An event of a component's transition that stands for the messages its user names.
PARAMETER_EVENT: Final = "=params."


def hear(state: State, messages: Mapping[str, tuple[str, ...]]) -> State:
    """The state with the named messages as events; itself when it waits for none.

    A transition that waits only for messages that nobody has named is left out.
    """
    transitions = [made for each in state.transitions if (made := _hear(each, messages)) is not None]
    states = [hear(child, messages) for child in state.states]
    if _are_same(transitions, state.transitions) and _are_same(states, state.states):
        return state
    return replace(state, transitions=tuple(transitions), states=tuple(states))


def _are_same(first: list[Transition] | list[State], second: tuple[object, ...]) -> bool:
    return len(first) == len(second) and all(a is b for a, b in zip(first, second, strict=True))


def _hear(transition: Transition, messages: Mapping[str, tuple[str, ...]]) -> Transition | None:
    if not any(event.startswith(PARAMETER_EVENT) for event in transition.events):
        return transition
    events: list[str] = []
    for event in transition.events:
        if event.startswith(PARAMETER_EVENT):
            events.extend(messages.get(event.removeprefix(PARAMETER_EVENT), ()))
        else:
            events.append(event)
    return replace(transition, events=tuple(dict.fromkeys(events))) if events else None
