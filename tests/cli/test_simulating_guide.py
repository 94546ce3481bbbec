"""docs/guides/simulating.md is run: its files, its commands with what they print, its Python, its request."""

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path

import msgspec
import pytest

from actum.entrypoints.cli.app import run
from actum.templates.simulate_wire import SimulationWanted

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "simulating.md").read_text(
    encoding="utf-8"
)
BLOCKS = re.findall(r"^```(\w+)(?: ([\w.]+))?\n(.*?)^```", GUIDE, re.M | re.S)
COMMANDS = [code for kind, _, code in BLOCKS if kind == "console"]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _, name, text in BLOCKS:
        if "." in name:
            (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_the_guide_shows_commands() -> None:
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: block.partition("\n")[0])
def test_a_command_prints_what_the_guide_says(
    block: str, files: None, capsys: pytest.CaptureFixture[str]
) -> None:
    command, _, expected = block.partition("\n")
    assert run(command.removeprefix("$ actum ").split()) == 0
    pattern = "".join(".*" if line == "…" else re.escape(line) + "\n" for line in expected.splitlines())
    printed = capsys.readouterr().out
    assert re.fullmatch(pattern, printed, re.S), printed


def test_the_python_prints_what_the_guide_says() -> None:
    [code] = [code for kind, _, code in BLOCKS if kind == "python"]
    [expected] = [code for kind, _, code in BLOCKS if kind == "text"]
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "simulating.md", "exec"), {"__name__": "example"})
    assert printed.getvalue() == expected


def test_the_request_is_one_that_the_route_takes() -> None:
    [body] = [code for kind, name, code in BLOCKS if name == "body"]
    wanted = msgspec.convert(json.loads(body), SimulationWanted, strict=True)
    assert (wanted.template, len(wanted.events)) == ("shipment", 2)
