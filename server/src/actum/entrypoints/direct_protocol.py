"""uvicorn's HTTP protocol, with a short way for direct routes: parse, answer, write; no task and no ASGI between.

Only what is plain takes the short way: one request at a time on its connection (pipelined ones wait their
turn the ordinary way), a stated body length within the route's bound, no upgrade, no expectation. The rest
of the protocol (keep-alive, time-outs, shutdown) is uvicorn's own and is used, not rewritten.
"""

import time
from typing import Any, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from actum.entrypoints.api import Application
from actum.platform.direct import DirectHandler, DirectHead, DirectReply, DirectRoute
from actum.platform.exchange import Exchange

_CLOSE: Final = b"connection: close\r\n"


class _Answered:
    """Stands where uvicorn keeps the cycle of the request under way, for one that is answered directly."""

    __slots__ = (
        "body",
        "disconnected",
        "exchange",
        "handler",
        "keep_alive",
        "message_event",
        "more_body",
        "response_complete",
        "route",
        "started",
    )

    def __init__(self, handler: DirectHandler, route: DirectRoute, exchange: Exchange) -> None:
        self.handler = handler
        self.route = route
        self.exchange = exchange
        self.started = time.perf_counter()
        self.body = b""
        self.more_body = True
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = False
        self.message_event = _Nobody()


class _Nobody:
    """An event that nobody waits for."""

    def set(self) -> None:
        return


class DirectProtocol(HttpToolsProtocol):
    """One connection. ``application`` is set on the subclass that a server makes for itself."""

    application: Application

    def on_message_begin(self) -> None:
        # The scope is made once it is known that the request goes the ordinary way.
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        claimed = self._claim()
        if claimed is not None:
            self.cycle = claimed  # type: ignore[assignment]
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def _claim(self) -> _Answered | None:
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        if (
            self.expect_100_continue
            or self.parser.should_upgrade()
            or self.parser.get_http_version() != "1.1"
        ):
            return None
        parsed = httptools.parse_url(self.url)
        path = parsed.path.decode("ascii")
        method = self.parser.get_method().decode("ascii")
        head = DirectHead(method, unquote(path) if "%" in path else path, parsed.query or b"", self.headers)
        for route in self.application.direct:
            handler = route.claim(head)
            if handler is not None and _states_length(self.headers, route.body_bytes_max):
                claimed = _Answered(handler, route, self.application.edge.open_direct(head))
                claimed.keep_alive = self.parser.should_keep_alive()
                return claimed
        return None

    def on_body(self, body: bytes) -> None:
        cycle: Any = self.cycle
        if type(cycle) is _Answered:
            cycle.body = cycle.body + body if cycle.body else body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        cycle: Any = self.cycle
        if type(cycle) is not _Answered:
            super().on_message_complete()
            return
        cycle.more_body = False
        cycle.handler(cycle.exchange, cycle.body, lambda reply: self._reply(cycle, reply))

    def _reply(self, cycle: _Answered, reply: DirectReply) -> None:
        """Write an answer, and go on as uvicorn does after one of its own."""
        cycle.response_complete = True
        cycle.exchange.status = reply.status
        edge = self.application.edge
        edge.close_direct(cycle.exchange, cycle.route.template, time.perf_counter() - cycle.started)
        if cycle.disconnected or self.transport.is_closing():
            return
        parts = [STATUS_LINE[reply.status]]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(
            b"content-type: %s\r\ncontent-length: %d\r\nrequest-id: %s\r\n"
            % (reply.media_type.encode(), len(reply.body), cycle.exchange.request_id.encode())
        )
        for text, content in reply.headers.items():
            parts.append(f"{text.lower()}: {content}\r\n".encode("latin-1"))
        if not cycle.keep_alive:
            parts.append(_CLOSE)
        parts += (b"\r\n", reply.body)
        self.transport.write(b"".join(parts))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


def _states_length(headers: list[tuple[bytes, bytes]], bytes_max: int) -> bool:
    """True when the body's length is stated and within the bound."""
    for name, value in headers:
        if name == b"content-length":
            return value.isdigit() and len(value) < 12 and int(value) <= bytes_max
        if name == b"transfer-encoding":
            return False
    return False


def protocol_for(application: Application) -> type[DirectProtocol]:
    """The protocol class for a server of this application."""
    return type("ApplicationProtocol", (DirectProtocol,), {"application": application})
