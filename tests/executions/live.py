"""A running server with a published template, and what tests do with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from actum.entrypoints.assemble import Tuning, upper_slices
from actum.platform.database import Database
from actum.platform.signals import Signals

from ..serving import Api, serving
from .documents import COUNTER


@dataclass
class Live:
    """The server, asked as its admin."""

    api: Api

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
    async with serving(database, upper=lambda parts: upper_slices(parts, Signals(), Tuning(**settings))) as api:
        live = Live(api)
        await live.publish(COUNTER)
        yield live
