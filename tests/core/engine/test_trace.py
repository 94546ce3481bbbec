"""What a step tells a trace: which transitions it looked at, what their guards said, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from actum_core.engine import Input, InputKind, State, StepFailed, step
from actum_core.engine.trace import Look, Verdict
from actum_core.template import compile_template

from ..documents import document
from .driving import NOW, event_input, start


@dataclass
class Notes:
    """A trace that keeps what it hears."""

    looks: list[tuple[Any, ...]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)

    def tell(self, looks: Sequence[Look], drafts: int) -> None:
        self.looks += [
            (each.node, each.event, each.source, each.index, each.guard, each.verdict) for each in looks
        ]
        self.looks += [("failure", each.failure["code"]) for each in looks if each.failure]
        self.places.append(drafts)

    def tell_cost(self, spent: int) -> None:
        self.costs.append(spent)


def test_a_trace_hears_of_guards_and_of_what_came_first() -> None:
    machine = """
    initial: p
    on: {e: p}
    states:
      p:
        type: parallel
        on: {e: q}
        states:
          r:
            initial: a
            states:
              a:
                on:
                  e:
                    - {guard: vars.n > 0, target: b}
                    - {guard: vars.any.x, target: b}
                    - {guard: vars.n == 0, target: b}
                    - a
              b: {}
          s: {initial: c, states: {c: {}}}
      q: {}
    """
    program = compile_template(document(machine, vars={"n": {"type": "int"}, "any": {}}))
    state, notes = start(program).state, Notes()
    stepped = step(program, state, event_input("e"), notes)
    assert notes.looks[:5] == [
        ("", "e", "p", 0, None, Verdict.PREEMPTED),
        ("", "e", "a", 0, False, Verdict.REFUSED),
        ("", "e", "a", 1, None, Verdict.FAILED),
        ("", "e", "a", 2, True, Verdict.TAKEN),
        ("failure", "no_such_field"),
    ]
    assert [draft.kind for draft in stepped.drafts[: notes.places[0] + 1]] == ["error", "transition"]
    assert stepped.state.configuration == ("b", "c")
    assert stepped.drafts == step(program, state, event_input("e")).drafts
    [cost] = notes.costs
    assert cost > 0


def test_a_trace_names_the_machine_of_a_network() -> None:
    nodes = {name: {"machine": {"initial": "s", "states": {"s": {"on": {"e": "s"}}}}} for name in ("a", "b")}
    made = document(None, nodes=nodes)
    del made["machine"]
    program, notes = compile_template(made), Notes()
    step(program, start(program).state, event_input("e"), notes)
    assert [(look[0], look[5]) for look in notes.looks] == [("a", Verdict.TAKEN), ("b", Verdict.TAKEN)]


def test_a_trace_hears_what_a_failing_step_has_cost() -> None:
    machine = {
        "initial": "a",
        "states": {"a": {"on": {"e": "b"}}, "b": {"always": {"actions": [{"log": 1}]}}},
    }
    program, notes = compile_template(document(machine)), Notes()
    state = start(program).state
    with pytest.raises(StepFailed):
        step(program, state, event_input("e"), notes)
    assert len(notes.costs) == 1


def test_a_start_is_traced_too() -> None:
    program, notes = compile_template(document()), Notes()
    step(program, State.initial(program), Input(InputKind.START, "", None, NOW, 1, "exe_test"), notes)
    assert notes.places == [1]
