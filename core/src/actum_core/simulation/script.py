"""Read what is to happen in a simulation: a list of events, waits, commands and outcomes, each when its time has come.

A script is a JSON array. Each member is an object of one of these forms::

    {"type": "meter.read", "data": {…}, "id": "m-1", "source": "meter", "occurredAt": "…"}     an event
    {"advance": "1h"}                                                                          let time pass
    {"command": "pause", "reason": "…"}                                                        pause, resume, cancel
    {"outcome": {"ok": true, "output": …}, "of": "notify"}                                     answer one request
    {"outcomes": {"notify": {"ok": false, "error": …}}}                                        answer all from now on

Every form but ``advance`` may have ``at``: a moment (RFC 3339), or ``+5s`` after the moment that the simulation has
come to. Without it, it happens at once. The one request that an outcome answers is the oldest of this action or
rule, the oldest of all where ``of`` is absent, or the one whose id is given as ``request``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.lifecycle import Command
from actum_core.engine.moments import read_moment, write_moment
from actum_core.errors import Invalid, MalformedJson, Problem, pointer_of
from actum_core.expression import EvaluationError
from actum_core.limits import EVENT_BYTES_MAX, NAME_LENGTH_MAX, PROBLEMS_MAX, SIMULATION_LINES_MAX
from actum_core.template.times import parse_delay, parse_timestamp


class ScriptInvalid(Invalid):
    """Correct what is to happen where the problems point; docs/guides/simulating.md shows every form."""

    code = "script_invalid"


@dataclass(frozen=True, slots=True)
class Post:
    """An event. Without an ``id`` it is named by its place in the order of inputs."""

    name: str
    data: JsonValue
    id: str
    source: str
    occurred_at: str | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Let ``nanoseconds`` pass, firing what falls due meanwhile."""

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Order:
    """A command of an operator. Without an ``id`` it is named by its place in the order of inputs."""

    command: Command
    reason: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request: the one with an id, else the oldest ``of`` an action or rule, else the oldest."""

    outcome: dict[str, JsonValue]
    of: str
    request: str


@dataclass(frozen=True, slots=True)
class Agree:
    """From now on every request of these actions and rules gets its outcome at once."""

    outcomes: Mapping[str, dict[str, JsonValue]]


@dataclass(frozen=True, slots=True)
class Happening:
    """One member of a script. It happens ``after`` so many nanoseconds, or at a ``moment`` (nanoseconds since 1970)."""

    what: Post | Wait | Order | Answer | Agree
    after: int = 0
    moment: int | None = None
    pointer: str = ""


def parse_script(value: object) -> tuple[Happening, ...]:
    """What a JSON array says is to happen. Raises ScriptInvalid with every problem."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise ScriptInvalid([Problem("", "wrong_type", "what is to happen is an array of objects")])
    if len(value) > SIMULATION_LINES_MAX:
        detail = f"at most {SIMULATION_LINES_MAX} things can happen, not {len(value)}"
        raise ScriptInvalid([Problem("", "too_many", detail)])
    reader = _Reader()
    found = [reader.read(member, index) for index, member in enumerate(value)]
    if reader.problems:
        raise ScriptInvalid(reader.problems[:PROBLEMS_MAX])
    return tuple(each for each in found if each is not None)


def parse_outcomes(value: object) -> dict[str, dict[str, JsonValue]]:
    """Outcomes by the name of their action or rule, ``*`` for every other action. Raises ScriptInvalid."""
    reader = _Reader()
    found = reader.outcomes(value, ())
    if reader.problems:
        raise ScriptInvalid(reader.problems)
    return found


def parse_duration(text: object) -> int:
    """The nanoseconds of a length of time such as ``90s`` or ``1d12h``. Raises ScriptInvalid."""
    try:
        return parse_delay(text if isinstance(text, str) else "").nanoseconds
    except EvaluationError as error:
        raise ScriptInvalid([Problem("", "bad_value", error.message)]) from None


def parse_moment(text: object) -> str:
    """The moment of an RFC 3339 text as the ledger writes it, without what is finer. Raises ScriptInvalid."""
    try:
        # As live: what is finer than a microsecond is cut off.
        found = parse_timestamp(text if isinstance(text, str) else "").nanoseconds // 1_000 * 1_000
    except EvaluationError:
        detail = "a time as RFC 3339 writes it, such as 2026-01-31T12:00:00Z"
        raise ScriptInvalid([Problem("", "invalid_time", detail)]) from None
    moment = write_moment(found)
    assert moment is not None, "expressions know no moment beyond the calendar"
    return moment


#: What tells the forms apart, and what else each may have.
_FORMS: Final = {
    "type": frozenset({"type", "data", "id", "source", "occurredAt", "at"}),
    "advance": frozenset({"advance"}),
    "command": frozenset({"command", "reason", "id", "at"}),
    "outcome": frozenset({"outcome", "of", "request", "at"}),
    "outcomes": frozenset({"outcomes", "at"}),
}
_OUTCOME: Final = frozenset({"ok", "output", "error"})


class _Reader:
    """Reads members one by one and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, value: object, index: int) -> Happening | None:
        if not isinstance(value, dict):
            self._report((index,), "wrong_type", "what happens is an object")
            return None
        forms = [form for form in _FORMS if form in value]
        if len(forms) != 1:
            names = ", ".join(_FORMS)
            self._report((index,), "missing_field", f"what happens has exactly one of {names}")
            return None
        for name in sorted(value.keys() - _FORMS[forms[0]]):
            self._report((index, name), "unknown_field", f"{forms[0]} and {name[:64]!r} do not go together")
        before = len(self.problems)
        what = self._what(value, forms[0], (index,))
        after, moment = self._when(value.get("at"), (index, "at"))
        if len(self.problems) > before:
            return None
        return Happening(what, after, moment, pointer_of(index))

    def outcomes(self, value: object, place: tuple[str | int, ...]) -> dict[str, dict[str, JsonValue]]:
        if not isinstance(value, dict):
            self._report(place, "wrong_type", "outcomes are an object by names of actions and rules")
            return {}
        return {str(name): self._outcome(each, (*place, str(name))) for name, each in value.items()}

    def _what(
        self, value: dict[str, Any], form: str, place: tuple[int]
    ) -> Post | Wait | Order | Answer | Agree:
        if form == "type":
            return self._post(value, place)
        if form == "advance":
            return Wait(self._duration(value["advance"], (*place, "advance")))
        if form == "command":
            return self._order(value, place)
        if form == "outcome":
            outcome = self._outcome(value["outcome"], (*place, "outcome"))
            return Answer(outcome, self._text(value, place, "of"), self._text(value, place, "request"))
        return Agree(self.outcomes(value["outcomes"], (*place, "outcomes")))

    def _post(self, value: dict[str, Any], place: tuple[int]) -> Post:
        for name in ("type", "id", "source"):
            text = value.get(name, "x")
            is_name = isinstance(text, str) and 0 < len(text) <= NAME_LENGTH_MAX and not _has_space(text)
            if not is_name:
                detail = f"a text of 1 to {NAME_LENGTH_MAX} characters without spaces"
                self._report((*place, name), "invalid_name", detail)
        occurred_at = value.get("occurredAt")
        if occurred_at is not None:
            occurred_at = self._moment(occurred_at, (*place, "occurredAt"))
        data = self._json(value.get("data", {}), (*place, "data"), EVENT_BYTES_MAX)
        return Post(value["type"], data, value.get("id", ""), value.get("source", ""), occurred_at)

    def _order(self, value: dict[str, Any], place: tuple[int]) -> Order:
        reason, key = self._text(value, place, "reason"), self._text(value, place, "id")
        try:
            return Order(Command(value["command"]), reason, key)
        except ValueError:
            detail = "a command is one of " + ", ".join(each.value for each in Command)
            self._report((*place, "command"), "bad_value", detail)
            return Order(Command.PAUSE, reason)

    def _outcome(self, value: object, place: tuple[str | int, ...]) -> dict[str, JsonValue]:
        """What came of a request: `ok`, or `failed`, or all of it as an object."""
        if value in ("ok", "failed"):
            return {"ok": value == "ok"}
        if not isinstance(value, dict) or not isinstance(value.get("ok"), bool) or value.keys() - _OUTCOME:
            detail = 'an outcome is "ok", "failed", or an object with ok (true or false), output and error'
            self._report(place, "wrong_type", detail)
            return {"ok": False}
        found = self._json(value, place, EVENT_BYTES_MAX)
        return found if isinstance(found, dict) else {"ok": False}

    def _json(self, value: object, place: tuple[str | int, ...], bytes_max: int) -> JsonValue:
        """The parse of a value's canonical form, which is what the engine gets of it live as well."""
        try:
            # What an entry says has this three levels down; deeper would only be found out when it is written.
            text = canonical_json.encode([[[value]]])
            if len(text) > bytes_max:
                self._report(place, "too_large", f"at most {bytes_max} bytes")
                return None
            found: JsonValue = canonical_json.parse(text)[0][0][0]
        except MalformedJson as error:
            self._report(place, error.problems[0].code, error.problems[0].detail)
            return None
        return found

    def _when(self, value: object, place: tuple[str | int, ...]) -> tuple[int, int | None]:
        if value is None:
            return 0, None
        if isinstance(value, str) and value.startswith("+"):
            return self._duration(value[1:], place), None
        moment = self._moment(value, place)
        return 0, None if moment is None else read_moment(moment)

    def _duration(self, value: object, place: tuple[str | int, ...]) -> int:
        try:
            return parse_duration(value)
        except ScriptInvalid as error:
            self._report(place, error.problems[0].code, error.problems[0].detail)
            return 0

    def _moment(self, value: object, place: tuple[str | int, ...]) -> str | None:
        try:
            return parse_moment(value)
        except ScriptInvalid as error:
            self._report(place, error.problems[0].code, error.problems[0].detail)
            return None

    def _text(self, value: dict[str, Any], place: tuple[int], name: str) -> str:
        text = value.get(name, "")
        if not isinstance(text, str):
            self._report((*place, name), "wrong_type", "a text was expected")
            return ""
        return text

    def _report(self, place: tuple[str | int, ...], code: str, detail: str) -> None:
        self.problems.append(Problem(pointer_of(*place), code, detail))


def _has_space(text: str) -> bool:
    return any(character <= " " or "\x7f" <= character <= "\xa0" for character in text)
