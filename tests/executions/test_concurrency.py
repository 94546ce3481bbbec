"""Many clients, one execution or a thousand, two server processes: no fork, no gap, no duplicate."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from actum.orgs.create import create_org
from actum.platform.clock import SystemClock
from actum.platform.database import Database
from actum.platform.postgres_cluster import DatabaseUrls

from ..server_process import running_server
from .crowd import Crowd

pytestmark = pytest.mark.slow

SEED = 20_260_301
CLIENTS = 16


@pytest.fixture
async def crowd(database: Database, database_urls: DatabaseUrls) -> AsyncIterator[Crowd]:
    token = (await create_org(database, SystemClock(), "acme", "Acme")).admin_token.text
    async with (
        running_server(database_urls) as one,
        running_server(database_urls) as other,
        one.client(token) as http,
        other.client(token) as other_http,
    ):
        yield Crowd([http, other_http])


@pytest.mark.parametrize(
    ("executions", "events"),
    [
        (1, 30),
        (40, 30),
        (1, 300),
        (1_000, 300),
    ],
)
async def test_sixteen_clients_and_two_servers_make_one_history(
    crowd: Crowd, executions: int, events: int
) -> None:
    await crowd.prepare(executions)

    await crowd.rush(CLIENTS, events, SEED)

    await crowd.assert_kept()


async def test_commands_and_events_at_once_make_one_history(crowd: Crowd) -> None:
    """Pausing, resuming and starting go other ways into the same chain."""
    await crowd.prepare(2)
    execution = crowd.executions[0]

    async def steer() -> None:
        for turn in range(10):
            for command in ("pause", "resume"):
                http = crowd.https[turn % 2]
                answer = await http.post(f"/v1/executions/{execution}/{command}", json={})
                assert answer.status_code == 200, answer.text

    async def start() -> None:
        for turn in range(10):
            wanted = {"template": "counter", "externalId": f"order-{turn}", "start": turn % 2 == 0}
            both = await asyncio.gather(*(http.post("/v1/executions", json=wanted) for http in crowd.https))
            assert sorted(each.status_code for each in both) == [200, 201]
            if not wanted["start"]:
                started = await asyncio.gather(
                    *(http.post(f"/v1/executions/order-{turn}/start", json={}) for http in crowd.https)
                )
                assert sorted(each.status_code for each in started) == [200, 409]

    await asyncio.gather(crowd.rush(CLIENTS, 20, SEED), steer(), start())

    for each in crowd.executions:
        replayed = (await crowd.https[0].post(f"/v1/executions/{each}/replay", json={})).json()
        assert replayed["equal"], replayed["difference"]
        names = [name for executed, name in crowd.answers if executed == each]
        assert replayed["state"]["vars"]["count"] == len(names)
    checked = (await crowd.https[0].post("/v1/ledger/check", json={})).json()
    assert checked["whole"], checked["findings"]
    assert (checked["executions"], checked["inputs"]) == (12, 12 + 20 + len(crowd.answers))
