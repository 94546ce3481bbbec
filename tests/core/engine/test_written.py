"""Written forms that are kept from state to state are those of a state that was never written before."""

import sys
from random import Random
from typing import Any

from actum_core import canonical_json
from actum_core.engine import State, step
from actum_core.engine.nodes import PART_NODES
from actum_core.engine.written import COMMITTED_MEMBERS_MAX, Collection, Written, commit_value
from actum_core.template import compile_template

from ..documents import document
from .driving import event_input, start


def _write(value: str) -> Written:
    canonical = canonical_json.encode(value)
    return Written(canonical, commit_value(canonical))


def test_a_collection_is_written_as_what_it_holds_whatever_it_held_before() -> None:
    random = Random(1)
    kept: Collection[str] = Collection({}, _write)
    held: dict[str, str] = {}
    for _ in range(400):
        changes = {
            f"{random.randint(1, 80)}.{random.randint(0, 1)}": random.choice([None, None, "x", "y" * 80])
            for _ in range(random.randint(1, 5))
        }
        kept = kept.changed(changes)
        for name, value in changes.items():
            held.pop(name, None)
            if value is not None:
                held[name] = value
        if random.random() < 0.6:
            assert kept.canonical() == canonical_json.encode(held)
            assert kept.committed() == Collection(dict(held), _write).committed()


def test_a_large_collection_is_committed_to_in_parts() -> None:
    small: Collection[str] = Collection({f"k{i}": "v" for i in range(COMMITTED_MEMBERS_MAX)}, _write)
    large = small.changed({"one": "more"})
    assert small.committed() == small.canonical()
    assert large.committed().startswith(b'{"$parts":"')
    assert large.changed({"one": "other"}).committed() != large.committed()
    assert large.changed({"one": None}).committed() == small.committed()


def _network(count: int) -> State:
    nodes = {
        f"n{i}": {"machine": {"initial": "s", "states": {"s": {"on": {f"e{i}": "t"}}, "t": {}}}}
        for i in reversed(range(count))
    }
    made = document(None, nodes=nodes)
    del made["machine"]
    program = compile_template(made)
    state = start(program).state
    return step(program, state, event_input("e1")).state


def test_many_nodes_are_committed_to_in_parts_and_told_in_document_order() -> None:
    assert b"$parts" not in _network(PART_NODES).commitment()
    state = _network(3 * PART_NODES + 1)
    assert b'"nodes":{"$parts":"' in state.commitment()
    assert state.canonical() == canonical_json.encode(state.to_json())
    assert state.configuration[-3:] == ("n2/s", "n1/t", "n0/s")
    assert canonical_json.parse(state.configuration_text.encode()) == list(state.configuration)


def test_a_step_of_a_network_writes_anew_what_it_touched() -> None:
    nodes = {
        f"n{i}": {
            "machine": {"initial": "s", "states": {"s": {"on": {f"e{i}": "t"}}, "t": {"on": {f"e{i}": "s"}}}}
        }
        for i in range(70)
    }
    made = document(None, nodes=nodes)
    del made["machine"]
    program = compile_template(made)
    random, state = Random(2), start(program).state
    for _ in range(60):
        state = step(program, state, event_input(f"e{random.randint(0, 69)}")).state
        if random.random() < 0.5:
            fresh = State.from_json(program, canonical_json.parse(state.canonical()))
            assert fresh.commitment() == state.commitment()
            assert fresh.configuration_text == state.configuration_text


def _calls(nodes: int) -> int:
    """Functions called by a step and the writing of what it commits to, in a network with timers everywhere."""
    quiet = {"initial": "s", "states": {"s": {"after": {"1h": "t"}, "on": {"token": {}}}, "t": {}}}
    go = {"target": "t", "actions": [{"emit": "=1"}]}
    moved = {"initial": "s", "states": {"s": {"on": {"e": go}}, "t": {"on": {"e": "s"}}}}
    members: dict[str, Any] = {f"n{i}": {"machine": quiet} for i in range(nodes - 1)}
    made = document(
        None, nodes={**members, "m": {"machine": moved}}, edges=[{"from": "m.out", "to": "n0.in"}]
    )
    del made["machine"]
    program = compile_template(made)
    state = start(program).state
    for _ in range(4):
        state = step(program, state, event_input("e")).state
        state.commitment()
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call" or event == "c_call"

    sys.setprofile(note)
    try:
        step(program, state, event_input("e")).state.commitment()
    finally:
        sys.setprofile(None)
    return count


def test_the_cost_of_a_step_does_not_grow_with_the_nodes_that_it_does_not_touch() -> None:
    few, many = _calls(40), _calls(900)
    # One more digest is looked up for every part; a part that was touched is joined anew, full or not.
    assert many - few <= 900 // PART_NODES + 2 * PART_NODES
