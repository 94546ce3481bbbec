"""What is looked for again and again is found without reading the rest; nothing is written twice or waited for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from actum.executions import reading
from actum.platform import sql
from actum.platform.database import Database
from actum.platform.postgres_cluster import DatabaseUrls
from actum.work import store
from actum.work.store import Claimed
from actum.worker.chores import Chores

from ..executions.live import Live, running_live
from .test_timers import eventually

#: Rows that are not looked for, among which those that are must be found; and rows that may be read for it.
_OTHERS = 5_000
_READ_MAX = 50

_OTHER_TIMERS = f"""
INSERT INTO work (org_id, execution_id, kind, due_at)
SELECT gen_random_uuid(), gen_random_uuid(), 'timers', clock_timestamp() + interval '1 hour'
  FROM generate_series(1, {_OTHERS})"""

_OTHER_KEYS = f"""
INSERT INTO idempotency_keys
SELECT (jsonb_populate_record(k, jsonb_build_object('key', 'other ' || i, 'created_at', clock_timestamp()))).*
  FROM idempotency_keys k, generate_series(1, {_OTHERS}) AS i"""

_OTHER_ENTRIES = f"""
INSERT INTO entries (org_id, execution_id, sequence, input_sequence, kind, entry_hash, header)
SELECT $1, $2, i, 1, 'transition', sha256('\\x00'::bytea || '{{}}'::bytea), '{{}}'
  FROM generate_series(1, {_OTHERS}) AS i"""

_READ = "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = $1"


@pytest.fixture
async def live(database: Database, database_urls: DatabaseUrls) -> AsyncIterator[Live]:
    async with running_live(database) as live:
        live.superuser_url = database_urls.superuser
        yield live


@pytest.fixture
async def owner(live: Live) -> AsyncIterator[asyncpg.Connection]:
    """A way in that may store anything, and whose statements are planned without knowing their arguments."""
    connection = await asyncpg.connect(live.superuser_url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection
    finally:
        await connection.close()


async def rows_read(owner: asyncpg.Connection, table: str, statement: str, *values: Any) -> int:
    await owner.execute(f"ANALYZE {table}")
    async with owner.transaction():
        before = await owner.fetchval(_READ, table) or 0
        await owner.fetch(statement, *values)
        return int(await owner.fetchval(_READ, table)) - int(before)


async def test_a_look_for_due_timers_reads_none_that_are_not_due(owner: asyncpg.Connection) -> None:
    await owner.execute(_OTHER_TIMERS)
    assert await rows_read(owner, "work", "SELECT * FROM claim_work(10, 1.0)") < _READ_MAX


async def test_a_look_for_old_idempotency_keys_reads_none_that_are_not_old(
    live: Live, owner: asyncpg.Connection
) -> None:
    await live.ask("/v1/executions", {"template": "counter"}, headers={"idempotency-key": "one"})
    await owner.execute(_OTHER_KEYS)
    read = await rows_read(
        owner, "idempotency_keys", "SELECT forget_idempotency_keys(86400::double precision, 10)"
    )
    assert read < _READ_MAX


async def test_idempotency_keys_are_forgotten_when_they_are_a_day_old_and_not_before(
    live: Live, owner: asyncpg.Connection
) -> None:
    made = [
        await live.ask("/v1/executions", {"template": "counter"}, headers={"idempotency-key": key})
        for key in ("old", "older", "young")
    ]
    await owner.execute(
        """UPDATE idempotency_keys SET created_at = created_at - interval '24 hours' WHERE key <> 'young'"""
    )
    assert await Chores(live.api.parts.database).forget_idempotency_keys() == 2
    repeated = await live.ask("/v1/executions", {"template": "counter"}, headers={"idempotency-key": "young"})
    assert repeated["id"] == made[2]["id"]
    renewed = await live.ask("/v1/executions", {"template": "counter"}, headers={"idempotency-key": "old"})
    assert renewed["id"] != made[0]["id"]


@pytest.mark.parametrize("kind", sorted(reading.FLOW_KINDS))
async def test_the_few_tokens_and_requests_among_many_entries_are_found_at_once(
    live: Live, owner: asyncpg.Connection, kind: str
) -> None:
    place = ("0" * 31 + "1", "0" * 31 + "2")
    await owner.execute(_OTHER_ENTRIES, *place)
    query = sql.load("actum.executions")["list_entries_of_flow"].text
    assert await rows_read(owner, "entries", query, *place, 0, kind, 20) < _READ_MAX


async def test_a_batch_sets_each_timer_once_however_many_orgs_are_in_it(
    live: Live, owner: asyncpg.Connection
) -> None:
    """Both orgs' timers are due at one moment, so they fire in one batch; another is set an hour ahead."""
    await owner.execute("SET session_replication_role = DEFAULT")
    await owner.execute("CREATE TABLE set_anew (execution_id uuid)")
    await owner.execute("GRANT INSERT ON set_anew TO PUBLIC")
    await owner.execute(
        """CREATE FUNCTION note_set_anew() RETURNS trigger LANGUAGE plpgsql
           AS $$ BEGIN INSERT INTO set_anew VALUES (NEW.execution_id); RETURN NULL; END $$"""
    )
    await owner.execute(
        """CREATE TRIGGER noted AFTER UPDATE OF due_at ON work
           FOR EACH ROW EXECUTE FUNCTION note_set_anew()"""
    )
    tokens = [live.api.org.admin_token.text, live.api.other_org.admin_token.text]
    at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    for token in tokens:
        made = await live.ask("/v1/templates", {"document": _TWICE}, token=token)
        await live.ask(f"/v1/templates/{made['id']}/versions", token=token)
        await live.ask("/v1/executions", {"template": "twice", "input": {"at": at}}, token=token)

    async def noted() -> list[Any]:
        return list(await owner.fetch("SELECT execution_id, count(*) FROM set_anew GROUP BY 1"))

    found = await eventually(noted, lambda rows: len(rows) == len(tokens))
    assert [row["count"] for row in found] == [1, 1]


async def test_letting_go_of_a_claim_never_waits_for_whoever_holds_it(
    live: Live, owner: asyncpg.Connection
) -> None:
    """Else a batch that sets the timers of the same executions in another order could wait for it in turn."""
    org_id = live.api.org.org.org_id
    held, free = UUID(int=1), UUID(int=2)
    for execution_id in (held, free):
        await owner.execute(
            """INSERT INTO work VALUES ($1, $2, 'timers', 'infinity', clock_timestamp() + interval '1 hour')""",
            org_id,
            execution_id,
        )
    async with owner.transaction():
        await owner.execute("SELECT FROM work WHERE execution_id = $1 FOR UPDATE", held)
        async with asyncio.timeout(5), live.api.parts.database.transaction(org_id) as tx:
            await store.release_work(tx, [Claimed(org_id, execution_id) for execution_id in (held, free)])
    claimed = await owner.fetch("SELECT execution_id FROM work WHERE claimed_until IS NOT NULL")
    assert [row["execution_id"] for row in claimed] == [held]


#: Is woken at a moment and an hour after it.
_TWICE: dict[str, Any] = {
    "format": "actum/1",
    "name": "twice",
    "input": {"type": "object", "required": ["at"], "properties": {"at": {"type": "string"}}},
    "machine": {
        "initial": "waiting",
        "states": {
            "waiting": {
                "entry": [
                    {"send": {"event": "due", "at": "=timestamp(input.at)"}},
                    {"send": {"event": "due", "at": "=timestamp(input.at) + duration('1h')"}},
                ]
            }
        },
    },
}
