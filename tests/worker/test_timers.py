"""Timers: late, never early, never twice; whoever serves, whoever dies."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx2
import pytest

from actum.orgs.create import create_org
from actum.platform import limits
from actum.platform.clock import SystemClock
from actum.platform.database import Database
from actum.platform.postgres_cluster import DatabaseUrls
from actum_core.engine import fold
from actum_core.engine.inputs import InputKind

from ..executions.live import Live, running_live
from ..server_process import ServerProcess, running_server, start_server
from .documents import DESK, MANY, PATIENT

pytestmark = pytest.mark.slow

#: Longest that a test waits for something that takes a moment.
_PATIENCE_SECONDS = 20.0


async def eventually(ask: Callable[[], Awaitable[Any]], is_it: Callable[[Any], bool]) -> Any:
    """Ask until the answer is as wanted; the last answer is in the failure."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        found = await ask()
        if is_it(found):
            return found
        assert time.monotonic() < end, found
        await asyncio.sleep(0.02)


async def until_in(live: Live, execution: str, *states: str) -> dict[str, Any]:
    found: dict[str, Any] = await eventually(
        lambda: live.state(execution), lambda state: state["configuration"] == list(states)
    )
    return found


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
async def desk(database: Database, database_urls: DatabaseUrls) -> Any:
    async with running_live(database) as live:
        live.superuser_url = database_urls.superuser
        for document in (DESK, PATIENT, MANY):
            await live.publish(document)
        yield live


async def start(live: Live, template: str = "desk", **given: Any) -> str:
    return str((await live.ask("/v1/executions", {"template": template, "input": given}))["id"])


async def rows_of_work(live: Live) -> int:
    connection = await asyncpg.connect(live.superuser_url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM work"))
    finally:
        await connection.close()


async def test_a_deadline_that_nobody_met_fires_by_itself(desk: Live) -> None:
    execution = await start(desk, patience="250ms")
    await until_in(desk, execution, "escalated")
    entries = await desk.ledger(execution)
    set_at = next(entry for entry in entries if entry["kind"] == "scheduled")
    fired = [entry for entry in entries if entry["kind"] == "timer"]
    assert len(fired) == 1
    assert fired[0]["actor"] == {"type": "system", "ref": "timers"}
    due = instant(set_at["payload"]["due"])
    assert due - instant(set_at["recordedAt"]) == timedelta(milliseconds=250)
    assert timedelta(0) <= instant(fired[0]["recordedAt"]) - due < timedelta(seconds=5)
    assert await rows_of_work(desk) == 0
    await desk.assert_whole(execution)


async def test_one_that_was_created_before_it_was_started_is_not_late_either(desk: Live) -> None:
    wanted = {"template": "desk", "input": {"patience": "100ms"}, "start": False}
    execution = str((await desk.ask("/v1/executions", wanted))["id"])
    await desk.ask(f"/v1/executions/{execution}/start")
    await until_in(desk, execution, "escalated")
    fired = next(entry for entry in await desk.ledger(execution) if entry["kind"] == "timer")
    late = instant(fired["recordedAt"]) - instant(fired["payload"]["due"])
    assert timedelta(0) <= late < timedelta(seconds=0.5)


async def test_what_is_answered_in_time_never_escalates(desk: Live) -> None:
    execution = await start(desk, patience="300ms")
    await desk.post(execution, {"type": "answer"})
    assert await rows_of_work(desk) == 0
    await asyncio.sleep(0.5)
    kinds = [entry["kind"] for entry in await desk.ledger(execution)]
    assert "timer" not in kinds
    assert "unscheduled" in kinds


async def test_entering_a_state_again_begins_its_time_again(desk: Live) -> None:
    execution = await start(desk, patience="400ms")
    for _ in range(4):
        await asyncio.sleep(0.2)
        await desk.post(execution, {"type": "wait"})
    assert (await desk.state(execution))["configuration"] == ["waiting"]
    await until_in(desk, execution, "escalated")
    assert [entry["kind"] for entry in await desk.ledger(execution)].count("timer") == 1


async def test_a_paused_execution_keeps_its_deadline_and_fires_when_resumed(desk: Live) -> None:
    execution = await start(desk, patience="200ms")
    await desk.command(execution, "pause")
    assert await rows_of_work(desk) == 0
    await asyncio.sleep(0.4)
    assert (await desk.state(execution))["configuration"] == ["waiting"]
    await desk.command(execution, "resume")
    await until_in(desk, execution, "escalated")
    await desk.assert_whole(execution)


async def test_a_paused_execution_keeps_the_time_it_had_left_where_its_template_says_so(desk: Live) -> None:
    execution = await start(desk, "patient", patience="400ms")
    await desk.command(execution, "pause")
    await asyncio.sleep(0.6)
    resumed = await desk.command(execution, "resume")
    await until_in(desk, execution, "escalated")
    fired = next(entry for entry in await desk.ledger(execution) if entry["kind"] == "timer")
    # Nearly all of it was left when it was paused.
    assert instant(fired["recordedAt"]) - instant(resumed["receivedAt"]) > timedelta(milliseconds=250)
    await desk.assert_whole(execution)


async def test_a_cancelled_execution_has_no_timers(desk: Live) -> None:
    execution = await start(desk, patience="200ms")
    await desk.command(execution, "cancel")
    assert await rows_of_work(desk) == 0
    await asyncio.sleep(0.4)
    assert "timer" not in [entry["kind"] for entry in await desk.ledger(execution)]


async def test_an_execution_that_is_started_later_has_its_timers_from_then(desk: Live) -> None:
    made = await desk.ask("/v1/executions", {"template": "desk", "start": False})
    assert await rows_of_work(desk) == 0
    await desk.command(made["id"], "start")
    await until_in(desk, made["id"], "escalated")


async def test_the_lateness_is_measured(desk: Live) -> None:
    await until_in(desk, await start(desk, patience="50ms"), "escalated")
    metrics = (await desk.api.send("GET", "/v1/metrics")).text
    assert "actum_timer_lateness_seconds_count 1.0" in metrics


async def test_a_claim_that_was_not_kept_is_made_again(desk: Live) -> None:
    """As if a process had died between claiming and firing."""
    execution = await start(desk, patience="1s")
    connection = await asyncpg.connect(desk.superuser_url)
    try:
        await connection.execute("UPDATE work SET due_at = due_at - interval '1 hour'")
        began = time.monotonic()
        claimed = await connection.fetch("SELECT * FROM claim_work(10, 1.5)")
        assert len(claimed) == 1
        assert await connection.fetch("SELECT * FROM claim_work(10, 1.5)") == []
    finally:
        await connection.close()
    await until_in(desk, execution, "escalated")
    assert time.monotonic() - began > 1.5


async def test_timers_that_cannot_fire_are_not_tried_again_at_once(
    desk: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours in one step must not keep the server busy with nothing else."""
    real = fold.step
    tries: list[float] = []

    def step(program: Any, state: Any, given: Any, *rest: Any) -> Any:
        if given.kind is InputKind.TIMER:
            tries.append(time.monotonic())
            # A batch that refuses something is decided once more, after a search for repeats.
            if len(tries) <= 2:
                raise ZeroDivisionError("poisoned")
        return real(program, state, given, *rest)

    monkeypatch.setattr(fold, "step", step)
    monkeypatch.setattr(limits, "TIMER_CLAIM_SECONDS", 3.0)
    began = time.monotonic()
    execution = await start(desk, patience="50ms")
    await until_in(desk, execution, "escalated")
    assert tries[2] - began > 3.0
    await desk.assert_whole(execution)


@pytest.mark.slow
async def test_two_servers_fire_every_timer_once(database: Database, database_urls: DatabaseUrls) -> None:
    token = (await create_org(database, SystemClock(), "acme", "Acme")).admin_token.text
    async with (
        running_server(database_urls) as one,
        running_server(database_urls) as other,
        one.client(token) as http,
        other.client(token) as beside,
    ):
        await _publish(http, MANY)
        at = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
        wanted = {"template": "many", "input": {"times": list(range(20)), "at": at}}
        executions = [
            (await client.post("/v1/executions", json=wanted)).json()["id"]
            for _ in range(10)
            for client in (http, beside)
        ]
        await _all_fired(http, executions, 20)
        checked = (await http.post("/v1/ledger/check", json={})).json()
        assert checked["whole"], checked["findings"]


@pytest.mark.slow
async def test_ten_thousand_timers_of_one_second_drain(
    database: Database, database_urls: DatabaseUrls
) -> None:
    """How long it took is told, and bounded with room for a machine that does other things as well."""
    token = (await create_org(database, SystemClock(), "acme", "Acme")).admin_token.text
    async with running_server(database_urls) as server, server.client(token) as http:
        await _publish(http, MANY)
        due = datetime.now(UTC) + timedelta(seconds=8)
        wanted = {"template": "many", "input": {"times": list(range(100)), "at": due.isoformat()}}
        executions = [(await http.post("/v1/executions", json=wanted)).json()["id"] for _ in range(100)]
        assert datetime.now(UTC) < due, "the machine was too slow to set them all in time"
        await _all_fired(http, executions, 100)
        seconds = (datetime.now(UTC) - due).total_seconds()
        print(f"10,000 timers due at one moment fired within {seconds:.2f} s")
        assert seconds < 15


@pytest.mark.faults
async def test_a_killed_server_fires_the_rest_when_it_is_back(
    database: Database, database_urls: DatabaseUrls
) -> None:
    token = (await create_org(database, SystemClock(), "acme", "Acme")).admin_token.text
    server = await start_server(database_urls)
    try:
        async with server.client(token) as http:
            await _publish(http, MANY)
            at = datetime.now(UTC) + timedelta(seconds=2)
            wanted = {"template": "many", "input": {"times": list(range(50)), "at": at.isoformat()}}
            executions = [(await http.post("/v1/executions", json=wanted)).json()["id"] for _ in range(20)]
            await asyncio.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()) + 0.05)
        await server.kill()
        server = await start_server(database_urls)
        async with server.client(token) as http:
            await _all_fired(http, executions, 50)
            checked = (await http.post("/v1/ledger/check", json={})).json()
            assert checked["whole"], checked["findings"]
    finally:
        await _end(server)


async def _end(server: ServerProcess) -> None:
    await server.kill()
    server.written.unlink(missing_ok=True)


async def _publish(http: httpx2.AsyncClient, document: dict[str, Any]) -> None:
    made = (await http.post("/v1/templates", json={"document": document})).json()
    assert (await http.post(f"/v1/templates/{made['id']}/versions", json={})).status_code == 201


async def _all_fired(http: httpx2.AsyncClient, executions: list[str], times: int) -> None:
    for execution in executions:
        path = f"/v1/executions/{execution}/state"

        async def ask(path: str = path) -> dict[str, Any]:
            return dict((await http.get(path)).json()["vars"])

        found = await eventually(ask, lambda variables: variables["fired"] >= times)
        assert found == {"fired": times, "early": 0}
