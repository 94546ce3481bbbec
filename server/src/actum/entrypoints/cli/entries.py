"""A ledger entry in a few words: what happened, for people who follow an execution."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from actum.entrypoints.cli.screen import short_hash, short_json, short_time

Payload = Mapping[str, Any]


def describe_entry(entry: Mapping[str, Any]) -> str:
    """What an entry says, in a few words."""
    payload = entry["payload"]
    if payload is None:
        return "(erased)"
    told = _WORDS.get(entry["kind"])
    said = short_json(payload) if told is None else told(payload)
    # Whose it is, where an execution has several machines.
    return f"{payload['node']}: {said}" if payload.get("node") else said


def entry_line(entry: Mapping[str, Any]) -> str:
    """An entry as one line: sequence, kind, what happened, the beginning of its hash."""
    return (
        f"{entry['seq']:>6}  {short_hash(entry['entryHash'])}  {short_time(entry['recordedAt'])}  "
        f"{entry['kind']:<11}  {describe_entry(entry)}"
    )


def entry_row(entry: Mapping[str, Any]) -> tuple[object, ...]:
    """An entry as a row under ENTRY_COLUMNS."""
    return entry["seq"], entry["kind"], describe_entry(entry), short_hash(entry["entryHash"])


ENTRY_COLUMNS: Final = ("SEQ", "KIND", "WHAT", "HASH")


def describe_states(configuration: object) -> str:
    """The active states."""
    return " + ".join(str(state) for state in configuration) if isinstance(configuration, list) else ""


def _created(payload: Payload) -> str:
    template = payload.get("template", {})
    return f"{template.get('name')} version {template.get('version')}"


def _event(payload: Payload) -> str:
    data = payload.get("data")
    return str(payload.get("type")) + (f" {short_json(data)}" if data not in (None, {}) else "")


def _message(payload: Payload) -> str:
    data = payload.get("data")
    said = f"{payload.get('message')}" + (f" {short_json(data)}" if data not in (None, {}) else "")
    return f"{said}  (rule {payload.get('rule')})"


def _transition(payload: Payload) -> str:
    left, entered = payload.get("exited", []), payload.get("entered", [])
    moved = f"{' + '.join(left)} → {' + '.join(entered)}" if left or entered else "(stays)"
    cause = f"{payload['event']}: " if payload.get("event") else ""
    changed = payload.get("vars")
    return f"{cause}{moved}" + (f"  {short_json(changed)}" if changed else "")


def _failure(payload: Payload) -> str:
    place = f" at {payload['place']}" if payload.get("place") else ""
    return f"{payload.get('code')}: {payload.get('message')}{place}"


def _log(payload: Payload) -> str:
    return f"{payload.get('label', '')} {short_json(payload.get('value'))}".strip()


def _scheduled(payload: Payload) -> str:
    to = f" to {payload['to']}" if payload.get("to") else ""
    data = payload.get("data")
    said = f"{payload.get('event')} at {payload.get('due')}{to}"
    return f"{said} {short_json(data)}" if data not in (None, {}) else said


def _requested(payload: Payload) -> str:
    asked = payload.get("action") or f"rule {payload.get('rule')} asks {payload.get('model')}"
    given = payload.get("with", payload.get("prompt"))
    return f"{asked} {short_json(given)}" if given not in (None, {}) else str(asked)


def _outcome(payload: Payload) -> str:
    outcome = payload.get("outcome")
    if not isinstance(outcome, dict):
        return str(payload.get("request"))
    said = outcome.get("output" if outcome.get("ok") else "error")
    end = "ok" if outcome.get("ok") else "failed"
    return f"{end} {short_json(said)}" if said not in (None, {}) else end


def _token(payload: Payload) -> str:
    to = ", ".join(payload.get("to") or ()) or "(nowhere)"
    said = f"{payload.get('type') or 'token'} {short_json(payload.get('value'))}"
    return f"{said} from {payload.get('port')} to {to}"


def _invoked(payload: Payload) -> str:
    return f"{payload.get('use')} {short_json(payload.get('input'))}"


def _output(payload: Payload) -> str:
    return short_json(payload.get("output")) if payload.get("output") is not None else ""


def _command(payload: Payload) -> str:
    return str(payload.get("reason", ""))


_WORDS: Final[Mapping[str, Callable[[Payload], str]]] = {
    "created": _created,
    "started": lambda payload: short_json(payload.get("input")),
    "event": _event,
    "held": _event,
    "released": lambda payload: f"input {payload.get('input')}",
    "message": _message,
    "transition": _transition,
    "failed": _failure,
    "rule_failed": lambda payload: f"rule {payload.get('rule')}: {_failure(payload)}",
    "error": _failure,
    "log": _log,
    "timer": lambda payload: f"{payload.get('timer')} due at {payload.get('due')}",
    "assigned": lambda payload: short_json(payload.get("vars")),
    "scheduled": _scheduled,
    "unscheduled": lambda payload: f"{payload.get('timer')} ({payload.get('reason')})",
    "postponed": lambda payload: f"{len(payload.get('timers', ()))} timers by {payload.get('by')}",
    "requested": _requested,
    "outcome": _outcome,
    "token": _token,
    "dropped": lambda payload: f"{payload.get('token')} at {payload.get('port')}: {payload.get('reason')}",
    "invoked": _invoked,
    "stopped": lambda _: "",
    "ended": _output,
    "completed": _output,
    "paused": _command,
    "resumed": _command,
    "cancelled": _command,
}
