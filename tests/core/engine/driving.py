"""Drive programs through inputs in tests."""

from typing import Any

from actum_core.engine import Draft, Input, InputKind, State, Step, step
from actum_core.template import Program

NOW = "2026-01-01T00:00:00.000000Z"


def start_input(data: Any = None, **fields: Any) -> Input:
    return Input(InputKind.START, "", data, fields.pop("at", NOW), 1, "exe_test", **fields)


def event_input(name: str, data: Any = None, **fields: Any) -> Input:
    return Input(InputKind.EVENT, name, data, fields.pop("at", NOW), 2, "exe_test", **fields)


def start(program: Program, data: Any = None) -> Step:
    return step(program, State.initial(program), start_input(data))


def send(program: Program, state: State, *names: str) -> State:
    """The state after some events without data."""
    for name in names:
        state = step(program, state, event_input(name)).state
    return state


def told(drafts: tuple[Draft, ...]) -> list[dict[str, Any]]:
    """Drafts as one object each, for comparing whole answers; the kind of a request is under ``asks``."""
    return [
        {**draft.payload, "kind": draft.kind}
        | ({"asks": draft.payload["kind"]} if "kind" in draft.payload else {})
        for draft in drafts
    ]
