"""Transitions of a template as transitions of an XState machine: descriptors by whole names, reach by ``reenter``."""

from typing import Any

from actum_core.formats.cel_text import quoted
from actum_core.formats.findings import Findings
from actum_core.formats.xstate.write_content import ContentWriter
from actum_core.template.names import is_match

Members = dict[str, Any]


class Tree:
    """The states of a machine in their normal form, by id."""

    def __init__(self, machine: Members, label: str) -> None:
        self.label = label
        self.states: dict[str, Members] = {"": machine}
        self._parents: dict[str, str] = {}
        self._add(machine, "")

    def _add(self, state: Members, state_id: str) -> None:
        for child in state.get("states", []):
            self.states[child["id"]] = child
            self._parents[child["id"]] = state_id
            self._add(child, child["id"])

    def around(self, state_id: str) -> list[str]:
        """From the parent outwards; the machine, whose id is empty, last."""
        found = []
        while state_id:
            state_id = self._parents[state_id]
            found.append(state_id)
        return found

    def child_around(self, state_id: str, children: list[str]) -> str:
        """Which of these states is this one, or around it."""
        return next(each for each in [state_id, *self.around(state_id)] if each in children)

    @staticmethod
    def escaped(state_id: str) -> str:
        """An id as a target names it: points separate keys there."""
        return state_id.replace(".", "\\.")


class TransitionWriter:
    """Writes the transitions of one machine. ``known`` are the events that can come, None where any can."""

    def __init__(
        self, content: ContentWriter, tree: Tree, known: list[str] | None, findings: Findings
    ) -> None:
        self._content = content
        self._tree = tree
        self._known = known
        self._findings = findings

    def outgoing(self, state: Members, pointer: str) -> Members:
        made: Members = {}
        self._check_regions(state, pointer)
        on = self._on(state, pointer)
        if on:
            made["on"] = on
        always = [
            self._transition(state, each, f"{pointer}/always/{index}")
            for index, each in enumerate(state.get("always", []))
        ]
        if always:
            made["always"] = always
        after: dict[str, list[Members]] = {}
        for index, each in enumerate(state.get("after", [])):
            place = f"{pointer}/after/{index}"
            after.setdefault(self._content.delay(each["delay"], place), []).append(
                self._transition(state, each, place)
            )
        if after:
            made["after"] = {delay: _single(each) for delay, each in after.items()}
        return made

    def _check_regions(self, state: Members, pointer: str) -> None:
        """Where a region has a transition for an event, XState asks nobody around the parallel state."""
        source = state.get("id", "")
        inside = [each for each in self._tree.states if source in self._tree.around(each)]
        if not any(self._tree.states[each].get("type") == "parallel" for each in [source, *inside] if each):
            return
        inner = {event for each in inside if self._is_in_region(each, source) for event in self._events(each)}
        for index, transition in enumerate(state.get("on", [])):
            events = transition["event"].split()
            if any(is_match(one, two) or is_match(two, one) for one in events for two in inner):
                detail = "regions within listen to this too: XState then leaves this transition alone"
                self._findings.report(f"{pointer}/on/{index}", "different", detail)

    def _is_in_region(self, state_id: str, source: str) -> bool:
        """True when a parallel state stands around this one, no further out than ``source``."""
        around = self._tree.around(state_id)
        within = around[: around.index(source) + 1]
        return any(self._tree.states[each].get("type") == "parallel" for each in within)

    def _events(self, state_id: str) -> list[str]:
        return [
            event for each in self._tree.states[state_id].get("on", []) for event in each["event"].split()
        ]

    def _on(self, state: Members, pointer: str) -> Members:
        """For each descriptor all transitions that it may enable, in document order, as only one is looked at."""
        listed = []
        for index, each in enumerate(state.get("on", [])):
            whole, rest = _whole_name(each)
            listed.append(
                (each["event"].split(), whole, self._transition(state, rest, f"{pointer}/on/{index}"))
            )
        keys = list(dict.fromkeys((each, whole) for events, whole, _ in listed for each in events))
        made: Members = {}
        for descriptor, is_whole in keys:
            found = [
                transition
                for events, whole, transition in listed
                if any(each == descriptor if whole else is_match(each, descriptor) for each in events)
            ]
            made[descriptor if is_whole else self._descriptor(descriptor, pointer)] = _single(found)
        return made

    def _descriptor(self, descriptor: str, pointer: str) -> str:
        family, _, rest = descriptor.partition(".")
        if family == "done" and rest.startswith("state."):
            state = rest.removeprefix("state.")
            self._findings.warn(
                f"{pointer}/on", "different", f"XState tells the end of {state!r} by another event"
            )
            return f"xstate.done.state.{state}"
        if family in ("error", "done"):
            detail = f"XState never says {descriptor!r}: failing expressions stop its machines"
            self._findings.report(f"{pointer}/on", "not_in_xstate", detail)
        if descriptor == "*":
            return descriptor
        is_whole = self._known is not None and not any(
            each.startswith(f"{descriptor}.") for each in self._known
        )
        return descriptor if is_whole else f"{descriptor}.*"

    def _transition(self, state: Members, transition: Members, pointer: str) -> Members:
        made: Members = {}
        source = state.get("id", "")
        if "target" in transition:
            targets = transition["target"]
            made["target"] = _single([f"#{self._tree.escaped(each)}" for each in targets])
            if source and self._is_left(state, source, transition):
                made["reenter"] = True
            self._check_reach(source, targets, transition, pointer)
        if "guard" in transition:
            ids = {each: self._tree.escaped(each) for each in self._tree.states}
            made["guard"] = self._content.guard(transition["guard"], pointer + "/guard", ids)
        actions = self._content.actions(transition.get("actions", []), pointer + "/actions")
        if actions:
            made["actions"] = actions
        return made

    def _is_left(self, state: Members, source: str, transition: Members) -> bool:
        """True for a transition within its source that leaves it all the same, as ours do by default."""
        inside = [source in [target, *self._tree.around(target)] for target in transition["target"]]
        is_compound = "states" in state and state.get("type") != "parallel"
        stays = transition.get("internal") and is_compound and source not in transition["target"]
        return all(inside) and not stays

    def _check_reach(self, source: str, targets: list[str], transition: Members, pointer: str) -> None:
        """XState's least common ancestor may be a parallel state, which it neither leaves nor enters."""
        if not source or transition.get("internal"):
            return
        for around in self._tree.around(source):
            if all(around in self._tree.around(target) for target in targets):
                state = self._tree.states[around]
                effects = {"entry", "exit", "after", "invoke"} & state.keys()
                if state.get("type") == "parallel" and effects:
                    detail = f"XState neither leaves nor enters {around!r}, which is around both, for this"
                    self._findings.report(pointer, "different", detail)
                return


def _whole_name(transition: Members) -> tuple[bool, Members]:
    """A transition whose guard asks for the whole name of its event needs no such guard in XState."""
    test = f"message.name == {quoted(transition['event'])}"
    guard = transition.get("guard", "")
    if guard == test:
        return True, {name: value for name, value in transition.items() if name != "guard"}
    if guard.startswith(f"{test} && (") and guard.endswith(")"):
        return True, {**transition, "guard": guard[len(test) + 5 : -1]}
    return False, transition


def _single(found: list[Any]) -> Any:
    return found[0] if len(found) == 1 else found
