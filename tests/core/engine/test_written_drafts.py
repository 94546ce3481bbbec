"""What a draft brings along in canonical form is the canonical form of what it says."""

from actum_core import canonical_json
from actum_core.engine import Input, InputKind, State, step
from actum_core.template import compile_template

_DOCUMENT = {
    "format": "actum/1",
    "name": "written",
    "vars": {"count": {"type": "int", "initial": 0}, "text": {"type": "string", "initial": ""}},
    "events": {"go": {}, "stay": {}, "reset": {}, "end": {}},
    "machine": {
        "initial": "a",
        "on": {"reset": "a", "end": "z"},
        "states": {
            "a": {
                "on": {
                    "go": {"target": "b", "actions": [{"assign": {"count": "vars.count + 1"}}]},
                    "stay": {"actions": [{"assign": {"text": "vars.text + '\u00e9'"}}]},
                }
            },
            "b": {"on": {"go": "a", "stay": {}}},
            "z": {"type": "final"},
        },
    },
}


def test_drafts_are_written_as_they_say_whatever_came_before() -> None:
    program = compile_template(_DOCUMENT)
    state = State.initial(program)
    names = ["start", "go", "stay", "reset", "go", "go", "stay", "stay", "reset", "go", "reset", "end"]
    written = 0
    for sequence, name in enumerate(names, 1):
        kind = InputKind.START if name == "start" else InputKind.EVENT
        at = f"2026-01-01T00:00:00.{sequence:06}Z"
        stepped = step(program, state, Input(kind, name, {}, at, sequence, "exe_1", str(sequence)))
        state = stepped.state
        for draft in stepped.drafts:
            if draft.canonical is not None:
                written += 1
                assert draft.canonical == canonical_json.encode(draft.payload)
    assert written >= len(names) - 2
    assert state.is_final
