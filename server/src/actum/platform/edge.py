"""The outermost layer of every request: its id, its line in the log, its count and its time.

It wraps any ASGI application, so that what is answered below the framework (or before it) is seen as well.
"""

import itertools
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

import structlog
from structlog.contextvars import bind_contextvars, unbind_contextvars

from actum.platform.direct import DirectHead
from actum.platform.exchange import Exchange, begin_exchange
from actum.platform.http_metrics import HttpMetrics
from actum.platform.limits import REQUEST_ID_LENGTH_MAX
from actum_core.identifiers import Prefix

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]*")
_UNMATCHED: Final = "(none)"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})

_log = structlog.get_logger(__name__)


class Edge:
    """An ASGI application around another one."""

    def __init__(self, app: AsgiApp, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics
        # 60 random bits for this process and 40 of a counter: an identifier's form at a tenth of its cost.
        self._id_prefix = f"{Prefix.REQUEST.value}_0{secrets.token_hex(8)[1:]}"
        self._numbers = itertools.count(secrets.randbelow(1 << 32))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        exchange = begin_exchange(scope, self._request_id(scope["headers"]))
        header = (b"request-id", exchange.request_id.encode())

        async def send_with_id(message: Any) -> None:
            kind = message["type"]
            if kind == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = [*message.get("headers", ()), header]
            elif kind == "websocket.accept":
                exchange.status = 101
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        # Every line that this request's task writes says whose it is.
        bind_contextvars(requestId=exchange.request_id)
        started = time.perf_counter()
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._finish(exchange, scope.get("path_template") or _UNMATCHED, time.perf_counter() - started)
            unbind_contextvars("requestId", "orgId")

    def open_direct(self, head: DirectHead) -> Exchange:
        """The exchange of a request that is answered directly."""
        return Exchange(self._request_id(head.headers), head.method, head.path)

    def close_direct(self, exchange: Exchange, route: str, seconds: float) -> None:
        """Count an answer that was given directly. What went well is not worth a line each: the ledger has it."""
        if exchange.status >= 400:
            self._finish(exchange, route, seconds)
            return
        self._metrics.count(exchange.method, route, (exchange.status, seconds))
        _log.debug("request", **exchange.fields(), route=route, status=exchange.status)

    def _request_id(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        for name, value in headers:
            if name == b"request-id" and len(value) <= REQUEST_ID_LENGTH_MAX:
                text: str = value.decode("latin-1")
                if _ID.fullmatch(text):
                    return text
        return f"{self._id_prefix}{next(self._numbers):010x}"

    def _finish(self, exchange: Exchange, route: str, seconds: float) -> None:
        method = exchange.method if exchange.method in _METHODS else "(other)"
        self._metrics.count(method, route, (exchange.status, seconds))
        milliseconds = round(seconds * 1e3, 3)
        _log.info(
            "request", **exchange.fields(), route=route, status=exchange.status, durationMs=milliseconds
        )
