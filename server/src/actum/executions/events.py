"""POST …/events: the one route that is asked ten thousand times a second, so it is plain ASGI.

It stands before the framework, authenticates its caller itself, and answers from the ingest. The framework
knows the same route for the OpenAPI document and serves it through the same function.
"""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from actum.executions import wire
from actum.executions.arrivals import Answer, Received, Submission
from actum.executions.ingest import Ingest
from actum.executions.load import load_execution
from actum.executions.receive import Post, Reception, receive_events
from actum.orgs.access import Caller, Permission
from actum.orgs.authenticate import Authenticator
from actum.orgs.guard import admit, authenticate, permit
from actum.platform.database import Database
from actum.platform.edge import AsgiApp
from actum.platform.exchange import Exchange, exchange_of
from actum.platform.http_errors import BadRequest, BodyTooLarge, IdempotencyKeyInvalid, ParameterInvalid
from actum.platform.idempotency import check_idempotency_key
from actum.platform.limits import REQUEST_BYTES_MAX
from actum.platform.problems import describe_error, refuse
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum_core.errors import ActumError, Problem
from actum_core.identifiers import IdentifierInvalid, Prefix, format_identifier, parse_identifier

_PREFIX: Final = "/v1/executions/"
_SUFFIX: Final = "/events"
_TEMPLATE: Final = "/v1/executions/{execution:str}/events"
_JSON: Final = (b"content-type", b"application/json")
_encoder: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Posted:
    """A request to post events, read from whichever side it came in."""

    execution: str
    headers: list[tuple[bytes, bytes]]
    query: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: a body in JSON, and whether all of it was told before."""

    body: bytes
    is_replayed: bool


class EventRoutes(Routes):
    """Posting events, over what it needs."""

    def __init__(self, database: Database, authenticator: Authenticator, ingest: Ingest) -> None:
        self._database = database
        self._authenticator = authenticator
        self._ingest = ingest

    def handlers(self) -> list[HTTPRouteHandler]:
        """The route as the framework and the OpenAPI document know it."""
        write = permit(Permission.EVENTS_WRITE)
        return [
            post(_TEMPLATE, opt=write, status_code=200, request_max_body_size=REQUEST_BYTES_MAX)(self.post_events)
        ]

    async def post_events(
        self, request: ApiRequest, execution: FromPath[str]
    ) -> Response[wire.EventAnswer | wire.BatchAnswer]:
        """Post one event, an array of events, or CloudEvents 1.0 (binary, structured, batched).

        An event is named by its `source` and `id`, or by the Idempotency-Key when it has no id: sent again it
        gets its first answer. A batch is answered event by event; with `?atomic=true` all or none are recorded.
        """
        posted = Posted(
            execution, list(request.scope["headers"]), request.scope["query_string"], await request.body()
        )
        reply = await self._reply(request.user, posted, exchange_of(request.scope))
        headers = {"Idempotent-Replayed": "true"} if reply.is_replayed else {}
        return Response(reply.body, media_type="application/json", headers=headers)  # type: ignore[arg-type]

    def before(self, app: AsgiApp) -> AsgiApp:
        """The same route in front of the framework; everything else passes through."""

        async def front(scope: Any, receive: Any, send: Any) -> None:
            path = scope.get("path", "")
            if (
                scope["type"] == "http"
                and scope["method"] == "POST"
                and path.endswith(_SUFFIX)
                and path.startswith(_PREFIX)
                and "/" not in (execution := path[len(_PREFIX) : -len(_SUFFIX)])
                and execution
            ):
                scope["path_template"] = _TEMPLATE
                await self._serve(scope, receive, send, execution)
            else:
                await app(scope, receive, send)

        return front

    async def _serve(self, scope: Any, receive: Any, send: Any, execution: str) -> None:
        exchange = exchange_of(scope)
        try:
            body = await _read_body(receive)
            caller = await authenticate(self._authenticator, scope)
            admit(scope, caller, Permission.EVENTS_WRITE)
            posted = Posted(execution, scope["headers"], scope["query_string"], body)
            reply = await self._reply(caller, posted, exchange)
            status, answer = 200, reply.body
            headers = [_JSON, (b"content-length", str(len(answer)).encode())]
            if reply.is_replayed:
                headers.append((b"idempotent-replayed", b"true"))
        except Exception as error:
            refusal = refuse(error, scope["path"], exchange.request_id)
            status, answer = refusal.status, refusal.body
            headers = [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(answer)).encode()),
                *((name.lower().encode(), value.encode()) for name, value in refusal.headers.items()),
            ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _reply(self, caller: Caller, posted: Posted, exchange: Exchange) -> Reply:
        reception = receive_events(_read_post(posted.headers), posted.body)
        execution_id, name = await self._find_execution(caller, posted.execution)
        exchange.ids["executionId"] = name
        is_atomic = _is_atomic(posted.query)
        accepted = [event for event in reception.events if isinstance(event, Received)]
        if is_atomic and len(accepted) < len(reception.events):
            accepted = []
        answers: list[Answer | ActumError] = []
        if accepted:
            submission = Submission(
                org_id=caller.org_id,
                execution_id=execution_id,
                actor=caller.actor,
                received=accepted,
                is_atomic=is_atomic,
                answers=asyncio.get_running_loop().create_future(),
            )
            answers = await self._ingest.submit(submission)
        if reception.is_batch:
            return _batch_reply(name, reception, answers)
        answer = answers[0]
        if isinstance(answer, ActumError):
            raise answer
        return Reply(_encoder.encode(wire.event_answer(name, answer)), answer.is_duplicate)

    async def _find_execution(self, caller: Caller, name: str) -> tuple[uuid.UUID, str]:
        try:
            return parse_identifier(Prefix.EXECUTION, name), name
        except IdentifierInvalid:
            async with self._database.transaction(caller.org_id) as tx:
                found = await load_execution(tx, caller, name)
            execution_id: uuid.UUID = found["execution_id"]
            return execution_id, format_identifier(Prefix.EXECUTION, execution_id)


def _batch_reply(name: str, reception: Reception, answers: list[Answer | ActumError]) -> Reply:
    """Answers event by event, in the order they were sent."""
    answered = iter(answers)
    told: list[Mapping[str, Any]] = []
    accepted = replayed = 0
    for event in reception.events:
        # An atomic batch with an event that could not be read was not submitted at all.
        answer = event if not isinstance(event, Received) else next(answered, None) or wire.not_recorded()
        if isinstance(answer, Answer):
            accepted += 1
            replayed += answer.is_duplicate
            told.append(wire.event_answer(name, answer))
        else:
            told.append({"object": "problem", **describe_error(answer)})
    body = {
        "object": "batch",
        "executionId": name,
        "accepted": accepted,
        "refused": len(told) - accepted,
        "data": told,
    }
    return Reply(_encoder.encode(body), 0 < replayed == len(told))


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


def _read_post(headers: list[tuple[bytes, bytes]]) -> Post:
    content_type = ""
    attributes: dict[str, str] = {}
    keys: list[str] = []
    for name, value in headers:
        if name == b"content-type":
            content_type = value.decode("latin-1")
        elif name == b"idempotency-key":
            keys.append(value.decode("latin-1"))
        elif name[:3] == b"ce-":
            # CloudEvents HTTP binding, 3.1.3.2: attribute values are percent-encoded UTF-8.
            attributes[name[3:].decode("latin-1")] = unquote(value.decode("latin-1"))
    if len(keys) > 1:
        raise IdempotencyKeyInvalid
    return Post(content_type, attributes, check_idempotency_key(keys[0]) if keys else None, uuid.uuid4())


def _is_atomic(query: bytes) -> bool:
    if not query:
        return False
    found = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    unknown = sorted(found.keys() - {"atomic"})
    if unknown:
        raise ParameterInvalid(
            [Problem(f"/query/{unknown[0]}", "unknown_parameter", "there is no such parameter")]
        )
    if found.get("atomic", ["false"])[-1] not in ("true", "false"):
        raise ParameterInvalid([Problem("/query/atomic", "bad_value", "atomic is true or false")])
    return found.get("atomic", ["false"])[-1] == "true"
