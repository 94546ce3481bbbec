"""What goes wrong is told in one sentence that says what to do, with the right exit code."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from .program import Program

BAD_TOKEN = "actum_pat_000000000000000000000000000000000000"


@dataclass(frozen=True)
class Case:
    """A command line, its exit code, the code of its problem, and a part of what people read."""

    name: str
    arguments: tuple[str, ...]
    exit_code: int
    code: str
    told: str
    stdin: str = ""


CASES = [
    Case(
        "an unknown execution", ("execution", "show", "nope"), 1, "not_found", "there is no execution 'nope'"
    ),
    Case(
        "an event into an unknown execution",
        ("send", "nope", "tick"),
        1,
        "not_found",
        "there is no execution 'nope'",
    ),
    Case(
        "a file into an unknown execution",
        ("send", "nope", "--file", "-"),
        1,
        "not_found",
        "no execution 'nope'",
    ),
    Case("watching an unknown execution", ("watch", "nope"), 1, "not_found", "there is no execution 'nope'"),
    Case(
        "the ledger of an unknown execution",
        ("ledger", "show", "nope"),
        1,
        "not_found",
        "no execution 'nope'",
    ),
    Case(
        "replaying an unknown execution", ("replay", "nope"), 1, "not_found", "there is no execution 'nope'"
    ),
    Case("an unknown template", ("template", "show", "nope"), 1, "not_found", "'nope'"),
    Case("starting an unknown template", ("execution", "start", "nope"), 1, "not_found", "'nope'"),
    Case(
        "input the template does not take",
        ("execution", "start", "traffic-light"),
        1,
        "invalid_request",
        "junction",
    ),
    Case(
        "an unknown token", ("token", "revoke", "pat_x"), 1, "not_found", "there is no access token 'pat_x'"
    ),
    Case(
        "a name with a slash",
        ("execution", "show", "../orgs"),
        2,
        "usage",
        "'../orgs' cannot be a name or an id",
    ),
    Case("an empty name", ("execution", "show", ""), 2, "usage", "'' cannot be a name or an id"),
    Case("a command that is none", ("exekution", "list"), 2, "usage", "exekution"),
    Case("an option that is none", ("execution", "list", "--colour"), 2, "usage", "--colour"),
    Case("an argument too few", ("execution", "show"), 2, "usage", "EXECUTION"),
    Case("a number that is none", ("execution", "list", "--limit", "many"), 2, "usage", "--limit"),
    Case("a number out of bounds", ("execution", "list", "--limit", "0"), 2, "usage", "--limit"),
    Case("a role that is none", ("token", "create", "x", "--role", "king"), 2, "usage", "king"),
    Case("neither a type nor a file", ("send", "x"), 2, "usage", "give the TYPE of one event, or --file"),
    Case(
        "both a type and a file",
        ("send", "x", "tick", "--file", "-"),
        2,
        "usage",
        "give the TYPE of one event",
    ),
    Case("--id for a file", ("send", "x", "--file", "-", "--id", "1"), 2, "usage", "are for one event"),
    Case(
        "metadata without a value", ("execution", "start", "t", "--metadata", "a"), 2, "usage", "NAME=VALUE"
    ),
    Case(
        "data that is not JSON",
        ("send", "x", "tick", "--data", "{"),
        1,
        "document_unreadable",
        "--data is not JSON",
    ),
    Case("NaN", ("send", "x", "tick", "--data", "NaN"), 1, "document_unreadable", "--data is not JSON"),
    Case(
        "twice the same key",
        ("send", "x", "t", "--data", '{"a":1,"a":2}'),
        1,
        "document_unreadable",
        "--data",
    ),
    Case(
        "data from no file",
        ("send", "x", "tick", "--data", "@/nope.json"),
        1,
        "file_unreadable",
        "'/nope.json'",
    ),
    Case(
        "events from no file",
        ("send", "x", "--file", "/nope.jsonl"),
        1,
        "not_found",
        "there is no execution 'x'",
    ),
    Case(
        "a template from no file", ("template", "check", "/nope.yaml"), 1, "file_unreadable", "No such file"
    ),
    Case("a directory as a template", ("template", "publish", "/"), 1, "file_unreadable", "Is a directory"),
    Case("no YAML", ("template", "check", "-"), 1, "document_unreadable", "line 2, column", "a: [1"),
    Case(
        "two documents", ("template", "check", "-"), 1, "document_unreadable", "document", "a: 1\n---\nb: 2\n"
    ),
    Case(
        "a key twice",
        ("template", "check", "-"),
        1,
        "document_unreadable",
        "line 2: the key 'a'",
        "a: 1\na: 2\n",
    ),
    Case(
        "a key that is no text",
        ("template", "check", "-"),
        1,
        "document_unreadable",
        "line 1: a key",
        "1: 2\n",
    ),
    Case(
        "an alias inside itself",
        ("template", "check", "-"),
        1,
        "document_unreadable",
        "too deep",
        "a: &a [*a]\n",
    ),
    Case(
        "an own type", ("template", "check", "-"), 1, "document_unreadable", "no form in JSON", "a: !own 1\n"
    ),
    Case(
        "no address",
        ("execution", "list", "--url", "acme"),
        2,
        "usage",
        "'acme' is not the address of a server",
    ),
    Case(
        "no token at all",
        ("execution", "list", "--token", ""),
        2,
        "usage",
        "holds characters that no token has",
    ),
    Case(
        "a bad token",
        ("execution", "list", "--token", BAD_TOKEN),
        1,
        "invalid_token",
        "--token or ACTUM_TOKEN",
    ),
    Case("a bad slug", ("org", "create", "A B"), 1, "org_invalid", "lower-case letters"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_refused_with_a_sentence(server: Program, case: Case) -> None:
    # With --json both are written: the document for the program, the sentence for its log.
    ran = server.run(*case.arguments, "--json", stdin=case.stdin, code=case.exit_code)
    assert ran.document["code"] == case.code
    assert ran.document["detail"]
    assert ran.err.startswith("actum: ")
    assert case.told in ran.err
    assert f"({case.code})" in ran.err


def test_without_json_nothing_is_on_standard_output(server: Program) -> None:
    ran = server.run("execution", "show", "nope", code=1)
    assert ran.out == ""
    assert ran.err == (
        "actum: there is no execution 'nope' (not_found)\n  Check the address: nothing that you may see is there.\n"
    )


def test_a_server_that_is_not_there_is_told_with_what_to_do(server: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ran = server.run("execution", "list", "--url", f"http://127.0.0.1:{port}", code=1)
    assert ran.err.startswith(f"actum: no server answers at http://127.0.0.1:{port}: ")
    assert "Start the server with `actum up`" in ran.err


def test_a_token_is_not_sent_to_a_server_it_is_not_for(server: Program, tmp_path: Path) -> None:
    kept = {"url": "http://127.0.0.1:1", "token": BAD_TOKEN, "org": "demo"}
    (tmp_path / "credentials.json").write_text(json.dumps(kept))
    variables = {"ACTUM_DATA_DIR": str(tmp_path), "ACTUM_URL": server.variables["ACTUM_URL"]}
    assert Program(variables).json("execution", "list", code=1)["code"] == "token_absent"
    # The server they are for is the one that is asked when no other is named.
    assert (
        Program({"ACTUM_DATA_DIR": str(tmp_path)}).json("execution", "list", code=1)["code"]
        == "server_absent"
    )


class _Stranger(BaseHTTPRequestHandler):
    """Something else on the port, which answers everything with a page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[str]:
    serving = HTTPServer(("127.0.0.1", 0), _Stranger)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()


def test_what_is_no_actum_server_is_told_as_that(server: Program, stranger: str) -> None:
    assert server.json("execution", "list", "--url", stranger, code=1)["code"] == "not_actum"


def test_whoever_stops_reading_gets_no_traceback(server: Program, light: str) -> None:
    command = f"{sys.executable} -m actum ledger show {light} --json"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | true"],
        capture_output=True,
        text=True,
        env=server.environment(),
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
