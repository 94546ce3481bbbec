"""The short way through the protocol: whatever is remembered of a connection, what is answered is the same."""

import asyncio
import types
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from uvicorn.server import ServerState

from actum.entrypoints.direct_protocol import DirectProtocol, protocol_for
from actum.platform.direct import DirectHandler, DirectHead, DirectReply, Respond
from actum.platform.edge import Edge
from actum.platform.exchange import Exchange
from actum.platform.http_metrics import HttpMetrics


class Echo:
    """A direct route that tells what it was asked; paths that end in ``ordinary`` are not its own."""

    template = "/echo"
    body_bytes_max = 64

    def __init__(self) -> None:
        self.claimed: list[DirectHead] = []

    def claim(self, head: DirectHead) -> DirectHandler | None:
        if head.method != "POST" or head.path.endswith("ordinary"):
            return None
        self.claimed.append(head)

        def handle(exchange: Exchange, body: bytes, respond: Respond) -> None:
            # What Exchange and DirectHead carry, but for the id that is new for each request.
            told = repr((head.method, head.path, head.query, list(head.headers), body))
            exchange.request_id = "req"
            respond(DirectReply(200, told.encode()))

        return handle


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: Any) -> None:
        assert not self.is_closed
        self.written += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Forgetful(DirectProtocol):
    """Parses every head anew."""

    def _remember(self, piece: bytes) -> None: ...


async def _ordinary(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    told = repr((scope["method"], scope["path"], body)).encode()
    headers = [(b"content-length", b"%d" % len(told))]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": told})


def connect(base: type[DirectProtocol], seconds: int = 5) -> tuple[DirectProtocol, Wire, Echo]:
    echo = Echo()
    edge = Edge(_ordinary, HttpMetrics(CollectorRegistry()))
    made: Any = types.SimpleNamespace(direct=[echo], edge=edge)
    kind = type("Protocol", (base,), {"application": made})
    config = uvicorn.Config(_ordinary, log_config=None, timeout_keep_alive=seconds)
    config.load()
    protocol, wire = kind(config, ServerState(), {}), Wire()
    protocol.connection_made(wire)
    return protocol, wire, echo


PLAIN = b"POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: %d\r\n\r\n%s"

MESSAGES = [
    PLAIN % (3, b"abc"),
    PLAIN % (3, b"xyz"),
    PLAIN % (4, b"\r\n\r\n"),
    PLAIN % (0, b""),
    PLAIN.replace(b"/echo", b"/echo/other") % (3, b"abc"),
    PLAIN.replace(b"/echo", b"/echo%%20a?q=1") % (3, b"abc"),
    PLAIN.replace(b"/echo", b"/ordinary") % (3, b"abc"),
    PLAIN.replace(b"POST", b"GET") % (3, b"abc"),
    PLAIN.replace(b"1.1", b"1.0") % (3, b"abc"),
    PLAIN.replace(b"Host: a", b"Connection: close") % (3, b"abc"),
    PLAIN.replace(b"Host: a", b"Idempotency-Key: k") % (3, b"abc"),
    PLAIN.replace(b"Host: a\r\n", b"X-Folded: a\r\n b\r\n") % (3, b"abc"),
    PLAIN.replace(b"\r\n", b"\n") % (3, b"abc"),
    PLAIN.replace(b"Host: a", b"Content-Length: 5") % (3, b"abc"),
    PLAIN % (65, b"a" * 65),
    b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"\r\n" + PLAIN % (3, b"abc"),
    b"POST /echo\r\n\r\n",
    b"\x00\xff",
]


@given(
    messages=st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=6),
    joined=st.lists(st.booleans(), min_size=6, max_size=6),
    cuts=st.lists(st.integers(0, 400), max_size=3),
)
@settings(max_examples=300, deadline=None)
def test_what_was_remembered_changes_no_answer(
    messages: list[bytes], joined: list[bool], cuts: list[int]
) -> None:
    pieces: list[bytes] = []
    for message, is_joined in zip(messages, joined, strict=False):
        if is_joined and pieces:
            pieces[-1] += message
        else:
            pieces.append(message)
    for cut in cuts:
        pieces = [part for piece in pieces for part in (piece[:cut], piece[cut:]) if part]

    async def answers(base: type[DirectProtocol]) -> tuple[bytes, bool]:
        protocol, wire, _ = connect(base)
        for piece in pieces:
            if wire.is_closed:
                break
            protocol.data_received(piece)
            for _ in range(8):
                await asyncio.sleep(0)
        protocol.connection_lost(None)
        return wire.written, wire.is_closed

    async def both() -> None:
        remembering, forgetful = await answers(DirectProtocol), await answers(Forgetful)
        assert _without_ids(remembering) == _without_ids(forgetful)

    asyncio.run(both())


def _without_ids(answered: tuple[bytes, bool]) -> tuple[list[bytes], bool]:
    lines = answered[0].split(b"\r\n")
    return [line for line in lines if not line.lower().startswith((b"request-id:", b"date:"))], answered[1]


async def test_the_same_header_fields_are_parsed_once() -> None:
    protocol, wire, echo = connect(DirectProtocol)
    for _ in range(3):
        protocol.data_received(PLAIN % (3, b"abc"))
    # Fields that were parsed again would be other objects.
    assert len({id(head.headers) for head in echo.claimed}) == 1
    assert wire.written.count(b"HTTP/1.1 200") == 3
    protocol.connection_lost(None)


@pytest.mark.parametrize("base", [DirectProtocol, Forgetful])
async def test_a_silent_connection_is_closed_and_a_busy_one_is_not(base: type[DirectProtocol]) -> None:
    protocol, wire, _ = connect(base, seconds=1)
    protocol.timeout_keep_alive = 0.05  # type: ignore[assignment]  # uvicorn takes whole seconds, a test has less
    for _ in range(6):
        protocol.data_received(PLAIN % (3, b"abc"))
        await asyncio.sleep(0.02)
    assert not wire.is_closed
    await asyncio.sleep(0.1)
    assert wire.is_closed


def test_a_server_makes_a_protocol_of_its_own() -> None:
    application: Any = types.SimpleNamespace()
    assert protocol_for(application).application is application
