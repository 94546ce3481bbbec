"""What a simulation came to, as JSON: the one form that the command line, the API and the Studio show.

Entries, messages and tokens are those of its ledger. Names are as in the API.
"""

from collections.abc import Iterable
from typing import Any

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.fold import ENGINE_VERSION
from actum_core.engine.trace import Look
from actum_core.ledger.entry import Entry
from actum_core.simulation.coverage import measure_coverage
from actum_core.simulation.simulation import Simulation
from actum_core.simulation.turn import Selection, Turn


def describe_simulation(simulation: Simulation) -> dict[str, JsonValue]:
    """Everything: turns in their order, the ledger, where it stands now, and what it did not come by."""
    said = [(entry, canonical_json.parse(entry.payload)) for entry in simulation.entries]
    return {
        "object": "simulation",
        **describe_standing(simulation),
        "turns": [describe_turn(turn) for turn in simulation.turns],
        "entries": [describe_entry(entry, payload) for entry, payload in said],
        "messages": _told(said, "message"),
        "tokens": _told(said, "token"),
        "coverage": measure_coverage(simulation.program, simulation.entries).to_json(),
    }


def describe_standing(simulation: Simulation) -> dict[str, JsonValue]:
    """Where a simulation stands: what it is of, its clock, its state, and what it waits for."""
    execution = simulation.execution
    program, state = simulation.program, execution.state
    costs = [turn.cost for turn in simulation.turns if turn.cost is not None]
    return {
        "template": program.name,
        "programDigest": program.digest,
        "engine": ENGINE_VERSION,
        "executionId": simulation.identity.execution,
        "startedAt": simulation.started_at,
        "now": simulation.moment,
        "ended": None if simulation.ending is None else simulation.ending.value,
        "lifecycle": execution.lifecycle.value,
        "configuration": list(state.configuration),
        "state": state.to_json(),
        "held": execution.held,
        "seq": simulation.head.sequence,
        "inputSeq": execution.input_sequence,
        "headHash": simulation.head.entry_hash.hex(),
        "timers": [{"timer": key, **state.timers[key].members()} for key in state.timer_order],
        "requests": [{"id": key, **request.members()} for key, request in state.requests.items()],
        "cost": sum(costs) if costs else None,
        "warnings": [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in program.warnings
        ],
    }


def describe_turn(turn: Turn) -> dict[str, JsonValue]:
    """One input: what became of it, where it led, and why."""
    state = turn.execution.state
    told: dict[str, JsonValue] = {
        "number": turn.number,
        "kind": "created" if turn.kind is None else turn.kind.value,
        "name": turn.name,
        "at": turn.at,
        "inputSeq": turn.sequence,
        "outcome": turn.reception.value,
        "problems": [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in turn.problems
        ],
        "firstSeq": turn.entries[0].sequence if turn.entries else None,
        "seq": turn.entries[-1].sequence if turn.entries else None,
        "lifecycle": turn.execution.lifecycle.value,
        "configuration": list(state.configuration),
        "state": state.to_json(),
        "cost": turn.cost,
    }
    if turn.selections is not None:
        told["trace"] = [_describe_selection(each) for each in turn.selections]
    return told


def describe_entry(entry: Entry, payload: JsonValue) -> dict[str, JsonValue]:
    """One line of the ledger; ``header`` is the exact text that ``entryHash`` is over."""
    header: dict[str, Any] = canonical_json.parse(entry.header)
    return {
        "seq": entry.sequence,
        "inputSeq": entry.input_sequence,
        "kind": entry.kind,
        "recordedAt": header["ts"],
        "entryHash": entry.entry_hash.hex(),
        "previousHash": header["prev"],
        "stateCommitment": header["state"],
        "payload": payload,
        "payloadSalt": entry.payload_salt.hex(),
        "header": entry.header.decode(),
    }


def _told(said: Iterable[tuple[Entry, Any]], kind: str) -> list[JsonValue]:
    return [
        {"seq": entry.sequence, "inputSeq": entry.input_sequence, **payload}
        for entry, payload in said
        if entry.kind == kind
    ]


def _describe_selection(selection: Selection) -> dict[str, JsonValue]:
    first = selection.looks[0]
    return {
        "node": first.node,
        "event": first.event,
        "draft": selection.drafts,
        "transitions": [_describe_look(look) for look in selection.looks],
    }


def _describe_look(look: Look) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {
        "from": look.source,
        "index": look.index,
        "guard": look.guard,
        "verdict": look.verdict.value,
    }
    return told if look.failure is None else {**told, "failure": look.failure}
