"""The law: any changed value of any stored row is found by the check of the ledger, with its place."""

import random
from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from actum.platform.database import Database

from ..executions.live import Live, running_live
from .tampering import (
    BEYOND,
    TABLES,
    Change,
    apply,
    check_org,
    flip,
    list_changes,
    list_columns,
    list_values,
    unlock,
)

SEED = 20_260_301

_FIRST: dict[str, Any] = {
    "initial": "on",
    "states": {
        "on": {
            "on": {"go": {"actions": [{"emit": "=7"}, {"do": {"action": "call"}}]}},
            "after": {"20ms": "late"},
        },
        "late": {"after": {"30d": "on"}, "on": {"done.do.call": "late"}},
    },
}
_SECOND: dict[str, Any] = {"initial": "on", "states": {"on": {"on": {"token": "on"}}}}
NETWORK: dict[str, Any] = {
    "format": "actum/1",
    "name": "network",
    "events": {"go": {}},
    "nodes": {"first": {"machine": _FIRST}, "second": {"machine": _SECOND}},
    "edges": [{"from": "first.out", "to": "second.in"}],
    "actions": {"call": {"kind": "http"}},
}


async def live_through(live: Live) -> UUID:
    """A small execution in which everything happens that leaves something stored, and one beside it."""
    execution = await live.start(input={"limit": 3}, externalId="order-7", metadata={"site": "north"})
    await live.add(execution, 1, 500, source="meter", occurredAt="2026-03-01T12:00:00+02:00")
    for event in ({"type": "boom", "id": "b"}, {"type": "spin"}):
        await live.ask(f"/v1/executions/{execution}/events", event)
    await live.ask(f"/v1/executions/{execution}/snapshots")
    await live.command(execution, "pause", body={"reason": "a look"})
    await live.add(execution, 2, 3)
    await live.command(execution, "resume")
    await live.start(externalId="another")
    await live.ask(f"/v1/executions/{execution}/events", {"type": "stop"})
    await live_through_a_network(live)
    org_id: UUID = live.api.org.org.org_id
    return org_id


async def live_through_a_network(live: Live) -> None:
    """Tokens, an action with its outcome, a timer that fired and one that is waited for."""
    await live.publish(NETWORK)
    execution = str((await live.ask("/v1/executions", {"template": "network"}))["id"])
    await live.post(execution, {"type": "go", "id": "1"})
    action = (await live.get(f"/v1/executions/{execution}/actions"))["data"][0]["id"]
    await live.ask(f"/v1/executions/{execution}/actions/{action}/outcome", {"ok": True, "output": 1})
    while "late" not in str((await live.state(execution))["configuration"]):
        pass


async def is_found(superuser: asyncpg.Connection, org_id: UUID, change: Change) -> bool:
    transaction = superuser.transaction()
    await transaction.start()
    try:
        await apply(superuser, change)
        return bool(await check_org(superuser, org_id))
    finally:
        await transaction.rollback()


@pytest.mark.parametrize("at_most", [1, pytest.param(100, marks=pytest.mark.slow)])
async def test_any_changed_value_of_any_row_is_found(
    database: Database, superuser: asyncpg.Connection, at_most: int
) -> None:
    async with running_live(database, snapshot_every_inputs=4) as live:
        org_id = await live_through(live)
    await unlock(superuser)
    assert await check_org(superuser, org_id) == []
    tried: Counter[tuple[str, str]] = Counter()
    missed = []

    async for change in list_changes(superuser, org_id, random.Random(SEED), at_most):
        place = (change.table, change.column)
        if place not in BEYOND:
            tried[place] += 1
            if not await is_found(superuser, org_id, change):
                missed.append(str(change))

    assert missed == []
    # Every column has been tried, and what is excused exists.
    assert tried.keys() | BEYOND.keys() == set(await list_columns(superuser))
    assert {table for table, _ in tried} == set(TABLES)


async def test_any_row_that_is_gone_is_found(database: Database, superuser: asyncpg.Connection) -> None:
    async with running_live(database, snapshot_every_inputs=4) as live:
        org_id = await live_through(live)
    await unlock(superuser)
    missed = []

    for table in TABLES:
        if table == "snapshots":
            continue  # a cache: it may be deleted
        for row in await list_values(superuser, org_id, table, "org_id"):
            transaction = superuser.transaction()
            await transaction.start()
            await superuser.execute(f"DELETE FROM {table} WHERE ctid = '{row['ctid']}'")
            if not await check_org(superuser, org_id):
                missed.append((table, row["ctid"]))
            await transaction.rollback()

    assert missed == []


async def test_what_is_found_is_told_with_its_place(
    database: Database, superuser: asyncpg.Connection
) -> None:
    """Through the API, whose findings name the execution and the sequence."""
    async with running_live(database) as live:
        execution = await live.start()
        await live.add(execution, 1, 2, 3)
        await unlock(superuser)
        payload = await superuser.fetchval("SELECT payload FROM entries WHERE sequence = 6")
        await superuser.execute(
            "UPDATE entries SET payload = $1 WHERE sequence = 6", flip(payload, random.Random(1))
        )

        checked = await live.check(execution)
        replayed = await live.ask(f"/v1/executions/{execution}/replay")
        whole_org = await live.ask("/v1/ledger/check")

    assert (checked["whole"], whole_org["whole"], replayed["equal"]) == (False, False, False)
    assert {(each["executionId"], each["seq"]) for each in checked["findings"]} == {(execution, 6)}
    assert "payload_differs" in {each["code"] for each in checked["findings"]}
    assert {each["executionId"] for each in whole_org["findings"]} == {execution}
    assert replayed["difference"]["seq"] == 6


@pytest.mark.slow
async def test_any_changed_byte_of_any_row_is_found(
    database: Database, superuser: asyncpg.Connection
) -> None:
    """Every single byte of every text that is stored, not only some of each."""
    async with running_live(database) as live:
        execution = await live.start(metadata={"site": "north"})
        await live.add(execution, 1)
        await live.ask(f"/v1/executions/{execution}/snapshots")
        org_id: UUID = live.api.org.org.org_id
    await unlock(superuser)
    missed = []

    for table, column in await list_columns(superuser):
        for row in await list_values(superuser, org_id, table, column):
            if isinstance(row["value"], bytes):
                for place, byte in enumerate(row["value"]):
                    after = row["value"][:place] + bytes([byte ^ 1]) + row["value"][place + 1 :]
                    change = Change(table, column, row["ctid"], row["value"], after)
                    if not await is_found(superuser, org_id, change):
                        missed.append(str(change))

    assert missed == []
