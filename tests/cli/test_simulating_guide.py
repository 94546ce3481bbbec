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

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "simulating.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
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


def test_the_simulation_of_the_tour_prints_what_the_tour_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```", README, re.M | re.S)
    [template] = [block for block in blocks if block.startswith("# door.yaml")]
    [place] = [place for place, block in enumerate(blocks) if "actum simulate door.yaml" in block]
    shell, expected = blocks[place : place + 2]
    written = re.match(r"echo '(.*?)' > (\S+)\nactum (.*)\n", shell, re.S)
    assert written is not None
    (tmp_path / "door.yaml").write_text(template, encoding="utf-8")
    (tmp_path / written[2]).write_text(written[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(written[3].split()) == 0
    assert capsys.readouterr().out == expected


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
