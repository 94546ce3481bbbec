"""Write the events of a detector model as executable content.

In the service an action that cannot be carried out is skipped and the next one goes on; here a failure ends its
block. So whatever may fail, and has something behind it, stands in an ``if`` that asks first whether it has a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from actum_core.expression import DYN, TIMESTAMP, ExpressionInvalid, Scope, compile_expression
from actum_core.formats.cel_text import Cel, Level
from actum_core.formats.findings import Findings
from actum_core.formats.iot_events import reads
from actum_core.formats.iot_events.model import Action, Event
from actum_core.formats.iot_events.outward import Outward
from actum_core.formats.iot_events.survey import Survey, is_always, parsed
from actum_core.formats.iot_events.syntax import Node, Unreadable, parse_iot_expression
from actum_core.formats.iot_events.translate import Translation, Translator

Content = dict[str, Any]

_SCOPE: Final = Scope({"vars": DYN, "message": DYN, "now": TIMESTAMP})
_SECONDS_MAX: Final = 31_622_400


@dataclass(frozen=True, slots=True)
class Step:
    """Content, and what must have a value for it to be run without fail."""

    content: Content
    check: str | None = None
    #: Null is no value for a variable: the check is needed even where nothing comes behind.
    is_strict: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The events that are evaluated together, and the conditions looked at after them in the same cycle."""

    state: str
    events: tuple[Event, ...]
    later: tuple[Event, ...] = ()
    #: Entering the initial state for the first time finds no variable set.
    is_first: bool = False


class ContentWriter:
    def __init__(self, survey: Survey, model_name: str, *, is_serial: bool, findings: Findings) -> None:
        self._survey = survey
        self._is_serial = is_serial
        self._findings = findings
        self.outward = Outward(model_name, survey, findings)
        #: Variables that keep what others held when a cycle began.
        self.kept: dict[str, str] = {}

    def frozen(self, group: Group) -> dict[str, str]:
        """The variables whose earlier values the conditions of a group must see, unless events run one by one."""
        if self._is_serial:
            return {}
        assigned: set[str] = set()
        needed: set[str] = set()
        for event in (*group.events, *group.later):
            needed |= self._read(event) & assigned
            if event.next_state is None:
                assigned |= self._assigned(event)
        return {
            name: self.kept.setdefault(name, self._survey.names.make(f"before_{name}"))
            for name in sorted(needed)
        }

    def translator(self, group: Group, frozen: dict[str, str]) -> Translator:
        settled = frozenset() if group.is_first else self._survey.settled
        return Translator(self._survey.surroundings(settled, frozen))

    def written(self, group: Group) -> list[Content]:
        """What the events of a group do: every condition sees the variables as they were at the beginning."""
        frozen = self.frozen(group)
        conditions = self.translator(group, frozen)
        found: list[Step] = []
        if frozen:
            found.append(Step({"assign": {kept: f"vars.{name}" for name, kept in frozen.items()}}))
        for event in group.events:
            guard = self.guard(event, conditions)
            steps = self.steps(event, group)
            if guard is None:
                found += steps
            elif steps:
                found.append(Step({"if": guard, "then": _written(steps, has_more=True)}))
        return _written(found, has_more=False)

    def guard(self, event: Event, translator: Translator) -> str | None:
        """The condition of an event: None when it always holds; ``false``, with a problem, when it makes no sense."""
        if is_always(event.condition) or event.condition is None:
            return None
        pointer = event.pointer + "/condition"
        found = self._translated(event.condition, pointer, translator, is_condition=True)
        if found is None:
            return "false"
        if found.kind not in ("", "truth"):
            detail = f"a condition that is no truth but a {found.kind} never holds"
            self._findings.warn(pointer, "not_boolean", detail)
            return "false"
        return found.text

    def any_way(self, ways: list[reads.Way], translator: Translator) -> str:
        """A condition that is true when evaluation went one of the ways; what is undefined ends a way."""
        texts = []
        for way in ways:
            parts = []
            for node, must_hold in way:
                text = translator.lenient(node)
                parts.append(text if must_hold else f"!({text})")
            texts.append(" && ".join(parts))
        return " || ".join(dict.fromkeys(texts))

    def steps(self, event: Event, group: Group) -> list[Step]:
        """What the actions of an event do, in order."""
        translator = self.translator(group, {})
        found: list[Step] = []
        for action in event.actions:
            match action.kind:
                case "setVariable":
                    found += self._set_variable(action, translator)
                case "setTimer":
                    found += self._set_timer(action, translator)
                case "resetTimer" | "clearTimer":
                    found += self._change_timer(action)
                case _:
                    found += self._request(action, event, group, translator)
        return _merged(found)

    def _read(self, event: Event) -> set[str]:
        node = parsed(event.condition) if event.condition else None
        if node is None:
            return set()
        survey = self._survey
        read = {survey.variables.get(name, "") for name in reads.variable_names(node)}
        return (read | {survey.flags.get(name, "") for name in reads.timer_names(node)}) - {""}

    def _assigned(self, event: Event) -> set[str]:
        found = set()
        for action in event.actions:
            if action.kind == "setVariable":
                found.add(self._survey.variables.get(action.fields.get("variableName", ""), ""))
            elif action.kind in ("setTimer", "resetTimer", "clearTimer"):
                found.add(self._survey.flags.get(action.fields.get("timerName", ""), ""))
        return found - {""}

    def _translated(
        self, text: str, pointer: str, translator: Translator, *, is_condition: bool = False
    ) -> Translation | None:
        """The translation of a text, or None with a problem; it is known to compile."""
        try:
            node: Node = parse_iot_expression(text)
            found = translator.condition(node) if is_condition else translator.value(node)
            compile_expression(found.text, _SCOPE)
        except Unreadable as problem:
            detail = f"{text[:200]!r} cannot be read: {problem.detail} (offset {problem.offset})"
            self._findings.report(pointer, "expression", detail)
            return None
        except ExpressionInvalid as invalid:
            self._findings.report(pointer, "expression", f"{text[:200]!r} has no meaning here: {invalid}")
            return None
        finally:
            for offset, remark in translator.remarks:
                self._findings.warn(pointer, "expression", f"{remark} (offset {offset})")
            translator.remarks.clear()
        return found

    def _set_variable(self, action: Action, translator: Translator) -> list[Step]:
        name, value = action.fields.get("variableName"), action.fields.get("value")
        variable = self._survey.variables.get(name) if isinstance(name, str) else None
        if variable is None or not isinstance(value, str):
            self._findings.report(action.pointer, "missing_field", "a variableName and a value were expected")
            return []
        found = self._translated(value, action.pointer + "/value", translator)
        if found is None:
            return []
        content = {"assign": {variable: found.text}}
        if found.is_safe:
            return [Step(content)]
        return [Step(content, _has_value(found), is_strict=found.kind == "")]

    def _set_timer(self, action: Action, translator: Translator) -> list[Step]:
        name = action.fields.get("timerName")
        timer = self._survey.timers.get(name) if isinstance(name, str) else None
        if timer is None or not isinstance(name, str):
            self._findings.report(action.pointer, "missing_field", "the field 'timerName' is missing")
            return []
        seconds = self._seconds(action, translator)
        if seconds is None:
            return []
        duration = self._survey.durations.get(name)
        steps = [Step({"cancel": timer})]
        delay = f"{seconds.text}s" if seconds.kind == "literal" else f"={seconds.text}"
        if duration is not None:
            steps.append(Step({"assign": {duration: seconds.text}}))
            delay = delay if seconds.kind == "literal" else f"=vars.{duration}"
        steps.append(Step({"send": {"event": timer_event(timer), "delay": delay, "id": timer}}))
        steps.append(Step({"assign": {self._survey.flags[name]: "false"}}))
        if seconds.is_safe:
            return steps
        return [Step({"if": _has_value(seconds), "then": [step.content for step in steps]})]

    def _seconds(self, action: Action, translator: Translator) -> Translation | None:
        """How long a timer runs, in whole seconds; a ``literal`` kind is digits."""
        seconds, source = action.fields.get("seconds"), action.fields.get("durationExpression")
        if source is None and isinstance(seconds, int) and not isinstance(seconds, bool):
            source = str(seconds)
        if not isinstance(source, str):
            self._findings.report(
                action.pointer, "missing_field", "the timer has no duration: it is left out"
            )
            return None
        found = self._translated(source, action.pointer + "/durationExpression", translator)
        if found is None:
            return None
        if found.kind in ("integer", "decimal") and found.text.replace(".", "", 1).isdigit():
            whole = int(float(found.text))
            if not 60 <= whole <= _SECONDS_MAX:
                detail = f"the service keeps timers from 60 to {_SECONDS_MAX} seconds; this one has {whole}"
                self._findings.warn(action.pointer, "bad_value", detail)
            return Translation(Cel(str(whole)), "literal", is_safe=True)
        if found.kind in ("string", "truth"):
            self._findings.report(action.pointer, "wrong_type", f"a {found.kind} is no duration: left out")
            return None
        text = found.text if found.kind == "integer" else f"int({found.text})"
        return Translation(Cel(text), "integer", found.is_safe)

    def _change_timer(self, action: Action) -> list[Step]:
        name = action.fields.get("timerName")
        timer = self._survey.timers.get(name) if isinstance(name, str) else None
        if timer is None or not isinstance(name, str):
            self._findings.report(
                action.pointer, "unknown_timer", f"the timer {str(name)[:64]!r} is never set"
            )
            return []
        flag, duration = self._survey.flags[name], self._survey.durations.get(name)
        cancel: Content = {"cancel": timer}
        if action.kind == "clearTimer":
            cleared = {flag: "false"} | ({} if duration is None else {duration: "null"})
            return [Step(cancel), Step({"assign": cleared})]
        send = {"send": {"event": timer_event(timer), "delay": f"=vars.{duration}", "id": timer}}
        body = [cancel, send, {"assign": {flag: "false"}}]
        return [Step({"if": f"vars.{duration} != null", "then": body})]

    def _request(self, action: Action, event: Event, group: Group, translator: Translator) -> list[Step]:
        checks: list[str] = []

        def translate(text: str, pointer: str) -> str | None:
            found = self._translated(text, pointer, translator)
            if found is not None and not found.is_safe:
                checks.append(_has_value(found))
            return None if found is None else found.text

        content = self.outward.request(action, event, group.state, translate)
        return [] if content is None else [Step(content, " && ".join(dict.fromkeys(checks)) or None)]


def timer_event(timer: str) -> str:
    """The message of a timer: no input has a colon in its name."""
    return f"timer:{timer}"


def _has_value(found: Translation) -> str:
    """A condition that fails with the expression, and is false for null."""
    if found.kind:
        return f"dyn({found.text}) != null"
    return f"{found.cel.within(Level.SUM)} != null"


def _merged(steps: list[Step]) -> list[Step]:
    """Neighbouring assignments of constants as one."""
    found: list[Step] = []
    for step in steps:
        last = found[-1].content if found else {}
        values = (*last.get("assign", {}).values(), *step.content.get("assign", {}).values())
        is_mergeable = "assign" in last and "assign" in step.content and found[-1].check is None
        if is_mergeable and step.check is None and not any("vars." in value for value in values):
            found[-1] = Step({"assign": {**last["assign"], **step.content["assign"]}})
        else:
            found.append(step)
    return found


def copied(content: list[Content]) -> list[Content]:
    """The same content once more: parts of a document are never shared."""
    return [_copied(each) for each in content]


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _written(steps: Sequence[Step], *, has_more: bool) -> list[Content]:
    """The content of steps; ``has_more`` when something stands behind the whole of it."""
    found = []
    for index, step in enumerate(steps):
        is_last = index == len(steps) - 1 and not has_more
        if step.check is not None and (step.is_strict or not is_last):
            found.append({"if": step.check, "then": [step.content]})
        else:
            found.append(step.content)
    return found
