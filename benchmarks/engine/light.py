"""The machine that every engine here runs: three states, one guard, one assignment.

A tick that carries more than 5 moves the light on and is added up. It is the machine of `bench-light.yaml`.
"""

from typing import Any, Final

from actum_core.engine import State
from actum_core.template import Program, compile_template
from benchmarks.engine.driving import Recording, Stepping

STATES: Final = ("green", "amber", "red")
AMOUNT: Final = 7
TICK: Final = ("tick", {"amount": AMOUNT})

STEP: Final = "actum, step alone"
RECORDED: Final = "actum, with entries and hashes"


def moving_on(target: str) -> dict[str, Any]:
    """What every state does with a tick."""
    return {
        "guard": "message.data.amount > 5",
        "target": target,
        "actions": [{"assign": {"total": "vars.total + message.data.amount"}}],
    }


def light_document() -> dict[str, Any]:
    following = (*STATES[1:], STATES[0])
    return {
        "format": "actum/1",
        "name": "bench-light",
        "vars": {"total": {"type": "int", "initial": 0}},
        "events": {
            "tick": {
                "schema": {
                    "type": "object",
                    "required": ["amount"],
                    "properties": {"amount": {"type": "integer"}},
                }
            }
        },
        "machine": {
            "initial": STATES[0],
            "states": {
                state: {"on": {"tick": moving_on(next_state)}}
                for state, next_state in zip(STATES, following, strict=True)
            },
        },
    }


def _verify(program: Program, state: State, times: int) -> None:
    assert program.name == "bench-light"
    assert state.vars["total"] == AMOUNT * times
    assert state.configuration == (STATES[times % 3],)


class LightStep(Stepping):
    """`step` alone."""

    def __init__(self) -> None:
        super().__init__(STEP, compile_template(light_document()), (TICK,))

    def verify(self, times: int) -> None:
        _verify(self.program, self.state, times)


class LightRecorded(Recording):
    """The step, its entries and their hashes."""

    def __init__(self) -> None:
        super().__init__(RECORDED, compile_template(light_document()), (TICK,))

    def verify(self, times: int) -> None:
        _verify(self.program, self.execution.state, times)
        assert self.head.sequence == 2 * times
