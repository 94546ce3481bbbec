"""A stream over a WebSocket (RFC 6455): the same envelopes, a subscription that the client may change, close codes.

Plain ASGI, before the framework: a browser learns why it was refused only from a close code, and there is none
before the socket is accepted. So it is accepted first and then closed.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from enum import IntEnum
from typing import Any, Final

import structlog

from actum.orgs.access import PermissionDenied
from actum.orgs.authenticate import Unauthenticated
from actum.orgs.guard import admit, authenticate
from actum.platform import limits
from actum.platform.edge import AsgiApp, Receive, Scope, Send
from actum.platform.exchange import exchange_of
from actum.platform.http_errors import NotFound, RequestInvalid
from actum.platform.problems import STATUSES, describe_error
from actum.platform.requests import convert_body, parse_body
from actum.streams import wire
from actum.streams.desk import Desk, Start, Tasks
from actum.streams.feeds import LogBroken, Page
from actum.streams.follow import PERMISSION, Quiet, Visit
from actum.streams.positions import Position, parse_after
from actum_core.errors import ActumError, Problem

SUBPROTOCOL: Final = "actum.v1+json"

_PREFIX: Final = "/v1/executions/"
_SUFFIX: Final = "/ws"
_ORG: Final = "/v1/ws"
_OF_EXECUTION: Final = "/v1/executions/{execution:str}/ws"

_HEARTBEAT: Final = wire.encode(wire.NoticeTold(object="heartbeat")).decode()
_PONG: Final = wire.encode(wire.NoticeTold(object="pong")).decode()
_UNSUBSCRIBED: Final = wire.encode(wire.NoticeTold(object="unsubscribed")).decode()

_log = structlog.get_logger(__name__)


class CloseCode(IntEnum):
    """Why a socket was closed. Those from 4000 on are ours and end like the HTTP status they stand for."""

    #: The execution is over and everything of it was told.
    NORMAL = 1000
    #: What the client sent is no text, or too long.
    UNACCEPTABLE = 1003
    FAULT = 1011
    #: The server stops: connect again at once, another one answers.
    RESTART = 1012
    #: Too many streams, or no database: connect again later.
    TRY_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    UNKNOWN = 4404
    #: The client did not read what it was sent in time, or stayed without a subscription.
    IDLE = 4408


class Close(Exception):
    """Ends a socket with a code and a reason of at most 123 bytes (RFC 6455, 5.5)."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


def front_of(desk: Desk) -> Callable[[AsgiApp], AsgiApp]:
    """What serves the sockets in front of an application; everything else passes through."""

    def before(app: AsgiApp) -> AsgiApp:
        async def front(scope: Any, receive: Any, send: Any) -> None:
            execution = _execution_of(scope["path"]) if scope["type"] == "websocket" else None
            if execution is None:
                await app(scope, receive, send)
                return
            scope["path_template"] = _OF_EXECUTION if execution else _ORG
            with suppress(OSError):  # ASGI: the client has gone
                await Socket(desk, scope, (receive, send)).serve(execution or None)

        return front

    return before


def _execution_of(path: str) -> str | None:
    """The execution that a socket's path names, empty for the org's; None for the path of no socket."""
    if path == _ORG:
        return ""
    name = path[len(_PREFIX) : -len(_SUFFIX)]
    is_ours = path.startswith(_PREFIX) and path.endswith(_SUFFIX) and "/" not in name
    return name if is_ours and name else None


class Socket:
    """One WebSocket from its handshake to its close."""

    def __init__(self, desk: Desk, scope: Scope, channel: tuple[Receive, Send]) -> None:
        self._desk = desk
        self._scope = scope
        self._receive, self._send = channel
        self._exchange = exchange_of(scope)

    async def serve(self, execution: str | None) -> None:
        """Accept, tell, and close; never raises what is the client's."""
        if (await self._receive())["type"] != "websocket.connect":
            return
        offered = SUBPROTOCOL in self._scope.get("subprotocols", ())
        await self._send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        try:
            await self._serve_accepted(execution)
        except Close as closing:
            await self._close(closing)
        except ActumError as error:
            await self._close(_closing_of(error))
        except LogBroken as error:
            _log.error("stream ended", **self._exchange.fields(), exc_info=error)
            await self._close(Close(CloseCode.FAULT, "internal_error"))

    async def _close(self, closing: Close) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.STREAM_FAREWELL_SECONDS_MAX):
                await self._send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})

    async def _serve_accepted(self, execution: str | None) -> None:
        caller = await authenticate(self._desk.parts.authenticator, self._scope)
        admit(self._scope, caller, PERMISSION)
        header = next((value for name, value in self._scope["headers"] if name == b"authorization"), None)
        visit = Visit(self._desk.parts, header, caller, self._exchange)
        start = None
        if execution is not None:
            start = await self._desk.find(caller, execution, parse_after(self._scope["query_string"]))
        with self._desk.gate.admit(caller.org_id):
            async with Tasks() as tasks:
                conversation = _Conversation(self._desk, visit, (self._receive, self._send), tasks)
                talking = tasks.begin(conversation.run(start))
                draining = tasks.begin(self._desk.gate.draining.wait())
                await asyncio.wait((talking, draining), return_when=asyncio.FIRST_COMPLETED)
                if talking.done():
                    talking.result()
                    return
            raise Close(CloseCode.RESTART, "this server is about to stop")


class _Conversation:
    """What is said on an accepted socket: the client's operations, and one subscription at a time."""

    def __init__(self, desk: Desk, visit: Visit, channel: tuple[Receive, Send], tasks: Tasks) -> None:
        self._desk = desk
        self._visit = visit
        self._receive, self._send = channel
        self._tasks = tasks
        self._telling: asyncio.Task[None] | None = None

    async def run(self, start: Start | None) -> None:
        """Return when the client has left; raise Close, or an error, to close the socket.

        With a start the socket is of that execution: subscribed from the beginning, and closed with its end.
        """
        is_bound = start is not None
        if start is not None:
            await self._subscribe(start)
        receiving = self._tasks.begin(self._next_message())
        while True:
            waited: set[asyncio.Task[Any]] = {receiving}
            if self._telling is not None:
                waited.add(self._telling)
            idle = self._desk.settings.socket_idle_seconds_max if self._telling is None else None
            done, _ = await asyncio.wait(waited, timeout=idle, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                raise Close(CloseCode.IDLE, "no subscription")
            if self._telling in done:
                await self._finish_telling()
                if is_bound:
                    raise Close(CloseCode.NORMAL, "the execution is over")
            if receiving in done:
                text = receiving.result()
                if text is None:
                    return
                await self._answer(text, is_bound=is_bound)
                await self._tasks.end(receiving)
                receiving = self._tasks.begin(self._next_message())

    async def _next_message(self) -> str | None:
        """The next text of the client; None when it has left."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        if text is None or len(text) > limits.SOCKET_MESSAGE_LENGTH_MAX:
            characters = limits.SOCKET_MESSAGE_LENGTH_MAX
            raise Close(CloseCode.UNACCEPTABLE, f"send JSON texts of at most {characters} characters")
        return text

    async def _answer(self, text: str, *, is_bound: bool) -> None:
        try:
            operation: wire.Operation = convert_body(parse_body(text.encode()), wire.Operation)
            if isinstance(operation, wire.Ping):
                await self._say(_PONG)
            elif is_bound:
                detail = "this socket is of one execution: open /v1/ws to choose what is told"
                raise RequestInvalid([Problem("/op", "bad_value", detail)])
            elif isinstance(operation, wire.Subscribe):
                wanted = None if operation.after is None else Position(operation.after, "/after")
                await self._subscribe(
                    await self._desk.find(self._visit.caller, operation.execution_id, wanted)
                )
            else:
                await self._stop_telling()
                await self._say(_UNSUBSCRIBED)
        except (PermissionDenied, Unauthenticated):
            raise
        except ActumError as error:
            # What was wrong with one operation leaves the socket, and the subscription it had, as they were.
            await self._say(wire.encode({"object": "problem", **describe_error(error)}).decode())

    async def _subscribe(self, start: Start) -> None:
        await self._stop_telling()
        told = wire.SubscribedTold(execution_id=start.feed.name, after=start.after)
        await self._say(wire.encode(told).decode())
        self._telling = self._tasks.begin(self._tell(start))

    async def _stop_telling(self) -> None:
        if self._telling is not None:
            await self._tasks.end(self._telling)
            self._telling = None

    async def _finish_telling(self) -> None:
        """The subscription ended by itself. Raises what ended it, unless that was the end of its execution."""
        telling, self._telling = self._telling, None
        assert telling is not None
        telling.result()
        await self._tasks.end(telling)

    async def _tell(self, start: Start) -> None:
        found = self._desk.follower.follow(self._visit, start.feed, start.after)
        async with aclosing(found):
            async for each in found:
                if isinstance(each, Quiet):
                    await self._say(_HEARTBEAT)
                    continue
                await self._say(*_texts(each))

    async def _say(self, *texts: str) -> None:
        """Send texts. Raises Close when the client does not take them in time."""
        try:
            async with asyncio.timeout(self._desk.settings.blocked_seconds_max):
                for text in texts:
                    await self._send({"type": "websocket.send", "text": text})
        except TimeoutError:
            _log.info("stream dropped: the client does not read", **self._visit.exchange.fields())
            raise Close(CloseCode.IDLE, "too slow") from None


def _texts(page: Page) -> list[str]:
    texts = [encoded.decode() for _, encoded in page.entries]
    if page.end is not None:
        texts.append(wire.encode(page.end).decode())
    return texts


def _closing_of(error: ActumError) -> Close:
    """The close code for a refusal; its reason is the error's code."""
    if isinstance(error, Unauthenticated):
        return Close(CloseCode.UNAUTHENTICATED, error.code)
    if isinstance(error, PermissionDenied):
        return Close(CloseCode.FORBIDDEN, error.code)
    if isinstance(error, NotFound):
        return Close(CloseCode.UNKNOWN, error.code)
    status = STATUSES.get(error.code, 500)
    if status in (429, 503):
        return Close(CloseCode.TRY_LATER, error.code)
    return Close(CloseCode.BAD_REQUEST if status < 500 else CloseCode.FAULT, error.code)
