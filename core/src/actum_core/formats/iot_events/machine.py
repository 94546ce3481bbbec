"""Write the states of a detector model as a machine.

A message is kept as the last of its input and sets off one cycle: ``evaluate`` lets the events of the current
state act, ``decide`` then chooses its transition. A detector comes to be with its first message, so the machine
waits for it in a state of its own. Timers outlive the state that set them, so they are sends with ids.
"""

from typing import Any, Final

from actum_core.formats.findings import Findings
from actum_core.formats.iot_events import reads
from actum_core.formats.iot_events.content import Content, ContentWriter, Group, copied, timer_event
from actum_core.formats.iot_events.model import DetectorModel, Event, State
from actum_core.formats.iot_events.survey import Survey, is_always, parsed
from actum_core.formats.iot_events.translate import Translator
from actum_core.formats.naming import Names, state_id

_SAME_DATA: Final = "=message.data"
_TITLE_LENGTH_MAX: Final = 200

Transition = dict[str, Any]


class MachineWriter:
    def __init__(
        self, model: DetectorModel, survey: Survey, writer: ContentWriter, findings: Findings
    ) -> None:
        self._model = model
        self._survey = survey
        self._writer = writer
        self._findings = findings
        self._ids = Names(state_id)
        for state in model.states:
            self._ids.give(state.name)
        taken = Names(str, survey.events.values())
        self._evaluate = taken.make("evaluate")
        self._decide = taken.make("decide")

    def machine(self) -> dict[str, Any]:
        """The machine; states that cannot be made sense of are left out with a problem."""
        initial = self._ids.find(self._model.initial)
        waiting = self._ids.make("waiting")
        states: list[dict[str, Any]] = []
        if initial is None:
            place = f"{self._model.pointer}/detectorModelDefinition/initialStateName"
            self._findings.report(place, "unknown_state", f"there is no state {self._model.initial[:64]!r}")
        seen: set[str] = set()
        for state in self._model.states:
            if state.name in seen or not state.name:
                what = "this name is another state's" if state.name else "the state has no name"
                self._findings.report(state.pointer + "/stateName", "duplicate", f"{what}: it is left out")
                continue
            seen.add(state.name)
            states.append(self._state(state))
        first = {
            "id": waiting,
            "title": "Before the first message",
            "on": [
                {
                    "event": self._evaluate,
                    **({} if initial is None else {"target": initial}),
                    "actions": [{"raise": {"event": self._evaluate, "data": _SAME_DATA}}],
                }
            ],
        }
        return {"initial": waiting, "on": self._arrivals(), "states": [first, *states]}

    def _arrivals(self) -> list[Transition]:
        """What every message and every timer does first, whatever the state."""
        found: list[Transition] = []
        for name, variable in self._survey.inputs.items():
            data = {"trigger": "Message", "input": name}
            keep: Content = {"assign": {variable: "message.data"}}
            raised: Content = {"raise": {"event": self._evaluate, "data": data}}
            found.append({"event": self._survey.events[name], "actions": [keep, raised]})
        for name, timer in self._survey.timers.items():
            data = {"trigger": "Timer", "input": ""}
            elapsed: Content = {"assign": {self._survey.flags[name]: "true"}}
            raised = {"raise": {"event": self._evaluate, "data": data}}
            found.append({"event": timer_event(timer), "actions": [elapsed, raised]})
        return found

    def _state(self, state: State) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self._ids.give(state.name)}
        if found["id"] != state.name:
            found["title"] = state.name
            detail = f"the state is called {found['id']!r} here: ids begin with a letter"
            self._findings.warn(state.pointer + "/stateName", "renamed", detail)
        is_first = state.name == self._model.initial
        if entry := self._writer.written(Group(state.name, state.enter, is_first=is_first)):
            found["entry"] = entry
        leaving = self._writer.written(Group(state.name, state.exit))
        # The service acts for the transition first and for leaving the state then; a machine leaves the state first.
        is_inlined = bool(leaving) and any(event.actions for event in state.transitions)
        if leaving and not is_inlined:
            found["exit"] = leaving
        if transitions := self._transitions(state, leaving if is_inlined else []):
            found["on"] = transitions
        return found

    def _transitions(self, state: State, leaving: list[Content]) -> list[Transition]:
        group = Group(state.name, state.input, state.transitions)
        translator = self._writer.translator(group, self._writer.frozen(group))
        checked, flags = self._checked(state, translator)
        found: list[Transition] = []
        on = self._evaluate
        actions = self._writer.written(group)
        if actions:
            title = ", ".join(event.name for event in state.input if event.name)[:_TITLE_LENGTH_MAX]
            found.append({"event": on, **({"title": title} if title else {}), "actions": actions})
        if actions and state.transitions:
            # First, because a failure would end the block before it.
            actions.insert(0, {"raise": {"event": self._decide, "data": _SAME_DATA}})
            on = self._decide
        for event in state.transitions:
            alternative = self._alternative(event, group, translator)
            if alternative is None:
                continue
            if actions := [*copied(checked), *alternative.pop("actions", []), *copied(leaving)]:
                alternative["actions"] = actions
            found.append({"event": on, **alternative})
        if checked and not state.transitions:
            found[0]["actions"] += checked
        elif checked:
            guard = " || ".join(f"vars.{flag}" for flag in flags)
            found.append({"event": on, "guard": guard, "actions": checked})
        return found

    def _alternative(self, event: Event, group: Group, translator: Translator) -> Transition | None:
        target = self._ids.find(event.next_state or "")
        if target is None:
            place = event.pointer + "/nextState"
            detail = f"there is no state {(event.next_state or '')[:64]!r}: the transition is left out"
            self._findings.report(place, "unknown_state", detail)
            return None
        if event.condition is None:
            self._findings.warn(
                event.pointer, "missing_field", "without a condition the transition always happens"
            )
        guard = self._writer.guard(event, translator)
        found: Transition = {"title": event.name} if event.name else {}
        if guard is not None:
            found["guard"] = guard
        found["target"] = target
        alone = Group(group.state, (Event(event.name, None, event.actions, None, event.pointer),))
        if actions := self._writer.written(alone):
            found["actions"] = actions
        return found

    def _checked(self, state: State, translator: Translator) -> tuple[list[Content], list[str]]:
        """What forgets the timers that conditions of a state have asked for, and the variables that tell of them.

        A timer has elapsed for the first cycle that asks, and for none after it.
        """
        events = [event for event in (*state.input, *state.transitions) if not is_always(event.condition)]
        nodes = [node for event in events if (node := parsed(event.condition or "")) is not None]
        found: list[Content] = []
        always: list[str] = []
        flags: list[str] = []
        for timer, flag in self._survey.flags.items():
            ways = [way for node in nodes for way in reads.ways_to_timeout(node, timer)]
            if not ways:
                continue
            flags.append(flag)
            if any(not way for way in ways):
                always.append(flag)
                continue
            reached = self._writer.any_way(ways, translator)
            found.append({"if": f"vars.{flag} && ({reached})", "then": [{"assign": {flag: "false"}}]})
        if always:
            found.insert(0, {"assign": dict.fromkeys(always, "false")})
        return found, flags
