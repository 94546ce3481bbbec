"""Import machines written in FSL, the finite state language of the jssm library.

Transitions, actions, lists, groups and delays are carried over; what FSL says beside is a problem with its line
and column.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from actum_core.errors import Invalid
from actum_core.formats.findings import Findings
from actum_core.formats.fsl.statements import (
    Attribute,
    Edge,
    GroupOf,
    Name,
    Other,
    Statement,
    read_statements,
)
from actum_core.formats.naming import Names, event_name, state_id, template_name
from actum_core.formats.result import Document, Imported
from actum_core.limits import IMPORT_DIAGRAM_CHARACTERS_MAX, TRANSITIONS_MAX
from actum_core.template.names import is_match

__all__ = ["import_fsl"]

#: How near to a state a transition was written: for itself, for a group it is in, for a group of groups; of two
#: groups the later is nearer. The nearest transition is taken.
Nearness = tuple[int, int]

#: Names looked at while groups are written out, which may be named again and again.
_LOOKS_MAX: Final = 2 * TRANSITIONS_MAX
#: What is said about a machine that says nothing about what it does.
_LOOKS: Final = frozenset(
    {
        *("graph_layout", "flow", "theme", "dot_preamble", "graph_bg_color", "state", "transition", "action"),
        *(
            "start_state",
            "end_state",
            "active_state",
            "terminal_state",
            "hooked_state",
            "default_state_config",
        ),
        *("color", "shape", "corners", "image", "linestyle", "url"),
    }
)
#: What is kept as the description of the template.
_ABOUT: Final = frozenset(
    {
        *("machine_version", "machine_author", "machine_comment", "machine_license", "machine_language"),
        *("machine_contributor", "machine_definition", "machine_reference", "fsl_version", "npm_name"),
    }
)
_STATE_LOOKS: Final = ("color", "shape", "corners", "line", "background", "text", "border", "image", "url")


def import_fsl(source: str) -> Imported:
    """The machine of FSL text as a template. Raises Invalid when there is no state in it."""
    findings = Findings()
    if len(source) > IMPORT_DIAGRAM_CHARACTERS_MAX:
        findings.report_at((1, 1), "too_many", f"at most {IMPORT_DIAGRAM_CHARACTERS_MAX} characters are read")
        raise Invalid(findings.problems)
    document = _Builder(read_statements(source, findings), findings).document()
    return Imported(document, tuple(findings.problems))


class _Builder:
    def __init__(self, statements: list[Statement], findings: Findings) -> None:
        self._findings = findings
        self._edges = [each for each in statements if isinstance(each, Edge)]
        self._attributes = [each for each in statements if isinstance(each, Attribute)]
        self._groups: dict[str, GroupOf] = {}
        for each in statements:
            if isinstance(each, GroupOf):
                self._groups[each.name] = each
            elif isinstance(each, Other):
                findings.report_at(
                    each.place, "left_out", f"{each.name!r} has no counterpart and is left out"
                )
        self._order = {name: index for index, name in enumerate(self._groups)}
        self._states: dict[str, dict[str, Any]] = {}
        self._ids = Names(state_id)
        self._events = Names(event_name)
        self._transitions = 0
        self._looked_at = 0
        self._is_cut = False
        self._outgoing: dict[str, list[tuple[Nearness, dict[str, Any]]]] = {}

    def document(self) -> Document:
        for edge in self._edges:
            self._add(edge)
        found: Document = {"format": "actum/1", "name": "fsl-machine"}
        starts, ends, about = self._describe(found)
        initial = self._initial(starts)
        self._finish(ends)
        states = [self._states[text] for text in self._states]
        if about:
            found["description"] = "; ".join(about)[:2000]
        if events := sorted(self._declared()):
            found["events"] = {name: {} for name in events}
        self._tell_apart(events)
        found["machine"] = {"initial": initial, "states": states}
        return found

    def _add(self, edge: Edge) -> None:
        if self._transitions > TRANSITIONS_MAX:
            return
        sources, targets = self._expanded(edge.sources), self._expanded(edge.targets)
        if not sources or not targets:
            return
        if len(targets) > 1:
            detail = "a transition leads to one state: of several the first is taken"
            self._findings.report_at(edge.place, "several", detail)
        for made in self._written(edge, targets[0][0]):
            for state, nearness in sources:
                self._transitions += 1
                self._outgoing.setdefault(state, []).append((nearness, dict(made)))
        if self._transitions > TRANSITIONS_MAX:
            self._findings.report_at(edge.place, "too_many", f"more than {TRANSITIONS_MAX} transitions")

    def _written(self, edge: Edge, target: str) -> list[dict[str, Any]]:
        """The transitions of an edge: one with an ``event``, one with a ``delay``, or both."""
        to = {"target": self._ids.give(target)}
        label = edge.label
        if label.chance is not None:
            self._findings.report_at(label.place, "left_out", "how likely a transition is, is left out")
        timed = [] if label.delay is None else [{"delay": label.delay, **to}]
        if label.action is None and timed:
            return timed
        name = label.action
        if name is None:
            name = f"go-{target}"
            detail = f"the transition has no action: the message {event_name(name)!r} takes it"
            self._findings.report_at(edge.place, "no_action", detail, "warning")
        if edge.kind == "~>":
            name = f"force-{name}"
            detail = f"the transition must be forced: the message {event_name(name)!r} takes it"
            self._findings.report_at(edge.place, "forced", detail, "warning")
        event = self._events.give(name)
        if label.action is not None and event_name(name) != name:
            self._findings.report_at(
                label.place, "renamed", f"{name!r} is the message {event!r} here", "warning"
            )
        return [{"event": event, **to}, *timed]

    def _expanded(self, names: Iterable[Name]) -> list[tuple[str, Nearness]]:
        """The states that names stand for."""
        found: dict[str, Nearness] = {}
        waiting = deque((name, (0, -self._order.get(name.text, 0) if name.is_group else 0)) for name in names)
        seen: set[str] = set()
        while waiting and self._looked_at <= _LOOKS_MAX:
            self._looked_at += 1
            name, nearness = waiting.popleft()
            if not name.is_group:
                self._state(name.text)
                found.setdefault(name.text, nearness)
                continue
            group = self._groups.get(name.text)
            if group is None:
                self._findings.report_at(name.place, "unknown_group", f"there is no group &{name.text[:64]}")
            elif name.text not in seen:
                seen.add(name.text)
                waiting.extend((member, (nearness[0] + 1, nearness[1])) for member in group.members)
        if waiting and not self._is_cut:
            self._is_cut = True
            self._findings.report_at(
                waiting[0][0].place, "too_many", "the groups have too many members together"
            )
        return list(found.items())

    def _state(self, text: str) -> dict[str, Any]:
        found = self._states.get(text)
        if found is None:
            identity = self._ids.give(text)
            found = self._states[text] = {"id": identity}
            if identity != text:
                found["title"] = text
        return found

    def _describe(self, found: Document) -> tuple[list[str], list[str], list[str]]:
        """Give the template what attributes say; the states that begin, those that end, and the rest as text."""
        starts: list[str] = []
        ends: list[str] = []
        about: list[str] = []
        for each in self._attributes:
            if each.state is not None:
                self._describe_state(each)
            elif each.name == "machine_name":
                title = " ".join(each.values)
                found["name"], found["title"] = template_name(title, "fsl-machine"), title
            elif each.name == "start_states":
                starts += each.values
            elif each.name == "end_states":
                ends += each.values
            elif each.name in _ABOUT:
                about.append(f"{each.name}: {' '.join(each.values)}")
            else:
                severity = "warning" if each.name in _LOOKS else "error"
                detail = f"{each.name[:64]!r} has no counterpart and is left out"
                self._findings.report_at(each.place, "left_out", detail, severity)  # type: ignore[arg-type]
        return starts, ends, about

    def _describe_state(self, each: Attribute) -> None:
        state = self._state(each.state or "")
        if each.name == "label":
            state["title"] = " ".join(each.values)
            return
        is_looks = each.name in _LOOKS or each.name.startswith(_STATE_LOOKS)
        detail = f"{each.name[:64]!r} of a state has no counterpart and is left out"
        self._findings.report_at(each.place, "left_out", detail, "warning" if is_looks else "error")

    def _initial(self, starts: list[str]) -> str:
        """The first state named, unless the text says which."""
        if len(starts) > 1:
            detail = f"a machine begins in one state: {starts[0]!r} is taken"
            self._findings.report_at((1, 1), "several", detail)
        if not self._states and not starts:
            self._findings.report_at((1, 1), "missing_field", "there is no transition, so there is no state")
            raise Invalid(self._findings.problems)
        first = starts[0] if starts else next(iter(self._states))
        return str(self._state(first)["id"])

    def _finish(self, ends: list[str]) -> None:
        """Give every state its transitions, and make final those that end."""
        for text, outgoing in self._outgoing.items():
            state = self._states[text]
            ordered = sorted(outgoing, key=lambda pair: pair[0])
            seen: set[tuple[Nearness, str]] = set()
            for nearness, each in ordered:
                state.setdefault("after" if "delay" in each else "on", []).append(each)
                key = (nearness, str(each.get("event", each.get("delay"))))
                if key in seen:
                    detail = f"{text!r} has several transitions for {key[1]!r}: the first is taken"
                    self._findings.report_at((1, 1), "several", detail)
                seen.add(key)
        for text in ends:
            state = self._state(text)
            if text in self._outgoing:
                detail = f"{text!r} ends the machine in FSL; here it goes on, because it has transitions"
                self._findings.report_at((1, 1), "end_goes_on", detail)
            else:
                state["type"] = "final"

    def _declared(self) -> set[str]:
        on = (each for state in self._states.values() for each in state.get("on", []))
        return {each["event"] for each in on}

    def _tell_apart(self, events: list[str]) -> None:
        """A descriptor also means events of which it is a prefix; an action of FSL means itself."""
        wide = {name for name in events if any(other != name and is_match(name, other) for other in events)}
        for state in self._states.values():
            for each in state.get("on", []):
                if each["event"] in wide:
                    each["guard"] = f"message.name == {each['event']!r}"
