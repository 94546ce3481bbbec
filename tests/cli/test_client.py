"""How the client behaves when the server does not: what is sent again, under which key, and when it gives up."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from actum.entrypoints.cli import limits
from actum.entrypoints.cli.client import Client, Server
from actum.entrypoints.cli.refusals import ApiRefused, ServerAbsent, ServerSilent
from actum.entrypoints.cli.screen import Screen
from actum.entrypoints.cli.watch import Standing, follow

BUSY: dict[str, Any] = {"code": "overloaded", "status": 503, "detail": "too much"}
DONE = {"done": True}


@dataclass
class Script:
    """What a server answers, request by request, and what it was asked."""

    answers: list[Any] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """A server that does what its script says: a status with a document, a text of a stream, or None: hang up."""
    monkeypatch.setattr(limits, "RETRY_SECONDS_MIN", 0.001)
    monkeypatch.setattr(limits, "RETRY_SECONDS_MAX", 0.002)
    monkeypatch.setattr("actum.entrypoints.cli.watch.RETRY_SECONDS_MIN", 0.001)
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            script.asked.append((self.command, self.path, dict(self.headers.items()), body))
            answer = script.answers.pop(0)
            if answer is None:
                self.close_connection = True
                return
            if isinstance(answer, str):
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                self.wfile.write(answer.encode())
                return
            status, document = answer
            self.send_response(status)
            self.send_header("retry-after", "0")
            self.end_headers()
            if status != 204:
                self.wfile.write(json.dumps(document).encode())

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            pass

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    script.url = f"http://127.0.0.1:{serving.server_port}"
    yield script
    serving.shutdown()
    serving.server_close()


def _client(script: Script) -> Client:
    return Client(Server(script.url, "a-token"))


def test_a_lost_answer_is_asked_for_again_under_the_same_key(script: Script) -> None:
    script.answers = [None, (503, BUSY), None, (200, DONE)]
    with _client(script) as client:
        assert client.post("/v1/things", {"a": 1}) == DONE
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in script.asked}) == 1
    assert {body for _, _, _, body in script.asked} == {b'{"a": 1}'}
    assert len(script.asked) == 4


def test_two_requests_have_two_keys(script: Script) -> None:
    script.answers = [(200, DONE), (200, DONE)]
    with _client(script) as client:
        client.post("/v1/things", {})
        client.post("/v1/things", {})
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in script.asked}) == 2


@pytest.mark.parametrize(
    ("answers", "error"),
    [([(503, BUSY)] * limits.ATTEMPTS_MAX, ApiRefused), ([None] * limits.ATTEMPTS_MAX, ServerSilent)],
    ids=["busy for ever", "hangs up for ever"],
)
def test_it_gives_up_in_the_end(script: Script, answers: list[Any], error: type[Exception]) -> None:
    script.answers = [*answers, (200, DONE)]
    with _client(script) as client, pytest.raises(error):
        client.get("/v1/things")
    assert len(script.asked) == limits.ATTEMPTS_MAX


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_a_refusal_is_not_asked_for_again(script: Script, status: int) -> None:
    script.answers = [(status, {"code": "refused_here", "status": status, "detail": "no"})]
    with _client(script) as client, pytest.raises(ApiRefused, match="no") as caught:
        client.post("/v1/things", {})
    assert caught.value.problem_code == "refused_here"
    assert len(script.asked) == 1


def test_a_server_that_was_never_there_is_told_at_once() -> None:
    with Client(Server("http://127.0.0.1:1", "a-token")) as client, pytest.raises(ServerAbsent):
        client.get("/v1/things")


def test_lists_are_gathered_over_their_pages(script: Script) -> None:
    script.answers = [
        (200, {"data": [1, 2], "hasMore": True, "nextCursor": "c+/="}),
        (200, {"data": [3], "hasMore": False, "nextCursor": None}),
    ]
    with _client(script) as client:
        assert client.list_all("/v1/things", 50, colour="red") == {
            "object": "list",
            "data": [1, 2, 3],
            "hasMore": False,
        }
    assert [path for _, path, _, _ in script.asked] == [
        "/v1/things?limit=50&colour=red",
        "/v1/things?limit=48&cursor=c%2B%2F%3D&colour=red",
    ]


def _entry(seq: int) -> str:
    entry = {
        "object": "entry",
        "seq": seq,
        "kind": "event",
        "entryHash": "ab" * 32,
        "recordedAt": "2026-01-31T12:00:00.000000Z",
        "payload": {"type": "tick", "data": {}},
        "delta": None,
    }
    return f"id: {seq}\nevent: entry\ndata: {json.dumps(entry)}\n\n"


def test_a_stream_that_breaks_goes_on_where_it_was(
    script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    end = 'event: end\ndata: {"object": "end", "seq": 4, "lifecycle": "completed"}\n\n'
    script.answers = [
        "retry: 2000\nid: 1\n\n" + _entry(2) + _entry(3) + "id: 4\nevent: entry\ndata: {cut",
        (503, BUSY),
        None,
        ": heartbeat\n\n" + _entry(4) + end,
    ]
    with _client(script) as client:
        follow(Screen(True), client, "/v1/executions/x", Standing(1, "running", []))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each.get("seq") for each in told] == [2, 3, 4, 4]
    assert [(path, headers.get("Last-Event-ID")) for _, path, headers, _ in script.asked] == [
        ("/v1/executions/x/stream?after=1", None),
        *[("/v1/executions/x/stream", "3")] * 3,
    ]


def test_an_end_that_was_missed_is_found_out(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    state = {"executionId": "exe_1", "seq": 2, "lifecycle": "cancelled", "vars": {}}
    script.answers = [_entry(2), (204, None), (200, state)]
    with _client(script) as client:
        follow(Screen(True), client, "/v1/executions/x", Standing(1, "running", []))
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "object": "end",
        "executionId": "exe_1",
        "seq": 2,
        "lifecycle": "cancelled",
    }


def test_a_stream_that_is_refused_on_its_way_is_told(script: Script) -> None:
    problem = {"code": "invalid_token", "status": 401, "detail": "revoked"}
    script.answers = [_entry(2) + f"event: problem\ndata: {json.dumps(problem)}\n\n"]
    with _client(script) as client, pytest.raises(ApiRefused, match="revoked"):
        follow(Screen(True), client, "/v1/executions/x", Standing(1, "running", []))
