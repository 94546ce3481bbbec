"""Real servers on loopback for tests of streams: several on one database tell each other what they committed."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn

from actum.entrypoints.api import Application, create_app, make_parts
from actum.entrypoints.assemble import Tuning, upper_slices
from actum.orgs.access import Permission, Role
from actum.orgs.access_tokens import Wanted, issue_token
from actum.orgs.create import NewOrg, create_org
from actum.platform.clock import SystemClock
from actum.platform.database import Database, PoolSize
from actum.platform.notifier import Notifier
from actum.platform.signals import Signals
from actum.streams.desk import Desk, open_desk
from actum.streams.follow import StreamParts
from actum.streams.routes import slice_of
from actum.streams.settings import StreamSettings
from actum_core.identifiers import Prefix, format_identifier

from ..executions.documents import COUNTER


@dataclass
class Node:
    """One server process in all but the process, asked as the org's admin."""

    app: Application
    desk: Desk
    signals: Signals
    port: int
    http: httpx2.AsyncClient
    token: str

    async def ask(self, method: str, path: str, body: object = None, **given: Any) -> dict[str, Any]:
        """A request that must succeed."""
        response = await self.http.request(method, path, json=body, **given)
        assert response.status_code in (200, 201), response.text
        return dict(response.json())

    async def publish(self, document: dict[str, Any]) -> None:
        made = await self.ask("POST", "/v1/templates", {"document": document})
        await self.ask("POST", f"/v1/templates/{made['id']}/versions", {})

    async def start(self, template: str = "counter", **wanted: Any) -> str:
        return str((await self.ask("POST", "/v1/executions", {"template": template, **wanted}))["id"])

    async def post(self, execution: str, *types: str, **data: Any) -> dict[str, Any]:
        """Post one event, or a batch, all with the same data."""
        events = [{"type": each, "data": data} for each in types]
        body = events[0] if len(events) == 1 else events
        return await self.ask("POST", f"/v1/executions/{execution}/events", body)

    async def command(self, execution: str, name: str) -> dict[str, Any]:
        return await self.ask("POST", f"/v1/executions/{execution}/{name}", {})

    async def ledger(self, execution: str) -> list[dict[str, Any]]:
        page = await self.ask("GET", f"/v1/executions/{execution}/ledger?limit=1000")
        assert not page["hasMore"]
        return list(page["data"])


@dataclass
class Token:
    """An access token: its secret text, and the name it is revoked by."""

    text: str
    name: str


@dataclass
class Org:
    """An org and what is needed to give out its tokens."""

    made: NewOrg
    database: Database

    @property
    def admin(self) -> str:
        return self.made.admin_token.text

    async def token_of(self, role: Role, scopes: frozenset[Permission] | None = None) -> Token:
        """A new token with a role."""
        org_id = self.made.org.org_id
        wanted = Wanted(f"a {role.value}", role, scopes)
        expires_at = self.made.admin_token.token.expires_at
        assert expires_at is not None
        async with self.database.transaction(org_id) as tx:
            made = await issue_token(tx, SystemClock().now(), org_id, (wanted, expires_at, "platform-owner"))
        return Token(made.text, format_identifier(Prefix.ACCESS_TOKEN, made.token.token_id))


async def make_org(database: Database, slug: str) -> Org:
    return Org(await create_org(database, SystemClock(), slug, slug.title()), database)


@asynccontextmanager
async def running_node(url: str, token: str, settings: StreamSettings | None = None) -> AsyncIterator[Node]:
    """A server with its own pool, signals and notifier."""
    database = await Database.open(url, PoolSize(minimum=1, maximum=6))
    signals = Signals()
    notifier = Notifier(database, signals)
    parts = make_parts(database)
    desk = open_desk(StreamParts(database, parts.authenticator, signals, settings or StreamSettings()))
    app = create_app(parts, [*upper_slices(parts, signals, Tuning())[:-1], slice_of(desk)])
    opened = socket.create_server(("127.0.0.1", 0))
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        await notifier.start()
        await asyncio.wait_for(notifier.wait_until_listening(), 10)
        await asyncio.wait_for(server.is_up.wait(), 10)
        port = opened.getsockname()[1]
        headers = {"authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as http:
            yield Node(app, desk, signals, port, http, token)
    finally:
        await asyncio.wait_for(app.end_streams(), 10)
        server.should_exit = True
        await serving
        await notifier.stop()
        await database.close()


class _Server(uvicorn.Server):
    """Says when it is up, and leaves the test runner's signal handlers alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def publish_counter(node: Node) -> None:
    await node.publish(COUNTER)
