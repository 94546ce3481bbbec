"""uvicorn's HTTP protocol, with a short way for direct routes: parse, answer, write; no task and no ASGI between.

Only what is plain takes the short way: one request at a time on its connection (pipelined ones wait their
turn the ordinary way), a stated body length within the route's bound, no upgrade, no expectation. The rest
of the protocol (keep-alive, time-outs, shutdown) is uvicorn's own and is used, not rewritten.

A connection sends the same header fields again and again. Those of a request that went the short way are
remembered as the bytes they were, and when the very same bytes come again, in one piece with a plain request
line before and the whole body behind, they are not parsed again: they can only mean the same.
"""

import re
import time
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from actum.entrypoints.api import Application
from actum.platform.direct import DirectHandler, DirectHead, DirectReply, DirectRoute
from actum.platform.exchange import Exchange
from actum.platform.limits import KNOWN_FIELDS_BYTES_MAX, KNOWN_FIELDS_MAX

_CLOSE: Final = b"connection: close\r\n"
_END: Final = b"\r\n\r\n"
#: A request line in which nothing needs decoding; RFC 9112, section 3.
_plain_line: Final = re.compile(rb"([A-Z]{3,7}) (/[A-Za-z0-9/_-]{1,255}) HTTP/1\.1").fullmatch
#: Fields that a client may make anew for each request are not worth remembering.
_FRESH: Final = frozenset({b"idempotency-key", b"request-id", b"traceparent", b"tracestate", b"date"})


class _Fields(NamedTuple):
    """Header fields that were parsed: themselves, and the length of the body that they state."""

    headers: list[tuple[bytes, bytes]]
    length: int


class _Nobody:
    """An event that nobody waits for."""

    def set(self) -> None:
        return


class _Answered:
    """Stands where uvicorn keeps the cycle of the request under way, for one that is answered directly."""

    __slots__ = (
        *("body", "disconnected", "exchange", "handler", "keep_alive", "response_complete"),
        *("route", "started"),
    )
    message_event = _Nobody()

    def __init__(self, handler: DirectHandler, route: DirectRoute, exchange: Exchange) -> None:
        self.handler = handler
        self.route = route
        self.exchange = exchange
        self.started = time.perf_counter()
        self.body = b""
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = False


class DirectProtocol(HttpToolsProtocol):
    """One connection. ``application`` is set on the subclass that a server makes for itself."""

    application: Application

    #: Whether the parser is inside a message.
    _is_reading = False
    #: What the parser is being given, while it may be the beginning of a message.
    _piece: bytes | None = None
    #: When the latest answer was given, in seconds of `time.perf_counter`.
    _answered_at = 0.0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._known: dict[bytes, _Fields] = {}

    def data_received(self, data: bytes) -> None:
        if self._is_reading:
            self._piece = None
        elif self._known and self._take(data):
            return
        else:
            self._piece = data
        super().data_received(data)

    def _take(self, data: bytes) -> bool:
        """Answer a whole request with known header fields; False, and nothing done, for any other bytes."""
        cycle = self.cycle
        if (cycle is not None and not cycle.response_complete) or self.pipeline:
            return False
        line_end, end = data.find(b"\r\n"), data.find(_END)
        known = self._known.get(data[line_end:end])
        if known is None or len(data) != end + 4 + known.length:
            return False
        line = _plain_line(data, 0, line_end)
        if line is None:
            return False
        method, path = line.groups()
        claimed = self._find_route(DirectHead(method.decode(), path.decode(), b"", known.headers))
        if claimed is None:
            return False
        self.cycle = claimed  # type: ignore[assignment]  # stands where uvicorn keeps a cycle of its own
        claimed.handler(claimed.exchange, data[end + 4 :], lambda reply: self._reply(claimed, reply))
        return True

    def on_message_begin(self) -> None:
        # The scope is made once it is known that the request goes the ordinary way.
        self._is_reading = True
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        piece, self._piece = self._piece, None
        claimed = self._claim()
        if claimed is not None:
            self.cycle = claimed  # type: ignore[assignment]  # as in _take
            if piece is not None and claimed.keep_alive:
                self._remember(piece)
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
        claimed = self._find_route(head)
        if claimed is not None:
            claimed.keep_alive = self.parser.should_keep_alive()
        return claimed

    def _find_route(self, head: DirectHead) -> _Answered | None:
        for route in self.application.direct:
            handler = route.claim(head)
            if handler is not None:
                length = _stated_length(head.headers)
                if length is not None and length <= route.body_bytes_max:
                    return _Answered(handler, route, self.application.edge.open_direct(head))
        return None

    def _remember(self, piece: bytes) -> None:
        """Note the bytes that the header fields just parsed were; not when there is any doubt which they were."""
        line_end, end = piece.find(b"\r\n"), piece.find(_END)
        fields = piece[line_end:end]
        length = _stated_length(self.headers)
        if (
            end < 0
            or length is None
            or len(fields) > KNOWN_FIELDS_BYTES_MAX
            or _plain_line(piece, 0, line_end) is None
            or not fields.count(b"\n") == fields.count(b"\r\n") == len(self.headers)
            or any(name in _FRESH or name.startswith(b"ce-") for name, _ in self.headers)
        ):
            return
        if len(self._known) >= KNOWN_FIELDS_MAX:
            self._known.clear()
        self._known[fields] = _Fields(self.headers, length)

    def on_body(self, body: bytes) -> None:
        cycle: Any = self.cycle
        if type(cycle) is _Answered:
            cycle.body = cycle.body + body if cycle.body else body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_reading = False
        cycle: Any = self.cycle
        if type(cycle) is not _Answered:
            super().on_message_complete()
            return
        cycle.handler(cycle.exchange, cycle.body, lambda reply: self._reply(cycle, reply))

    def _reply(self, cycle: _Answered, reply: DirectReply) -> None:
        """Write an answer, and go on as uvicorn does after one of its own."""
        cycle.response_complete = True
        cycle.exchange.status = reply.status
        self._answered_at = now = time.perf_counter()
        self.application.edge.close_direct(cycle.exchange, cycle.route.template, now - cycle.started)
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
        if self.pipeline or self.timeout_keep_alive_task is None:
            self.on_response_complete()
        else:  # its timer finds out by itself that there was an answer meanwhile
            self.server_state.total_requests += 1

    def on_response_complete(self) -> None:
        self._answered_at = time.perf_counter()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was silent for long enough; else wait for the rest of that time."""
        self.timeout_keep_alive_task = None
        if self._is_reading or (self.cycle is not None and not self.cycle.response_complete):
            return  # the answer sets the timer again
        left = self._answered_at + self.timeout_keep_alive - time.perf_counter()
        if left <= 0:
            super().timeout_keep_alive_handler()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)


def _stated_length(headers: Any) -> int | None:
    """The body's length, when it is stated plainly; None otherwise."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 12 else None
        if name == b"transfer-encoding":
            return None
    return None


def protocol_for(application: Application) -> type[DirectProtocol]:
    """The protocol class for a server of this application."""
    return type("ApplicationProtocol", (DirectProtocol,), {"application": application})
