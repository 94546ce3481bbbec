"""Read the states of a machine as the parts they are compared by, under other ids where they were given some."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from actum_core.template.diff_parts import Body, Fact, Part, PartKind, PartList, fact, facts_of, meaning_of
from actum_core.template.document import Block, Initial, Invoke, State, StateKind, Transition

#: New ids, by those that states have in their document.
Ids = Mapping[str, str]

#: Begins the name of the event by which a state says that it is done.
DONE_STATE: Final = "done.state."
#: Begins what stands for a timer's event: that is no more than the timer's number. No event has this in its name.
_TIMER: Final = "\0"
_PARTS_OF_STATE: Final = (
    *("id", "kind", "initial", "states", "transitions"),
    *("entry", "exit", "after", "invokes"),
)


def read_states(machine: State | None, path: str, ids: Ids) -> PartList:
    """Every state of one machine, in document order; the machine itself is the first of them.

    ``path`` goes before the names of its parts: ``""``, or the node's name and a slash.
    """
    return PartList(() if machine is None else tuple(_read(machine, None, path, ids)))


def _read(state: State, parent: State | None, path: str, ids: Ids) -> Iterator[Part]:
    alike = _as_compared(state, ids)
    name = path + (state.id or "machine")
    inside = "" if parent is None else parent.id
    yield Part(
        PartKind.STATE if state.id else PartKind.MACHINE,
        name,
        state.pointer,
        meaning_of(alike),
        lambda: _open_state(state, alike, name),
        key=ids.get(state.id, state.id),
        id=state.id,
        parent=None if parent is None else ids.get(inside, inside),
        inside=inside,
    )
    for inner in state.states:
        yield from _read(inner, state, path, ids)


def _as_compared(state: State, ids: Ids) -> State:
    """The state without its id and what stands inside it, with new ids of others, and timers told by their delays."""
    delays = {after.event: _TIMER + after.delay for after in state.after}
    transitions = state.transitions
    if delays or ids:
        transitions = tuple(_renamed(each, delays, ids) for each in transitions)
    initial = state.initial
    if initial is not None and ids:
        initial = replace(initial, targets=tuple(ids.get(each, each) for each in initial.targets))
    return replace(
        state,
        id="",
        # A state is compound because states stand inside it: those are told, and it is not told again.
        kind=StateKind.ATOMIC if state.kind is StateKind.COMPOUND else state.kind,
        initial=initial,
        states=(),
        transitions=transitions,
        after=tuple(replace(after, event="") for after in state.after),
    )


def _renamed(transition: Transition, delays: Mapping[str, str], ids: Ids) -> Transition:
    events = []
    for event in transition.events:
        state = event.removeprefix(DONE_STATE)
        named = event if state == event else DONE_STATE + ids.get(state, state)
        events.append(delays.get(named, named))
    targets = tuple(ids.get(target, target) for target in transition.targets)
    return replace(transition, events=tuple(events), targets=targets)


def _open_state(state: State, alike: State, name: str) -> Body:
    facts = facts_of(alike, without=_PARTS_OF_STATE)
    facts["type"] = fact(alike.kind)
    facts["target" if state.kind.is_history else "initial"] = _initial(alike.initial)
    heard, eventless, timers = [], [], []
    for written, each in zip(state.transitions, alike.transitions, strict=True):
        if not each.events:
            eventless.append(_transition(written, each, f"{name}: always"))
        elif each.events[0].startswith(_TIMER):
            timers.append(_transition(written, each, f"{name}: after {each.events[0][1:]}"))
        else:
            heard.append(_transition(written, each, f"{name}: {' '.join(written.events)}"))
    inner = {
        "on": PartList(tuple(heard)),
        "always": PartList(tuple(eventless)),
        "after": PartList((*timers, *_idle_timers(state, name))),
        "invoke": PartList(tuple(_invoke(each, name) for each in state.invokes)),
        "entry": _content(state.entry, f"{name}: entry"),
        "exit": _content(state.exit, f"{name}: exit"),
    }
    return Body(facts, inner)


def _initial(initial: Initial | None) -> Fact:
    if initial is None:
        return fact(None)
    return Fact(meaning_of(initial), fact(initial.targets).plain)


def _idle_timers(state: State, name: str) -> Iterator[Part]:
    """The timers that enable nothing; the others are told as their transitions."""
    for after in state.after:
        if not any(each.events == (after.event,) for each in state.transitions):
            body = Body({"delay": fact(after.delay)})
            yield Part(
                PartKind.TIMER,
                f"{name}: after {after.delay}",
                after.pointer,
                after.delay,
                partial(_same, body),
            )


def _transition(written: Transition, alike: Transition, name: str) -> Part:
    def open_transition() -> Body:
        facts = facts_of(alike, without=("events", "actions"))
        if is_timer:
            facts["delay"] = fact(alike.events[0][1:])
        else:
            facts["event"] = fact(alike.events)
        likeness: tuple[Hashable, ...] = (
            ("to", alike.events, alike.targets),
            ("if", alike.events, alike.guard),
            ("when", alike.events),
            ("what", alike.targets, alike.guard, meaning_of(alike.actions)),
        )
        return Body(facts, {"actions": _content((alike.actions,), name)}, likeness)

    is_timer = bool(alike.events) and alike.events[0].startswith(_TIMER)
    kind = PartKind.TIMER if is_timer else PartKind.TRANSITION
    return Part(kind, name, written.pointer, meaning_of(alike), open_transition)


def _invoke(invoke: Invoke, state: str) -> Part:
    def open_invoke() -> Body:
        inner = {"finalize": _content((invoke.finalize,), f"{name}: finalize")}
        return Body(facts_of(invoke, without=("finalize",)), inner, (("id", invoke.id), ("use", invoke.use)))

    name = f"{state}: {invoke.id or invoke.use}"
    return Part(PartKind.INVOKE, name, invoke.pointer, meaning_of(invoke), open_invoke)


def _content(blocks: Iterable[Block], name: str) -> PartList:
    """The actions of lists of content. Which of the lists one stands in is a fact: a failure ends that list."""
    found = []
    for number, block in enumerate(blocks):
        for action in block:
            meaning = meaning_of(action)
            facts = {"": Fact(meaning, None), "list": fact(number)}
            body = Body(facts, likeness=(meaning, type(action).__name__))
            found.append(
                Part(PartKind.CONTENT, name, action.pointer, (number, meaning), partial(_same, body))
            )
    return PartList(tuple(found))


def _same(body: Body) -> Body:
    return body
