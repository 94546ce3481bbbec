"""Every command against a real server, for people and for programs."""

import json
import re
from pathlib import Path

import pytest

from .conftest import EXAMPLES
from .program import Program

#: Its errors are in lines 4 and 8.
BAD = """\
format: actum/1
name: bad
machine:
  initial: nowhere
  states:
    here:
      on:
        go: away
"""


def test_an_event_moves_an_execution_and_is_told(server: Program, light: str) -> None:
    ran = server.run("send", light, "tick")
    assert ran.out == "applied: green  (entries 4 to 5)\n"
    told = server.json("send", light, "tick")
    assert (told["outcome"], told["configuration"], told["duplicate"]) == ("applied", ["green"], False)


def test_an_event_with_an_id_is_recorded_once(server: Program, light: str) -> None:
    first = server.json("send", light, "tick", "--id", "once", "--source", "plan")
    again = server.json("send", light, "tick", "--id", "once", "--source", "plan")
    assert again == first | {"duplicate": True}
    assert (
        "sent before, first answer"
        in server.run("send", light, "tick", "--id", "once", "--source", "plan").out
    )


def test_everything_that_can_be_said_of_an_event_reaches_the_ledger(server: Program, light: str) -> None:
    arguments = (
        "--data",
        '{"lamp": "red"}',
        "--id",
        "f1",
        "--source",
        "plc",
        "--occurred-at",
        "2026-01-31T12:00:00Z",
    )
    server.run("send", light, "fault.reported", *arguments, "--expected-seq", "3")
    entry = server.run("ledger", "show", light, "--after", "3", "--limit", "1", "--json").lines[0]
    assert entry["payload"] == {
        "data": {"lamp": "red"},
        "id": "f1",
        "occurredAt": "2026-01-31T12:00:00.000000Z",
        "source": "plc",
        "type": "fault.reported",
    }


def test_an_execution_is_listed_and_shown(server: Program, light: str) -> None:
    assert (
        light in server.run("execution", "list", "--lifecycle", "running", "--template", "traffic-light").out
    )
    listed = server.json("execution", "list", "--limit", "1")
    assert [each["id"] for each in listed["data"]] == [light]
    shown = server.run("execution", "show", light).out
    assert re.search(r"state +red\n", shown)
    assert re.search(r"  pedestrian_waits +false\n", shown)
    assert server.json("execution", "show", light)["state"]["configuration"] == ["red"]


def test_an_external_id_names_an_execution_everywhere(server: Program) -> None:
    start = (
        "execution",
        "start",
        "order-approval",
        "--input",
        '{"order": "4711"}',
        "--external-id",
        "order 4711",
    )
    first = server.json(*start, "--metadata", "shop=north", "--metadata", "lane=")
    assert first["metadata"] == {"shop": "north", "lane": ""}
    assert server.json(*start, "--metadata", "shop=north", "--metadata", "lane=")["id"] == first["id"]
    server.run("send", "order 4711", "order.placed", "--data", '{"amount": 5, "items": ["nail"]}')
    assert "settling" in server.run("ledger", "show", "order 4711").out


def test_an_execution_is_paused_resumed_and_cancelled(server: Program, light: str) -> None:
    assert server.run("execution", "pause", light, "--reason", "count").out.startswith(f"{light} is paused")
    assert server.json("send", light, "tick")["outcome"] == "held"
    assert re.search(r"held back +1 events", server.run("execution", "show", light).out)
    assert server.json("execution", "resume", light)["lifecycle"] == "running"
    assert server.json("execution", "show", light)["state"]["configuration"] == ["green"]
    assert server.json("execution", "cancel", light)["lifecycle"] == "cancelled"
    kinds = [entry["kind"] for entry in server.run("ledger", "show", light, "--json").lines]
    assert kinds[3:] == ["paused", "held", "resumed", "released", "transition", "cancelled"]


def test_the_ledger_is_shown_checked_and_replayed(server: Program, light: str) -> None:
    server.run("send", light, "tick")
    shown = server.run("ledger", "show", light).out.splitlines()
    assert [line.split()[0] for line in shown] == ["1", "2", "3", "4", "5"]
    assert shown[4].endswith('tick: red → green  {"cycles": 1, "pedestrian_waits": false, "ticks": 0}')
    assert server.run("ledger", "check", light).out.startswith(f"whole: {light}, 5 entries, 2 inputs")
    assert server.json("ledger", "check", light)["whole"] is True
    replayed = server.json("replay", light)
    assert (replayed["equal"], replayed["seq"], replayed["difference"]) == (True, 5, None)
    assert re.match(r"equal +yes\n", server.run("replay", light, "--up-to", "3").out)


def test_the_ledger_of_the_whole_org_is_checked(server: Program, light: str) -> None:
    told = server.json("ledger", "check")
    assert told["whole"] is True
    assert told["executions"] >= 1


def test_a_replay_begins_from_a_snapshot(server: Program, light: str) -> None:
    server.run("send", light, "tick")
    snapshot = server.json("snapshot", "create", light)
    assert snapshot["seq"] == 5
    server.run("send", light, "tick")
    assert snapshot["id"] in server.run("snapshot", "list", light).out
    assert [each["seq"] for each in server.json("snapshot", "list", light)["data"]] == [5]
    replayed = server.json("replay", light, "--from-snapshot", snapshot["id"])
    assert (replayed["equal"], replayed["fromSeq"], replayed["seq"]) == (True, 5, 7)


def test_templates_are_checked_without_a_server(server: Program, tmp_path: Path) -> None:
    for name in ("traffic-light", "order-approval"):
        assert server.run("template", "check", str(EXAMPLES / f"{name}.yaml")).out.endswith("no problems\n")
    file = tmp_path / "bad.yaml"
    file.write_text(
        "format: actum/1\nname: bad\nmachine:\n  initial: nowhere\n  states:\n    here:\n      on:\n        go: away\n"
    )
    told = server.json("template", "check", str(file), code=1)
    [report] = told["files"]
    assert told["isValid"] is report["isValid"] is False
    assert {
        (each["pointer"], each["line"]) for each in report["problems"] if each["severity"] == "error"
    } == {
        ("/machine/initial", 4),
        ("/machine/states/here/on/go", 8),
    }
    ran = server.run("template", "check", str(file), code=1)
    assert f"{file}:8: error: " in ran.out


def test_a_template_is_published_once_for_each_program(server: Program, tmp_path: Path) -> None:
    file = tmp_path / "counter.yaml"
    text = "format: actum/1\nname: counter\nmachine:\n  initial: one\n  states: {one: {on: {go: two}}, two: {}}\n"
    file.write_text(text)
    told = server.json("template", "publish", str(file), "--notes", "the first")
    assert (told["version"], told["created"], told["notes"]) == (1, True, "the first")
    assert server.run("template", "publish", str(file)).out.startswith("counter: unchanged: still version 1")
    document = {"format": "actum/1", "name": "counter", "machine": {"initial": "one", "states": {"one": {}}}}
    json_file = tmp_path / "counter.json"
    json_file.write_text(json.dumps(document))
    assert server.json("template", "publish", str(json_file))["version"] == 2
    assert re.search(r"^counter +2 ", server.run("template", "list").out, re.M)
    assert [each["version"] for each in server.json("template", "show", "counter")["versions"]] == [2, 1]
    assert server.json("template", "show", "counter", "--version", "2")["document"] == document
    assert "name: counter" in server.run("template", "show", "counter", "--version", "1").out


def test_a_template_with_errors_leaves_nothing_behind(server: Program, tmp_path: Path) -> None:
    file = tmp_path / "faulty.yaml"
    file.write_text("format: actum/1\nname: faulty\nmachine:\n  initial: gone\n  states:\n    here: {}\n")
    ran = server.run("template", "publish", str(file), code=1)
    assert f"/machine/initial: {file}:4: " in ran.err
    assert server.json("template", "publish", str(file), code=1)["code"] == "template_invalid"
    assert server.json("template", "show", "faulty", code=1)["code"] == "not_found"


def test_tokens_are_made_listed_and_revoked(server: Program, light: str) -> None:
    made = server.json(
        "token", "create", "a watcher", "--role", "auditor", "--scope", "executions:read", "--days", "2"
    )
    assert made["token"].startswith("actum_pat_")
    watcher = Program({**server.variables, "ACTUM_TOKEN": made["token"]})
    assert watcher.json("execution", "show", light)["id"] == light
    assert watcher.json("send", light, "tick", code=1)["code"] == "permission_denied"
    listed = server.run("token", "list").out
    assert re.search(rf"^{made['id']} +a watcher +auditor +executions:read +until ", listed, re.M)
    assert server.run("token", "revoke", made["id"]).out == f"revoked 'a watcher' ({made['id']})\n"
    assert watcher.json("execution", "show", light, code=1)["code"] == "invalid_token"
    assert "made" not in server.run("token", "create", "shown", "--role", "operator").err


def test_orgs_are_made_and_listed_by_the_platforms_owner(server: Program) -> None:
    told = server.json("org", "create", "second", "--name", "Second Ltd")
    assert (told["org"]["slug"], told["org"]["name"]) == ("second", "Second Ltd")
    other = Program({**server.variables, "ACTUM_TOKEN": told["token"]})
    assert other.json("execution", "list")["data"] == []
    assert re.search(r"^second +Second Ltd ", server.run("org", "list").out, re.M)
    slugs = [org["slug"] for org in server.json("org", "list")["data"]]
    assert slugs.index("acme") < slugs.index("second")
    assert server.json("org", "create", "second", code=1)["code"] == "org_slug_taken"


def test_only_the_owner_lists_orgs(server: Program) -> None:
    app = Program({**server.variables, "ACTUM_MIGRATE_DATABASE_URL": server.variables["ACTUM_DATABASE_URL"]})
    assert app.json("org", "list", code=1)["code"] == "owner_needed"


def test_a_migrated_database_has_nothing_to_apply(server: Program) -> None:
    assert server.json("migrate", "--dry-run")["migrations"] == []
    assert server.run("migrate").out == "external PostgreSQL (ACTUM_DATABASE_URL): nothing to apply\n"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], [], ["token", "--help"]])
def test_the_program_says_what_it_is(server: Program, arguments: list[str]) -> None:
    assert "actum" in server.run(*arguments).out
