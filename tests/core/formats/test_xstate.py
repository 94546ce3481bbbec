"""XState machines become templates and templates XState machines, and what they do not share is told."""

import json
from typing import Any

import pytest
from tests.core.formats.running import Running

from actum_core.errors import Invalid
from actum_core.formats.xstate import export_xstate, import_xstate
from actum_core.template import check_template
from actum_core.template.canonical import canonical_document
from actum_core.template.parse import parse_template

LIGHT: dict[str, Any] = {
    "id": "light",
    "initial": "green",
    "context": {"count": 0},
    "states": {
        "green": {
            "entry": "count",
            "on": {"TIMER": {"target": "yellow", "guard": {"type": "below", "params": {"limit": 2}}}},
            "after": {"500": "red"},
        },
        "yellow": {"on": {"TIMER": "red"}},
        "red": {
            "type": "parallel",
            "states": {
                "walk": {
                    "initial": "go",
                    "states": {"go": {"on": {"STOP": "halt"}}, "halt": {"type": "final"}},
                },
                "lamp": {
                    "initial": "on",
                    "states": {"on": {"on": {"DARK": "off"}}, "off": {"type": "final"}},
                },
            },
            "onDone": "#light.green",
        },
    },
}
BINDINGS = {"below": "vars.count < params.limit", "count": {"assign": {"count": "vars.count + 1"}}}

ORDER: dict[str, Any] = {
    "@exprLang": "cel",
    "id": "order",
    "context": {"total": 0, "limit": {"@expr": "input.limit"}},
    "schemas": {
        "context": {"type": "object", "properties": {"total": {"type": "integer"}}},
        "events": {"add": {"type": "object", "properties": {"price": {"type": "integer"}}}, "pay": {}},
        "input": {"type": "object"},
    },
    "guards": {"cheap": {"when": {"@expr": "event.price < params.most"}}},
    "actions": {
        "add": {"type": "@xstate.assign", "context": {"total": {"@expr": "context.total + params.price"}}}
    },
    "delays": {"patience": {"duration": {"@expr": "context.limit * 10"}}},
    "initial": "open",
    "states": {
        "open": {
            "on": {
                "add": [
                    {
                        "guard": {"type": "cheap", "params": {"most": 100}},
                        "actions": [
                            {"type": "add", "params": {"price": {"@expr": "event.price"}}},
                            {
                                "type": "@xstate.raise",
                                "event": {"type": "added", "total": {"@expr": "context.total"}},
                            },
                        ],
                    },
                    {"target": "refused"},
                ],
                "pay": {"target": "paid"},
            },
            "after": {"patience": {"target": "refused"}, "60000": {"target": "open", "reenter": True}},
        },
        "paid": {"type": "final", "output": {"total": {"@expr": "context.total"}}},
        "refused": {"type": "final"},
    },
}


def errors(problems: Any) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in problems if problem.severity == "error"]


def normal(found: Any) -> Any:
    return canonical_document(parse_template(found))


def test_a_machine_of_version_5_runs_once_its_names_are_bound() -> None:
    found = import_xstate(LIGHT, bindings=BINDINGS)
    assert found.problems == ()
    running = Running(found.document)
    assert (running.at, running.variables) == (("green",), {"count": 1})
    assert running.post("TIMER").post("TIMER").at == ("go", "on")
    assert running.post("STOP").post("DARK").at == ("green",)
    assert running.post("TIMER").at == ("green",)
    running.pass_time(0.5)
    assert running.at == ("go", "on")


def test_names_that_nothing_is_bound_to_are_told_and_never_guessed() -> None:
    found = import_xstate(json.dumps(LIGHT))
    assert errors(found.problems) == [
        ("/states/green/entry", "unbound_name"),
        ("/states/green/on/TIMER/guard", "unbound_name"),
    ]
    assert Running(found.document).post("TIMER").at == ("green",)


def test_machine_json_of_version_6_runs_as_it_is() -> None:
    found = import_xstate(ORDER)
    assert found.problems == ()
    assert found.document["vars"] == {
        "total": {"type": "int", "initial": 0},
        "limit": {"initial": "=input.limit"},
    }
    running = Running(found.document, {"limit": 5})
    running.post("add", {"price": 30}).post("add", {"price": 12})
    assert running.variables["total"] == 42
    assert running.post("pay").state.output == {"total": 42}
    assert Running(found.document, {"limit": 5}).post("add", {"price": 100}).at == ("refused",)
    waiting = Running(found.document, {"limit": 5})
    waiting.pass_time(0.05)
    assert waiting.at == ("refused",)


def test_machine_json_of_version_6_comes_back_as_it_was() -> None:
    found = import_xstate(ORDER).document
    exported = export_xstate(found)
    assert exported.problems == ()
    again = import_xstate(exported.text)
    assert again.problems == ()
    assert normal(again.document) == normal(found)


def machine(states: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"id": "m", "initial": next(iter(states)), "states": states, **others}


@pytest.mark.parametrize(
    ("states", "events", "expected"),
    [
        # A name means one event, and not all that begin with it.
        ({"a": {"on": {"e": "b", "e.x": "c"}}, "b": {}, "c": {}}, ["e.x"], "c"),
        ({"a": {"on": {"e": "b", "f.*": "c"}}, "b": {}, "c": {}}, ["e.x"], "a"),
        ({"a": {"on": {"e.*": "b"}}, "b": {}}, ["e.x"], "b"),
        ({"a": {"on": {"e.*": "b"}}, "b": {}}, ["e"], "b"),
        # Names come before wildcards, and longer wildcards before shorter ones.
        ({"a": {"on": {"*": "b", "e": "c"}}, "b": {}, "c": {}}, ["e"], "c"),
        ({"a": {"on": {"*": "b", "e.*": "c"}}, "b": {}, "c": {}}, ["e.x"], "c"),
        # A name whose guards do not hold hides the wildcards of its state.
        (
            {"a": {"on": {"*": "b", "e": {"target": "c", "guard": "no"}}}, "b": {}, "c": {}},
            ["e"],
            "a",
        ),
        # A transition within its source does not leave it, unless it says so.
        (
            {"a": {"entry": "stop", "on": {"e": "a", "f": {"target": "a", "reenter": True}}}, "b": {}},
            ["e"],
            "a",
        ),
        # Targets: relative, by path, by id, by the machine's id.
        ({"a": {"initial": "x", "states": {"x": {}, "y": {}}, "on": {"e": ".y"}}}, ["e"], "y"),
        ({"a": {"on": {"e": "b.y"}}, "b": {"initial": "x", "states": {"x": {}, "y": {}}}}, ["e"], "y"),
        ({"a": {"on": {"e": "#there"}}, "b": {"id": "there"}}, ["e"], "there"),
        ({"a": {"on": {"e": "#m.b"}}, "b": {}}, ["e"], "b"),
        # Version 4.
        ({"a": {"on": {"e": {"target": "b", "cond": "no"}}}, "b": {}}, ["e"], "a"),
        # A history without a target leads to where its state begins.
        (
            {"a": {"on": {"e": "b.h"}}, "b": {"initial": "x", "states": {"x": {}, "h": {"type": "history"}}}},
            ["e"],
            "x",
        ),
    ],
)
def test_a_machine_does_what_xstate_does(states: dict[str, Any], events: list[str], expected: str) -> None:
    found = import_xstate(machine(states), bindings={"no": "false", "stop": []})
    assert errors(found.problems) == []
    running = Running(found.document)
    for event in events:
        if running.program.knows_event(event):
            running.post(event)
    assert running.at == (expected,)


@pytest.mark.parametrize(
    ("config", "pointer", "code"),
    [
        (machine({"a": {"spin": 1}}), "/states/a/spin", "unknown_field"),
        (machine({"a": {"on": {"e": "nowhere"}}}), "/states/a/on/e/target", "unknown_state"),
        (
            machine({"a": {"on": {"e": {"target": "a", "guard": {"@code": "() => true"}}}}}),
            "/states/a/on/e/guard",
            "unsupported",
        ),
        (
            machine({"a": {"on": {"e": {"guard": {"@expr": "true", "@lang": "js"}}}}}),
            "/states/a/on/e/guard",
            "unsupported",
        ),
        (machine({"a": {"invoke": {"src": "fetch"}}}), "/states/a/invoke/src", "unbound_name"),
        (machine({"a": {"after": {"soon": "a"}}}), "/states/a/after/soon", "unbound_name"),
        (machine({"a": {"route": {}}}), None, None),
        (machine({"a": {"activities": ["x"]}}), "/states/a/activities", "unsupported"),
        (machine({"a": {"entry": {"type": "xstate.sendTo"}}}), "/states/a/entry", "unsupported"),
        (
            machine({"a": {"entry": {"type": "@xstate.assign", "context": {"x": 1}}}}),
            "/states/a/entry/context/x",
            "unknown_variable",
        ),
        (machine({"a": {}}, context={"@expr": "{}"}), "/context", "unsupported"),
        (
            machine(
                {
                    "p": {
                        "type": "parallel",
                        "states": {"x": {"on": {"e": {}}}, "y": {}},
                        "on": {"e": "q"},
                    },
                    "q": {},
                }
            ),
            "/states/p/on/e",
            "different",
        ),
    ],
)
def test_what_is_not_carried_over_is_told(
    config: dict[str, Any], pointer: str | None, code: str | None
) -> None:
    found = import_xstate(config)
    assert errors(found.problems) == ([] if pointer is None else [(pointer, code)])
    assert not errors(check_template(found.document))


def test_a_machine_that_is_parallel_ends_with_its_regions() -> None:
    region = {"initial": "x", "states": {"x": {"on": {"e": "y"}}, "y": {"type": "final"}}}
    found = import_xstate(
        {"id": "m", "type": "parallel", "states": {"a": region, "b": region}, "output": {"n": 1}}
    )
    assert errors(found.problems) == []
    assert Running(found.document).post("e").state.output == {"n": 1}


def test_an_actor_may_be_another_machine() -> None:
    child = machine({"x": {"type": "final", "output": {"n": 3}}})
    config = machine(
        {
            "a": {"invoke": {"src": "work", "onDone": {"target": "b", "actions": "keep"}}},
            "b": {},
        },
        context={"n": 0},
    )
    bindings = {"actors.work": child, "keep": {"assign": {"n": "message.data.n"}}}
    found = import_xstate(config, bindings=bindings)
    assert errors(found.problems) == []
    running = Running(found.document)
    assert (running.at, running.variables) == (("b",), {"n": 3})


@pytest.mark.parametrize("source", ["", "[]", "{", '"text"', '{"states": {}, "states": {}}'])
def test_what_is_no_machine_is_refused(source: str) -> None:
    with pytest.raises(Invalid):
        import_xstate(source)
