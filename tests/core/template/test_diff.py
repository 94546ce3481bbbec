"""How two documents differ in what they mean: what is told, and what is not."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.template.diff import diff_documents

from ..documents import document
from .differences import Told, assert_laws, told

MACHINE = """
initial: idle
states:
  idle: {on: {start: {target: busy, guard: vars.n < 3, actions: [{log: a}, {log: b}]}, stop: idle}}
  busy:
    initial: one
    states: {one: {on: {next: two}}, two: {}}
    on: {stop: idle}
    always: {guard: vars.n > 9, target: idle}
    entry: [{assign: {n: vars.n + 1}}]
"""

TEMPLATE: dict[str, Any] = document(
    MACHINE,
    vars={"n": {"type": "int", "initial": 0}, "text": {"type": "string", "initial": "x"}},
    input={"type": "object"},
    events={"start": {"schema": {"type": "object"}}, "stop": {}, "next": {}},
    rules=[
        {"id": "first", "on": "start", "emit": "next"},
        {"id": "second", "on": "stop", "when": "vars.n > 1", "emit": {"message": "next", "data": 1}},
    ],
)


def changed(change: Callable[[Any], object]) -> dict[str, Any]:
    """The template after a change in place."""
    target = copy.deepcopy(TEMPLATE)
    change(target)
    return target


def state(found: Any, *path: str) -> Any:
    found = found["machine"]
    for name in path:
        found = found["states"][name]
    return found


def reordered(members: dict[str, Any], *names: str) -> None:
    """Put the members of an object in this order."""
    for name in names:
        members[name] = members.pop(name)


CHANGES: list[tuple[str, Callable[[Any], object], list[Told]]] = [
    (
        "a state",
        lambda t: state(t)["states"].update(new={"type": "final"}),
        [("added", "state", "new", "", None, {"type": "final"})],
    ),
    (
        "a state within a state",
        lambda t: state(t, "busy")["states"].pop("two") or state(t, "busy", "one")["on"].pop("next"),
        [
            ("removed", "state", "two", "", {}, None),
            ("removed", "transition", "one: next", "", "two", None),
        ],
    ),
    (
        "what a state is",
        lambda t: state(t, "busy", "two").update(type="final", output=3),
        [
            ("changed", "state", "two", "output", None, 3),
            ("changed", "state", "two", "type", "atomic", "final"),
        ],
    ),
    (
        "where a compound state begins",
        lambda t: state(t, "busy").update(initial="two"),
        [("changed", "state", "busy", "initial", "one", "two")],
    ),
    (
        "where the machine begins",
        lambda t: state(t).update(initial="busy"),
        [("changed", "machine", "machine", "initial", "idle", "busy")],
    ),
    (
        "the order of states",
        lambda t: reordered(state(t)["states"], "busy", "idle"),
        [("moved", "state", "idle", "order", 0, 1)],
    ),
    (
        "a state that stands in another one",
        lambda t: state(t)["states"].update(two=state(t, "busy")["states"].pop("two")),
        [("moved", "state", "two", "parent", "busy", "")],
    ),
    (
        "a state's name",
        lambda t: (
            state(t)["states"].update(rest=state(t)["states"].pop("idle")),
            reordered(state(t)["states"], "rest", "busy"),
            state(t).update(initial="rest"),
            state(t, "rest")["on"].update(stop="rest"),
            state(t, "busy")["on"].update(stop="rest"),
            state(t, "busy")["always"].update(target="rest"),
        ),
        [("renamed", "state", "rest", "", "idle", "rest")],
    ),
    (
        "a guard",
        lambda t: state(t, "idle")["on"]["start"].update(guard="vars.n < 4"),
        [("changed", "transition", "idle: start", "guard", "vars.n < 3", "vars.n < 4")],
    ),
    (
        "a guard where there was none, in a transition that was written shortly",
        lambda t: state(t, "busy")["on"].update(stop={"target": "idle", "guard": "true"}),
        [("changed", "transition", "busy: stop", "guard", None, "true")],
    ),
    (
        "a target",
        lambda t: state(t, "busy")["always"].update(target="busy"),
        [("changed", "transition", "busy: always", "target", "idle", "busy")],
    ),
    (
        "the event of a transition",
        lambda t: state(t, "busy").update(on={"halt": "idle"}),
        [("changed", "transition", "busy: halt", "event", "stop", "halt")],
    ),
    (
        "what a transition leaves",
        lambda t: state(t, "idle")["on"]["start"].update(internal=True),
        [("changed", "transition", "idle: start", "internal", False, True)],
    ),
    (
        "a transition",
        lambda t: state(t, "busy", "two").update(on={"next": "one"}),
        [("added", "transition", "two: next", "", None, "one")],
    ),
    (
        "the order of transitions",
        lambda t: reordered(state(t, "idle")["on"], "stop", "start"),
        [("moved", "transition", "idle: stop", "order", 1, 0)],
    ),
    (
        "an action of a transition",
        lambda t: state(t, "idle")["on"]["start"]["actions"].insert(1, {"raise": "next"}),
        [("added", "content", "idle: start", "", None, {"raise": "next"})],
    ),
    (
        "the order of actions",
        lambda t: state(t, "idle")["on"]["start"]["actions"].reverse(),
        [("moved", "content", "idle: start", "order", 1, 0)],
    ),
    (
        "an action on entry",
        lambda t: state(t, "busy").update(entry=[{"assign": {"n": "vars.n + 2"}}]),
        [
            (
                "changed",
                "content",
                "busy: entry",
                "",
                {"assign": {"n": "vars.n + 1"}},
                {"assign": {"n": "vars.n + 2"}},
            )
        ],
    ),
    (
        "in which list an action stands",
        lambda t: state(t, "busy").update(entry=[[{"log": 1}], [{"assign": {"n": "vars.n + 1"}}]]),
        [
            ("changed", "content", "busy: entry", "list", 0, 1),
            ("added", "content", "busy: entry", "", None, {"log": 1}),
        ],
    ),
    (
        "a variable",
        lambda t: t["vars"].update(m={"type": "int"}),
        [("added", "variable", "m", "", None, {"type": "int"})],
    ),
    (
        "a variable's first value",
        lambda t: t["vars"]["n"].update(initial=1),
        [("changed", "variable", "n", "initial", 0, 1)],
    ),
    (
        "a variable's type",
        lambda t: t["vars"].update(n={"type": "any", "initial": True}),
        [
            ("changed", "variable", "n", "initial", 0, True),
            ("changed", "variable", "n", "type", "int", "any"),
        ],
    ),
    (
        "the type of an event's data",
        lambda t: t["events"].update(start={"schema": {"type": "array"}}),
        [("changed", "event", "start", "schema", {"type": "object"}, {"type": "array"})],
    ),
    (
        "an event",
        lambda t: t["events"].pop("stop"),
        [("removed", "event", "stop", "", {}, None)],
    ),
    (
        "events that were declared",
        lambda t: t.pop("events"),
        [
            ("changed", "document", "test", "events", TEMPLATE["events"], None),
            ("removed", "event", "start", "", {"schema": {"type": "object"}}, None),
            ("removed", "event", "stop", "", {}, None),
            ("removed", "event", "next", "", {}, None),
        ],
    ),
    (
        "a rule's condition",
        lambda t: t["rules"][1].update(when="vars.n > 2"),
        [("changed", "rule", "second", "when", "vars.n > 1", "vars.n > 2")],
    ),
    (
        "the order of rules",
        lambda t: t["rules"].reverse(),
        [("moved", "rule", "second", "order", 1, 0)],
    ),
    (
        "a rule's id",
        lambda t: t["rules"][0].update(id="third"),
        [("renamed", "rule", "third", "", "first", "third")],
    ),
    (
        "what an execution is started with",
        lambda t: t.update(input={"type": "array"}),
        [("changed", "document", "test", "input", {"type": "object"}, {"type": "array"})],
    ),
    (
        "what becomes of unknown events, and the name",
        lambda t: t.update(unknown_events="ignore", name="other"),
        [
            ("changed", "document", "other", "name", "test", "other"),
            ("changed", "document", "other", "unknown_events", False, "ignore"),
        ],
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES]
)
def test_a_change_is_told_and_nothing_else(change: Callable[[Any], object], expected: list[Told]) -> None:
    target = changed(change)
    assert sorted(told(TEMPLATE, target), key=repr) == sorted(expected, key=repr)
    assert_laws(TEMPLATE, target)


SAME: list[tuple[str, Callable[[Any], object]]] = [
    ("titles and descriptions", lambda t: (t.update(title="x"), state(t, "idle").update(description="y"))),
    ("layout", lambda t: t.update(layout={"idle": [1, 2]})),
    ("the order of members", lambda t: reordered(t, *sorted(t))),
    (
        "the order of variables and events",
        lambda t: (reordered(t["vars"], "text", "n"), reordered(t["events"], "next", "stop", "start")),
    ),
    (
        "a shorthand written out",
        lambda t: state(t, "busy").update(on=[{"event": "stop.*", "target": ["idle"], "internal": False}]),
    ),
    ("a default written out", lambda t: t.update(unknown_events="refuse")),
    ("titles in a schema", lambda t: t["input"].update(title="Start")),
    ("a number written otherwise", lambda t: t["vars"]["n"].update(initial=0.0)),
]


@pytest.mark.parametrize("change", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_what_no_step_depends_on_is_no_change(change: Callable[[Any], object]) -> None:
    target = changed(change)
    assert json.dumps(target) != json.dumps(TEMPLATE)
    assert told(TEMPLATE, target) == []
    assert_laws(TEMPLATE, target)


def test_values_that_python_takes_for_equal_are_told_apart() -> None:
    values = [0, False, None, "", [], {}, 1, True, "1", 1.5]
    documents = [document(vars={"v": {"type": "any", "initial": value}}) for value in values]
    for at, source in enumerate(documents):
        for to, target in enumerate(documents):
            assert bool(told(source, target)) == (at != to), (values[at], values[to])


def test_pointers_name_what_is_there_and_the_nearest_where_nothing_is() -> None:
    target = changed(lambda t: state(t, "busy")["on"].update(stop={"target": "idle", "guard": "true"}))
    [change] = diff_documents(TEMPLATE, target).changes
    assert change.source is not None
    assert change.target is not None
    assert (change.source.pointer, change.target.pointer) == (
        "/machine/states/busy/on/stop",
        "/machine/states/busy/on/stop/guard",
    )


def test_what_has_not_the_form_of_a_document_is_refused_with_its_problems() -> None:
    for broken in ({}, [], {**TEMPLATE, "machine": []}):
        for pair in ((broken, TEMPLATE), (TEMPLATE, broken)):
            with pytest.raises(Invalid) as refused:
                diff_documents(*pair)
            assert refused.value.problems


def test_a_document_with_errors_of_meaning_is_compared_all_the_same() -> None:
    target = changed(lambda t: state(t, "idle")["on"].update(stop="nowhere"))
    assert told(TEMPLATE, target) == [("changed", "transition", "idle: stop", "target", "idle", "nowhere")]


# --- Names ----------------------------------------------------------------------------------------------

RENAMES: list[tuple[str, str, str, set[str]]] = [
    (
        "two that say the same are told apart by what leads to them",
        "{initial: a, states: {a: {on: {x: b, y: c}}, b: {}, c: {}}}",
        "{initial: a, states: {a: {on: {x: d, y: e}}, d: {}, e: {}}}",
        {"b → d", "c → e"},
    ),
    (
        "two that nothing tells apart might be either",
        "{initial: a, states: {a: {}, b: {}, c: {}}}",
        "{initial: a, states: {a: {}, d: {}, e: {}}}",
        set(),
    ),
    (
        "a state and the one inside it",
        "{initial: a, states: {a: {initial: b, states: {b: {on: {x: b}}}}}}",
        "{initial: c, states: {c: {initial: d, states: {d: {on: {x: d}}}}}}",
        {"a → c", "b → d"},
    ),
    (
        "one that says something else now",
        "{initial: a, states: {a: {on: {x: b}}, b: {}}}",
        "{initial: a, states: {a: {on: {x: c}}, c: {on: {x: a}}}}",
        set(),
    ),
    (
        "one that more leads to now",
        "{initial: a, states: {a: {on: {x: b}}, b: {}}}",
        "{initial: a, states: {a: {on: {x: c, y: c}}, c: {}}}",
        {"b → c"},
    ),
    (
        "one that something else leads to now",
        "{initial: a, states: {a: {on: {x: b}}, b: {}}}",
        "{initial: a, states: {a: {on: {y: c}}, c: {}}}",
        set(),
    ),
    (
        "one that stands elsewhere now",
        "{initial: a, states: {a: {on: {x: b}, initial: k, states: {k: {}, b: {}}}}}",
        "{initial: a, states: {a: {on: {x: c}, initial: k, states: {k: {}}}, c: {}}}",
        set(),
    ),
    (
        "one that is done under its new name",
        "{initial: a, states: {a: {initial: k, states: {k: {type: final}}, on: {done.state.a: a}}}}",
        "{initial: b, states: {b: {initial: k, states: {k: {type: final}}, on: {done.state.b: b}}}}",
        {"a → b"},
    ),
]


@pytest.mark.parametrize(
    ("source", "target", "expected"), [row[1:] for row in RENAMES], ids=[row[0] for row in RENAMES]
)
def test_a_state_was_renamed_only_where_that_is_proven(source: str, target: str, expected: set[str]) -> None:
    documents = document(source), document(target)
    found = {f"{row[4]} → {row[5]}" for row in told(*documents) if row[0] == "renamed"}
    assert found == expected
    assert_laws(*documents)


def test_expressions_that_name_a_renamed_state_are_told_as_changed() -> None:
    source = document("{initial: a, states: {a: {on: {x: {guard: in_state('b')}, y: b}}, b: {}}}")
    target = document("{initial: a, states: {a: {on: {x: {guard: in_state('c')}, y: c}}, c: {}}}")
    assert [row[:4] for row in told(source, target)] == [
        ("changed", "transition", "a: x", "guard"),
        ("renamed", "state", "c", ""),
    ]
