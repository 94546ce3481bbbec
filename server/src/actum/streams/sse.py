"""A stream as Server-Sent Events: one event per entry, and the connection's whole life around them.

Follows the HTML standard, section 9.2. The cursor is the event's id, so that a client that reconnects by itself
says where it was; an end is told by an event, and by 204 to whoever reconnects after it.
"""

import asyncio
from contextlib import aclosing, suppress
from typing import Any, Final

import msgspec
import structlog
from litestar.response import Response
from litestar.response.base import ASGIResponse

from actum.platform import limits
from actum.platform.edge import Receive, Send
from actum.platform.http_errors import InternalError
from actum.platform.problems import describe_error
from actum.streams.desk import Desk, Start, Tasks
from actum.streams.feeds import LogBroken, Page
from actum.streams.follow import Quiet, Visit
from actum_core.errors import ActumError

MEDIA_TYPE: Final = "text/event-stream"

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # Proxies of the nginx family hold answers back unless they are told not to.
    (b"x-accel-buffering", b"no"),
]
_RETRY_MILLISECONDS: Final = 2_000
_RETRY_DRAINING_MILLISECONDS: Final = 500
_HEARTBEAT: Final = b": heartbeat\n\n"
_GOODBYE: Final = b"retry: %d\n: this server is about to stop\n\n" % _RETRY_DRAINING_MILLISECONDS

_log = structlog.get_logger(__name__)


class EventStream(ASGIResponse):
    """The answer that goes on until the client leaves, the feed ends, or the server stops."""

    def __init__(self, desk: Desk, visit: Visit, start: Start) -> None:
        super().__init__()
        self._desk = desk
        self._visit = visit
        self._start = start

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        # A refusal comes before the first byte, so it is answered as a problem like any other.
        with self._desk.gate.admit(self._start.feed.org_id):
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            if await self._tell_until_left(receive, send):
                await _send_or_leave(send, {"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell_until_left(self, receive: Receive, send: Send) -> bool:
        """Stream until something ends it; True when the client may still be there to be told so."""
        async with Tasks() as tasks:
            telling = tasks.begin(self._tell(send))
            leaving = tasks.begin(_leave(receive))
            draining = tasks.begin(self._desk.gate.draining.wait())
            await asyncio.wait((telling, leaving, draining), return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                return False
            if telling.done():
                return telling.result()
        # `send` hands over a block as a whole or, cancelled while it waited, not at all: nothing is cut in two.
        await _send_or_leave(send, _body(_GOODBYE))
        return True

    async def _tell(self, send: Send) -> bool:
        """Send what the follower finds until there is no more; False when nobody takes it."""
        try:
            try:
                await self._tell_entries(send)
            except (ActumError, LogBroken) as error:
                await self._send(send, _problem(self._told_of(error)))
        except TimeoutError:
            _log.info("stream dropped: the client does not read", **self._visit.exchange.fields())
            return False
        except OSError:  # ASGI: the client has gone
            return False
        return True

    async def _tell_entries(self, send: Send) -> None:
        # An id without data: a client that is cut off before the first entry knows where it was.
        await self._send(send, b"retry: %d\nid: %d\n\n" % (_RETRY_MILLISECONDS, self._start.after))
        found = self._desk.follower.follow(self._visit, self._start.feed, self._start.after)
        async with aclosing(found):
            async for each in found:
                await self._send(send, _HEARTBEAT if isinstance(each, Quiet) else _block(each))

    def _told_of(self, error: ActumError | LogBroken) -> ActumError:
        if isinstance(error, ActumError):
            return error
        _log.error("stream ended", **self._visit.exchange.fields(), exc_info=error)
        return InternalError()

    async def _send(self, send: Send, block: bytes) -> None:
        async with asyncio.timeout(self._desk.settings.blocked_seconds_max):
            await send(_body(block))


class StreamedResponse(Response[str]):
    """Carries a stream through the framework, which knows it as a text of this media type."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__("", media_type=MEDIA_TYPE)
        self._stream = stream

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        return self._stream


async def _send_or_leave(send: Send, message: dict[str, Any]) -> None:
    """Last words, for whoever takes them at once."""
    with suppress(OSError):  # a TimeoutError is one as well
        async with asyncio.timeout(limits.STREAM_FAREWELL_SECONDS_MAX):
            await send(message)


async def _leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _body(block: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": block, "more_body": True}


def _block(page: Page) -> bytes:
    parts = [b"id: %d\nevent: entry\ndata: %b\n\n" % each for each in page.entries]
    if page.end is not None:
        parts.append(b"event: end\ndata: %b\n\n" % msgspec.json.encode(page.end))
    return b"".join(parts)


def _problem(error: ActumError) -> bytes:
    told = {"object": "problem", **describe_error(error)}
    return b"event: problem\ndata: %b\n\n" % msgspec.json.encode(told)
