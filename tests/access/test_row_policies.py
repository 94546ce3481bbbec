"""The second wall: whatever a statement asks for, a table gives and takes rows of the transaction's orgs only."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from .world import TABLES, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Tables of no org, and what they hold.
WITHOUT_ORG = {"schema_migrations": "which migrations the database has"}


async def _tables(world: World) -> list[str]:
    return [row["name"] for row in await world.superuser.fetch(TABLES) if row["is_of_orgs"]]


@asynccontextmanager
async def _as_app(world: World, *slugs: str, right: str = "") -> AsyncIterator[asyncpg.Connection]:
    """The application's role, acting for these orgs, until it is undone.

    With a right it may do that to every table, which it may not: what stops it then is the policy alone.
    """
    orgs = ",".join(str(world.org_of(slug).org.org_id) for slug in slugs)
    transaction = world.superuser.transaction()
    await transaction.start()
    try:
        if right:
            await world.superuser.execute(f"GRANT {right} ON ALL TABLES IN SCHEMA public TO actum_app")
        await world.superuser.execute("SET LOCAL ROLE actum_app")
        if slugs:
            await world.superuser.execute("SELECT set_config('actum.orgs', $1, true)", f"{{{orgs}}}")
        yield world.superuser
    finally:
        await transaction.rollback()


async def _refusal(statement: Awaitable[object]) -> str:
    """Why PostgreSQL refused a statement for want of rights; empty when it did not."""
    try:
        await statement
    except asyncpg.InsufficientPrivilegeError as error:
        return str(error).partition("\n")[0]
    return ""


async def _each_table(world: World, find: Callable[[str], Awaitable[object]]) -> dict[str, object]:
    return {table: await find(table) for table in await _tables(world)}


async def test_every_table_is_of_orgs_or_said_not_to_be(world: World) -> None:
    rows = await world.superuser.fetch(TABLES)
    assert {row["name"] for row in rows if not row["is_of_orgs"]} == WITHOUT_ORG.keys()
    assert len(rows) > len(WITHOUT_ORG)
    # A view would run with its owner's rights, and a foreign table has no policies.
    others = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'f')"
    assert await world.superuser.fetch(others) == []


async def test_both_orgs_have_rows_in_every_table(world: World) -> None:
    """Without rows nothing below would be tested: make some in `world.py` for a new table."""
    for slug in ("acme", "other"):
        org_id = world.org_of(slug).org.org_id
        empty = [
            table
            for table in await _tables(world)
            if not await world.superuser.fetchval(f"SELECT count(*) FROM {table} WHERE org_id = $1", org_id)
        ]
        assert empty == []


@pytest.mark.parametrize("slugs", [("acme",), ("other",), ("acme", "other")], ids=" and ".join)
async def test_a_transaction_sees_the_rows_of_its_orgs_and_no_other(
    world: World, slugs: tuple[str, ...]
) -> None:
    query = "SELECT org_id, count(*) AS rows FROM {} GROUP BY org_id"
    org_ids = {world.org_of(slug).org.org_id for slug in slugs}

    async def counts(table: str) -> dict[object, int]:
        rows = await world.superuser.fetch(query.format(table))
        return {row["org_id"]: row["rows"] for row in rows}

    everything = await _each_table(world, counts)
    async with _as_app(world, *slugs):
        found = await _each_table(world, counts)
    assert found == {
        table: {org_id: rows for org_id, rows in each.items() if org_id in org_ids}  # type: ignore[attr-defined]
        for table, each in everything.items()
    }


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM {}",
        "UPDATE {} SET org_id = org_id",
        "DELETE FROM {}",
        "INSERT INTO {} SELECT * FROM {}",
    ],
)
async def test_a_transaction_without_an_org_raises_at_every_table(world: World, statement: str) -> None:
    async def refusal(table: str) -> str:
        async with _as_app(world, right="UPDATE, DELETE") as app:
            return await _refusal(app.execute(statement.format(table, table)))

    found = await _each_table(world, refusal)
    assert found == dict.fromkeys(found, "no org set")


async def test_a_row_of_another_org_cannot_be_inserted(world: World) -> None:
    other = str(world.org_of("other").org.org_id)

    async def refusal(table: str) -> str:
        moved = f"jsonb_populate_record(t, jsonb_build_object('org_id', '{other}'))"
        async with _as_app(world, "acme") as app:
            return await _refusal(
                app.execute(f"INSERT INTO {table} SELECT ({moved}).* FROM {table} t LIMIT 1")
            )

    found = await _each_table(world, refusal)
    assert found == {
        table: f'new row violates row-level security policy for table "{table}"' for table in found
    }


async def test_a_row_cannot_be_given_to_another_org(world: World) -> None:
    other = str(world.org_of("other").org.org_id)

    async def refusal(table: str) -> str:
        statement = f"UPDATE {table} SET org_id = '{other}' WHERE ctid = (SELECT min(ctid) FROM {table})"
        async with _as_app(world, "acme", right="UPDATE") as app:
            return await _refusal(app.execute(statement))

    found = await _each_table(world, refusal)
    policy, append_only = "new row violates row-level security policy", "is append-only"
    assert [
        table for table, said in found.items() if not (policy in str(said) or append_only in str(said))
    ] == []
    async with _as_app(world, "acme") as app:
        for table in found:
            told = await app.fetchval("SELECT has_column_privilege($1, 'org_id', 'UPDATE')", table)
            assert not told, f"the application may change the org of rows in {table}"


async def test_rows_of_another_org_are_not_changed_and_not_deleted(world: World) -> None:
    other = str(world.org_of("other").org.org_id)
    before = await world.digest()
    for statement in (
        "UPDATE {} SET org_id = org_id WHERE org_id = '{}'",
        "DELETE FROM {} WHERE org_id = '{}'",
    ):

        async def touched(table: str, statement: str = statement) -> str:
            async with _as_app(world, "acme", right="UPDATE, DELETE") as app:
                return str(await app.execute(statement.format(table, other)))

        found = await _each_table(world, touched)
        assert found == dict.fromkeys(found, f"{statement.split()[0]} 0")
    assert await world.digest() == before


async def test_nobody_may_empty_a_table(world: World) -> None:
    """Policies do not hold for TRUNCATE; rights must."""

    async def may(table: str) -> object:
        return await world.superuser.fetchval(
            "SELECT has_table_privilege('actum_app', $1, 'TRUNCATE')", table
        )

    found = await _each_table(world, may)
    assert found == dict.fromkeys(found, False)
