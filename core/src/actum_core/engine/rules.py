"""Derive messages from an event: every rule in order, each on its own, against the state before the event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.engine.content import ContentCompiler
from actum_core.engine.machine import Value
from actum_core.engine.run import ContentFailed, Message, Run
from actum_core.errors import pointer_of
from actum_core.template.document import Rule
from actum_core.template.names import is_match

#: Event names whose rules are remembered; names come from outside.
_NAMES_MAX: Final = 4_096


@dataclass(frozen=True, slots=True)
class Derived:
    """What became of one rule: a message, or the payload of a ``rule_failed`` draft."""

    rule: str
    message: Message | None
    failure: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Compiled:
    id: str
    on: tuple[str, ...]
    applies: Callable[[Run], bool] | None
    emissions: tuple[tuple[Callable[[Run], str], Value], ...]

    def emit(self, run: Run) -> list[Message]:
        return [{"name": name(run), "data": data(run)} for name, data in self.emissions]


class Rules:
    """The rules of one program."""

    __slots__ = ("_by_event", "_rules", "are_absent")

    def __init__(self, rules: tuple[Rule, ...], compiler: ContentCompiler) -> None:
        self._rules = tuple(_compile(rule, compiler) for rule in rules)
        self.are_absent = not rules
        self._by_event: dict[str, tuple[_Compiled, ...]] = {}

    def derive(self, event: str, data: JsonValue, run: Run) -> list[Derived]:
        """What an event says to the machine, in the order of rules.

        A rule whose ``when`` fails does not apply, like one whose ``when`` is false; a rule that applies and whose
        message fails yields none at all. Both failures are told and hold no other rule back. Where no rule
        applies, the event itself is the message.
        """
        rules = self._by_event.get(event)
        if rules is None:
            rules = self._find(event)
        found: list[Derived] = []
        is_applied = False
        for rule in rules:
            try:
                if rule.applies is not None and not rule.applies(run):
                    continue
                is_applied = True
                found.extend([Derived(rule.id, message) for message in rule.emit(run)])
            except ContentFailed as failure:
                found.append(Derived(rule.id, None, _told(rule.id, failure)))
        if not is_applied:
            found.append(Derived("", {"name": event, "data": data}))
        return found

    def _find(self, event: str) -> tuple[_Compiled, ...]:
        if len(self._by_event) >= _NAMES_MAX:
            self._by_event.clear()
        found = tuple(rule for rule in self._rules if any(is_match(on, event) for on in rule.on))
        self._by_event[event] = found
        return found


def _told(rule: str, failure: ContentFailed) -> dict[str, Any]:
    told = {"rule": rule, "code": failure.code, "message": failure.message, "place": failure.place}
    return {**told, "offset": failure.offset} if failure.offset >= 0 else told


def _compile(rule: Rule, compiler: ContentCompiler) -> _Compiled:
    place = pointer_of("rules", rule.id)
    emissions = []
    for index, emission in enumerate(rule.emissions):
        at = f"{place}/emit/{index}"
        name = compiler.name(emission.message, at + "/message")
        emissions.append((name, compiler.value(emission.data, at + "/data")))
    applies = None if rule.when is None else compiler.condition(rule.when, place + "/when")
    return _Compiled(rule.id, rule.on, applies, tuple(emissions))
