"""The slice as the application takes it: its routes, its fast route in front, and the ingest beside them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from actum.executions.commands import CommandRoutes
from actum.executions.committer import IngestParts
from actum.executions.events import EventRoutes
from actum.executions.flow import FlowRoutes
from actum.executions.ingest import Ingest
from actum.executions.routes import ExecutionRoutes
from actum.orgs.authenticate import Authenticator
from actum.platform.slices import Slice


def executions_slice(parts: IngestParts, ingest: Ingest, authenticator: Authenticator) -> Slice:
    """Everything of executions, over an ingest and its parts."""
    events = EventRoutes(parts.database, authenticator, ingest)
    executions = ExecutionRoutes(parts, ingest)
    commands = CommandRoutes(parts, ingest)
    flow = FlowRoutes(parts, ingest)

    @asynccontextmanager
    async def committing() -> AsyncIterator[None]:
        try:
            yield
        finally:
            await ingest.drain()

    return Slice(
        routes=[executions.router(*events.handlers(), *commands.handlers(), *flow.handlers())],
        before=[events.before],
        direct=[events],
        lifespans=[committing],
    )
