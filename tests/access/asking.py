"""Ask an application as its server would, without a socket: one answer, or the first words of what never ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

App = Callable[[Any, Any, Any], Awaitable[None]]

#: Seconds any answer may take; only a fault makes one take so long.
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Question:
    """A request but for who asks; `body` is a JSON value. A stream is left as soon as it has told `until`."""

    method: str
    path: str
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    until: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Of a stream `body` is what was told before it was left."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def problem(self, status: int, code: str) -> dict[str, Any]:
        """What a problem of this status and code says, without what differs between any two requests."""
        assert (self.status, self.headers["content-type"]) == (status, "application/problem+json"), self.body
        told = dict(self.json())
        assert (told["status"], told["code"]) == (status, code), told
        assert told.pop("requestId") == self.headers["request-id"]
        del told["instance"]
        return told


@dataclass(frozen=True, slots=True)
class Heard:
    """What a WebSocket told until it was closed (`code`), or until its client had heard enough (None)."""

    code: int | None
    reason: str
    told: list[dict[str, Any]]


async def ask(app: App, question: Question, authorization: str | None) -> Answer:
    """The answer to a request."""
    body = b"" if question.body is None else json.dumps(question.body).encode()
    headers = dict(question.headers)
    if question.body is not None:
        headers |= {"content-type": "application/json", "content-length": str(len(body))}
    enough, parts, begun = asyncio.Event(), bytearray(), []
    incoming: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop()
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            begun.append(message)
            return
        parts.extend(message.get("body", b""))
        if question.until in parts or not message.get("more_body"):
            enough.set()

    scope = {**_scope_of(question.path, headers, authorization), "type": "http", "scheme": "http"}
    async with asyncio.timeout(SECONDS):
        await app({**scope, "method": question.method}, receive, send)
    found = {name.decode().lower(): value.decode() for name, value in begun[0]["headers"]}
    return Answer(begun[0]["status"], found, bytes(parts))


async def hear(app: App, path: str, authorization: str | None, say: object) -> Heard:
    """Open a WebSocket, say something, and leave when subscribed or refused."""
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    incoming.put_nowait({"type": "websocket.connect"})
    incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(say)})
    told: list[dict[str, Any]] = []
    closed: list[tuple[int | None, str]] = []

    async def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            told.append(json.loads(message["text"]))
            if told[-1]["object"] in ("subscribed", "problem"):
                incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        elif message["type"] == "websocket.close":
            closed.append((message.get("code", 1000), message.get("reason", "")))

    scope = {**_scope_of(path, {}, authorization), "type": "websocket", "scheme": "ws", "subprotocols": []}
    async with asyncio.timeout(SECONDS):
        await app(scope, incoming.get, send)
    code, reason = closed[0] if closed else (None, "")
    return Heard(code, reason, told)


async def is_socket(app: App, path: str) -> bool:
    """True when a WebSocket is accepted at this address, whatever becomes of it."""
    accepted: list[bool] = []
    incoming: list[dict[str, object]] = [
        {"type": "websocket.disconnect", "code": 1000},
        {"type": "websocket.connect"},
    ]

    async def receive() -> dict[str, object]:
        return incoming.pop() if len(incoming) > 1 else incoming[0]

    async def send(message: Any) -> None:
        accepted.append(message["type"] == "websocket.accept")

    scope = {**_scope_of(path, {}, None), "type": "websocket", "scheme": "ws", "subprotocols": []}
    with suppress(Exception):
        await app(scope, receive, send)
    return any(accepted)


def _scope_of(path: str, headers: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
    given = {**headers, **({"authorization": authorization} if authorization is not None else {})}
    address, _, query = path.partition("?")
    return {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "path": address,
        "raw_path": address.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("actum.test", 80),
        "state": {},
    }
