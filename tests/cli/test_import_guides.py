"""docs/guides/from-iot-events.md and from-the-editor.md are run: their files, commands and tables of expressions."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actum.entrypoints.cli.app import run
from actum_core.formats.editor import import_editor
from actum_core.formats.iot_events import import_iot_events

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
IOT_EVENTS, EDITOR = "from-iot-events.md", "from-the-editor.md"
_BLOCK = re.compile(r"^```(\w+)(?: ([\w.]+))?\n(.*?)^```", re.M | re.S)
_ROW = re.compile(r"^\| (`+) ?(.+?) ?\1 \| `(.+)` \|$", re.M)


def _text(page: str) -> str:
    return (GUIDES / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [IOT_EVENTS, EDITOR])
def test_the_commands_of_a_guide_print_what_it_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    told = 0
    for kind, name, text in _BLOCK.findall(_text(page)):
        if name:
            Path(name).write_text(text, encoding="utf-8")
        if kind == "console":
            told += 1
            printed = "".join(
                _run(line.removeprefix("$ actum "), capsys) for line in text.splitlines() if line[0] == "$"
            )
            expected = (line for line in text.splitlines() if line[0] != "$")
            pattern = "".join("(?:.*\n)*?" if line == "…" else re.escape(line) + "\n" for line in expected)
            assert re.fullmatch(pattern, printed), printed
    assert told >= 2


def _run(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command shows on a terminal; `> file` writes its standard output there."""
    words, _, file = command.partition(" > ")
    assert run(words.split()) in (0, 1)
    out, err = capsys.readouterr()
    if file:
        Path(file).write_text(out, encoding="utf-8")
        out = ""
    return err + out


def _rows(page: str, heading: str) -> list[Any]:
    part = _text(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [pytest.param(source, text, id=source) for _, source, text in _ROW.findall(part)]


@pytest.mark.parametrize(("source", "text"), _rows(IOT_EVENTS, "Expressions"))
def test_an_expression_of_iot_events_becomes_what_the_guide_says(source: str, text: str) -> None:
    always = [
        {"setVariable": {"variableName": "set", "value": "1"}},
        {"setTimer": {"timerName": "awake", "seconds": 60}},
    ]
    later = [
        {"setVariable": {"variableName": "unset", "value": "1"}},
        {"setVariable": {"variableName": "found", "value": source}},
    ]
    listed = [
        {"eventName": "compute", "condition": "$input.Tank.level > 3", "actions": later},
        {"eventName": "ask", "condition": source, "actions": later[:1]},
    ]
    states = [
        {
            "stateName": "first",
            "onEnter": {"events": [{"eventName": "begin", "actions": always}]},
            "onInput": {"events": listed},
        }
    ]
    definition = {"states": states, "initialStateName": "first"}
    imported = import_iot_events({"evaluationMethod": "SERIAL", "detectorModelDefinition": definition})
    assert [problem for problem in imported.problems if problem.severity == "error"] == []
    assert text in set(_texts(imported.document["machine"]))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(each)


@pytest.mark.parametrize(("source", "text"), _rows(EDITOR, "Formulas"))
def test_a_formula_of_the_editor_becomes_what_the_guide_says(source: str, text: str) -> None:
    leading = {"name": "output", "destinationNodeId": "P", "destinationInputName": "input"}
    nodes: list[dict[str, Any]] = [
        {
            "nodeId": "S",
            "type": "DataSource",
            "interval": 1,
            "generation": {"type": "constant", "value": 1},
            "outputs": [leading],
        },
        {
            "nodeId": "P",
            "type": "ProcessNode",
            "inputs": [{"name": "input"}, {"name": "other", "alias": "b"}],
            "outputs": [{"name": "made", "transformation": {"formula": source}}],
        },
    ]
    imported = import_editor({"version": "3.0", "nodes": nodes})
    assert [problem for problem in imported.problems if problem.severity == "error"] == []
    assert imported.document["nodes"]["P"]["with"]["outputs"] == [{"to": "made", "value": f"={text}"}]
