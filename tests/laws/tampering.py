"""Change what is stored, one value at a time, in every way its type allows: what an insider with all rights can do."""

import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from actum.ledger.check import check_execution, check_log
from actum.ledger.store import iterate_execution_ids
from actum.platform.database import Transaction
from actum_core.ledger.chain import Finding

#: What a check must vouch for.
TABLES = (
    *("executions", "execution_heads", "inputs", "entries", "snapshots"),
    *("batches", "org_heads", "programs", "work"),
)

#: What no check can find, and why. This list may only become shorter.
BEYOND = {
    ("programs", "created_at"): "no entry says when a program was stored; its digest says what it is",
    ("work", "claimed_until"): "it says who is at work, which is over in a moment and stands in no entry",
    (
        "snapshots",
        "org_id",
    ): "it leaves the org, which is to delete it: a snapshot is a cache and may be deleted",
}


#: PostgreSQL's infinity, as asyncpg reads and cannot write it.
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """One stored value and what it is changed to."""

    table: str
    column: str
    ctid: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of row {self.ctid}: {self.before!r} to {self.after!r}"


async def unlock(superuser: asyncpg.Connection) -> None:
    """Take away every guard that the database has, as who owns the machine can."""
    for table in TABLES:
        for row in await superuser.fetch(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = $1::text::regclass AND NOT tgisinternal", table
        ):
            await superuser.execute(f"DROP TRIGGER {row['tgname']} ON {table}")
    constraints = await superuser.fetch(
        """
        SELECT conrelid::regclass::text AS of, conname FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p')
         ORDER BY contype = 'p'  -- others lean on them
        """
    )
    for row in constraints:
        if row["of"] in TABLES:
            await superuser.execute(
                f"ALTER TABLE {row['of']} DROP CONSTRAINT IF EXISTS {row['conname']} CASCADE"
            )
    for row in await superuser.fetch(
        "SELECT indexname, tablename FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '% UNIQUE %'"
    ):
        if row["tablename"] in TABLES:
            await superuser.execute(f"DROP INDEX {row['indexname']}")
    # What may not be NULL stays so: nothing could be read of a table without that.


async def list_columns(superuser: asyncpg.Connection, which: str = "") -> list[tuple[str, str]]:
    """Every column of these tables, as the database itself lists them: a new one cannot be forgotten."""
    rows = await superuser.fetch(
        f"""
        SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = ANY ($1::text[]) {which}
         ORDER BY table_name, ordinal_position
        """,
        list(TABLES),
    )
    return [(row["table_name"], row["column_name"]) for row in rows]


async def list_changes(
    superuser: asyncpg.Connection, org_id: UUID, chance: random.Random, at_most: int
) -> AsyncIterator[Change]:
    """For every value of every row of every table, changes of it, but no more than so many."""
    nullable = await list_columns(superuser, "AND is_nullable = 'YES'")
    for table, column in await list_columns(superuser):
        for row in await list_values(superuser, org_id, table, column):
            others = [
                after
                for after in changed(row["value"], chance)
                if after != row["value"] and (after is not None or (table, column) in nullable)
            ]
            for after in chance.sample(others, min(at_most, len(others))):
                yield Change(table, column, row["ctid"], row["value"], after)


async def list_values(
    superuser: asyncpg.Connection, org_id: UUID, table: str, column: str
) -> list[asyncpg.Record]:
    """What an org's rows hold in a column, and where."""
    statement = f"SELECT ctid::text AS ctid, {column} AS value FROM {table} WHERE org_id = $1"
    return list(await superuser.fetch(statement, org_id))


def changed(value: Any, chance: random.Random) -> Iterator[Any]:
    """Other values of the same type, and none at all."""
    match value:
        case None:
            yield "x"
            return
        case UUID():
            yield UUID(bytes=flip(value.bytes, chance))
        case int():
            yield from (value + 1, value - 1, -value, 2**31 - 1)
        case str():
            place = chance.randrange(len(value) + 1)
            yield from (value + " ", value[:place] + "y" + value[place + 1 :], "")
        case datetime():
            yield value + timedelta(microseconds=chance.choice((1, -1)))
            yield NEVER
        case bytes():
            yield from (flip(value, chance) for _ in range(3))
            yield from (value[:-1], value + b" ", b"")
        case list():
            place = chance.randrange(len(value))
            for after in changed(value[place], chance):
                yield [*value[:place], after, *value[place + 1 :]]
            yield from (value[:-1], [*value, value[-1]], [])
    yield None


def flip(value: bytes, chance: random.Random) -> bytes:
    """One bit of one byte changed."""
    if not value:
        return b"\0"
    place = chance.randrange(len(value))
    return value[:place] + bytes([value[place] ^ 1 << chance.randrange(8)]) + value[place + 1 :]


async def apply(superuser: asyncpg.Connection, change: Change) -> None:
    column_type = await superuser.fetchval(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = $1::text::regclass AND attname = $2",
        *(change.table, change.column),
    )
    after = change.after
    if after is NEVER:
        statement, arguments = "'infinity'", []
    else:
        statement, arguments = f"$1::{column_type}", [after]
    touched = await superuser.execute(
        f"UPDATE {change.table} SET {change.column} = {statement} WHERE ctid = '{change.ctid}'", *arguments
    )
    assert touched == "UPDATE 1"


async def check_org(superuser: asyncpg.Connection, org_id: UUID) -> list[Finding]:
    """All that the check of a whole org finds; it never fails, whatever it is shown."""
    tx = Transaction(superuser)
    found: list[Finding] = []
    async for execution_id in iterate_execution_ids(tx, org_id):
        found.extend((await check_execution(tx, org_id, execution_id)).findings)
    found.extend([finding async for finding in check_log(tx, org_id)])
    return found
