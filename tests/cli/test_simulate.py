"""`actum simulate`: without a server, for people and for programs."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from .conftest import EXAMPLES
from .program import SECONDS_MAX, Program

LIGHT = str(EXAMPLES / "traffic-light.yaml")
NORTH = ("--input", '{"junction": "north"}')

#: No server, no database, nothing but the command.
HERE = Program({})

EVENTS = """\
{"type": "tick"}
{"type": "tick", "at": "+5s"}

{"type": "fault.reported", "data": {"lamp": "green"}, "at": "+1h"}
{"command": "pause", "reason": "look"}
{"type": "fault.repaired"}
{"command": "resume"}
"""


@pytest.fixture
def events(tmp_path: Path) -> str:
    file = tmp_path / "events.jsonl"
    file.write_text(EVENTS)
    return str(file)


def write(tmp_path: Path, name: str, text: str) -> str:
    file = tmp_path / name
    file.write_text(text)
    return str(file)


def test_what_happens_is_told_line_by_line(events: str) -> None:
    told = HERE.run("simulate", LIGHT, *NORTH, "--events", events).out.splitlines()
    headlines = [line.strip() for line in told if line.strip().startswith("+")]
    assert headlines == [
        "+0s  created",
        '+0s  start {"junction": "north"}  → red',
        "+0s  event tick  → green",
        "+5s  event tick  → green",
        '+1h00m05s  event fault.reported {"lamp": "green"}  → flashing',
        "+1h00m05s  command pause  look  → paused",
        "+1h00m05s  event fault.repaired  HELD  → paused",
        "+1h00m05s  command resume  → red",
    ]
    assert "             transition   tick: red → green  " in "\n".join(told)
    assert "lifecycle           running" in told
    assert "ended               all events have happened" in told


def test_the_report_is_one_document(events: str) -> None:
    told = HERE.json("simulate", LIGHT, *NORTH, "--events", events)
    assert (told["object"], told["lifecycle"], told["configuration"]) == ("simulation", "running", ["red"])
    assert [turn["outcome"] for turn in told["turns"]] == ["applied"] * 6 + ["held", "applied"]
    assert [entry["seq"] for entry in told["entries"]] == list(range(1, told["seq"] + 1))
    assert told["entries"][-1]["entryHash"] == told["headHash"]
    assert all("trace" not in turn for turn in told["turns"])
    again = HERE.json("simulate", LIGHT, *NORTH, "--events", events)
    assert again == told
    assert (
        HERE.json("simulate", LIGHT, *NORTH, "--events", events, "--seed", "2")["headHash"]
        != told["headHash"]
    )


def test_a_trace_says_why(events: str) -> None:
    told = HERE.run("simulate", LIGHT, *NORTH, "--events", events, "--trace").out
    assert "? tick  red/0 taken\n" in told
    assert "? tick  green/0 refused  [vars.pedestrian_waits] is false\n" in told
    turns = HERE.json("simulate", LIGHT, *NORTH, "--events", events, "--trace")["turns"]
    assert turns[2]["trace"][0]["transitions"][0]["verdict"] == "taken"


def test_coverage_names_what_was_left_out(events: str) -> None:
    told = HERE.run("simulate", LIGHT, *NORTH, "--events", events, "--coverage").out
    assert "coverage: 3 of 4 states, 4 of 11 transitions\n" in told
    assert "  never entered  yellow\n" in told
    assert "  never taken    green/3 pedestrian.pressed\n" in told


def test_step_by_step_shows_the_variables_and_does_not_wait_where_nobody_looks(events: str) -> None:
    told = HERE.run("simulate", LIGHT, *NORTH, "--events", events, "--step").out
    assert told.count("variables    ") == 8
    lines = HERE.run("simulate", LIGHT, *NORTH, "--events", events, "--step", "--json").lines
    assert [line["object"] for line in lines] == ["turn"] * 8 + ["simulation"]


COMPONENT = """\
format: actum/1
kind: component
name: doubler
ports: {in: [in], out: [out]}
machine:
  initial: on
  states: {on: {on: {token: {actions: [{emit: "=token.value * 2"}]}}}}
"""
USER = """\
format: actum/1
name: user
events: {reading: {}}
nodes:
  meter: {use: source@1, with: {on: reading, value: "=message.data"}}
  twice: {use: doubler@3}
  end: {use: sink@1}
edges: [{from: meter.out, to: twice.in}, {from: twice.out, to: end.in}]
"""
TIMED = """\
format: actum/1
name: timed
events: {go: {}}
actions: {ring: {kind: log}}
machine:
  initial: a
  states:
    a: {on: {go: {target: b, actions: [{do: {action: ring}}]}}, after: {1h: c}}
    b: {on: {done.do.ring: a, error.do.ring: c}}
    c: {}
"""


def test_timers_fire_until_the_time_is_over_or_none_is_left(tmp_path: Path) -> None:
    file = write(tmp_path, "timed.yaml", TIMED)
    told = HERE.json("simulate", file, "--until", "30m")
    assert (told["ended"], told["configuration"], len(told["timers"])) == ("until", ["a"], 1)
    told = HERE.json("simulate", file, "--until", "quiet", "--start", "2026-05-01T00:00:00+02:00")
    assert (told["ended"], told["configuration"], told["now"]) == (
        "quiet",
        ["c"],
        "2026-04-30T23:00:00.000000Z",
    )
    assert (
        "clock      2026-01-01T00:30:00.000000Z (+30m00s)" in HERE.run("simulate", file, "--until", "30m").out
    )


@pytest.mark.parametrize(
    ("outcomes", "state"), [((), "b"), (("--outcomes", "ok"), "a"), (("--outcomes", "failed"), "c")]
)
def test_requests_are_answered_as_one_wishes(tmp_path: Path, outcomes: tuple[str, ...], state: str) -> None:
    file = write(tmp_path, "timed.yaml", TIMED)
    told = HERE.json("simulate", file, "--events", "-", *outcomes, stdin='{"type": "go"}\n')
    assert (told["configuration"], len(told["requests"])) == ([state], 0 if outcomes else 1)


def test_own_components_come_from_files(tmp_path: Path) -> None:
    component, file = write(tmp_path, "doubler.yaml", COMPONENT), write(tmp_path, "user.yaml", USER)
    told = HERE.json(
        "simulate", file, "--component", component, "--events", "-", stdin='[{"type": "reading", "data": 4}]'
    )
    assert [token["value"] for token in told["tokens"]] == [4, 8]
    assert HERE.json("simulate", file, code=1)["code"] == "template_unusable"


@pytest.mark.parametrize("form", ["array.json", "array.yaml", "lines.jsonl", "-"])
def test_events_come_in_every_form(tmp_path: Path, form: str) -> None:
    happening: list[dict[str, Any]] = [{"type": "tick"}, {"type": "tick", "at": "+1s"}]
    text = "\n".join(map(json.dumps, happening)) if form in ("lines.jsonl", "-") else json.dumps(happening)
    if form == "array.yaml":
        text = "- {type: tick}\n- type: tick\n  at: +1s\n"
    name = form if form == "-" else write(tmp_path, form, text)
    told = HERE.json("simulate", LIGHT, *NORTH, "--events", name, stdin=text if form == "-" else "")
    assert [turn["at"][17:19] for turn in told["turns"]] == ["00", "00", "00", "01"]


BACKWARDS = """\
{"type": "tick", "at": "2026-01-01T00:00:01Z"}
{"type": "tick", "at": "2026-01-01T00:00:00Z"}
"""


# --- What goes wrong --------------------------------------------------------------------------------------


def test_a_refused_event_is_told_with_its_line_and_ends_with_3(tmp_path: Path) -> None:
    name = write(tmp_path, "events.jsonl", '{"type": "tick"}\n\n{"type": "kick"}\n')
    ran = HERE.run("simulate", LIGHT, *NORTH, "--events", name, code=3)
    assert f"{name}:3: the template knows no event 'kick' (unknown_event)" in ran.out
    name = write(tmp_path, "events.yaml", "- type: tick\n- type: fault.reported\n  data:\n    lamp: 7\n")
    ran = HERE.run("simulate", LIGHT, *NORTH, "--events", name, code=3)
    assert f"{name}:4: " in ran.out


def test_a_bound_that_was_met_ends_with_3(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "clock.yaml",
        "format: actum/1\nname: clock\nmachine: {initial: a, states: {a: {after: {1s: a}}}}\n",
    )
    ran = HERE.run("simulate", file, "--until", "quiet", "--inputs-max", "20", code=3)
    assert re.search(r"^ended +BOUND: as many inputs as may be$", ran.out, re.M)


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "exit_code", "detail"),
    [
        (
            ("--events", "-"),
            '[{"type": "tick", "at": "soon"}]',
            "script_invalid",
            1,
            "-:1: a time as RFC 3339",
        ),
        (("--events", "-"), '{"type": "tick"}\n{"type": \n', "document_unreadable", 1, "-:2: "),
        (
            ("--events", "-"),
            '{"type": "a", "at": "2026-01-01T00:00:01Z"}\n{"type": "a", "at": "2026-01-01T00:00:00Z"}',
            "script_invalid",
            1,
            "-:2: this is before",
        ),
        (("--events", "nowhere.yaml"), "", "file_unreadable", 1, "nowhere.yaml"),
        (("--until", "soon"), "", "usage", 2, "--until: "),
        (("--start", "soon"), "", "usage", 2, "--start: "),
        (("--input", "{}"), "", "start_invalid", 1, "junction"),
        (("--outcomes", "perhaps"), "", "usage", 2, "perhaps"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_sentence(
    arguments: tuple[str, ...], stdin: str, code: str, exit_code: int, detail: str
) -> None:
    given = arguments if "--input" in arguments else (*NORTH, *arguments)
    told = HERE.json("simulate", LIGHT, *given, stdin=stdin, code=exit_code)
    assert told["code"] == code
    assert detail in told["detail"]
    assert detail in HERE.run("simulate", LIGHT, *given, stdin=stdin, code=exit_code).err


def test_a_template_with_errors_is_told_with_its_lines(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "bad.yaml",
        "format: actum/1\nname: bad\nmachine:\n  initial: gone\n  states:\n    here: {}\n",
    )
    told = HERE.json("simulate", file, code=1)
    assert [(each["pointer"], each["detail"].partition(": ")[0]) for each in told["errors"]] == [
        ("/machine/initial", f"{file}:4")
    ]


def test_on_a_terminal_it_waits_for_enter_before_the_next_input(events: str) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "actum", "simulate", LIGHT, *NORTH, "--events", events, "--step"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=HERE.environment(),
    )
    os.close(follower)
    said = b""
    # Linux says with an error that the other side is closed.
    with os.fdopen(leader, "r+b", buffering=0) as terminal, suppress(OSError):
        asked = 0
        while part := terminal.read(1_000):
            said += part
            if said.count(b"q: stop") > asked:
                asked += 1
                terminal.write(b"\n" if asked < 3 else b"q\n")
    assert process.wait(SECONDS_MAX) == 0
    assert asked == 3
    assert said.count(b"variables    ") == 3
    assert b"stopped" in said
