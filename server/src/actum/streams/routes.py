"""HTTP routes of streams, and the slice as the application takes it: SSE through the framework, sockets before it."""

from typing import Annotated, Any, Final

from litestar import Router, get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Response

from actum.orgs.access import Caller
from actum.orgs.guard import permit
from actum.platform.exchange import exchange_of
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes, Slice
from actum.streams.desk import Desk, open_desk
from actum.streams.follow import PERMISSION, StreamParts, Visit
from actum.streams.positions import LAST_EVENT_ID, Position, parse_last_event_id
from actum.streams.sse import MEDIA_TYPE, EventStream, StreamedResponse
from actum.streams.websocket import front_of
from actum_core.limits import JSON_INTEGER_MAX

_EXECUTION: Final = "/v1/executions/{execution:str}/stream"
_ORG: Final = "/v1/stream"

_OVER: Final = ResponseSpec(
    None, description="The execution is over and the client has all of it.", generate_examples=False
)

AfterId = Annotated[
    int | None,
    QueryParameter(
        name="after",
        ge=0,
        le=JSON_INTEGER_MAX,
        description="The id of the last entry you have; 0 for none. Without it: only what is written from now on.",
    ),
]
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name=LAST_EVENT_ID,
        description="The id of the last entry you have, as EventSource sends it; it counts more than `after`.",
    ),
]


class StreamRoutes(Routes):
    """The handlers, over what they need."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def router(self) -> Router:
        """Every route with the permission it needs."""
        described: dict[str, Any] = {"opt": permit(PERMISSION), "media_type": MEDIA_TYPE}
        handlers = [
            get(_EXECUTION, **described, responses={204: _OVER})(self.stream_execution),
            get(_ORG, **described)(self.stream_org),
        ]
        return Router("/", route_handlers=handlers, tags=["streams"])

    async def stream_execution(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        after: AfterId = None,
        last_event_id: LastEventId = None,
    ) -> Response[str]:
        """Watch an execution's ledger as Server-Sent Events, one `entry` for each of its entries, in order.

        The id of an entry is its `seq`; a client that reconnects with Last-Event-ID loses nothing and gets
        nothing twice. After the last entry of an execution that is over comes `event: end` and the stream closes;
        whoever reconnects after that is answered 204, which ends an EventSource.
        """
        return await self._stream(request, execution, after)

    async def stream_org(
        self, request: ApiRequest, after: AfterId = None, last_event_id: LastEventId = None
    ) -> Response[str]:
        """Watch the ledger of all of the org's executions as Server-Sent Events, in the order of the org's log.

        The id of an entry is its `index` plus one. It never ends by itself.
        """
        return await self._stream(request, None, after)

    async def _stream(self, request: ApiRequest, execution: str | None, after: int | None) -> Response[str]:
        caller: Caller = request.user
        resumed = parse_last_event_id(request.scope["headers"])
        wanted = resumed or (None if after is None else Position(after, "/query/after"))
        start = await self._desk.find(caller, execution, wanted)
        exchange = exchange_of(request.scope)
        if start.feed.name is not None:
            exchange.ids["executionId"] = start.feed.name
        if resumed is not None and start.is_over:
            return Response("", status_code=204, media_type=MEDIA_TYPE)
        header = request.headers.get("authorization")
        visit = Visit(
            self._desk.parts, None if header is None else header.encode("latin-1"), caller, exchange
        )
        return StreamedResponse(EventStream(self._desk, visit, start))


def streams_slice(parts: StreamParts) -> Slice:
    """Everything of streams, over its parts."""
    return slice_of(open_desk(parts))


def slice_of(desk: Desk) -> Slice:
    """The slice around a desk. Its drain ends every stream and returns when all are gone."""
    return Slice(routes=[StreamRoutes(desk).router()], before=[front_of(desk)], drains=[desk.gate.drain])
