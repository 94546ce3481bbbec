"""Try a template's rules on an event: what they would say and what that costs; nothing is stored."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from actum.platform.http_errors import RequestInvalid
from actum.platform.wire import Instant, Received, Told, instant_text
from actum.templates.wire import ProblemTold, problems_told
from actum_core import canonical_json
from actum_core.engine import Input, InputKind, StepFailed
from actum_core.engine.rules import Derived
from actum_core.engine.rules_trial import RulesTried, try_rules
from actum_core.errors import Invalid, MalformedJson, Problem
from actum_core.identifiers import Prefix, format_identifier, uuid7
from actum_core.limits import EVENT_BYTES_MAX, NAME_LENGTH_MAX, STEP_COST_MAX
from actum_core.template import Program

#: The execution that expressions may ask for. It is nobody's: ids and random numbers that follow from it are examples.
_EXECUTION: Final = format_identifier(Prefix.EXECUTION, uuid7(0, bytes(10)))

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
_MaybeName = Annotated[str, msgspec.Meta(max_length=NAME_LENGTH_MAX)]


class EventTried(Received, frozen=True, kw_only=True):
    """An event as it would be posted."""

    type: _Name
    data: Any = msgspec.field(default_factory=dict)
    source: _MaybeName = ""
    id: _MaybeName = ""
    occurred_at: Instant | None = None


class TrialReceived(Received, frozen=True, kw_only=True):
    """An event, and the execution it would come to: what that was started with, and its variables.

    Without `vars` they hold their first values; otherwise all of them must be given. `receivedAt` is what `now` says,
    which is now when it is left out.
    """

    event: EventTried
    input: Any = msgspec.field(default_factory=dict)
    vars: dict[str, Any] | None = None
    received_at: Instant | None = None


class DocumentTrialReceived(TrialReceived, frozen=True, kw_only=True):
    """An event, and a template that need not be stored."""

    document: dict[str, Any]


class MessageTried(Told, frozen=True, kw_only=True):
    """What the machines would be told."""

    name: str
    data: Any


class FailureTried(Told, frozen=True, kw_only=True):
    """Why a rule yielded nothing; `place` names the expression, `offset` the character in it, -1 for none."""

    code: str
    message: str
    place: str
    offset: int


class InferenceTried(Told, frozen=True, kw_only=True):
    """What a model would be asked, and the JSON Schema of its answer."""

    model: str
    prompt: str
    schema: Any


class RuleTried(Told, frozen=True, kw_only=True):
    """One thing that a rule came to: exactly one of `message`, `failure` and `request` is there.

    `rule` is empty when no rule applied: then the event itself is the message.
    """

    rule: str
    message: MessageTried | None
    failure: FailureTried | None
    request: InferenceTried | None


class RulesTrial(Told, frozen=True, kw_only=True, tag_field="object", tag="rulesTrial"):
    """What the rules made of an event, in their order.

    Where the event would be refused (`isAccepted` is false), `problems` point into its data and nothing is derived;
    where the template leaves events of this type alone, `isIgnored` is true. `failed` says which bound was exceeded:
    the whole step would be. `cost` is in units of which one step may spend `costMax`. `warnings` say why variables have
    no first value.
    """

    program_digest: str
    is_accepted: bool
    is_ignored: bool
    problems: list[ProblemTold]
    results: list[RuleTried]
    warnings: list[FailureTried]
    failed: FailureTried | None
    cost: int
    cost_max: int


async def try_event(program: Program, received: TrialReceived, now: datetime) -> RulesTrial:
    """Apply a program's rules, outside the event loop's thread: they may take a quarter of a second.

    Raises RequestInvalid for a start input or variables that no execution of the program has.
    """
    return await asyncio.to_thread(run_trial, program, received, now)


def run_trial(program: Program, received: TrialReceived, now: datetime) -> RulesTrial:
    """As ``try_event``, at once."""
    event = received.event
    start_input = _normal(received.input, "/input")
    given = Input(
        kind=InputKind.EVENT,
        name=event.type,
        data=_normal(event.data, "/event/data"),
        at=instant_text(received.received_at or now, "/receivedAt"),
        sequence=2,
        execution=_EXECUTION,
        id=event.id,
        source=event.source,
        occurred_at=None
        if event.occurred_at is None
        else instant_text(event.occurred_at, "/event/occurredAt"),
    )
    _check(program, start_input)
    problems = program.check_event(event.type, given.data)
    is_ignored = not problems and program.ignores_event(event.type)
    tried, failed = RulesTried((), (), 0), None
    if not problems and not is_ignored:
        try:
            tried = try_rules(program, given, start_input, _normal(received.vars, "/vars"))
        except StepFailed as error:
            failed = FailureTried(code=error.code, message=error.message, place=error.place, offset=-1)
        except Invalid as error:
            raise RequestInvalid(error.problems) from None
    return RulesTrial(
        program_digest=program.digest,
        is_accepted=not problems,
        is_ignored=is_ignored,
        problems=problems_told(problems),
        results=[_result(each) for each in tried.derived],
        warnings=[_failure(each.payload) for each in tried.errors],
        failed=failed,
        cost=tried.cost if failed is None else STEP_COST_MAX,
        cost_max=STEP_COST_MAX,
    )


def _check(program: Program, start_input: Any) -> None:
    problems = program.check_start(start_input)
    if problems:
        raise RequestInvalid(Problem("/input" + each.pointer, each.code, each.detail) for each in problems)


def _normal(value: Any, pointer: str) -> Any:
    """A value as an execution would have it: the parse of its canonical form. Raises RequestInvalid."""
    try:
        text = canonical_json.encode(value)
        if len(text) > EVENT_BYTES_MAX:
            detail = f"{len(text)} bytes in canonical form are more than {EVENT_BYTES_MAX}"
            raise RequestInvalid([Problem(pointer, "too_large", detail)])
        return canonical_json.parse(text)
    except MalformedJson as error:
        raise RequestInvalid(
            Problem(pointer + each.pointer, each.code, each.detail) for each in error.problems
        ) from None


def _result(derived: Derived) -> RuleTried:
    message, failure, asked = derived.message, derived.failure, derived.asked
    return RuleTried(
        rule=derived.rule,
        message=None if message is None else MessageTried(name=message["name"], data=message["data"]),
        failure=None if failure is None else _failure(failure),
        request=None
        if asked is None
        else InferenceTried(
            model=asked.payload["model"], prompt=asked.payload["prompt"], schema=asked.payload["schema"]
        ),
    )


def _failure(payload: dict[str, Any]) -> FailureTried:
    return FailureTried(
        code=payload["code"],
        message=payload["message"],
        place=payload["place"],
        offset=payload.get("offset", -1),
    )
