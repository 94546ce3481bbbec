"""Machines in FSL, the finite state language of the jssm library, as templates."""

from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.formats.fsl import import_fsl
from actum_core.template import check_template

from ..documents import parse_yaml
from .running import Running

#: Statements, and the states they are read as.
READ: list[tuple[str, str]] = [
    ("idle 'submit' -> review;", "[{id: idle, on: [{event: submit, target: review}]}, {id: review}]"),
    ("a 'x' -> b 'y' -> c;",
     "[{id: a, on: [{event: x, target: b}]}, {id: b, on: [{event: y, target: c}]}, {id: c}]"),
    ("[a b] 'x' => c;",
     "[{id: a, on: [{event: x, target: c}]}, {id: b, on: [{event: x, target: c}]}, {id: c}]"),
    ("a 'x' <-> 'y' b;", "[{id: a, on: [{event: x, target: b}]}, {id: b, on: [{event: y, target: a}]}]"),
    ("a <- 'x' b;", "[{id: b, on: [{event: x, target: a}]}, {id: a}]"),
    ("a 'f' <-=> 'b' b;", "[{id: a, on: [{event: f, target: b}]}, {id: b, on: [{event: b, target: a}]}]"),
    ("a 'x' → b; b 'y' ⇒ a;", "[{id: a, on: [{event: x, target: b}]}, {id: b, on: [{event: y, target: a}]}]"),
    ("a after 10 minutes -> b;", "[{id: a, after: [{delay: 10m, target: b}]}, {id: b}]"),
    ("a 'go' after 3s -> b;",
     "[{id: a, on: [{event: go, target: b}], after: [{delay: 3s, target: b}]}, {id: b}]"),
    ("a after 1 week -> b;", "[{id: a, after: [{delay: 168h, target: b}]}, {id: b}]"),
    ('"the first" \'x\' -> b; // said\n/* and\n more */',
     "[{id: the_first, title: the first, on: [{event: x, target: b}]}, {id: b}]"),
    ("a 'x' -> b; end_states: [b];", "[{id: a, on: [{event: x, target: b}]}, {id: b, type: final}]"),
    ('a \'x\' -> b; state b : { label: "The last"; };',
     "[{id: a, on: [{event: x, target: b}]}, {id: b, title: The last}]"),
    # What is said of a state goes before what is said of a group that it is in, and the later group is nearer.
    ("&g : [a b]; &h : [a]; &g 'x' -> z; &h 'x' -> y; a 'x' -> b;",
     "[{id: a, on: [{event: x, target: b}, {event: x, target: y}, {event: x, target: z}]}, "
     "{id: b, on: [{event: x, target: z}]}, {id: z}, {id: y}]"),
    ("a 'x' -> b; a 'x.y' -> c;",
     "[{id: a, on: [{event: x, target: b, guard: \"message.name == 'x'\"}, {event: x.y, target: c}]}, "
     "{id: b}, {id: c}]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ)
def test_statements_are_read_as_these_states(text: str, expected: str) -> None:
    found = import_fsl(text)
    by_id = {state["id"]: state for state in found.document["machine"]["states"]}
    assert by_id == {state["id"]: state for state in parse_yaml(expected)}
    assert found.is_complete
    assert [problem for problem in check_template(found.document) if problem.severity == "error"] == []


def test_a_machine_runs() -> None:
    text = """
        machine_name: "Contract life";
        machine_version: 1.2.3;
        start_states: [idle];
        drafting 'submit' -> review 'amend' -> drafting;
        idle 'draft' -> drafting;
        review 'approve' => active after 30d => lapsed;
        active 'terminate' -> settled;
        end_states: [settled];
    """
    found = import_fsl(text)
    assert found.problems == ()
    assert (found.document["name"], found.document["title"]) == ("contract-life", "Contract life")
    assert found.document["description"] == "machine_version: 1.2.3"
    running = Running(found.document)
    for event in ("draft", "submit", "amend", "submit", "approve"):
        running.post(event)
    assert running.at == ("active",)
    assert running.pass_time(30 * 86_400 - 1).at == ("active",)
    assert running.pass_time(1).at == ("lapsed",)


#: Text, and its problems: code, severity, line and column.
PROBLEMS: list[tuple[str, list[tuple[str, str, int, int]]]] = [
    ("a -> b;", [("no_action", "warning", 1, 3)]),
    ("a 'x' ~> b;", [("forced", "warning", 1, 7)]),
    ("a 'x' -> b", [("syntax", "warning", 1, 11)]),
    ("a 'x' 50% -> b;", [("left_out", "error", 1, 3)]),
    ("a 'x' -> [b c];", [("several", "error", 1, 7)]),
    ("a 'x' -> b;\na 'x' -> c;", [("several", "error", 1, 1)]),
    ("a 'x' -> b;\n  what is this;", [("syntax", "error", 2, 8)]),
    ("a 'x' 'y' -> b; c 'z' -> d;", [("syntax", "error", 1, 7)]),
    ("a 'x' -> b; &g 'y' -> b;", [("unknown_group", "error", 1, 13)]),
    ("a 'done' -> b;", [("renamed", "warning", 1, 3)]),
    ("a 'two words' -> b;", [("renamed", "warning", 1, 3)]),
    ("graph_layout: dot; a 'x' -> b;", [("left_out", "warning", 1, 1)]),
    ("surprise: 1; a 'x' -> b;", [("left_out", "error", 1, 1)]),
    (
        "state a : { color: red; depth: 1; }; a 'x' -> b;",
        [("left_out", "warning", 1, 13), ("left_out", "error", 1, 25)],
    ),
    ("property p default 1; a 'x' -> b;", [("left_out", "error", 1, 1)]),
    ("on enter a do 'x'; a 'x' -> b;", [("left_out", "error", 1, 1)]),
    ("start_states: [a b]; a 'x' -> b;", [("several", "error", 1, 1)]),
    ("a 'x' -> b; end_states: [a];", [("end_goes_on", "error", 1, 1)]),
    ("a 'x' <- b;", [("left_out", "error", 1, 3), ("no_action", "warning", 1, 7)]),
    ("a 'x' -> { arc_label: y; } b;", [("left_out", "warning", 1, 10)]),
    ("a 'x' -> +|1;\nb 'y' -> c;", [("syntax", "error", 1, 10)]),
]


@pytest.mark.parametrize(("text", "expected"), PROBLEMS)
def test_what_is_not_carried_over_is_a_problem_at_its_line_and_column(text: str, expected: Any) -> None:
    found = [
        (problem.code, problem.severity, problem.detail.split(":")[0])
        for problem in import_fsl(text).problems
    ]
    assert found == [
        (code, severity, f"line {line}, column {column}") for code, severity, line, column in expected
    ]


@pytest.mark.parametrize("text", ["", "nothing", "machine_name: x;", "->", ";;;", "<svg/>"])
def test_text_without_a_state_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        import_fsl(text)


def test_groups_that_name_each_other_end() -> None:
    found = import_fsl("&g : [a &h]; &h : [b &g]; &g 'x' -> c;")
    assert [state["id"] for state in found.document["machine"]["states"]] == ["a", "b", "c"]
