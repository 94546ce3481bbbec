"""POST …/events: the one route that is asked ten thousand times a second.

It is served three ways that end in the same two functions, `open_post` and `Opened.reply`: directly from the
protocol for a caller who is known; as plain ASGI in front of the framework, which authenticates and looks up
what the direct way leaves; and by the framework, which knows the route for the OpenAPI document.
"""

import asyncio
import uuid
from functools import lru_cache
from typing import Any, Final

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from actum.executions import wire
from actum.executions.arrivals import Answer
from actum.executions.event_forms import REQUEST_BODY
from actum.executions.ingest import Ingest
from actum.executions.load import load_execution
from actum.executions.post import Opened, Posted, Reply, open_post
from actum.orgs.access import Caller, Permission
from actum.orgs.authenticate import Authenticator
from actum.orgs.guard import admit, authenticate, permit
from actum.platform.database import Database
from actum.platform.direct import DirectHandler, DirectHead, DirectReply, Respond
from actum.platform.edge import AsgiApp
from actum.platform.exchange import Exchange, exchange_of
from actum.platform.http_errors import BadRequest, BodyTooLarge
from actum.platform.limits import REQUEST_BYTES_MAX
from actum.platform.problems import PROBLEM_MEDIA_TYPE, log_failure, refuse
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum_core.errors import ActumError
from actum_core.identifiers import IdentifierInvalid, Prefix, format_identifier, parse_identifier

_PREFIX: Final = "/v1/executions/"
_SUFFIX: Final = "/events"
_REPLAYED: Final = {"Idempotent-Replayed": "true"}


class EventRoutes(Routes):
    """Posting events, over what it needs."""

    template: str = "/v1/executions/{execution:str}/events"
    body_bytes_max: int = REQUEST_BYTES_MAX

    def __init__(self, database: Database, authenticator: Authenticator, ingest: Ingest) -> None:
        self._database = database
        self._authenticator = authenticator
        self._ingest = ingest

    def claim(self, head: DirectHead) -> DirectHandler | None:
        """The direct way, for a caller who is known and an execution that is named by its id."""
        name = _execution_in(head.path) if head.method == "POST" else None
        authorization = [value for key, value in head.headers if key == b"authorization"]
        if name is None or len(authorization) != 1:
            return None
        caller = self._authenticator.find_cached(authorization[0])
        if caller is None or Permission.EVENTS_WRITE not in caller.permissions:
            return None
        execution_id = _id_of(name)
        if execution_id is None:
            return None

        def handle(exchange: Exchange, body: bytes, respond: Respond) -> None:
            exchange.ids["orgId"], exchange.ids["executionId"] = caller.org, name
            try:
                opened = open_post(caller, (execution_id, name), Posted(head.headers, head.query, body))
                if opened.submission is None:
                    respond(_direct(opened.reply([])))
                    return
                self._ingest.enqueue(opened.submission)
            except Exception as error:
                respond(_direct_refusal(error, exchange))
                return
            opened.submission.answers.add_done_callback(
                lambda answers: respond(_direct_answer(opened, answers, exchange))
            )

        return handle

    def before(self, app: AsgiApp) -> AsgiApp:
        """The same route as plain ASGI in front of the framework; everything else passes through."""

        async def front(scope: Any, receive: Any, send: Any) -> None:
            name = None
            if scope["type"] == "http" and scope["method"] == "POST":
                name = _execution_in(scope["path"])
            if name is None:
                await app(scope, receive, send)
            else:
                scope["path_template"] = self.template
                await self._serve(scope, receive, send, name)

        return front

    def handlers(self) -> list[HTTPRouteHandler]:
        """The route as the framework and the OpenAPI document know it."""
        write = {**permit(Permission.EVENTS_WRITE), "request_body": REQUEST_BODY}
        decorate = post(self.template, opt=write, status_code=200, request_max_body_size=REQUEST_BYTES_MAX)
        return [decorate(self.post_events)]

    async def post_events(
        self, request: ApiRequest, execution: FromPath[str]
    ) -> Response[wire.EventAnswer | wire.BatchAnswer]:
        """Post one event, an array of events, or CloudEvents 1.0 (binary, structured, batched).

        An event is named by its `source` and `id`, or by the Idempotency-Key when it has no id: sent again it
        gets its first answer. A batch is answered event by event; with `?atomic=true` all or none are recorded.
        """
        scope = request.scope
        posted = Posted(list(scope["headers"]), scope["query_string"], await request.body())
        reply = await self._reply(request.user, execution, posted, exchange_of(scope))
        headers = _REPLAYED if reply.is_replayed else None
        return Response(reply.body, media_type="application/json", headers=headers)  # type: ignore[arg-type]

    async def _serve(self, scope: Any, receive: Any, send: Any, name: str) -> None:
        exchange = exchange_of(scope)
        try:
            caller = await authenticate(self._authenticator, scope)
            admit(scope, caller, Permission.EVENTS_WRITE)
            posted = Posted(scope["headers"], scope["query_string"], await _read_body(receive))
            reply = _direct(await self._reply(caller, name, posted, exchange))
        except Exception as error:
            reply = _direct_refusal(error, exchange)
        headers = [
            (b"content-type", reply.media_type.encode()),
            (b"content-length", str(len(reply.body)).encode()),
            *((key.lower().encode(), value.encode()) for key, value in reply.headers.items()),
        ]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, caller: Caller, name: str, posted: Posted, exchange: Exchange) -> Reply:
        execution_id = await self._find_execution(caller, name)
        opened = open_post(caller, (execution_id, format_identifier(Prefix.EXECUTION, execution_id)), posted)
        exchange.ids["executionId"] = opened.execution
        if opened.submission is None:
            return opened.reply([])
        return opened.reply(await self._ingest.submit(opened.submission))

    async def _find_execution(self, caller: Caller, name: str) -> uuid.UUID:
        execution_id = _id_of(name)
        if execution_id is None:
            async with self._database.transaction(caller.org_id) as tx:
                found = await load_execution(tx, caller, name)
            execution_id = found["execution_id"]
        return execution_id


def _execution_in(path: str) -> str | None:
    """The execution named by the path of this route; None for other paths."""
    if not (path.endswith(_SUFFIX) and path.startswith(_PREFIX)):
        return None
    name = path[len(_PREFIX) : -len(_SUFFIX)]
    return name if name and "/" not in name else None


@lru_cache(maxsize=8_192)
def _id_of(name: str) -> uuid.UUID | None:
    """The execution's UUID; None for a name that is not its id."""
    try:
        return parse_identifier(Prefix.EXECUTION, name)
    except IdentifierInvalid:
        return None


def _direct(reply: Reply) -> DirectReply:
    return DirectReply(200, reply.body, _REPLAYED if reply.is_replayed else {})


def _direct_answer(
    opened: Opened, answers: "asyncio.Future[list[Answer | ActumError]]", exchange: Exchange
) -> DirectReply:
    try:
        return _direct(opened.reply(answers.result()))
    except Exception as error:
        return _direct_refusal(error, exchange)


def _direct_refusal(error: Exception, exchange: Exchange) -> DirectReply:
    refusal = refuse(error, exchange.path, exchange.request_id)
    if refusal.status >= 500:
        log_failure(exchange, refusal, error)
    return DirectReply(refusal.status, refusal.body, refusal.headers, PROBLEM_MEDIA_TYPE)


async def _read_body(receive: Any) -> bytes:
    """The whole body. Raises BodyTooLarge, and BadRequest when the client went away."""
    message = await receive()
    body: bytes = message.get("body", b"")
    parts = [body]
    size = len(body)
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > REQUEST_BYTES_MAX:
            raise BodyTooLarge(f"a body of events has at most {REQUEST_BYTES_MAX} bytes")
    if message["type"] == "http.disconnect":
        raise BadRequest("the client went away")
    return parts[0] if len(parts) == 1 else b"".join(parts)
