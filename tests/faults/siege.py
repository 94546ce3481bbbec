"""Clients that do not give up, servers and a database that are killed under them, and what must hold afterwards."""

import asyncio
import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from actum.orgs.create import create_org
from actum.platform import migrations
from actum.platform.clock import SystemClock
from actum.platform.database import Database, PoolSize
from actum.platform.embedded_postgres import EmbeddedPostgres
from actum.platform.postgres_cluster import DatabaseUrls

from ..executions.documents import COUNTER
from ..server_process import ServerNotStarted, ServerProcess, start_server

#: Seconds from the last kill until everything must work again.
RECOVERY_SECONDS_MAX = 60.0


@dataclass
class Siege:
    """One org on a durable cluster of its own, one server, and everything its clients sent and were told."""

    postgres: EmbeddedPostgres
    urls: DatabaseUrls
    server: ServerProcess
    token: str
    chance: random.Random
    executions: list[str] = field(default_factory=list)
    #: The answer to each event that was acknowledged, by execution and id.
    acknowledged: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    #: Requests that were given up after they had been sent: their events may be there, but each request whole.
    abandoned: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)
    sent: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    commands: int = 0
    attempts: int = 0
    failures: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    is_over: bool = False
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    async def prepare(self, executions: int) -> None:
        async with self.server.client(self.token) as http:
            made = (await http.post("/v1/templates", json={"document": COUNTER})).json()
            (await http.post(f"/v1/templates/{made['id']}/versions", json={})).raise_for_status()
            for _ in range(executions):
                answer = await http.post("/v1/executions", json={"template": "counter"})
                self.executions.append(answer.json()["id"])

    # -- Clients

    async def client(self, number: int) -> None:
        """Send until it is over; what is not acknowledged is sent again, or now and then given up."""
        chance = random.Random(f"{self.chance.random()}/{number}")
        turn = 0
        while not self.is_over:
            turn += 1
            execution = chance.choice(self.executions[2:])
            size = chance.choice((1, 1, 1, 3, 10))
            events = [
                {
                    "type": "add",
                    "source": f"client-{number}",
                    "id": f"{number}-{turn}-{n}",
                    "data": {"amount": n},
                }
                for n in range(size)
            ]
            for event in events:
                self.sent[execution, event["id"]] = event
            is_patient = chance.random() > 0.1
            answer = await self._ask(f"{execution}/events", events if size > 1 else events[0], is_patient)
            if answer is None:
                self.abandoned.append((execution, events))
                continue
            for told in answer["data"] if size > 1 else [answer]:
                self.acknowledged[execution, told["id"]] = told
            await asyncio.sleep(chance.random() * 0.02)

    async def steerer(self, number: int) -> None:
        """Pause and resume one execution, with events in between: what is held must survive as well."""
        execution = self.executions[number]
        turn = 0
        while not self.is_over:
            turn += 1
            for name in ("pause", "event", "event", "resume"):
                key = f"steer-{turn}-{name}-{self.attempts}"
                if name == "event":
                    event = {"type": "add", "source": "steerer", "id": key, "data": {"amount": 1}}
                    self.sent[execution, key] = event
                    told = await self._ask(f"{execution}/events", event, True)
                    assert told is not None
                    self.acknowledged[execution, key] = told
                    assert told["outcome"] == "held"
                else:
                    told = await self._ask(f"{execution}/{name}", {}, True, {"idempotency-key": key})
                    assert told is not None
                    self.commands += 1
            await asyncio.sleep(0.01)

    async def _ask(
        self, path: str, body: Any, is_patient: bool, headers: dict[str, str] | None = None
    ) -> dict[str, Any] | None:
        """The answer, however often it must be asked for; None when an impatient client gave up."""
        while True:
            self.attempts += 1
            server = self.server
            try:
                answer = await server.http.post(f"/v1/executions/{path}", json=body, headers=headers)
            except httpx2.HTTPError as error:
                self.failures[type(error).__name__] += 1
            else:
                if answer.status_code == 200:
                    return dict(answer.json())
                self.failures[str(answer.status_code)] += 1
                assert answer.status_code == 503, answer.text
                assert answer.headers["retry-after"]
            if not is_patient:
                return None
            await asyncio.sleep(0.05)

    # -- Faults

    async def kill_server(self) -> None:
        """kill -9 the server and start it again, as often as it takes: its database may be recovering."""
        await self.server.kill()
        began = time.monotonic()
        while True:
            try:
                server = await start_server(self.urls)
                break
            except ServerNotStarted:
                if time.monotonic() - began > RECOVERY_SECONDS_MAX:
                    raise
        server.http = server.client(self.token)
        self.clients.append(self.server.http)  # closed at the end: others may be about to use it
        self.server = server

    async def kill_postgres(self) -> None:
        """kill -9 the postmaster; its supervisor, in this process, brings it back, and the server recovers alone."""
        pid = self.postgres.pid
        assert pid is not None
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        while self.postgres.pid in (pid, None):
            assert time.monotonic() - began < RECOVERY_SECONDS_MAX
            await asyncio.sleep(0.02)

    async def wait_until_served(self) -> None:
        """Until something that is sent now is acknowledged."""
        before = len(self.acknowledged)
        began = time.monotonic()
        while len(self.acknowledged) < before + 20:
            assert time.monotonic() - began < RECOVERY_SECONDS_MAX, dict(self.failures)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def besieged(data_dir: Path, seed: int) -> AsyncIterator[Siege]:
    """Everything in place: a durable cluster, an org, a server."""
    postgres = EmbeddedPostgres(data_dir)
    urls = await postgres.start()
    siege: Siege | None = None
    try:
        await migrations.migrate(urls.owner)
        database = await Database.open(urls.app, PoolSize(minimum=1, maximum=1))
        token = (await create_org(database, SystemClock(), "acme", "Acme")).admin_token.text
        await database.close()
        server = await start_server(urls)
        server.http = server.client(token)
        siege = Siege(postgres, urls, server, token, random.Random(seed))
        yield siege
    finally:
        if siege is not None:
            await siege.server.kill()
            for http in (*siege.clients, siege.server.http):
                await http.aclose()
            print(siege.server.written.read_text()[-4_000:])  # shown where the test fails
        await postgres.stop()
