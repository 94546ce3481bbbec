"""Components, and how versions differ, on the command line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .program import Program

COMPONENT = """\
format: actum/1
kind: component
name: {name}
params: {{factor: {{default: {factor}}}}}
machine:
  initial: on
  states: {{on: {{on: {{token: {{actions: [{{emit: "=token.value * params.factor"}}]}}}}}}}}
"""

LINE = """\
format: actum/1
name: {name}
events: {{go: {{}}}}
nodes:
  source: {{machine: {{initial: on, states: {{on: {{on: {{go: {{actions: [{{emit: 1}}]}}}}}}}}}}}}
  part: {{use: {use}}}
edges: [{{from: source.out, to: part.in}}]
"""


def write(place: Path, text: str, **names: object) -> str:
    file = place / f"{len(list(place.iterdir()))}.yaml"
    file.write_text(text.format(**names))
    return str(file)


def test_a_template_is_checked_with_the_components_at_hand(server: Program, tmp_path: Path) -> None:
    component = write(tmp_path, COMPONENT, name="twice", factor=2)
    line = write(tmp_path, LINE, name="line-one", use="twice@7")
    assert "there is no component 'twice@7'" in server.run("template", "check", line, code=1).out
    ran = server.run("template", "check", component, line, "--component", component)
    assert ran.out == f"{component}: no problems\n{line}: no problems\n"
    told = server.json("template", "check", line, "--component", component)
    assert told["isValid"] is True


def test_components_are_published_listed_and_shown(server: Program, tmp_path: Path) -> None:
    file = write(tmp_path, COMPONENT, name="doubler", factor=2)
    told = server.json("component", "publish", file, "--notes", "the first")
    assert (told["object"], told["version"], told["created"]) == ("componentVersion", 1, True)
    assert server.run("component", "publish", file).out.startswith("doubler: unchanged: still version 1")
    line = write(tmp_path, LINE, name="line-two", use="doubler@1")
    assert server.run("template", "publish", line).out.startswith("line-two: published version 1")
    assert re.search(r"^doubler +1 ", server.run("component", "list").out, re.M)
    shown = server.run("component", "show", "doubler").out
    assert shown.startswith("component  doubler\n")
    assert "the first" in shown
    assert re.search(
        r"^used by +line-two@1$", server.run("component", "show", "doubler", "--version", "1").out, re.M
    )
    assert re.search(
        r"^uses +doubler@1$", server.run("template", "show", "line-two", "--version", "1").out, re.M
    )
    told = server.json("component", "show", "doubler", "--version", "1")
    assert [each["name"] for each in told["usedBy"]] == ["line-two"]


def test_a_component_with_errors_leaves_nothing_behind(server: Program, tmp_path: Path) -> None:
    file = tmp_path / "faulty.yaml"
    file.write_text(
        "format: actum/1\nkind: component\nname: faulty\nmachine:\n  initial: gone\n  states:\n    here: {}\n"
    )
    ran = server.run("component", "publish", str(file), code=1)
    assert f"/machine/initial: {file}:5: " in ran.err
    assert server.json("component", "publish", str(file), code=1)["code"] == "component_invalid"
    assert server.json("component", "show", "faulty", code=1)["code"] == "not_found"
    as_template = server.json("template", "publish", str(file), code=1)
    assert as_template["code"] in ("invalid_request", "component_invalid", "template_invalid")


STATES: dict[str, Any] = {
    "shut": {"on": {"push": "open", "lock": {"guard": "vars.n > 0", "target": "shut"}}},
    "open": {"on": {"push": "shut"}},
    "broken": {"type": "final"},
}


@pytest.fixture(scope="module")
def gate(server: Program, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A template with two versions and the second one's draft: its name."""
    changed = {
        "open": {"on": {"push": "shut"}},
        "shut": {"on": {"push": "open", "lock": {"guard": "vars.n > 1", "target": "shut"}}},
        "gone": {"type": "final"},
        "new": {"entry": [{"log": "x" * 200}], "on": {"push": "gone"}},
    }
    for states in (STATES, changed):
        document = {
            "format": "actum/1",
            "name": "gate",
            "vars": {"n": {"type": "int"}},
            "machine": {"initial": "shut", "states": states},
        }
        file = tmp_path_factory.mktemp("gate") / "gate.json"
        file.write_text(json.dumps(document))
        server.run("template", "publish", str(file))
    return "gate"


def test_a_difference_is_told_for_people(server: Program, gate: str) -> None:
    lines = server.run("template", "diff", gate, "1", "2").out.splitlines()
    assert lines == [
        '- state broken: {"type": "final"}',
        "> state shut: moved from place 1 to place 2",
        "~ transition shut: lock: guard: vars.n > 0 → vars.n > 1",
        '+ state gone: {"type": "final"}',
        '+ state new: {"entry": [{"log": "' + "x" * 67 + "…",
        "gate, version 1 to version 2: another program, 5 changes",
    ]
    assert server.run("template", "diff", gate, "2", "2").out == (
        "gate, version 2 to version 2: the same program, no changes\n"
    )


def test_a_difference_is_told_for_programs(server: Program, gate: str) -> None:
    told = server.json("template", "diff", gate, "1", "draft")
    assert (told["object"], told["sameProgram"], told["total"]) == ("diff", False, 5)
    # Where nothing is named, what was done since the latest version.
    assert server.json("template", "diff", gate) == server.json("template", "diff", gate, "2", "draft")


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("gate", "1", "9"), 1, "not_found"),
        (("nothing", "1", "2"), 1, "not_found"),
        (("gate", "one", "2"), 2, "usage"),
        (("gate", "1", "0"), 1, "invalid_parameter"),
    ],
)
def test_what_is_not_there_is_not_compared(
    server: Program, gate: str, arguments: tuple[str, ...], code: int, problem: str
) -> None:
    assert server.json("template", "diff", *arguments, code=code)["code"] == problem


def test_versions_of_components_are_compared(server: Program, tmp_path: Path) -> None:
    for factor in (2, 3):
        server.run("component", "publish", write(tmp_path, COMPONENT, name="times", factor=factor))
    assert server.run("component", "diff", "times", "1", "2").out == (
        "~ parameter factor: default: 2 → 3\ntimes, version 1 to version 2: another program, 1 change\n"
    )
