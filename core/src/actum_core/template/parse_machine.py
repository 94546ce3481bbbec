"""Read the states and transitions of a template.

``states`` is an object whose keys are the ids, or an array of objects with an ``id``; ``on`` is an object whose
keys are event descriptors, or an array of transitions with an ``event``; ``after`` likewise, with a ``delay``.
Document order is the order of keys or of the array; the array form keeps it through tools that sort keys, and is
what the canonical form uses. Ids are unique in the whole machine.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.limits import STATE_NESTING_MAX, STATES_MAX, TARGETS_MAX, TRANSITIONS_MAX
from actum_core.template import fields as known
from actum_core.template import names
from actum_core.template.document import After, Initial, State, StateKind, Transition
from actum_core.template.names import after_event
from actum_core.template.parse_content import parse_block, parse_blocks
from actum_core.template.parse_invoke import parse_invokes
from actum_core.template.parse_values import (
    check_texts,
    parse_descriptors,
    parse_length,
    report_missing,
    sorted_data,
)
from actum_core.template.reader import Reader

_TYPES: Final = tuple(known.STATE_KINDS)
_ALWAYS_MEANT: Final = frozenset({"id", "type", *known.TEXTS})


def parse_machine(value: object, reader: Reader, pointer: str) -> State:
    """The machine as a state with the id ``""``, which is never left."""
    return _MachineParser(reader).machine(value, pointer)


class _MachineParser:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._places: dict[str, str] = {}
        self._transitions = 0

    def machine(self, value: object, pointer: str) -> State:
        members = self._reader.members(value, pointer, known.MACHINE)
        if members is None:
            return State("", StateKind.COMPOUND, pointer=pointer)
        check_texts(members, self._reader, pointer)
        return self._compose("", StateKind.COMPOUND, members, pointer, 0)

    def _states(self, value: object, pointer: str, depth: int) -> tuple[State, ...]:
        if depth > STATE_NESTING_MAX:
            self._reader.report(pointer, "too_deep", f"states may be nested {STATE_NESTING_MAX} deep")
            return ()
        named: list[tuple[str, Any, str]] = []
        if isinstance(value, list):
            for index, member in enumerate(value):
                named.append((self._listed_id(member, f"{pointer}/{index}"), member, f"{pointer}/{index}"))
        else:
            members = self._reader.mapping(value, pointer) or {}
            for key, member in members.items():
                place = pointer + pointer_of(key)
                if isinstance(member, dict) and "id" in member:
                    self._reader.report(place + "/id", "bad_value", "the key is the id: leave this field out")
                named.append((key, {} if member is None else member, place))
        return tuple(self._state(key, member, place, depth) for key, member, place in named)

    def _listed_id(self, member: object, pointer: str) -> str:
        if isinstance(member, dict):
            if "id" in member:
                return self._reader.text(member["id"], pointer + "/id") or ""
            self._reader.report(
                pointer, "missing_field", "the field 'id' is missing: states in an array have one"
            )
        return ""

    def _state(self, key: str, value: object, pointer: str, depth: int) -> State:
        self._claim(key, pointer)
        members = self._reader.members(value, pointer, known.STATE)
        if members is None:
            return State(key, StateKind.ATOMIC, pointer=pointer)
        check_texts(members, self._reader, pointer)
        kind = self._kind(members, pointer)
        meant = _ALWAYS_MEANT.union(known.STATE_KINDS[_word(kind)])
        for name in members:
            if name in known.STATE and name not in meant:
                self._reader.report(
                    pointer + pointer_of(name), "bad_value", f"a {_word(kind)} state has no {name!r}"
                )
        return self._compose(key, kind, members, pointer, depth)

    def _claim(self, key: str, pointer: str) -> None:
        if not names.is_state_id(key):
            self._reader.report(
                pointer, "bad_name", f"{key[:64]!r} is not a state id: letters, digits and _ . : -"
            )
        elif key in self._places:
            detail = f"the state {key!r} is also defined at {self._places[key]}: ids are unique in a machine"
            self._reader.report(pointer, "duplicate", detail)
        self._places.setdefault(key, pointer)
        if len(self._places) == STATES_MAX + 1:
            self._reader.report(pointer, "too_many", f"a template has at most {STATES_MAX} states")

    def _kind(self, members: dict[str, Any], pointer: str) -> StateKind:
        inner = members.get("states")
        implied = StateKind.COMPOUND if inner else StateKind.ATOMIC
        word = members.get("type")
        if word is None:
            return implied
        match word:
            case "parallel":
                return StateKind.PARALLEL
            case "final":
                return StateKind.FINAL
            case "history":
                reach = members.get("history", "shallow")
                if reach not in ("shallow", "deep"):
                    self._reader.report(pointer + "/history", "bad_value", "history is shallow or deep")
                return StateKind.DEEP_HISTORY if reach == "deep" else StateKind.SHALLOW_HISTORY
            case "atomic" | "compound":
                if word != implied.value:
                    place = pointer + "/type"
                    self._reader.report(
                        place,
                        "bad_value",
                        f"a state {'with' if inner else 'without'} states is {implied.value}",
                    )
                return implied
        self._reader.report(pointer + "/type", "bad_value", f"a type is one of {', '.join(_TYPES)}")
        return implied

    def _compose(self, key: str, kind: StateKind, members: dict[str, Any], pointer: str, depth: int) -> State:
        reader = self._reader
        states = (
            self._states(members["states"], pointer + "/states", depth + 1) if "states" in members else ()
        )
        after, delayed = self._delayed(key, members, pointer)
        return State(
            id=key,
            kind=kind,
            initial=self._initial(kind, members, pointer),
            states=states,
            transitions=(*self._outgoing(members, pointer), *delayed),
            entry=parse_blocks(members["entry"], reader, pointer + "/entry") if "entry" in members else (),
            exit=parse_blocks(members["exit"], reader, pointer + "/exit") if "exit" in members else (),
            output=sorted_data(members.get("output")),
            after=after,
            invokes=parse_invokes(members["invoke"], reader, pointer + "/invoke")
            if "invoke" in members
            else (),
            pointer=pointer,
        )

    def _initial(self, kind: StateKind, members: dict[str, Any], pointer: str) -> Initial | None:
        if kind.is_history:
            targets = self._targets(members["target"], pointer + "/target") if "target" in members else ()
            block = (
                parse_block(members["actions"], self._reader, pointer + "/actions")
                if "actions" in members
                else ()
            )
            return Initial(targets, block, pointer + "/target")
        if "initial" not in members:
            return None
        place = pointer + "/initial"
        value = members["initial"]
        if not isinstance(value, dict):
            return Initial(self._targets(value, place), (), place)
        fields = self._reader.members(value, place, known.INITIAL) or {}
        if "target" not in fields:
            self._reader.report(place, "missing_field", "the field 'target' is missing")
        targets = self._targets(fields["target"], place + "/target") if "target" in fields else ()
        block = (
            parse_block(fields["actions"], self._reader, place + "/actions") if "actions" in fields else ()
        )
        return Initial(targets, block, place)

    def _targets(self, value: object, pointer: str) -> tuple[str, ...]:
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(target, str) for target in listed):
            self._reader.wrong_type(pointer, "a state id or an array of state ids", value)
            return ()
        if self._reader.is_within(len(listed), TARGETS_MAX, pointer, "targets"):
            return tuple(dict.fromkeys(listed))
        return ()

    def _outgoing(self, members: dict[str, Any], pointer: str) -> tuple[Transition, ...]:
        found: list[Transition] = []
        if "on" in members:
            place = pointer + "/on"
            if isinstance(members["on"], list):
                for index, member in enumerate(members["on"]):
                    found.extend(self._listed_transition(member, f"{place}/{index}"))
            else:
                for key, member in (self._reader.mapping(members["on"], place) or {}).items():
                    at = place + pointer_of(key)
                    events = parse_descriptors(key, self._reader, at)
                    found.extend(self._alternatives(events, member, at))
        if "always" in members:
            found.extend(self._alternatives((), members["always"], pointer + "/always"))
        self._count(found, pointer)
        return tuple(found)

    def _delayed(
        self, key: str, members: dict[str, Any], pointer: str
    ) -> tuple[tuple[After, ...], tuple[Transition, ...]]:
        """The timers of a state, and the transitions that they enable. Equal delays are one timer."""
        timers: dict[str, After] = {}
        found: list[Transition] = []
        for delay, value, place in self._delays(members.get("after", {}), pointer + "/after"):
            length = parse_length(delay, self._reader, place)
            if length is None or value == []:
                continue
            if length not in timers:
                timers[length] = After(length, after_event(key, len(timers)), place)
            found.extend(self._alternatives((timers[length].event,), value, place))
        self._count(found, pointer)
        return tuple(timers.values()), tuple(found)

    def _delays(self, value: object, pointer: str) -> Iterator[tuple[object, Any, str]]:
        """Each delay with its transitions and their place."""
        if not isinstance(value, list):
            for delay, member in (self._reader.mapping(value, pointer) or {}).items():
                yield delay, member, pointer + pointer_of(delay)
            return
        for index, member in enumerate(value):
            place = f"{pointer}/{index}"
            if not isinstance(member, dict):
                self._reader.wrong_type(place, "a transition with a 'delay'", member)
            elif "delay" not in member:
                report_missing(member, ("delay",), self._reader, place)
            else:
                yield member["delay"], {name: member[name] for name in member if name != "delay"}, place

    def _count(self, found: Sequence[Transition], pointer: str) -> None:
        before, self._transitions = self._transitions, self._transitions + len(found)
        if before <= TRANSITIONS_MAX < self._transitions:
            self._reader.report(pointer, "too_many", f"a template has at most {TRANSITIONS_MAX} transitions")

    def _listed_transition(self, member: object, pointer: str) -> list[Transition]:
        if not isinstance(member, dict):
            self._reader.wrong_type(pointer, "a transition with an 'event'", member)
            return []
        if "event" not in member:
            self._reader.report(pointer, "missing_field", "the field 'event' is missing")
            return []
        events = parse_descriptors(member["event"], self._reader, pointer + "/event")
        rest = {key: value for key, value in member.items() if key != "event"}
        return self._alternatives(events, rest, pointer)

    def _alternatives(self, events: tuple[str, ...], value: object, pointer: str) -> list[Transition]:
        """One transition, or several of which the first enabled one is taken."""
        if isinstance(value, list):
            return [self._transition(events, member, f"{pointer}/{i}") for i, member in enumerate(value)]
        return [self._transition(events, value, pointer)]

    def _transition(self, events: tuple[str, ...], value: object, pointer: str) -> Transition:
        if isinstance(value, str):
            return Transition(events, self._targets(value, pointer), pointer=pointer)
        members = self._reader.members(value, pointer, known.TRANSITION)
        if members is None:
            return Transition(events, (), pointer=pointer)
        reader = self._reader
        check_texts(members, reader, pointer)
        return Transition(
            events,
            self._targets(members["target"], pointer + "/target") if "target" in members else (),
            reader.expression(members["guard"], pointer + "/guard") if "guard" in members else None,
            parse_block(members["actions"], reader, pointer + "/actions") if "actions" in members else (),
            reader.truth(members["internal"], pointer + "/internal") if "internal" in members else False,
            pointer,
        )


def _word(kind: StateKind) -> str:
    return "history" if kind.is_history else kind.value
