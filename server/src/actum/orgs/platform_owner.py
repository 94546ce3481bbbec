"""What the platform's owner may ask across all orgs, with the login that owns the tables; never for a request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import ClassVar, Final
from uuid import UUID

import asyncpg

from actum.orgs.store import Org
from actum.platform import sql
from actum.platform.database import DatabaseUnavailable
from actum.platform.limits import CONNECT_SECONDS_MAX
from actum_core.errors import ActumError

_QUERIES: Final = sql.load("actum.orgs", "platform_owner.sql")

#: Before the first org that was ever made.
_FIRST: Final = (datetime.min.replace(tzinfo=UTC), UUID(int=0))


class OwnerNeeded(ActumError):
    """Give the login that owns the tables in ACTUM_MIGRATE_DATABASE_URL: only the platform's owner sees all orgs."""

    code: ClassVar[str] = "owner_needed"


async def list_orgs(owner_url: str, count_max: int) -> list[Org]:
    """All orgs of the platform, at most so many, in the order they were made.

    Raises OwnerNeeded and DatabaseUnavailable.
    """
    async with _reading(owner_url) as connection:
        rows = await connection.fetch(_QUERIES["list_orgs"].text, *_FIRST, count_max)
        return [Org(**row) for row in rows]


async def find_org_by_slug(owner_url: str, slug: str) -> Org | None:
    """The org with a slug. Raises OwnerNeeded and DatabaseUnavailable."""
    async with _reading(owner_url) as connection:
        row = await connection.fetchrow(_QUERIES["find_org_by_slug"].text, slug)
        return None if row is None else Org(**row)


@asynccontextmanager
async def _reading(owner_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    settings = {"search_path": "public", "timezone": "UTC", "application_name": "actum-owner"}
    try:
        connection = await asyncpg.connect(owner_url, timeout=CONNECT_SECONDS_MAX, server_settings=settings)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(str(error) or type(error).__name__) from error
    try:
        if not await connection.fetchval(_QUERIES["owns_orgs"].text):
            raise OwnerNeeded("this login does not own the tables")
        yield connection
    except asyncpg.InsufficientPrivilegeError as error:
        raise OwnerNeeded(f"this login does not own the tables: {error}") from error
    finally:
        await connection.close(timeout=CONNECT_SECONDS_MAX)
