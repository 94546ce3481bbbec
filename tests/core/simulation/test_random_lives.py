"""Random lives of templates that use everything: whole chains, equal replays, states that are read back as stored."""

import random
from pathlib import Path
from typing import Any

import pytest
from tests.browser.digests import random_script
from tests.core.documents import load_yaml

from actum_core.engine.fold import ENGINE_VERSION, Subject, new_execution
from actum_core.engine.lifecycle import Execution, restore_execution
from actum_core.engine.replay import Replayer
from actum_core.ledger.chain import ChainVerifier, Identity, StoredEntry
from actum_core.ledger.entry import START_OF_CHAIN, Chain, Head
from actum_core.simulation import Setting, Simulation, parse_script
from actum_core.template import compile_template, load_program

_TESTS = Path(__file__).resolve().parents[2]
DOCUMENTS = {each["name"]: each for each in load_yaml(_TESTS / "browser" / "documents.yaml")}
LIVES = 12


def live(name: str, seed: int) -> Simulation:
    document = DOCUMENTS[name]
    chance = random.Random(seed)
    setting = Setting(is_to_quiet=True, inputs_max=40, seed=str(seed))
    simulation = Simulation(compile_template(document), {}, setting)
    for _ in simulation.play(parse_script(list(random_script(chance, document)))):
        pass
    return simulation


def replay(simulation: Simulation, program: Any, start: tuple[Execution, Head]) -> Any:
    identity = simulation.identity
    chain = Chain(identity.log, identity.execution, program.digest, ENGINE_VERSION)
    rows = [StoredEntry(*entry) for entry in simulation.entries]
    replayer = Replayer(Subject(program, identity.state_salt), chain, start, {}.__getitem__)
    replayer.feed(rows[start[1].sequence :])
    return replayer.finish()


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("seed", range(LIVES))
def test_a_life_replays_to_the_same_bytes_from_its_start(name: str, seed: int) -> None:
    simulation = live(name, seed)
    identity = simulation.identity
    rows = [StoredEntry(*entry) for entry in simulation.entries]
    assert list(ChainVerifier(Identity(identity.log, identity.execution)).verify(rows)) == []
    # As a server would: with the program read back from what is stored of it.
    program = load_program(simulation.program.canonical)
    assert program.digest == simulation.program.digest
    replayed = replay(simulation, program, (new_execution(program), START_OF_CHAIN))
    assert replayed.difference is None
    assert replayed.head == simulation.head
    assert replayed.execution.canonical() == simulation.execution.canonical()


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("seed", range(LIVES))
def test_a_life_goes_on_from_every_state_that_was_stored(name: str, seed: int) -> None:
    simulation = live(name, seed)
    for turn in simulation.turns:
        stored = turn.execution.canonical()
        restored = restore_execution(simulation.program, stored)
        assert restored.canonical() == stored
        assert restored.committed_form() == turn.execution.committed_form()
        # A replay that begins where events are held would need them from before.
        if not turn.entries or turn.execution.held:
            continue
        last = turn.entries[-1]
        replayed = replay(
            simulation, simulation.program, (restored, Head(last.sequence, last.entry_hash, turn.at))
        )
        assert replayed.difference is None, (turn.number, replayed.difference)
        assert replayed.execution.canonical() == simulation.execution.canonical()
