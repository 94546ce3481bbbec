"""kill -9 of the server and of PostgreSQL under load: what was acknowledged is there once, and nothing by halves."""

import asyncio
import os
import random
import signal
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from actum.platform.embedded_postgres import EmbeddedPostgres

from .siege import RECOVERY_SECONDS_MAX, Siege, besieged

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("ACTUM_FAULT_ROUNDS", "20"))
SEED = int(os.environ.get("ACTUM_FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
CLIENTS = 64


async def test_nothing_acknowledged_is_lost_and_nothing_is_there_by_halves(data_dir: Path) -> None:
    print(f"ACTUM_FAULT_SEED={SEED} ACTUM_FAULT_ROUNDS={ROUNDS}")
    async with besieged(data_dir, SEED) as siege:
        await siege.prepare(40)
        async with asyncio.TaskGroup() as clients:
            for number in range(CLIENTS):
                clients.create_task(siege.client(number))
            for number in range(2):
                clients.create_task(siege.steerer(number))
            kills = clients.create_task(besiege(siege))
            await kills
        print(
            f"{len(siege.acknowledged)} events acknowledged, {siege.commands} commands, "
            f"{len(siege.abandoned)} requests given up, failures {dict(siege.failures)}"
        )
        await verify(siege)


async def besiege(siege: Siege) -> None:
    """Kill at random moments; every round lets everything recover before the next."""
    try:
        for number in range(ROUNDS):
            await siege.wait_until_served()
            await asyncio.sleep(siege.chance.random() * 0.5)
            victim = siege.chance.choice(("server", "postgres", "both"))
            print(
                f"{time.monotonic():.1f} s: round {number + 1}, {len(siege.acknowledged)} acknowledged, {victim}"
            )
            match victim:
                case "server":
                    await siege.kill_server()
                case "postgres":
                    await siege.kill_postgres()
                case _:
                    await asyncio.gather(siege.kill_postgres(), siege.kill_server())
        await siege.wait_until_served()
    finally:
        siege.is_over = True


async def verify(siege: Siege) -> None:
    """What must hold of everything that was ever sent."""
    assert len(siege.acknowledged) > 20 * ROUNDS
    stored = {execution: await read_events(siege, execution) for execution in siege.executions}
    for (execution, key), told in siege.acknowledged.items():
        found = stored[execution][key]
        assert [event["seq"] for event in found] == [told["seq"]], (execution, key)
        assert found[0]["entryHash"] == told["entryHash"]
        assert found[0]["outcome"] == told["outcome"]
    for execution, events in stored.items():
        for key, found in events.items():
            assert len(found) == 1
            assert found[0]["data"] == siege.sent[execution, key]["data"]
    for execution, batch in siege.abandoned:
        kept = [event["id"] in stored[execution] for event in batch]
        assert len(set(kept)) == 1, "a request is recorded whole or not at all"
    checked = await siege.server.http.post("/v1/ledger/check", json={}, timeout=120)
    assert checked.json()["whole"], checked.json()["findings"][:5]
    for execution in siege.executions:
        replayed = (await siege.server.http.post(f"/v1/executions/{execution}/replay", json={})).json()
        assert replayed["equal"], replayed["difference"]
        assert replayed["state"]["vars"]["count"] == len(stored[execution])
    await verify_repeats(siege)


async def verify_repeats(siege: Siege) -> None:
    """Whoever asks again is told what was told first."""
    keys = siege.chance.sample(sorted(siege.acknowledged), min(200, len(siege.acknowledged)))
    for execution, key in keys:
        answer = await siege.server.http.post(
            f"/v1/executions/{execution}/events", json=siege.sent[execution, key]
        )
        first = siege.acknowledged[execution, key]
        assert answer.json() == {**first, "duplicate": True}


async def read_events(siege: Siege, execution: str) -> dict[str, list[dict[str, Any]]]:
    """All events that are stored of an execution, by their ids."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    after = 0
    while True:
        path = f"/v1/executions/{execution}/events?limit=1000&afterSeq={after}"
        page = (await siege.server.http.get(path)).json()
        for event in page["data"]:
            found[event["id"]].append(event)
        if not page["hasMore"]:
            return found
        after = page["nextAfterSeq"]


async def test_without_its_database_the_server_says_so_and_recovers_with_it(data_dir: Path) -> None:
    """Nobody brings PostgreSQL back here until the test does."""
    async with besieged(data_dir, SEED) as siege:
        await siege.prepare(3)
        path = f"/v1/executions/{siege.executions[2]}/events"
        event = {"type": "add", "id": "a", "data": {"amount": 1}}
        await siege.postgres.detach()
        pid = siege.postgres.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

        answers = [await siege.server.http.post(path, json=event) for _ in range(3)]
        reading = await siege.server.http.get(f"/v1/executions/{siege.executions[2]}")
        ready = await siege.server.http.get("/v1/ready")

        for answer in (*answers, reading):
            assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
            assert int(answer.headers["retry-after"]) >= 1
        assert ready.status_code == 503
        postgres = EmbeddedPostgres(data_dir)
        await postgres.start()
        began = time.monotonic()
        while (answer := await siege.server.http.post(path, json=event)).status_code != 200:
            assert answer.status_code == 503
            assert time.monotonic() - began < RECOVERY_SECONDS_MAX
            await asyncio.sleep(0.05)
        assert answer.json()["duplicate"] is False
        assert (await siege.server.http.post("/v1/ledger/check", json={})).json()["whole"]
        await postgres.stop()
