"""What Hypothesis draws for the laws: templates, and what is done to an execution of them."""

from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

from actum.entrypoints.cli.documents import parse_yaml
from actum_core.engine import State, StepFailed, step
from actum_core.engine.lifecycle import Command
from actum_core.template import Program, check_template, compile_template

from ..core.engine.charts import ChartMaker
from ..core.engine.driving import start_input
from ..executions.documents import COUNTER
from .memory import Event, Move


class Subject(NamedTuple):
    """A template, what its executions are started with, and events that mean something to it."""

    document: dict[str, Any]
    program: Program
    start_input: dict[str, Any]
    events: list[tuple[str, Any]]


@cache
def examples() -> list[Subject]:
    """The templates that come with the product, and the counter."""
    light: list[tuple[str, Any]] = [("tick", {})] * 4 + [
        ("pedestrian.pressed", {}),
        ("fault.reported", {"lamp": "red"}),
        ("fault.repaired", {}),
        ("fault.reported", {"lamp": "blue"}),
    ]
    order: list[tuple[str, Any]] = [
        ("order.placed", {"amount": 250.5, "items": ["a"]}),
        ("order.placed", {"amount": 5_000, "items": ["a", "b"]}),
        ("payment.received", {"amount": 100}),
        ("payment.received", {"amount": 5_000}),
        ("decision.made", {"by": "ada", "approve": True}),
        ("decision.made", {"by": "ada", "approve": False, "reason": "é"}),
        ("reminder.due", {}),
        *(("customer.called", {"wish": wish}) for wish in ("hold", "resume", "hold", "resume", "cancel")),
    ]
    counter: list[tuple[str, Any]] = [
        *(("add", {"amount": amount}) for amount in (1, 0.5, 500, -3)),
        *((name, {}) for name in ("boom", "grow", "spin", "stop")),
        ("add", {"amount": "x"}),
    ]
    return [
        _subject(COUNTER, {"limit": 1}, counter),
        _subject(_example("traffic-light"), {"junction": "A", "green_ticks": 2}, light),
        _subject(_example("order-approval"), {"order": "o-1"}, order),
    ]


def _example(name: str) -> dict[str, Any]:
    text = (resources.files("actum.examples") / f"{name}.yaml").read_bytes()
    return dict(parse_yaml(name, text).value)


def _subject(document: dict[str, Any], given: dict[str, Any], events: list[tuple[str, Any]]) -> Subject:
    return Subject(document, compile_template(document), given, events)


@st.composite
def charts(draw: st.DrawFn) -> Subject:
    """A random chart that is legal and comes to rest."""
    maker = ChartMaker(draw(st.integers(0, 100_000)), levels=draw(st.integers(1, 3)))
    document = maker.template()
    assume(not any(problem.severity == "error" for problem in check_template(document)))
    program = compile_template(document)
    try:
        step(program, State.initial(program), start_input({"site": "x"}))
    except StepFailed:
        assume(False)
    return Subject(document, program, {"site": "x"}, maker.events())


subjects = st.sampled_from(examples()) | charts()


@st.composite
def moves_of(draw: st.DrawFn, subject: Subject, at_most: int = 20) -> list[Move]:
    """Events in any order, and commands in between; each with a key of its own."""
    kinds = st.sampled_from(
        ["event"] * 8 + ["pause", "resume"] * 2 + ["cancel"] * (1 if draw(st.integers(0, 9)) == 0 else 0)
    )
    found: list[Move] = []
    for number, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=at_most))):
        if kind == "event":
            name, data = draw(st.sampled_from(subject.events))
            event: Event = (name, f"k{number}", data)
            found.append(event)
        else:
            found.append((Command(kind), f"k{number}"))
    return found


@st.composite
def cut(draw: st.DrawFn, moves: list[Move]) -> list[list[list[Move]]]:
    """The same moves in the same order, in batches of submissions."""
    groups: list[list[list[Move]]] = []
    at = 0
    while at < len(moves):
        group: list[list[Move]] = []
        for _ in range(draw(st.integers(1, 3))):
            size = draw(st.integers(1, 4))
            if moves[at : at + size]:
                group.append(moves[at : at + size])
            at += size
        groups.append(group)
    return groups


def one_by_one(moves: list[Move]) -> list[list[list[Move]]]:
    return [[[move]] for move in moves]
