"""Simulate in tests: a document, what is to happen, and how it is put together."""

from typing import Any

from actum_core.simulation import Setting, Simulation, Turn, parse_script
from actum_core.template import compile_template

#: One machine that counts, waits, asks and ends.
DOOR: dict[str, Any] = {
    "format": "actum/1",
    "name": "door",
    "vars": {"opened": {"type": "int", "initial": 0}},
    "events": {
        "open": {"schema": {"type": "object", "properties": {"by": {"type": "string"}}}},
        "lock": {},
        "burn": {},
    },
    "actions": {"ring": {"kind": "log"}},
    "machine": {
        "initial": "shut",
        "states": {
            "shut": {
                "on": {
                    "open": [
                        {"guard": "vars.opened >= 2", "target": "worn"},
                        {
                            "target": "open",
                            "actions": [
                                {"assign": {"opened": "vars.opened + 1"}},
                                {"do": {"action": "ring"}},
                            ],
                        },
                    ],
                    "lock": {"guard": "message.data.key == 'gold'", "target": "locked"},
                    "burn": {"actions": [{"for_each": {"in": "[0]", "as": "x", "do": []}}], "target": "loop"},
                }
            },
            "open": {
                "after": {"30s": "shut"},
                "on": {"done.do.ring": {"actions": [{"log": {"value": "rang"}}]}},
            },
            "worn": {"type": "final", "output": "worn"},
            "locked": {},
            "loop": {"always": "loop"},
        },
    },
}


def act(
    script: list[Any], document: dict[str, Any] | None = None, start_input: Any = None, **setting: Any
) -> tuple[Simulation, list[Turn]]:
    """The simulation of a document after its whole script, and its turns."""
    program = compile_template(DOOR if document is None else document)
    simulation = Simulation(program, start_input, Setting(**setting))
    turns = list(simulation.play(parse_script(script)))
    assert turns == simulation.turns
    return simulation, turns


def told(turns: list[Turn]) -> list[str]:
    """Each turn in a word: when (seconds after the first), what, what became of it, and where that led."""
    lines = []
    for turn in turns:
        kind = "created" if turn.kind is None else turn.kind.value
        name = turn.name if kind in ("event", "command") else ""
        state = "+".join(turn.execution.state.configuration)
        lines.append(
            " ".join(
                filter(None, (turn.at[11:23].rstrip("0").rstrip("."), kind, name, turn.reception, state))
            )
        )
    return lines
