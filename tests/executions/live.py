"""A running server with a published template, and what tests do with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from actum.entrypoints.api import create_app, make_parts
from actum.entrypoints.assemble import Tuning, upper_slices
from actum.platform.database import Database
from actum.platform.signals import Signals

from ..serving import Api, alive, serving
from .documents import COUNTER


@dataclass
class Live:
    """The server, asked as its admin."""

    api: Api
    #: A way around the server, for tests that look at every table or change what is stored.
    superuser_url: str = ""

    async def send(self, path: str, body: object = None, **given: Any) -> httpx2.Response:
        """Post and get the answer as it is, refused or not; `key` is an Idempotency-Key."""
        headers = dict(given.pop("headers", {}))
        if "key" in given:
            headers["idempotency-key"] = given.pop("key")
        return await self.api.send("POST", path, {} if body is None else body, headers=headers, **given)

    async def post(self, execution: str, events: object, **given: Any) -> httpx2.Response:
        """Post events in any form and get the answer as it is."""
        return await self.send(f"/v1/executions/{execution}/events", events, **given)

    async def command(self, execution: str, name: str, **given: Any) -> dict[str, Any]:
        response = await self.send(f"/v1/executions/{execution}/{name}", given.pop("body", None), **given)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def execution(self, execution: str) -> dict[str, Any]:
        return await self.get(f"/v1/executions/{execution}")

    async def state(self, execution: str) -> dict[str, Any]:
        return await self.get(f"/v1/executions/{execution}/state")

    async def get(self, path: str, **given: Any) -> dict[str, Any]:
        response = await self.api.send("GET", path, **given)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def ask(self, path: str, body: object = None, **given: Any) -> dict[str, Any]:
        response = await self.api.send("POST", path, body if body is not None else {}, **given)
        assert response.status_code in (200, 201), response.text
        return dict(response.json())

    async def publish(self, document: dict[str, Any]) -> dict[str, Any]:
        made = await self.ask("/v1/templates", {"document": document})
        return await self.ask(f"/v1/templates/{made['id']}/versions", {})

    async def start(self, **wanted: Any) -> str:
        return str((await self.ask("/v1/executions", {"template": "counter", **wanted}))["id"])

    async def add(self, execution: str, *amounts: float, **given: Any) -> dict[str, Any]:
        """Post one `add` for each amount, as one event or a batch."""
        events = [{"type": "add", "data": {"amount": amount}, **given} for amount in amounts]
        body = events[0] if len(events) == 1 else events
        return await self.ask(f"/v1/executions/{execution}/events", body)

    async def ledger(self, execution: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        after = 0
        while True:
            page = await self.get(f"/v1/executions/{execution}/ledger?limit=1000&afterSeq={after}")
            entries.extend(page["data"])
            if not page["hasMore"]:
                return entries
            after = page["nextAfterSeq"]

    async def check(self, execution: str) -> dict[str, Any]:
        return await self.ask(f"/v1/executions/{execution}/ledger/check")

    async def assert_whole(self, execution: str) -> None:
        """The chain verifies, and replay gives the same bytes and the same state."""
        checked = await self.check(execution)
        assert checked["whole"], checked["findings"]
        replayed = await self.ask(f"/v1/executions/{execution}/replay")
        assert replayed["equal"], replayed["difference"]
        state = await self.get(f"/v1/executions/{execution}/state")
        assert {**replayed["state"], "headHash": replayed["headHash"]} == state


@asynccontextmanager
async def running_live(database: Database, **settings: Any) -> AsyncIterator[Live]:
    """A server with the counter published."""
    async with serving(
        database, upper=lambda parts: upper_slices(parts, Signals(), Tuning(**settings))
    ) as api:
        live = Live(api)
        await live.publish(COUNTER)
        yield live


@asynccontextmanager
async def running_beside(live: Live, **settings: Any) -> AsyncIterator[Live]:
    """A second server on the same database, with everything of its own that a process has."""
    parts = make_parts(live.api.parts.database, live.api.clock)
    app = create_app(parts, upper_slices(parts, Signals(), Tuning(**settings)))
    transport = httpx2.ASGITransport(app=app)
    async with alive(app), httpx2.AsyncClient(transport=transport, base_url="http://actum.test") as http:
        yield Live(replace(live.api, app=app, parts=parts, http=http))
