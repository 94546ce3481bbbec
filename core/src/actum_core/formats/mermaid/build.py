"""Make a template of a drawing: a draft, in which everything that had to be decided is a problem."""

import re
from typing import Any, Final

from actum_core.errors import Invalid
from actum_core.formats.findings import Findings
from actum_core.formats.mermaid.labels import ANY_STATE, Label, is_expression, read_action, read_label
from actum_core.formats.mermaid.read import EDGE, Arrow, Drawn, Place, Region
from actum_core.formats.naming import Names, event_name, state_id, variable_name
from actum_core.limits import TRANSITIONS_MAX
from actum_core.template import names

_DESCRIPTION_LENGTH_MAX: Final = 2_000
_READ: Final = re.compile(r"\bvars\.([A-Za-z_][A-Za-z0-9_]*)")

Transition = dict[str, Any]


class Builder:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._ids = Names(state_id)
        self._events = Names(event_name)
        self._actions = Names(variable_name)
        self._drawn: dict[str, Drawn] = {}
        self._made: dict[str, dict[str, Any]] = {}
        self._beside: dict[str, list[dict[str, Any]]] = {}
        self._internal: list[tuple[dict[str, Any], Transition]] = []
        #: States in which a whole is done, so that what leads on unlabelled follows by itself.
        self._finishing: set[str] = set()
        self._transitions = 0
        self.variables: dict[str, dict[str, str]] = {}
        self.declared: dict[str, dict[str, str]] = {}

    def machine(self, top: Drawn) -> dict[str, Any]:
        """The machine of a diagram."""
        self._name(top)
        region = top.regions[0]
        machine = self._inside(region, (1, 1))
        if not machine["states"]:
            self._findings.report_at((1, 1), "missing_field", "there is no state")
            raise Invalid(self._findings.problems)
        self._connect(top)
        # A drawing does not say in which order: those that leave nothing come last, as they often have no guard.
        for source, made in self._internal:
            self._attach(source, made)
        self._spread(machine)
        return machine

    def _spread(self, machine: dict[str, Any]) -> None:
        """Give the machine what stands at the state that means all of its states."""
        for made in machine["states"]:
            if made.get("title") != ANY_STATE or machine.get("initial") == made["id"]:
                continue
            machine["states"].remove(made)
            machine |= {name: made[name] for name in ("on", "always", "entry", "exit") if name in made}
            if "after" in made:
                self._findings.report_at((1, 1), "left_out", "a timer for all states is left out")
            return

    def _name(self, top: Drawn) -> None:
        waiting = [top]
        while waiting:
            for region in waiting.pop().regions:
                for state in region.states:
                    self._drawn[state.name] = state
                    self._ids.give(state.name)
                    waiting.append(state)

    def _inside(self, region: Region, place: Place) -> dict[str, Any]:
        """``initial`` and ``states`` of what stands side by side."""
        found: dict[str, Any] = {}
        begins = [arrow for arrow in region.arrows if arrow.source == EDGE and arrow.target != EDGE]
        for arrow in begins[1:]:
            self._findings.report_at(
                arrow.place, "several", "states begin in one of them: the first is taken"
            )
        within = self._names_within(region) if begins else set()
        if begins and begins[0].target in within:
            found["initial"] = self._initial(begins[0])
        elif begins:
            detail = f"what begins here stands elsewhere: {begins[0].target[:64]!r}"
            self._findings.report_at(begins[0].place, "no_initial", detail)
        elif region.states:
            detail = f"nothing says where this begins: {region.states[0].name!r} is taken"
            self._findings.report_at(place, "no_initial", detail, "warning")
        found["states"] = [self._state(state) for state in region.states]
        self._beside |= {state.name: found["states"] for state in region.states}
        return found

    def _names_within(self, region: Region) -> set[str]:
        """The names of all states of a region, at every depth."""
        found: set[str] = set()
        waiting = [region]
        while waiting:
            for state in waiting.pop().states:
                found.add(state.name)
                waiting.extend(state.regions)
        return found

    def _initial(self, arrow: Arrow) -> Any:
        target = self._ids.give(arrow.target)
        label = read_label(arrow.label)
        if label.events or label.guard is not None or label.delay is not None:
            self._findings.report_at(
                arrow.place, "left_out", "a beginning waits for nothing: this is left out"
            )
        content = self._content(label, arrow.place)
        return {"target": target, "actions": content} if content else target

    def _state(self, drawn: Drawn) -> dict[str, Any]:
        identity = self._ids.give(drawn.name)
        found: dict[str, Any] = {"id": identity}
        self._made[drawn.name] = found
        if (drawn.title or drawn.name) != identity:
            found["title"] = drawn.title or drawn.name
        self._lines(drawn, found)
        regions = [region for region in drawn.regions if region.states]
        for region in drawn.regions:
            if region.arrows and not region.states:
                detail = "arrows between states that stand elsewhere are no region"
                self._findings.report_at(region.arrows[0].place, "no_states", detail, "warning")
        if drawn.kind == "join":
            detail = "a join waits for several states, which has no counterpart: it goes on from the first"
            self._findings.report_at(drawn.place, "join", detail)
        if len(regions) > 1:
            found["type"] = "parallel"
            found["states"] = [
                self._region(drawn, region, number) for number, region in enumerate(regions, start=1)
            ]
        elif regions:
            found |= self._inside(regions[0], drawn.place)
        return found

    def _region(self, drawn: Drawn, region: Region, number: int) -> dict[str, Any]:
        """One of several regions: a state of its own, unless it is drawn as one already."""
        begins = any(EDGE in (arrow.source, arrow.target) for arrow in region.arrows)
        if len(region.states) == 1 and not begins:
            return self._state(region.states[0])
        identity = self._ids.make(f"{drawn.name}_{number}")
        return {"id": identity, **self._inside(region, drawn.place)}

    def _lines(self, drawn: Drawn, found: dict[str, Any]) -> None:
        """What stands in a state: entry and exit content, transitions that leave nothing, and prose."""
        prose = list(drawn.notes)
        is_titled = "title" in found
        for line in drawn.lines:
            label = read_label(line)
            word = label.events[0] if len(label.events) == 1 else ""
            if word in ("entry", "exit") and label.actions:
                found.setdefault(word, []).append(self._content(label, drawn.place))
            elif label.is_acting and (label.delay is not None or (label.events and " " not in word)):
                self._internal.append((found, self._transition(label, drawn.place)))
            elif is_titled or line == drawn.name:
                prose += [] if line in (drawn.name, found.get("title")) else [line]
                is_titled = True
            else:
                found["title"] = line
                is_titled = True
        text = "\n".join(prose)[:_DESCRIPTION_LENGTH_MAX]
        if text:
            found["description"] = text

    def _connect(self, drawn: Drawn) -> None:
        waiting = [drawn]
        while waiting:
            each = waiting.pop()
            for region in each.regions:
                waiting.extend(region.states)
                self._end(each, region)
        waiting = [drawn]
        while waiting:
            for region in waiting.pop().regions:
                waiting.extend(region.states)
                for arrow in region.arrows:
                    if EDGE not in (arrow.source, arrow.target):
                        self._arrow(arrow)

    def _end(self, drawn: Drawn, region: Region) -> None:
        """Make final what leads out: the state itself when it only does that, else one behind it."""
        ends = [arrow for arrow in region.arrows if arrow.target == EDGE and arrow.source != EDGE]
        leaving = {arrow.source for arrow in region.arrows if arrow.target != EDGE}
        for arrow in ends:
            source = self._made.get(arrow.source)
            if source is None:
                continue
            self._finishing.add(drawn.name)
            is_plain = not arrow.label and arrow.source not in leaving and "states" not in source
            if is_plain and not source.get("on") and not source.get("after"):
                source["type"] = "final"
                continue
            end = {"id": self._ids.make(f"{drawn.name or 'end'}_end"), "type": "final"}
            self._beside[arrow.source].append(end)
            made = self._transition_of(arrow, "end")
            self._attach(source, {**made, "target": end["id"]})

    def _arrow(self, arrow: Arrow) -> None:
        source, target = self._made.get(arrow.source), self._made.get(arrow.target)
        if source is None or target is None:
            return
        self._transitions += 1
        if self._transitions == TRANSITIONS_MAX + 1:
            self._findings.report_at(arrow.place, "too_many", f"more than {TRANSITIONS_MAX} transitions")
        if self._transitions > TRANSITIONS_MAX:
            return
        made = self._transition_of(arrow, arrow.target)
        drawn = self._drawn[arrow.source]
        if drawn.kind == "fork" and source.get("always"):
            first = source["always"][0]
            first["target"] = [
                *([first["target"]] if isinstance(first["target"], str) else first["target"]),
                target["id"],
            ]
            return
        self._attach(source, {**made, "target": target["id"]})

    def _transition_of(self, arrow: Arrow, target: str) -> Transition:
        """The transition that an arrow draws, without its target."""
        label = read_label(arrow.label)
        kind = self._drawn[arrow.source].kind
        if kind and label.events and label.guard is None and label.delay is None:
            label = Label((), None, _condition(arrow.label), label.actions)
        made = self._transition(label, arrow.place)
        if made or kind:
            return made if {"event", "delay"} & made.keys() else {"always": True, **made}
        if arrow.source in self._finishing:
            return {"event": f"done.state.{self._ids.give(arrow.source)}"}
        event = self._events.give(f"go-{target}")
        detail = f"nothing says what takes this arrow: the message {event!r} does"
        self._findings.report_at(arrow.place, "no_event", detail, "warning")
        return {"event": event}

    def _transition(self, label: Label, place: Place) -> Transition:
        found: Transition = {}
        if label.delay is not None:
            found["delay"] = label.delay
        elif label.events:
            found["event"] = " ".join(self._event(name, place) for name in label.events)
        if label.guard is not None:
            found["guard"] = label.guard
            if not is_expression(label.guard):
                found["guard"] = "false"
                found["description"] = f"[{label.guard}]"[:_DESCRIPTION_LENGTH_MAX]
                detail = f"the guard {label.guard[:100]!r} is no expression: it never holds until it is one"
                self._findings.report_at(place, "guard", detail)
            else:
                self._declare_read(label.guard, place)
        if content := self._content(label, place):
            found["actions"] = content
        return found

    def _event(self, name: str, place: Place) -> str:
        if names.is_reserved_event(name) and names.is_event_name(name):
            return name
        event = self._events.give(name)
        if event != name:
            self._findings.report_at(
                place, "renamed", f"{name[:100]!r} is the message {event[:100]!r} here", "warning"
            )
        return event

    def _content(self, label: Label, place: Place) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for text in label.actions:
            content = read_action(text)
            if content is None:
                detail = f"what to do is prose and only logged: {text[:100]!r}"
                self._findings.report_at(place, "action", detail)
                content = {"log": f"={text}" if text.startswith("=") else text}
            for name, source in content.get("assign", {}).items():
                self._declare(name, place)
                self._declare_read(source, place)
            if "do" in content:
                name = self._actions.give(content["do"]["action"])
                content["do"]["action"] = name
                if name not in self.declared:
                    self._findings.report_at(place, "no_target", f"say what the action {name!r} does")
                self.declared[name] = {"kind": "log"}
            found.append(content)
        return found

    def _declare(self, name: str, place: Place) -> None:
        if name not in self.variables:
            self.variables[name] = {"type": "any"}
            self._findings.report_at(
                place, "declared", f"the variable {name!r} is declared, as null", "warning"
            )

    def _declare_read(self, source: str, place: Place) -> None:
        for match in _READ.finditer(source):
            self._declare(match.group(1), place)

    def _attach(self, source: dict[str, Any], made: Transition) -> None:
        """Put a transition where its kind stands."""
        if made.pop("always", False):
            source.setdefault("always", []).append(made)
        elif "delay" in made:
            source.setdefault("after", []).append(made)
        elif "event" in made:
            source.setdefault("on", []).append(made)
        else:
            source.setdefault("always", []).append(made)


def _condition(text: str) -> str | None:
    """The condition at an arrow that leaves a choice, where people write it alone; None for all other cases."""
    words = text.split(" / ")[0].strip()
    words = words[3:].strip() if words.lower().startswith("if ") else words
    return None if words.lower() in ("else", "otherwise", "default") else words
