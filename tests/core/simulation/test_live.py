"""A simulation is what live ingest does, and what a replay of it finds: byte for byte."""

import random
from pathlib import Path
from typing import Any

import pytest
from tests.core.documents import load_yaml
from tests.laws.memory import CALLER, NOW, Memory

from actum_core.engine.fold import Subject, new_execution
from actum_core.engine.lifecycle import Command
from actum_core.engine.replay import Replayer
from actum_core.ledger.chain import ChainVerifier, StoredEntry
from actum_core.ledger.chain import Identity as ChainIdentity
from actum_core.ledger.entry import START_OF_CHAIN, Chain
from actum_core.simulation import Identity, Setting, Simulation, parse_script
from actum_core.template import Program, compile_template

from .acting import DOOR, act

_EXAMPLES = Path(__file__).resolve().parents[3] / "server" / "src" / "actum" / "examples"
LIGHT = load_yaml(_EXAMPLES / "traffic-light.yaml")

MOVES: list[Any] = [
    ("tick", "1", {}),
    ("tick", "2", {}),
    ("pedestrian.pressed", "3", {}),
    ("nope", "4", {}),
    ("tick", "2", {}),
    ("fault.reported", "5", {"lamp": "green"}),
    (Command.PAUSE, "6"),
    ("fault.repaired", "7", {"when": 1.5, "ä": "ö"}),
    ("tick", "8", {}),
    (Command.RESUME, "9"),
    ("tick", "10", {}),
    (Command.CANCEL, "11"),
    ("tick", "12", {}),
]


def as_script(moves: list[Any]) -> list[dict[str, Any]]:
    return [
        {"command": move[0].value, "id": move[1]}
        if isinstance(move[0], Command)
        else {"type": move[0], "id": move[1], "source": "law", "data": move[2]}
        for move in moves
    ]


def simulate(program: Program, start_input: Any, moves: list[Any]) -> Simulation:
    """With the names, the salts and the clock of `Memory`."""
    identity = Identity(
        execution="exe_00000000000000000000000002",
        log="actum/test/1",
        actor=CALLER.actor,
        created={},
        state_salt=bytes(32),
        salt_of=lambda sequence: sequence.to_bytes(32, "big"),
    )
    simulation = Simulation(program, start_input, Setting(start=NOW, identity=identity))
    for _ in simulation.play(parse_script(as_script(moves))):
        pass
    return simulation


def test_the_same_inputs_live_have_the_same_bytes_and_hashes() -> None:
    program, start_input = compile_template(LIGHT), {"junction": "north", "green_ticks": 2}
    live = Memory(program, start_input).play([[[move] for move in MOVES]])
    simulated = simulate(program, start_input, MOVES)
    assert len(live.entries) > 20
    assert simulated.entries == live.entries
    assert simulated.execution.canonical() == live.place.execution.canonical()


@pytest.mark.parametrize("seed", range(10))
def test_random_inputs_live_have_the_same_bytes_and_hashes(seed: int) -> None:
    chance = random.Random(seed)
    kinds = ["tick", "tick", "pedestrian.pressed", "fault.reported", "fault.repaired", "nope"]
    moves: list[Any] = []
    for number in range(60):
        if chance.random() < 0.15:
            moves.append((chance.choice([Command.PAUSE, Command.RESUME]), f"c{number}"))
        else:
            data = {"lamp": chance.choice(["red", "green"])} if chance.random() < 0.7 else {}
            moves.append((chance.choice(kinds), str(chance.randrange(40)), data))
    program, start_input = compile_template(LIGHT), {"junction": "north"}
    live = Memory(program, start_input).play([[[move] for move in moves]])
    assert simulate(program, start_input, moves).entries == live.entries


def test_a_replay_of_what_was_simulated_finds_no_difference() -> None:
    script = [
        {"type": "open"},
        {"outcome": "ok"},
        {"command": "pause"},
        {"type": "open", "at": "+1h"},
        {"outcomes": {"*": "failed"}},
        {"command": "resume"},
        {"type": "open", "at": "+1s"},
        {"type": "burn"},
    ]
    simulation, _ = act(script, is_to_quiet=True)
    rows = [StoredEntry(*entry) for entry in simulation.entries]
    identity = simulation.identity
    chain = Chain(identity.log, identity.execution, simulation.program.digest, "actum-1")
    verifier = ChainVerifier(ChainIdentity(identity.log, identity.execution))
    assert list(verifier.verify(rows)) == []
    start = (new_execution(simulation.program), START_OF_CHAIN)
    replayer = Replayer(Subject(simulation.program, identity.state_salt), chain, start, {}.__getitem__)
    replayer.feed(rows)
    replayed = replayer.finish()
    assert replayed.difference is None
    assert (replayed.head, replayed.inputs) == (simulation.head, simulation.execution.input_sequence)
    assert replayed.execution.canonical() == simulation.execution.canonical()
    assert DOOR["name"] == simulation.program.name
