"""Templates from and to other tools' formats, on the command line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from .program import Program

FSL = "shut 'push' -> open;\nopen 'push' -> shut;\n"
#: Declares what SCXML cannot say.
DOOR: dict[str, Any] = {
    "format": "actum/1",
    "name": "exported-door",
    "events": {"push": {}},
    "machine": {
        "initial": "shut",
        "states": {"shut": {"on": {"push": "open"}}, "open": {"on": {"push": "shut"}}},
    },
}

NO_SERVER = Program({})


def write(place: Path, name: str, text: str) -> str:
    (place / name).write_text(text)
    return str(place / name)


def test_a_file_becomes_a_template_without_a_server(tmp_path: Path) -> None:
    file = write(tmp_path, "door.fsl", FSL)
    ran = NO_SERVER.run("template", "import", file, "--name", "door")
    document = yaml.safe_load(ran.out)
    assert (document["name"], ran.err) == ("door", "")
    told = NO_SERVER.json("template", "import", file, "--name", "door")
    assert told == {
        "object": "import",
        "format": "fsl",
        "isComplete": True,
        "problems": [],
        "document": document,
    }
    assert NO_SERVER.json("template", "import", "-", "--format", "fsl", stdin=FSL)["format"] == "fsl"
    assert NO_SERVER.run("template", "check", write(tmp_path, "door.yaml", ran.out)).out.endswith(
        "no problems\n"
    )


def test_a_file_is_exported_without_a_server(tmp_path: Path) -> None:
    file = write(tmp_path, "door.json", json.dumps(DOOR))
    ran = NO_SERVER.run("template", "export", file, "--format", "mermaid")
    assert ran.out.startswith("stateDiagram-v2\n")
    told = NO_SERVER.json("template", "export", file, "--format", "scxml", code=1)
    assert (told["object"], told["format"], told["isComplete"]) == ("export", "scxml", False)
    assert told["problems"]
    assert (
        "--version"
        in NO_SERVER.run("template", "export", file, "--format", "scxml", "--version", "1", code=2).err
    )


def test_what_could_not_be_carried_over_is_told_and_ends_with_1(tmp_path: Path) -> None:
    scxml = """
    <scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" initial="a" datamodel="null">
      <state id="a"><onentry><unknown/></onentry></state>
    </scxml>"""
    file = write(tmp_path, "a.scxml", scxml)
    ran = NO_SERVER.run("template", "import", file, code=1)
    assert re.match(rf"{file}: error: .* \(\w+ at /scxml.*\)", ran.err)
    assert yaml.safe_load(ran.out)["machine"]["states"][0]["id"] == "a"
    ran = NO_SERVER.run("template", "import", file, "--publish", code=1)
    assert "nothing is sent without --force" in ran.err


def test_an_import_is_saved_or_published(server: Program, tmp_path: Path) -> None:
    file = write(tmp_path, "gate.fsl", FSL)
    ran = server.run("template", "import", file, "--name", "imported-draft", "--save")
    assert ran.err == "imported-draft: saved as a draft\n"
    shown = server.json("template", "show", "imported-draft")
    assert (shown["latestVersion"], shown["document"]) == (0, yaml.safe_load(ran.out))
    told = server.json("template", "import", file, "--name", "imported", "--publish")
    assert (told["version"]["version"], told["version"]["notes"]) == (1, f"imported from {file}")
    again = server.run("template", "import", file, "--name", "imported", "--publish")
    assert again.err.startswith("imported: unchanged: still version 1")


@pytest.mark.parametrize(
    ("name", "text", "arguments", "code", "problem"),
    [
        ("a.txt", "nothing like it", (), 1, "unknown_format"),
        ("a.fsl", FSL, ("--format", "visio"), 1, "unknown_format"),
        ("a.scxml", "<scxml>", (), 1, "import_refused"),
        ("a.json", "{", ("--format", "actum"), 1, "document_unreadable"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, name: str, text: str, arguments: tuple[str, ...], code: int, problem: str
) -> None:
    file = write(tmp_path, name, text)
    assert NO_SERVER.json("template", "import", file, *arguments, code=code)["code"] == problem


def test_a_template_is_exported(server: Program, tmp_path: Path) -> None:
    server.run("template", "publish", write(tmp_path, "door.json", json.dumps(DOOR)))
    ran = server.run("template", "export", "exported-door", "--format", "mermaid")
    assert ran.out.startswith("stateDiagram-v2\n")
    assert "shut --> open : push" in ran.out
    told = server.json("template", "export", "exported-door", "--format", "mermaid", "--version", "1")
    assert (told["object"], told["format"], told["text"].rstrip()) == ("export", "mermaid", ran.out.rstrip())
    drawn = server.run("template", "export", "exported-door", "--format", "mermaid", "--version", "draft")
    assert drawn.out == ran.out


def test_what_another_format_cannot_say_is_told(server: Program, tmp_path: Path) -> None:
    server.run("template", "publish", write(tmp_path, "door.json", json.dumps(DOOR)))
    ran = server.run("template", "export", "exported-door", "--format", "scxml", code=1)
    assert "exported-door: error: " in ran.err
    assert ran.out.startswith("<?xml")
    # What was left out is not there when it is read again.
    back = NO_SERVER.json("template", "import", write(tmp_path, "back.scxml", ran.out))
    assert "events" not in back["document"]


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("exported-door", "--format", "visio"), 1, "unknown_format"),
        (("exported-door", "--format", "mermaid", "--version", "9"), 1, "not_found"),
        (("exported-door", "--format", "mermaid", "--version", "last"), 2, "usage"),
        (("nothing-there", "--format", "mermaid"), 1, "not_found"),
        (("exported-door",), 2, "usage"),
    ],
)
def test_what_is_not_there_is_not_exported(
    server: Program, tmp_path: Path, arguments: tuple[str, ...], code: int, problem: str
) -> None:
    server.run("template", "publish", write(tmp_path, "door.json", json.dumps(DOOR)))
    assert server.json("template", "export", *arguments, code=code)["code"] == problem
