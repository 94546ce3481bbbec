"""The HTTP application: the slices' routes behind one guard, one way of reading bodies and one form of errors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, Router
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import HTTPRoute
from prometheus_client import CollectorRegistry

from actum.entrypoints.document import DocumentRoute
from actum.entrypoints.health import Drain, HealthRoutes
from actum.orgs.authenticate import Authenticator
from actum.orgs.guard import make_guard, permission_of
from actum.orgs.routes import OrgRoutes
from actum.platform.clock import Clock, SystemClock
from actum.platform.database import Database
from actum.platform.direct import DirectRoute
from actum.platform.edge import AsgiApp, Edge
from actum.platform.http_metrics import HttpMetrics
from actum.platform.problems import answer_problem
from actum.platform.requests import ApiRequest
from actum.platform.slices import Slice
from actum.templates.programs import ProgramCache
from actum.templates.slice import templates_slice
from actum_core.limits import JSON_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application works with, made by whoever starts it. Tests put their own parts here."""

    database: Database
    clock: Clock
    authenticator: Authenticator
    programs: ProgramCache
    registry: CollectorRegistry
    drain: Drain


def make_parts(
    database: Database, clock: Clock | None = None, registry: CollectorRegistry | None = None
) -> Parts:
    """The usual parts over one database."""
    clock = clock or SystemClock()
    return Parts(
        database=database,
        clock=clock,
        authenticator=Authenticator(database, clock),
        programs=ProgramCache(),
        registry=registry or CollectorRegistry(),
        drain=Drain(),
    )


@dataclass(frozen=True, slots=True)
class Application:
    """The ASGI application. `framework` is the Litestar application inside; `routes` is what it was given to serve."""

    framework: Litestar
    parts: Parts
    routes: tuple[Router | BaseRouteHandler, ...]
    drains: tuple[Callable[[], Awaitable[None]], ...]
    direct: tuple[DirectRoute, ...]
    edge: Edge

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.edge(scope, receive, send)

    async def end_streams(self) -> None:
        """Ask every slice to end what would never end by itself; done once, when the server begins to stop."""
        async with asyncio.TaskGroup() as group:
            for drain in self.drains:
                group.create_task(_awaited(drain))


async def _awaited(drain: Callable[[], Awaitable[None]]) -> None:
    await drain()


def create_app(parts: Parts, slices: Sequence[Slice] = ()) -> Application:
    """Put the platform's own slices and the given ones together.

    Raises LookupError when a route does not say who may ask it.
    """
    slices = (*_own_slices(parts), *slices)
    routes = [route for each in slices for route in each.routes]
    framework = Litestar(
        route_handlers=[*routes, DocumentRoute(routes).router()],
        request_class=ApiRequest,
        guards=[make_guard(parts.authenticator)],
        exception_handlers={Exception: answer_problem},
        request_max_body_size=JSON_BYTES_MAX,
        lifespan=[_lifespan(slices)],
        openapi_config=None,
        logging_config=None,
    )
    _check_every_route_is_guarded(framework)
    inside: AsgiApp = framework
    for wrap in (wrap for each in reversed(slices) for wrap in reversed(each.before)):
        inside = wrap(inside)
    edge = Edge(inside, HttpMetrics(parts.registry))
    drains = tuple(drain for each in slices for drain in each.drains)
    direct = tuple(route for each in slices for route in each.direct)
    return Application(framework, parts, tuple(routes), drains, direct, edge)


def _check_every_route_is_guarded(framework: Litestar) -> None:
    for route in framework.routes:
        handlers = route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]
        for handler in handlers:
            if not (isinstance(handler, HTTPRouteHandler) and handler.http_methods == {HttpMethod.OPTIONS}):
                permission_of(handler)


def _own_slices(parts: Parts) -> tuple[Slice, ...]:
    health = HealthRoutes(parts.database, parts.registry, parts.drain)
    orgs = OrgRoutes(parts.database, parts.clock, parts.authenticator)
    return (
        Slice([health.router()]),
        Slice(orgs.routers(), lifespans=[lambda: beside(parts.authenticator.run)]),
        templates_slice(parts.database, parts.clock, parts.programs),
    )


@asynccontextmanager
async def beside(work: Callable[[], Any]) -> AsyncIterator[None]:
    """Run a coroutine function beside the requests; at the end it is cancelled and awaited."""
    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _lifespan(slices: Sequence[Slice]) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for each in slices:
                for enter in each.lifespans:
                    await stack.enter_async_context(enter())
            yield

    return lifespan
