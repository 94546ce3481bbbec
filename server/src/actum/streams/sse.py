"""A stream as Server-Sent Events: one event per entry, and the connection's whole life around them.

Follows the HTML standard, section 9.2. The cursor is the event's id, so that a client that reconnects by itself
says where it was; an end is told by an event, and by 204 to whoever reconnects after it.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, suppress
from typing import Any, Final

import msgspec
import structlog
from litestar.enums import MediaType
from litestar.response import Response
from litestar.response.base import ASGIResponse

from actum.platform import limits
from actum.platform.edge import Receive, Send
from actum.platform.http_errors import InternalError
from actum.platform.problems import describe_error
from actum.streams.feeds import Feed, Page
from actum.streams.follow import Follower, Quiet, Visit
from actum.streams.gate import Gate
from actum.streams.settings import StreamSettings
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

    def __init__(self, follower: Follower, gate: Gate, settings: StreamSettings) -> None:
        super().__init__(media_type=MediaType.TEXT)
        self._follower = follower
        self._gate = gate
        self._settings = settings
        self._visit: Visit
        self._feed: Feed
        self._after = 0

    def begin(self, visit: Visit, feed: Feed, after: int) -> "StreamedResponse":
        """What a handler returns to have this stream sent."""
        self._visit, self._feed, self._after = visit, feed, after
        return StreamedResponse(self)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        # A refusal comes before the first byte, so it is answered as a problem like any other.
        with self._gate.admit(self._feed.org_id):
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            if await self._tell_until_left(receive, send):
                with suppress(TimeoutError):
                    async with asyncio.timeout(limits.STREAM_FAREWELL_SECONDS_MAX):
                        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell_until_left(self, receive: Receive, send: Send) -> bool:
        """Stream until something ends it; True when the client is still there to be told so."""
        async with _Tasks() as tasks:
            telling = tasks.begin(self._tell(send))
            leaving = tasks.begin(_leave(receive))
            draining = tasks.begin(self._gate.draining.wait())
            await asyncio.wait((telling, leaving, draining), return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                return False
            if telling.done():
                return bool(telling.result())
        # `send` hands over a block as a whole or, cancelled while it waited, not at all: nothing is cut in two.
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.STREAM_FAREWELL_SECONDS_MAX):
                await send(_body(_GOODBYE))
        return True

    async def _tell(self, send: Send) -> bool:
        """Send what the follower finds; False when the client did not take it in time."""
        try:
            # An id without data: a client that is cut off before the first entry knows where it was.
            await self._send(send, b"retry: %d\nid: %d\n\n" % (_RETRY_MILLISECONDS, self._after))
            async with aclosing(self._follow()) as found:
                async for each in found:
                    await self._send(send, _HEARTBEAT if isinstance(each, Quiet) else _block(each))
        except TimeoutError:
            _log.info("stream dropped: the client does not read", **self._visit.exchange.fields())
            return False
        except ActumError as error:
            await self._send(send, _problem(error))
        except Exception as error:
            _log.error("stream failed", **self._visit.exchange.fields(), exc_info=error)
            await self._send(send, _problem(InternalError()))
        return True

    def _follow(self) -> AsyncGenerator[Page | Quiet, None]:
        return self._follower.follow(self._visit, self._feed, self._after)

    async def _send(self, send: Send, block: bytes) -> None:
        async with asyncio.timeout(self._settings.blocked_seconds_max):
            await send(_body(block))


class StreamedResponse(Response[str]):
    """Carries a stream through the framework, which knows it as a text of this media type."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__("", media_type=MEDIA_TYPE)
        self._stream = stream

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        return self._stream


class _Tasks:
    """Tasks that end with the block: cancelled and awaited."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task

    async def __aenter__(self) -> "_Tasks":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


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
