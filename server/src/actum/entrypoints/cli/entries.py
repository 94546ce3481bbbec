"""A ledger entry in a few words: what happened, for people who follow an execution."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from actum.entrypoints.cli.screen import short_hash, short_json, short_time

Payload = Mapping[str, Any]

#: Kinds after which an execution takes nothing more.
FINAL_KINDS: Final = frozenset({"completed", "cancelled"})


def describe_entry(entry: Mapping[str, Any]) -> str:
    """What an entry says, in a few words."""
    payload = entry["payload"]
    if payload is None:
        return "(erased)"
    told = _WORDS.get(entry["kind"])
    return short_json(payload) if told is None else told(payload)


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
    "completed": lambda payload: (
        short_json(payload.get("output")) if payload.get("output") is not None else ""
    ),
    "paused": _command,
    "resumed": _command,
    "cancelled": _command,
}
