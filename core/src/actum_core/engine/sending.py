"""Compile the content that reaches beyond its machine: send, cancel, emit, drop, do."""

import math
from typing import TYPE_CHECKING, Final

from actum_core.engine import addressing, tokens
from actum_core.engine.cell_run import cell_of
from actum_core.engine.deadlines import Delay, cancel_sends, due_after, due_at
from actum_core.engine.machine import Content
from actum_core.engine.moments import read_moment
from actum_core.engine.requesting import request_action
from actum_core.engine.run import ContentFailed, Run, failed_at
from actum_core.expression import Duration, EvaluationError, Timestamp, Uint
from actum_core.limits import NAME_LENGTH_MAX
from actum_core.template.document import Cancel, Do, Drop, Emit, Send
from actum_core.template.times import parse_delay, parse_duration, parse_timestamp

if TYPE_CHECKING:
    from actum_core.engine.content import ContentCompiler

Local = tuple[str, ...]
_SECOND: Final = 1_000_000_000
#: Seconds of a delay that can be counted in nanoseconds; the calendar ends long before.
_SECONDS_MAX: Final = 1e12


def compile_action(
    compiler: "ContentCompiler", action: Send | Cancel | Emit | Drop | Do, place: str, local: Local
) -> Content:
    """The closure of one such action; it raises ContentFailed."""
    match action:
        case Send():
            return _send(compiler, action, place + "/send", local)
        case Cancel():
            return _cancel(compiler, action, place + "/cancel", local)
        case Emit():
            return _emit(compiler, action, place + "/emit", local)
        case Drop():
            return _drop(compiler, action, place + "/drop", local)
        case Do():
            return _do(compiler, action, place + "/do", local)


def compile_delay(compiler: "ContentCompiler", delay: str, place: str, local: Local = ()) -> Delay:
    """A length of time: a duration, a number of seconds, or a text as templates have it (``1d12h``)."""
    if not delay.startswith("="):
        constant = parse_duration(delay).nanoseconds
        return lambda run: constant
    evaluated = compiler.evaluated(delay[1:], place, local)

    def make(run: Run) -> int:
        value = evaluated(run)
        if isinstance(value, Duration):
            return value.nanoseconds
        if type(value) in (int, Uint):
            return int(value) * _SECOND
        if isinstance(value, float) and math.isfinite(value) and abs(value) < _SECONDS_MAX:
            return round(value * _SECOND)
        if isinstance(value, str):
            try:
                return parse_delay(value).nanoseconds
            except EvaluationError as error:
                raise failed_at(place, error) from None
        raise ContentFailed("wrong_type", "a delay is a duration, a number of seconds or a text", place)

    return make


def _compile_moment(compiler: "ContentCompiler", at: str, place: str, local: Local) -> Delay:
    """A moment, as nanoseconds from now."""
    if not at.startswith("="):
        constant = parse_timestamp(at).nanoseconds
        return lambda run: constant - read_moment(cell_of(run).exchange.given.at)
    evaluated = compiler.evaluated(at[1:], place, local)

    def make(run: Run) -> int:
        moment = evaluated(run)
        if not isinstance(moment, Timestamp):
            raise ContentFailed("wrong_type", "a message is due at a timestamp", place)
        return moment.nanoseconds - read_moment(cell_of(run).exchange.given.at)

    return make


def _compile_wait(compiler: "ContentCompiler", action: Send, place: str, local: Local) -> Delay | None:
    """How long from now a message is due: ``delay`` behind ``at``, each where it is given; None when at once."""
    parts: list[Delay] = []
    if action.at is not None:
        parts.append(_compile_moment(compiler, action.at, place + "/at", local))
    if action.delay is not None:
        parts.append(compile_delay(compiler, action.delay, place + "/delay", local))
    return (lambda run: sum(part(run) for part in parts)) if parts else None


def _send(compiler: "ContentCompiler", action: Send, place: str, local: Local) -> Content:
    name = compiler.name(action.event, place + "/event", local)
    data = compiler.value(action.data, place + "/data", local)
    wait = _compile_wait(compiler, action, place, local)
    # What is due at a moment is a timer even when that is past: a row of moments, each counted from the one before,
    # would otherwise lose its place in time as soon as one of them came late.
    find_due = due_after if action.at is None else due_at
    to = None if action.to is None else compiler.text(action.to, place + "/to", local)
    given_id = None if action.id is None else compiler.text(action.id, place + "/id", local)
    keep_id = None if action.id_to is None else compiler.hold(action.id_to, place + "/id_to")

    def send(run: Run) -> None:
        cell = cell_of(run)
        send_id = ""
        if given_id is not None:
            send_id = _checked_id(given_id(run), place + "/id")
        elif keep_id is not None:
            send_id = f"send.{cell.exchange.ids.place('send')}"
        if keep_id is not None:
            keep_id(run, send_id)
        try:
            address = "" if to is None else _given_address(to(run), place + "/to")
            outgoing = addressing.Outgoing(name(run), data(run), send_id, address, place)
            due = None if wait is None else find_due(cell, wait(run), place)
            addressing.send_message(cell, outgoing, due)
        except ContentFailed as failure:
            failure.send_id = send_id
            raise

    return send


def _checked_id(send_id: str, place: str) -> str:
    if not 0 < len(send_id) <= NAME_LENGTH_MAX:
        raise ContentFailed("bad_name", f"an id has 1 to {NAME_LENGTH_MAX} characters", place)
    return send_id


def _given_address(address: str, place: str) -> str:
    """An address that is said; what is sent to the machine itself says none."""
    if not 0 < len(address) <= 8 * NAME_LENGTH_MAX:
        raise ContentFailed("bad_target", "this is no address", place)
    return address


def _cancel(compiler: "ContentCompiler", action: Cancel, place: str, local: Local) -> Content:
    send_id = compiler.text(action.id, place, local)
    return lambda run: cancel_sends(cell_of(run), send_id(run))


def _emit(compiler: "ContentCompiler", action: Emit, place: str, local: Local) -> Content:
    port = compiler.text(action.port, place + "/port", local)
    kind = None if action.type is None else compiler.text(action.type, place + "/type", local)
    value = compiler.value(action.value, place + "/value", local)
    parents = (
        None if action.parents is None else compiler.evaluated(action.parents, place + "/parents", local)
    )

    def emit(run: Run) -> None:
        made = tokens.Emitted(
            port(run),
            "" if kind is None else kind(run),
            value(run),
            None if parents is None else tokens.check_parents(parents(run), place + "/parents"),
            place,
        )
        tokens.emit_token(cell_of(run), made)

    return emit


def _drop(compiler: "ContentCompiler", action: Drop, place: str, local: Local) -> Content:
    token = compiler.text("=" + action.token, place + "/token", local)
    port = compiler.text(action.port, place + "/port", local)
    reason = compiler.text(action.reason, place + "/reason", local)

    def drop(run: Run) -> None:
        said = {"token": token(run), "port": port(run), "reason": reason(run)}
        for name, text in said.items():
            _checked_id(text, f"{place}/{name}")
        cell_of(run).draft("dropped", said)

    return drop


def _do(compiler: "ContentCompiler", action: Do, place: str, local: Local) -> Content:
    name = compiler.text(action.action, place + "/action", local)
    data = compiler.value(action.data, place + "/with", local)
    given_id = None if action.id is None else compiler.text(action.id, place + "/id", local)

    def request(run: Run) -> None:
        request_id = "" if given_id is None else _checked_id(given_id(run), place + "/id")
        request_action(cell_of(run), (name(run), request_id), data(run), place)

    return request
