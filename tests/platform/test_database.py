"""Transactions act for the orgs they name, as a role that owns nothing."""

import asyncio
import os
import signal
import uuid
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from actum.platform.database import Database, DatabaseRefused, DatabaseUnavailable, PoolSize
from actum.platform.postgres_cluster import APP_ROLE, DatabaseUrls
from actum.platform.sql import Query

ORG, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
INSERT = "INSERT INTO things (org_id, id) VALUES ($1, $2)"
LIST = Query("list_things", "SELECT org_id, id FROM things ORDER BY org_id, id")


@pytest.fixture
async def things(owner: asyncpg.Connection) -> None:
    """A table made as 0001_foundation.sql says one is made."""
    await owner.execute(
        f"""
        CREATE TABLE things (org_id uuid NOT NULL, id int NOT NULL, PRIMARY KEY (org_id, id) DEFERRABLE);
        ALTER TABLE things ENABLE ROW LEVEL SECURITY;
        ALTER TABLE things FORCE ROW LEVEL SECURITY;
        CREATE POLICY things_of_orgs ON things USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));
        GRANT SELECT, INSERT, UPDATE, DELETE ON things TO {APP_ROLE};
        """
    )


@pytest.fixture
async def two_things(database: Database, things: None) -> None:
    async with database.transaction([ORG, OTHER]) as tx:
        await tx.execute(INSERT, ORG, 1)
        await tx.execute(INSERT, OTHER, 2)


async def test_a_transaction_sees_the_rows_of_its_orgs_only(database: Database, two_things: None) -> None:
    for orgs, expected in (
        (ORG, [(ORG, 1)]),
        (str(OTHER), [(OTHER, 2)]),
        ([OTHER, ORG], [(ORG, 1), (OTHER, 2)]),
        ([uuid.UUID(int=3)], []),
    ):
        async with database.transaction(orgs) as tx:
            assert [tuple(row) for row in await tx.fetch(LIST)] == expected


async def test_a_row_of_another_org_can_be_neither_written_nor_moved(
    database: Database, two_things: None
) -> None:
    for statement in ("INSERT INTO things VALUES ($1, 9)", "UPDATE things SET org_id = $1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with database.transaction(ORG) as tx:
                await tx.execute(statement, OTHER)
    async with database.transaction([ORG, OTHER]) as tx:
        assert [tuple(row) for row in await tx.fetch(LIST)] == [(ORG, 1), (OTHER, 2)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM things",
        "SELECT * FROM things WHERE org_id = '00000000-0000-0000-0000-000000000001' AND id = 7",
        "INSERT INTO things VALUES ('00000000-0000-0000-0000-000000000001', 7)",
        "UPDATE things SET id = 3",
        "DELETE FROM things",
    ],
)
async def test_a_query_without_an_org_set_raises(
    database: Database, two_things: None, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no org set"):
        async with database.transaction_without_org() as tx:
            await tx.execute(statement)


async def test_the_orgs_of_one_transaction_do_not_reach_the_next(
    database: Database, two_things: None
) -> None:
    async with database.transaction(ORG) as tx:
        first = await tx.fetch_value("SELECT pg_backend_pid()")

    async def read_on_the_same_connection() -> None:
        async with database.transaction_without_org() as tx:
            assert await tx.fetch_value("SELECT pg_backend_pid()") == first
            await tx.fetch(LIST)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no org set"):
        await read_on_the_same_connection()


async def test_the_policy_is_evaluated_once_per_statement(database: Database, two_things: None) -> None:
    async with database.transaction(ORG) as tx:
        plan = "\n".join(
            row[0] for row in await tx.fetch("EXPLAIN (ANALYZE, COSTS OFF) SELECT * FROM things")
        )
    assert "InitPlan 1" in plan
    assert "loops=2" not in plan


@pytest.mark.parametrize("orgs", [[], "not a uuid", ["'; DROP TABLE things; --"], [ORG, "1} "]])
async def test_orgs_that_are_not_uuids_never_reach_the_database(database: Database, orgs: object) -> None:
    with pytest.raises(ValueError, match=r"at least one org|badly formed"):
        async with database.transaction(orgs):  # type: ignore[arg-type]
            pytest.fail("the transaction began")


async def test_an_exception_and_a_cancellation_roll_back(database: Database, things: None) -> None:
    async def insert_and_fail() -> None:
        async with database.transaction(ORG) as tx:
            await tx.execute(INSERT, ORG, 1)
            raise KeyError

    with pytest.raises(KeyError):
        await insert_and_fail()

    inserted = asyncio.Event()

    async def insert_and_wait() -> None:
        async with database.transaction(ORG) as tx:
            await tx.execute(INSERT, ORG, 2)
            inserted.set()
            await tx.execute("SELECT pg_sleep(60)")

    task = asyncio.create_task(insert_and_wait())
    await inserted.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.transaction(ORG) as tx:
        assert await tx.fetch(LIST) == []


async def test_a_swallowed_failure_does_not_pass_for_a_commit(database: Database, things: None) -> None:
    async def swallow() -> None:
        async with database.transaction(ORG) as tx:
            await tx.execute(INSERT, ORG, 1)
            with suppress(asyncpg.UniqueViolationError):
                await tx.execute(INSERT, ORG, 1)

    with pytest.raises(RuntimeError, match="was not passed on"):
        await swallow()


async def test_a_failure_at_commit_is_told_and_keeps_nothing(database: Database, things: None) -> None:
    async def insert_twice() -> None:
        async with database.transaction(ORG) as tx:
            await tx.execute("SET CONSTRAINTS ALL DEFERRED")
            await tx.execute(INSERT, ORG, 1)
            await tx.execute(INSERT, ORG, 1)

    with pytest.raises(asyncpg.UniqueViolationError):
        await insert_twice()
    async with database.transaction(ORG) as tx:
        assert await tx.fetch(LIST) == []


async def test_a_read_transaction_sees_one_point_in_time_and_writes_nothing(
    database: Database, two_things: None
) -> None:
    async with database.read_transaction(ORG) as reading:
        before = await reading.fetch(LIST)
        async with database.transaction(ORG) as tx:
            await tx.execute(INSERT, ORG, 5)
        assert await reading.fetch(LIST) == before
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with database.read_transaction(ORG) as tx:
            await tx.execute(INSERT, ORG, 6)


async def test_execute_tells_how_many_rows_it_touched(database: Database, two_things: None) -> None:
    async with database.transaction([ORG, OTHER]) as tx:
        assert await tx.execute("UPDATE things SET id = id + 10") == 2
        assert await tx.execute("DELETE FROM things WHERE id = 999") == 0
        assert await tx.execute("SET LOCAL lock_timeout = 0") == 0


async def test_a_cursor_yields_every_row(database: Database, things: None) -> None:
    async with database.transaction(ORG) as tx:
        await tx.execute("INSERT INTO things SELECT $1, g FROM generate_series(1, 2500) g", ORG)
        assert [row["id"] async for row in tx.iterate(LIST)] == list(range(1, 2501))


async def test_connections_that_died_while_idle_are_replaced(
    database: Database, owner: asyncpg.Connection
) -> None:
    async with database.transaction(ORG) as tx:
        old = await tx.fetch_value("SELECT pg_backend_pid()")
    await owner.close()
    os.kill(old, signal.SIGTERM)
    async with database.transaction(ORG) as tx:
        assert await tx.fetch_value("SELECT pg_backend_pid()") != old


async def test_statements_of_their_own_keep_a_connection_until_it_dies(
    database_urls: DatabaseUrls, owner: asyncpg.Connection
) -> None:
    backend = Query("find_backend", "SELECT pg_backend_pid()")
    database = await Database.open(database_urls.app, PoolSize(minimum=1, maximum=5))
    try:
        kept = (await database.fetch_at_once(backend))[0][0]
        assert (await database.fetch_at_once(backend))[0][0] == kept
        async with database.transaction(ORG) as tx:
            assert await tx.fetch_value("SELECT pg_backend_pid()") != kept
        os.kill(kept, signal.SIGTERM)
        while await owner.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", kept):
            pass
        await asyncio.sleep(0.05)  # for its end to reach us
        assert (await database.fetch_at_once(backend))[0][0] != kept
    finally:
        await database.close()


async def test_a_pool_of_one_keeps_nothing_back(database_urls: DatabaseUrls) -> None:
    database = await Database.open(database_urls.app, PoolSize(minimum=1, maximum=1))
    try:
        await database.fetch_at_once(Query("one", "SELECT 1"))
        async with database.transaction(ORG) as tx:
            assert await tx.fetch_value("SELECT 1") == 1
    finally:
        await database.close()


async def test_a_statement_whose_connection_is_lost_leaves_the_outcome_unknown(
    database: Database, superuser: asyncpg.Connection
) -> None:
    sleeping = asyncio.create_task(database.fetch_at_once(Query("sleep", "SELECT pg_sleep(60), 'here'")))
    find = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%''here''%' AND pid <> pg_backend_pid()"
    while (pid := await superuser.fetchval(find)) is None:
        pass
    os.kill(pid, signal.SIGTERM)
    with pytest.raises(DatabaseUnavailable) as raised:
        await sleeping
    assert raised.value.is_outcome_unknown


async def test_a_connection_lost_in_a_transaction_is_database_unavailable(database: Database) -> None:
    async def lose() -> None:
        async with database.transaction(ORG) as tx:
            os.kill(await tx.fetch_value("SELECT pg_backend_pid()"), signal.SIGTERM)
            await tx.execute("SELECT pg_sleep(10)")

    with pytest.raises(DatabaseUnavailable) as raised:
        await lose()
    assert raised.value.code == "database_unavailable"
    assert not raised.value.is_outcome_unknown


async def test_a_connection_lost_while_committing_leaves_the_outcome_unknown(
    database: Database, owner: asyncpg.Connection, superuser: asyncpg.Connection, things: None
) -> None:
    await owner.execute(
        """
        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION wait();
        """
    )
    backend: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def commit() -> None:
        async with database.transaction(ORG) as tx:
            await tx.execute(INSERT, ORG, 1)
            backend.set_result(await tx.fetch_value("SELECT pg_backend_pid()"))

    task = asyncio.create_task(commit())
    pid = await backend
    while await superuser.fetchval("SELECT query FROM pg_stat_activity WHERE pid = $1", pid) != "COMMIT":
        pass
    os.kill(pid, signal.SIGTERM)
    with pytest.raises(DatabaseUnavailable) as raised:
        await task
    assert raised.value.is_outcome_unknown


async def test_a_server_that_is_not_there_is_database_unavailable(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        await Database.open(f"postgresql://someone:secret@/actum?host={tmp_path}")


async def test_a_login_that_cannot_act_as_the_application_is_refused(
    database_urls: DatabaseUrls, owner: asyncpg.Connection
) -> None:
    await owner.execute("CREATE ROLE stranger LOGIN PASSWORD 'secret'")
    try:
        url = database_urls.app.replace(database_urls.app.split("@")[0], "postgresql://stranger:secret")
        with pytest.raises(DatabaseRefused, match="cannot act as actum_app"):
            await Database.open(url)
    finally:
        await owner.execute("DROP ROLE stranger")


async def test_a_single_url_whose_login_owns_the_tables_still_obeys_the_policies(
    database_urls: DatabaseUrls, two_things: None
) -> None:
    for url in (database_urls.owner, database_urls.superuser):
        opened = await Database.open(url)
        try:
            async with opened.transaction(OTHER) as tx:
                assert await tx.fetch_value("SELECT current_user::text") == APP_ROLE
                assert [tuple(row) for row in await tx.fetch(LIST)] == [(OTHER, 2)]
                await tx.execute("RESET ROLE")
                assert await tx.fetch_value("SELECT current_user::text") == APP_ROLE
        finally:
            await opened.close()


async def test_an_application_role_that_owns_tables_is_refused(
    database_urls: DatabaseUrls, superuser: asyncpg.Connection
) -> None:
    await superuser.execute("CREATE TABLE stray (); ALTER TABLE stray OWNER TO actum_app")
    with pytest.raises(DatabaseRefused, match="owns tables"):
        await Database.open(database_urls.app)
