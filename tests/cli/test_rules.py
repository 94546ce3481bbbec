"""Rules are tried on the command line, without a server, as the API tries them."""

import json
import urllib.request
from pathlib import Path

import pytest

from .program import Program

TEMPLATE = """\
format: actum/1
name: tried
input: {type: object}
vars: {limit: {type: int, initial: 10}}
events: {read: {schema: {type: object, required: [kwh]}}, said: {}, other: {}}
rules:
  - {id: big, on: read, when: "event.data.kwh > vars.limit", emit: {message: spike, data: {kwh: "=event.data.kwh"}}}
  - {id: broken, on: read, when: "event.data.kwh > 99", emit: {message: x, data: "=event.data.no"}}
  - {id: tone, on: said, kind: ai, model: small, prompt: "Is {{event.data}} kind?", output: {type: object}, emit: x}
  - {id: where, on: said, emit: {message: x, data: "=[event.source, input.site]"}}
machine: {initial: a, states: {a: {on: {spike: a, x: a, read: a, other: a}}}}
"""

NO_SERVER = Program({})


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("rules") / "tried.yaml"
    path.write_text(TEMPLATE)
    return str(path)


def test_what_rules_come_to_is_told_in_their_order(file: str) -> None:
    ran = NO_SERVER.run("rules", "test", file, "--event", "read", "--data", '{"kwh": 100}')
    lines = ran.out.splitlines()
    assert lines[:2] == [
        'big: spike  {"kwh": 100}',
        "broken: failed: there is no field 'no' (no_such_field at /rules/broken/emit/0/data)",
    ]
    assert lines[2].startswith("cost ")
    assert lines[2].endswith(" of 1,000,000")
    ran = NO_SERVER.run("rules", "test", file, "--event", "read", "--data", '{"kwh": 5}')
    assert ran.out.splitlines()[0] == '(no rule applies): read  {"kwh": 5}'


def test_the_whole_event_the_start_and_variables_can_be_given(file: str) -> None:
    event = '{"type": "said", "data": "hi", "source": "me"}'
    ran = NO_SERVER.run("rules", "test", file, "--event", event, "--input", '{"site": "north"}')
    assert ran.out.splitlines()[:2] == ["tone: asks small: Is hi kind?", 'where: x  ["me", "north"]']
    ran = NO_SERVER.run(
        "rules", "test", file, "--event", "read", "--data", '{"kwh": 5}', "--vars", '{"limit": 4}'
    )
    assert ran.out.splitlines()[0] == 'big: spike  {"kwh": 5}'


def test_an_event_that_would_be_refused_is_told_why(file: str) -> None:
    ran = NO_SERVER.run("rules", "test", file, "--event", "read", code=1)
    assert ran.out.splitlines()[0] == "refused: /kwh: the field 'kwh' is missing (schema_required)"
    told = NO_SERVER.json("rules", "test", file, "--event", "unknown", code=1)
    assert (told["isAccepted"], [each["code"] for each in told["problems"]]) == (False, ["unknown_event"])


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("--event", '{"typ": "read"}'), 1, "invalid_request"),
        (("--event", '{"type": '), 1, "document_unreadable"),
        (("--event", "other", "--vars", "{}"), 1, "invalid_request"),
        (("--event", '{"type": "other"}', "--data", "1"), 2, "usage"),
        ((), 2, "usage"),
    ],
)
def test_what_cannot_be_tried_is_refused(
    file: str, arguments: tuple[str, ...], code: int, problem: str
) -> None:
    assert NO_SERVER.json("rules", "test", file, *arguments, code=code)["code"] == problem


def test_errors_of_the_template_are_told_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(TEMPLATE.replace("initial: a,", "initial: b,"))
    ran = NO_SERVER.run("rules", "test", str(path), "--event", "other", code=1)
    assert f"/machine/initial: {path}:11: " in ran.err


def test_the_server_tells_the_same(server: Program, file: str) -> None:
    server.run("template", "publish", file)
    local = server.json("rules", "test", file, "--event", "read", "--data", '{"kwh": 100}')
    request = urllib.request.Request(
        f"{server.variables['ACTUM_URL']}/v1/templates/tried/versions/1/rules/test",
        json.dumps({"event": {"type": "read", "data": {"kwh": 100}}}).encode(),
        {"Authorization": f"Bearer {server.variables['ACTUM_TOKEN']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        assert json.load(response) == local
