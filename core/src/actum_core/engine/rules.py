"""Derive messages from an event: every rule in order, each on its own, against the state before the event."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.engine.content import ContentCompiler
from actum_core.engine.machine import Value
from actum_core.engine.run import ContentFailed, Message, Run
from actum_core.errors import pointer_of
from actum_core.expression.regex import compile_regex
from actum_core.template.document import Extract, Inference, Rule
from actum_core.template.names import is_match
from actum_core.template.schema import Schema

#: Event names whose rules are remembered; names come from outside.
_NAMES_MAX: Final = 4_096

_names_event: Final = re.compile(r"\bevent\b").search

#: Makes the prompt of an inference. Raises ContentFailed.
Prompt = Callable[[Run], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an ai rule asks a model, and what the messages of its outcome will need."""

    #: rule, model, prompt, schema: what the request says.
    payload: dict[str, Any]
    extract: dict[str, str | None] | None
    needs_event: bool


@dataclass(frozen=True, slots=True)
class Derived:
    """What became of one rule: a message, the payload of a ``rule_failed`` draft, or what it asks a model."""

    rule: str
    message: Message | None
    failure: dict[str, Any] | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """What an ai rule asks; its emissions wait for the outcome."""

    model: str
    prompt: Prompt
    schema: Schema
    #: Whether messages of the outcome read the event that it was asked for.
    needs_event: bool


@dataclass(frozen=True, slots=True)
class _CompiledRule:
    id: str
    on: tuple[str, ...]
    applies: Callable[[Run], bool] | None
    emissions: tuple[tuple[Callable[[Run], str], Value], ...]
    extracts: tuple[tuple[str, Callable[[Run], str | None]], ...]
    question: _Question | None

    def emit(self, run: Run) -> list[Message]:
        return [{"name": name(run), "data": data(run)} for name, data in self.emissions]

    def extract(self, run: Run) -> None:
        """Bind what is found in texts; raises ContentFailed."""
        run.activation["extract"] = {name: find(run) for name, find in self.extracts}


class Rules:
    """The rules of one program."""

    __slots__ = ("_by_event", "_by_id", "_rules", "are_absent", "are_asking")

    def __init__(self, rules: tuple[Rule, ...], compiler: ContentCompiler | None) -> None:
        self._rules = () if compiler is None else tuple(_compile(rule, compiler) for rule in rules)
        self._by_id = {rule.id: rule for rule in self._rules}
        self._by_event: dict[str, tuple[_CompiledRule, ...]] = {}
        self.are_absent = not rules
        #: Whether any of them asks a model.
        self.are_asking = any(rule.question is not None for rule in self._rules)

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
                if rule.extracts:
                    rule.extract(run)
                if rule.applies is not None and not rule.applies(run):
                    continue
                is_applied = True
                if rule.question is not None:
                    found.append(Derived(rule.id, None, None, _ask(rule, rule.question, run)))
                else:
                    found.extend([Derived(rule.id, message) for message in rule.emit(run)])
            except ContentFailed as failure:
                found.append(Derived(rule.id, None, _told(rule.id, failure)))
        if not is_applied:
            found.append(Derived("", {"name": event, "data": data}))
        return found

    def conclude(self, rule_id: str, output: JsonValue, run: Run) -> list[Derived]:
        """The messages that follow from the output of a model; ``event`` and ``extract`` are as when it was asked."""
        rule = self._by_id[rule_id]
        assert rule.question is not None
        problems = rule.question.schema.check(output)
        if problems:
            detail = (
                f"{problems[0].pointer}: {problems[0].detail}" if problems[0].pointer else problems[0].detail
            )
            failure = ContentFailed("bad_output", detail, pointer_of("rules", rule_id, "output"))
            return [Derived(rule_id, None, _told(rule_id, failure))]
        run.activation["output"] = output
        try:
            return [Derived(rule_id, message) for message in rule.emit(run)]
        except ContentFailed as failure:
            return [Derived(rule_id, None, _told(rule_id, failure))]

    def _find(self, event: str) -> tuple[_CompiledRule, ...]:
        if len(self._by_event) >= _NAMES_MAX:
            self._by_event.clear()
        found = tuple(rule for rule in self._rules if any(is_match(on, event) for on in rule.on))
        self._by_event[event] = found
        return found


def _ask(rule: _CompiledRule, question: _Question, run: Run) -> Asked:
    payload = {"rule": rule.id, "model": question.model, "prompt": question.prompt(run)}
    extract = run.activation["extract"] if rule.extracts else None
    return Asked({**payload, "schema": question.schema.document}, extract, question.needs_event)


def _told(rule: str, failure: ContentFailed) -> dict[str, Any]:
    told = {"rule": rule, "code": failure.code, "message": failure.message, "place": failure.place}
    return {**told, "offset": failure.offset} if failure.offset >= 0 else told


def _compile(rule: Rule, compiler: ContentCompiler) -> _CompiledRule:
    place = pointer_of("rules", rule.id)
    local = ("extract",) if rule.extracts else ()
    outcome = local if rule.inference is None else (*local, "output")
    emissions = []
    for index, emission in enumerate(rule.emissions):
        at = f"{place}/emit/{index}"
        name = compiler.name(emission.message, at + "/message", outcome)
        emissions.append((name, compiler.value(emission.data, at + "/data", outcome)))
    return _CompiledRule(
        rule.id,
        rule.on,
        None if rule.when is None else compiler.condition(rule.when, place + "/when", local),
        tuple(emissions),
        tuple((each.name, _compile_extract(each, compiler, place)) for each in rule.extracts),
        None if rule.inference is None else _compile_question(rule, rule.inference, compiler, local),
    )


def _compile_extract(extract: Extract, compiler: ContentCompiler, place: str) -> Callable[[Run], str | None]:
    at = place + pointer_of("extract", extract.name)
    source = compiler.text("=" + extract.source, at + "/from")
    regex, group = compile_regex(extract.pattern), extract.group

    def find(run: Run) -> str | None:
        text = source(run)
        captures = regex.search(text, 0, run.meter)
        if captures is None or captures[2 * group] < 0:
            return None
        return text[captures[2 * group] : captures[2 * group + 1]]

    return find


def _compile_question(
    rule: Rule, inference: Inference, compiler: ContentCompiler, local: tuple[str, ...]
) -> _Question:
    place = pointer_of("rules", rule.id, "prompt")
    parts: list[str | Prompt] = [
        part if index % 2 == 0 else compiler.shown(part, f"{place}/{index}", local)
        for index, part in enumerate(inference.prompt)
    ]

    def prompt(run: Run) -> str:
        text = "".join([part if isinstance(part, str) else part(run) for part in parts])
        run.check_payload(text, place)
        return text

    needs_event = any(_names_event(repr((each.message, each.data))) for each in rule.emissions)
    return _Question(inference.model, prompt, inference.output, needs_event)
