"""Let a list of things happen to a template, and compare what the page or file says with what came of each.

A member of the list is one of a simulation's script, and may have a `then`: what must hold after it. The first may be
`{start: input}` instead. What `then` may say is in `_told`; it says nothing of what it leaves out.
"""

from collections.abc import Sequence
from typing import Any

from actum_core import canonical_json
from actum_core.engine.lifecycle import Lifecycle
from actum_core.simulation import Simulation, parse_script
from actum_core.template import Program


def check_happenings(program: Program, happens: Sequence[dict[str, Any]]) -> None:
    """Play the list, a member more each time, so that what follows from each is seen by itself."""
    script: list[dict[str, Any]] = []
    given, before = None, 0 if "start" in happens[0] else len(_play(program, None, ()).entries)
    for number, member in enumerate(happens):
        then = member.get("then", {})
        if "start" in member:
            given = member["start"]
        else:
            script.append({name: value for name, value in member.items() if name != "then"})
        simulation = _play(program, given, script)
        found = _told(simulation, before)
        for name, expected in then.items():
            assert found[name] == expected, f"{name} is {found[name]!r} after {number}: {member}"
        before = len(simulation.entries)


def _play(program: Program, given: Any, script: Sequence[dict[str, Any]]) -> Simulation:
    simulation = Simulation(program, given)
    for turn in simulation.play(parse_script(script)):
        assert not turn.problems or turn.reception.value == "refused"
    return simulation


def _told(simulation: Simulation, before: int) -> dict[str, Any]:
    execution = simulation.execution
    new = [(entry.kind, canonical_json.parse(entry.payload)) for entry in simulation.entries[before:]]
    last = simulation.turns[-1]
    return {
        "configuration": list(execution.state.configuration),
        "vars": execution.state.to_json()["vars"],
        "lifecycle": execution.lifecycle.value,
        "is_over": execution.lifecycle is not Lifecycle.RUNNING,
        "output": execution.state.output,
        # Of the new entries: their kinds, what logs say, what was requested, the tokens' values with their ports.
        "entries": [kind for kind, _ in new],
        "logs": [payload.get("value") for kind, payload in new if kind == "log"],
        "errors": [payload["code"] for kind, payload in new if kind == "error"],
        "requested": [payload.get("with") for kind, payload in new if kind == "requested"],
        "tokens": [
            [f"{payload['node']}.{payload['port']}", payload["value"]]
            for kind, payload in new
            if kind == "token"
        ],
        "dropped": [payload["reason"] for kind, payload in new if kind == "dropped"],
        "due": [timer.due for timer in sorted(execution.state.timers.values())],
        "next_due": execution.next_due,
        "at": simulation.moment,
        "reception": last.reception.value,
        "problems": [problem.code for problem in last.problems],
    }
