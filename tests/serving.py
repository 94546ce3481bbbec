"""A whole server for a test, asked over HTTP without a socket: the real application on a real database."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from actum.entrypoints.api import Application, Parts, create_app
from actum.entrypoints.health import Drain
from actum.orgs.access import Permission, Role
from actum.orgs.access_tokens import Made, Wanted, issue_token
from actum.orgs.authenticate import Authenticator
from actum.orgs.create import NewOrg, create_org
from actum.platform.clock import ManualClock
from actum.platform.database import Database
from actum.platform.slices import Slice
from actum.templates.programs import ProgramCache

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


class ManualSeconds:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Api:
    """The server and whatever a test may want to reach behind it."""

    app: Application
    parts: Parts
    clock: ManualClock
    seconds: ManualSeconds
    http: httpx2.AsyncClient
    org: NewOrg
    other_org: NewOrg
    tokens: dict[Role, Made] = field(default_factory=dict)

    @property
    def admin(self) -> str:
        return self.org.admin_token.text

    async def send(self, method: str, path: str, body: object = None, **given: Any) -> httpx2.Response:
        """Ask as the org's admin, unless `token` says otherwise; `body` is a JSON value or ready bytes."""
        token = given.pop("token", self.admin)
        headers = {**({"authorization": f"Bearer {token}"} if token else {}), **given.pop("headers", {})}
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers.setdefault("content-type", "application/json")
        return await self.http.request(method, path, content=content, headers=headers, **given)

    async def token_of(self, role: Role, scopes: frozenset[Permission] | None = None) -> Made:
        """A token of the first org with a role, made once."""
        if scopes is None and role in self.tokens:
            return self.tokens[role]
        org_id = self.org.org.org_id
        wanted = Wanted(f"a {role.value}", role, scopes)
        expires_at = self.org.admin_token.token.expires_at
        assert expires_at is not None
        async with self.parts.database.transaction(org_id) as tx:
            made = await issue_token(tx, self.clock.now(), org_id, (wanted, expires_at, "platform-owner"))
        if scopes is None:
            self.tokens[role] = made
        return made


@asynccontextmanager
async def serving(
    database: Database, *slices: Slice, upper: Callable[[Parts], Sequence[Slice]] | None = None
) -> AsyncIterator[Api]:
    """Start the application with two orgs in it."""
    clock, seconds = ManualClock(START), ManualSeconds()
    parts = Parts(
        database=database,
        clock=clock,
        authenticator=Authenticator(database, clock, monotonic=seconds),
        programs=ProgramCache(),
        registry=CollectorRegistry(),
        drain=Drain(),
    )
    app = create_app(parts, (*slices, *(upper(parts) if upper else ())))
    org = await create_org(database, clock, "acme", "Acme")
    other_org = await create_org(database, clock, "other", "Other")
    transport = httpx2.ASGITransport(app=app)
    async with (
        alive(app),
        httpx2.AsyncClient(transport=transport, base_url="http://actum.test") as http,
    ):
        yield Api(app, parts, clock, seconds, http, org, other_org)


@asynccontextmanager
async def alive(app: Application) -> AsyncIterator[None]:
    """The application's lifespan in one task of its own: fixtures begin and end in different ones."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.framework.lifespan():
            started.set()
            await stop.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Api]:
    async with serving(database) as started:
        yield started


def assert_problem(
    response: httpx2.Response, status: int, code: str, errors: list[tuple[str, str]] | None = None
) -> Mapping[str, Any]:
    """The whole form of a problem; `errors` are its pointers and codes."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    told: Mapping[str, Any] = response.json()
    assert set(told) == {"type", "title", "status", "detail", "instance", "code", "requestId", "errors"}
    assert (told["code"], told["status"]) == (code, status)
    assert told["type"] == f"urn:actum:problem:{code}"
    assert told["title"]
    assert told["instance"] == response.request.url.path
    assert told["requestId"] == response.headers["request-id"]
    if errors is not None:
        assert [(each["pointer"], each["code"]) for each in told["errors"]] == errors
    return told
