"""Scripts of the editor's processors, imported and run."""

from typing import Any

import pytest

from actum_core.formats.editor import import_editor
from actum_core.formats.editor.formulas import Untranslatable
from actum_core.formats.editor.scripts import returned_by
from actum_core.limits import (
    EDITOR_FORMULA_LENGTH_MAX,
    EDITOR_SCRIPT_PARTS_MAX,
    EDITOR_SCRIPTS_PARTS_MAX,
)
from actum_core.template import check_template

from .running import Running
from .scenarios import computing, consumed, node, out, queue, run, scenario, sink, source, values


def process(logic: Any, *outputs: dict[str, Any], **members: Any) -> dict[str, Any]:
    processing = {"type": "stateful", "logic": logic}
    return node("ProcessNode", "P", *(outputs or (out("o", "Sink"),)), processing=processing, **members)


#: Scripts, and what they make of 1, 2 and 3.
SCRIPTS: list[tuple[str, list[Any]]] = [
    ("return input.data.value * 2;", [2, 4, 6]),
    ("return input.data.value", [1, 2, 3]),
    ("const v = input.data.value; return v + v", [2, 4, 6]),
    ("let v = input.data.value; v += 1; v = v * v; return v", [4, 9, 16]),
    ("var a = 1, b = a + 1; return input.data.value + b", [3, 4, 5]),
    ("if (input.data.value > 1) { return 'many' } return 'one'", ["one", "many", "many"]),
    ("const v = input.data.value; if (v > 2) { return v } else { return -v }", [-1, -2, 3]),
    ("let r = 'low'; if (input.data.value > 2) { r = 'high' } return r", ["low", "low", "high"]),
    ("let r; if (input.data.value > 2) { const s = 'h'; r = s } else { r = 'l' } return r", ["l", "l", "h"]),
    ("const t = input.data; return t.value > 2 ? 1 : 0", [0, 0, 1]),
    ("const o = { a: input.data.value, b: 2 }; return o.a + o.b", [3, 4, 5]),
    ("return { data: { value: input.data.value, is: 'x' } };", [{"value": n, "is": "x"} for n in (1, 2, 3)]),
    ("return { data: input.data.value + 1 }", [2, 3, 4]),
    ("const v = input.data.value; return { v, twice: v * 2 }", [{"v": n, "twice": 2 * n} for n in (1, 2, 3)]),
    (
        "const v = input.data.value; return { data: { v, w: v > 1 ? Math.max(v, 9) : 0 } }",
        [{"v": 1, "w": 0}, {"v": 2, "w": 9}, {"v": 3, "w": 9}],
    ),
    (
        "if (input.data.value > 2) { return { data: { is: 'high' } } } return { data: { is: 'low' } }",
        [{"is": "low"}, {"is": "low"}, {"is": "high"}],
    ),
    ("const v = 1; { const v = 2 } return v", [1, 1, 1]),
    ("{ const input = { data: { value: 9 } } } return input.data.value", [1, 2, 3]),
    ("var a = input.data.value; var a; return a", [1, 2, 3]),
    (
        "if (input.data.value > 2) { return { data: input.data.value, metadata: { q: 1 } } } return { data: 0 }",
        [0, 0, 3],
    ),
    ("// a remark\nconst v = input.data.value; /* another */\nreturn v", [1, 2, 3]),
]


@pytest.mark.parametrize(("script", "expected"), SCRIPTS)
def test_a_script_makes_what_it_returns(script: str, expected: list[Any]) -> None:
    running = run(source("A", "P"), process(script), sink(), seconds=3)
    assert values(running, "P") == expected
    assert running.told("error") == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("", "has a script in logic"),
        (7, "has a script in logic"),
        ("return", "does not return a value on every way"),
        ("const v = 1", "does not return a value on every way"),
        ("if (input.data.value > 1) { return 1 }", "does not return a value on every way"),
        ("state.count = 1; return 1", "does more than to compute a value"),
        ("total += input.data.value; return total", "does more than to compute a value"),
        ("console.log(1); return 1", "does more than to compute a value"),
        ("for (const x of []) {} return 1", "for cannot be translated"),
        ("const v = 1; const v = 2; return v", "declared twice"),
        ("const v = 1; v = 2; return v", "v is a constant"),
        ("const r = Math.random(); return { a: r, b: r }", "a random value that has a name"),
        ("return " + "1 + " * 200 + "1", "too deep"),
        ("return " + "pow(" * 17 + "input.data.value" + ", 3)" * 17, "too large when it is written out"),
        ("let v = input.data.value;" + "v = v + 1;" * 160 + "return v", "too large"),
        ("return input.data.value }  function other() {", "it ends before its last line"),
        ("return unknown", "'unknown' is no input"),
        ("return await fetch(x)", "asynchronous code"),
        ("return (", "a value is expected here"),
        ("const { data } = { data: 1 }; return data", "the name of a variable is expected here"),
        ("let v = 1;" + "v = v + v;" * 40 + "return v", "too large when its names are written out"),
        ("return 1".ljust(EDITOR_FORMULA_LENGTH_MAX + 1), "characters"),
    ],
)
def test_a_script_that_is_not_translated_is_a_problem_and_its_output_fails(script: Any, reason: str) -> None:
    document = scenario(source("A", "P"), process(script), sink())
    found = import_editor(document)
    assert [(each.pointer, each.code) for each in found.problems] == [("/nodes/1/processing", "script")]
    assert reason in found.problems[0].detail
    assert [each for each in check_template(found.document) if each.severity == "error"] == []
    running = Running(found.document).pass_time(1)
    assert [each["code"] for each in running.told("error")] == ["no_such_key"]
    assert consumed(running) == (0, None)


def test_what_is_random_decides_once() -> None:
    script = "if (Math.random() > 0.5) { return { a: 1, b: 1 } } return { a: 2, b: 2 }"
    running = run(source("A", "P"), process(script), sink(), seconds=20)
    assert all(value["a"] == value["b"] for value in values(running, "P"))
    assert len(values(running, "P")) == 20


def test_what_follows_knows_the_fields_that_a_script_returns() -> None:
    script = "const v = input.data.value; return { data: { v, risk: v > 2 ? 'HIGH' : 'NORMAL' } }"
    next_one = node("ProcessNode", "N", out("o", "Sink", **computing("input.data.risk + '!'")))
    running = run(source("A", "P"), process(script, out("o", "N")), next_one, sink(), seconds=3)
    assert values(running, "N") == ["NORMAL!", "NORMAL!", "HIGH!"]


def test_a_formula_counts_before_a_script() -> None:
    document = scenario(source("A", "P"), process("return 1", formula="input.data.value * 3"), sink())
    assert values(Running(import_editor(document).document).pass_time(3), "P") == [3, 6, 9]


def test_what_a_script_says_of_its_token_beside_the_value_is_told() -> None:
    script = "return { data: { v: input.data.value }, metadata: { by: 'me' } }"
    found = import_editor(scenario(source("A", "P"), process(script), sink()))
    assert [(each.severity, each.code) for each in found.problems] == [("warning", "left_out")]
    assert values(Running(found.document).pass_time(1), "P") == [{"v": 1}]


def test_what_all_outputs_share_is_told() -> None:
    outputs = (out("success", "Sink"), out("failure", "Other"))
    found = import_editor(scenario(source("A", "P"), process("return 1", *outputs), sink(), sink("Other")))
    assert [(each.pointer, each.severity, each.code) for each in found.problems] == [
        ("/nodes/1/outputs", "warning", "every_output")
    ]


@pytest.mark.parametrize(("method", "expected"), [("sum", 6), ("average", 2), ("max", 3), ("count", 3)])
def test_the_method_of_a_queue_is_a_name_of_what_it_makes(method: str, expected: Any) -> None:
    gather = queue("Q", "P", method, type="time", window=3.5)
    formula = node("ProcessNode", "P", out("o", "Sink", **computing(f"input.data.{method} + 0")))
    running = run(source("A", "Q"), gather, formula, sink(), seconds=4)
    assert values(running, "P") == [expected]


def test_another_method_is_none() -> None:
    gather = queue("Q", "P", "sum", type="time", window=3.5)
    formula = node("ProcessNode", "P", out("o", "Sink", **computing("input.data.count")))
    found = import_editor(scenario(source("A", "Q"), gather, formula, sink()))
    assert [(each.severity, each.code) for each in found.problems] == [("error", "formula")]


def test_a_script_is_read_up_to_its_length() -> None:
    script = "return input.data.value".ljust(EDITOR_FORMULA_LENGTH_MAX)
    assert values(run(source("A", "P"), process(script), sink(), seconds=2), "P") == [1, 2]


def test_a_script_has_so_many_parts_at_most() -> None:
    # A list is one part, and so is each of its members.
    most = EDITOR_SCRIPT_PARTS_MAX - 1
    assert returned_by(f"return [{'1,' * most}]", EDITOR_SCRIPT_PARTS_MAX).parts == EDITOR_SCRIPT_PARTS_MAX
    with pytest.raises(Untranslatable, match="too large"):
        returned_by(f"return [{'1,' * (most + 1)}]", EDITOR_SCRIPT_PARTS_MAX)


def test_the_scripts_of_a_scenario_have_so_many_parts_at_most() -> None:
    script = f"return [{'1,' * (EDITOR_SCRIPT_PARTS_MAX - 1)}]"
    number = EDITOR_SCRIPTS_PARTS_MAX // EDITOR_SCRIPT_PARTS_MAX
    nodes = [{**process(script, out("o")), "nodeId": f"P{place}"} for place in range(number + 1)]
    for count, places in ((number, []), (number + 1, [f"/nodes/{number}/processing"])):
        found = import_editor(scenario(*nodes[:count]))
        assert [each.pointer for each in found.problems if each.code == "script"] == places
