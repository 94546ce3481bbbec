"""Many events from a file or from standard input: in order, once each, and every refusal with its line."""

import json
from pathlib import Path

import pytest

from .program import Program


def _lines(*events: object) -> str:
    return "".join(f"{json.dumps(event)}\n" for event in events)


def test_a_file_is_sent_in_order_and_counted(server: Program, light: str, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(_lines(*({"type": "tick", "id": f"t{number}"} for number in range(250))))
    told = server.json("send", light, "--file", str(file))
    assert {name: told[name] for name in ("sent", "applied", "duplicates", "refused", "refusals")} == {
        "sent": 250,
        "applied": 250,
        "duplicates": 0,
        "refused": 0,
        "refusals": [],
    }
    recorded = [
        entry["payload"]["id"]
        for entry in server.run("ledger", "show", light, "--json").lines
        if entry["kind"] == "event"
    ]
    assert recorded == [f"t{number}" for number in range(250)]


def test_a_file_that_is_sent_again_changes_nothing(server: Program, light: str) -> None:
    events = _lines(*({"type": "tick"} for _ in range(30)))
    arguments = ("send", light, "--file", "-", "--id-prefix", "night-", "--batch", "7")
    first = server.json(*arguments, stdin=events[: len(events) // 2])
    again = server.json(*arguments, stdin=events)
    assert (first["applied"], again["applied"], again["duplicates"]) == (15, 15, 15)
    assert server.run(*arguments, stdin=events).out.startswith("30 events in ")


def test_refused_lines_are_named_and_the_others_recorded(server: Program, light: str) -> None:
    stdin = (
        _lines({"type": "tick"})
        + "not json\n\n[]\n"
        + _lines({"type": "unheard"}, {"type": "tick", "colour": 1}, {"type": "tick"})
    )
    told = server.json("send", light, "--file", "-", stdin=stdin, code=1)
    assert (told["applied"], told["refused"]) == (2, 4)
    assert [(each["line"], each["code"]) for each in told["refusals"]] == [
        (2, "malformed_json"),
        (4, "wrong_type"),
        (5, "event_invalid"),
        (6, "invalid_request"),
    ]
    ran = server.run("send", light, "--file", "-", stdin="{\n", code=1)
    assert "1 refused" in ran.out
    assert "  line 1: " in ran.out


def test_an_execution_that_is_over_ends_the_sending(server: Program, light: str) -> None:
    server.run("execution", "cancel", light)
    told = server.json(
        "send", light, "--file", "-", "--batch", "2", stdin=_lines(*[{"type": "tick"}] * 10), code=1
    )
    assert told["sent"] == told["refused"] == 2
    assert {each["code"] for each in told["refusals"]} == {"invalid_state"}


def test_an_empty_file_is_nothing(server: Program, light: str) -> None:
    assert server.json("send", light, "--file", "-", stdin="")["sent"] == 0


@pytest.mark.parametrize(
    "text", ['{"type": "tick"}', '\ufeff{"type": "tick"}\r\n', '\n  {"type": "tick"}  \n\n']
)
def test_odd_forms_of_lines_are_read(server: Program, light: str, text: str) -> None:
    assert server.json("send", light, "--file", "-", stdin=text)["applied"] == 1
