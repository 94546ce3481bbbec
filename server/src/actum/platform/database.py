"""Transactions over a pool of connections: each acts for a stated set of orgs, as a role that owns nothing.

Every session starts as `actum_app`, whatever login the URL names, so that row-level security holds even
where one login owns the tables. All settings are local to a transaction; a connection carries nothing over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from actum.platform import limits
from actum.platform.sql import Query
from actum_core.errors import ActumError

__all__ = [
    "Database",
    "DatabaseRefused",
    "DatabaseUnavailable",
    "PoolSize",
    "Transaction",
]

APP_ROLE = "actum_app"
Row = asyncpg.Record
Connection: TypeAlias = "asyncpg.Connection[Row] | PoolConnectionProxy[Row]"
Result = TypeVar("Result")

_BEGIN = "BEGIN"
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"

#: What a session begins with; `role` as a startup parameter is also what RESET ROLE goes back to.
_SESSION: dict[str, str] = {
    "role": APP_ROLE,
    "search_path": "public",
    "timezone": "UTC",
    "jit": "off",
    # All statements are named, keyed and few: planning one anew for its arguments costs more than running it.
    "plan_cache_mode": "force_generic_plan",
    "application_name": "actum",
    "statement_timeout": f"{limits.STATEMENT_SECONDS_MAX:.0f}s",
    "idle_in_transaction_session_timeout": f"{limits.IDLE_TRANSACTION_SECONDS_MAX:.0f}s",
}

#: The server is gone, going or full: nothing the statement itself could have caused.
_UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,
    # What the driver says of a connection on which a dying server spoke before it was asked.
    asyncpg.InternalClientError,
    ConnectionError,
    OSError,
)

_ROLE = Query(
    "effective_role",
    """
    SELECT current_user AS name, r.rolsuper AS is_superuser, r.rolbypassrls AS bypasses_policies,
           EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
                      AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owns_tables
      FROM pg_roles r WHERE r.rolname = current_user
    """,
)


class DatabaseUnavailable(ActumError):
    """Try again in a moment; if it persists, start PostgreSQL or correct ACTUM_DATABASE_URL.

    `is_outcome_unknown` is true when the connection broke while committing: the transaction may have
    been kept. Sending the same inputs with the same keys again is safe and tells.
    """

    code: ClassVar[str] = "database_unavailable"

    def __init__(self, detail: str, *, is_outcome_unknown: bool = False) -> None:
        super().__init__(f"the database is unavailable: {detail}")
        self.is_outcome_unknown = is_outcome_unknown


class DatabaseRefused(ActumError):
    """Give the server a login that is a member of actum_app and has no more rights than that."""

    code: ClassVar[str] = "database_refused"


@dataclass(frozen=True, slots=True)
class PoolSize:
    """How many connections are kept open, and how many there may be at most."""

    minimum: int = 2
    maximum: int = 10


class Transaction:
    """The open transaction: statements go through here, so that a lost connection has one error.

    A statement is a named query or its text, with `$1` parameters; it is prepared once per connection.
    """

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        #: For what has no method here, such as COPY.
        self.connection = connection

    async def fetch(self, query: Query | str, *arguments: object) -> list[Row]:
        """Return every row."""
        return await self._run(self.connection.fetch(_text(query), *arguments))

    async def fetch_row(self, query: Query | str, *arguments: object) -> Row | None:
        """Return the first row, or None."""
        return await self._run(self.connection.fetchrow(_text(query), *arguments))

    async def fetch_value(self, query: Query | str, *arguments: object) -> Any:
        """Return the first column of the first row, or None."""
        return await self._run(self.connection.fetchval(_text(query), *arguments))

    async def execute(self, query: Query | str, *arguments: object) -> int:
        """Run a statement and return how many rows it touched."""
        status = await self._run(self.connection.execute(_text(query), *arguments))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def iterate(self, query: Query | str, *arguments: object) -> AsyncIterator[Row]:
        """Yield rows as they come, a thousand at a time, for what does not fit into memory."""
        try:
            async for row in self.connection.cursor(_text(query), *arguments, prefetch=1_000):
                yield row
        except (*_UNAVAILABLE, asyncpg.InterfaceError) as error:
            raise _translated(error, self.connection) from error

    async def _run(self, statement: Awaitable[Result]) -> Result:
        try:
            return await statement
        except (*_UNAVAILABLE, asyncpg.InterfaceError) as error:
            raise _translated(error, self.connection) from error


class Database:
    """A pool of connections to one database. Open it with `await Database.open(url)`."""

    def __init__(self, pool: asyncpg.Pool, url: str) -> None:
        self._pool = pool
        self._url = url
        #: Connections kept out of the pool for `fetch_at_once`, which asks many times a second; a small pool has
        #: none to spare.
        self._standing: list[PoolConnectionProxy[Row]] = []
        self._standing_max = min(limits.STANDING_CONNECTIONS_MAX, (pool.get_max_size() - 1) // 2)

    @classmethod
    async def open(cls, url: str, size: PoolSize | None = None) -> Database:
        """Connect as the application's role.

        Raises DatabaseUnavailable, or DatabaseRefused when the role could bypass row-level security.
        """
        size = size or PoolSize()
        pool = asyncpg.create_pool(
            url,
            min_size=size.minimum,
            max_size=size.maximum,
            max_queries=2**31 - 1,
            timeout=limits.CONNECT_SECONDS_MAX,
            statement_cache_size=limits.PREPARED_STATEMENTS_MAX,
            max_cached_statement_lifetime=0,
            server_settings=_SESSION,
            reset=_keep,
        )
        try:
            await pool
        except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError) as error:
            raise DatabaseRefused(
                f"the login in ACTUM_DATABASE_URL cannot act as {APP_ROLE} ({error}): run `actum migrate` with "
                f"the owner's URL, then GRANT {APP_ROLE} TO that login"
            ) from error
        except (*_UNAVAILABLE, TimeoutError) as error:
            raise _unavailable(error) from error
        database = cls(pool, url)
        try:
            await database._require_harmless_role()
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Give open transactions the time of one statement to end, then close every connection."""
        self._standing_max = 0
        while self._standing:
            await self._release(self._standing.pop())
        try:
            async with asyncio.timeout(limits.STATEMENT_SECONDS_MAX):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def transaction(self, orgs: UUID | str | Iterable[UUID | str]) -> AsyncIterator[Transaction]:
        """Begin a transaction that may see and write the rows of these orgs only; commit at the end.

        An exception rolls back. Beginning costs one round trip, and so does committing.
        """
        async with self._begin(_BEGIN, _org_list(orgs)) as tx:
            yield tx

    @asynccontextmanager
    async def read_transaction(self, orgs: UUID | str | Iterable[UUID | str]) -> AsyncIterator[Transaction]:
        """As `transaction`, but read-only and from one point in time: all its statements see the same rows."""
        async with self._begin(_BEGIN_READ, _org_list(orgs)) as tx:
            yield tx

    async def fetch_at_once(self, query: Query, *arguments: object) -> list[Row]:
        """Run one statement that is a transaction of its own and sets the orgs it acts for by itself.

        Raises DatabaseUnavailable; `is_outcome_unknown` is true when it may have been kept all the same.
        """
        connection = self._take_standing() or await self._acquire(None)
        try:
            return await connection.fetch(query.text, *arguments)
        except (*_UNAVAILABLE, asyncpg.InterfaceError) as error:
            if isinstance(error, asyncpg.InterfaceError) and not _is_lost(connection):
                raise
            _throw_away(connection)
            raise DatabaseUnavailable(f"lost while recording ({error})", is_outcome_unknown=True) from error
        except asyncio.CancelledError:
            _throw_away(connection)
            raise
        finally:
            if len(self._standing) < self._standing_max and not _is_lost(connection):
                self._standing.append(connection)
            else:
                await self._release(connection)

    @asynccontextmanager
    async def transaction_without_org(self) -> AsyncIterator[Transaction]:
        """Begin a transaction for the few tables that belong to no org; any other table raises in it."""
        async with self._begin(_BEGIN, "") as tx:
            yield tx

    async def connect(self) -> asyncpg.Connection:
        """Open a connection of its own, outside the pool, as the same role: for LISTEN."""
        try:
            return await asyncpg.connect(
                self._url,
                timeout=limits.CONNECT_SECONDS_MAX,
                server_settings={**_SESSION, "synchronous_commit": "off"},
            )
        except (*_UNAVAILABLE, TimeoutError) as error:
            raise _unavailable(error) from error

    @asynccontextmanager
    async def _begin(self, begin: str, orgs: str) -> AsyncIterator[Transaction]:
        # One simple-protocol message, so one round trip; the list holds nothing but checked UUIDs.
        connection = await self._acquire(f"{begin}; SELECT set_config('actum.orgs', '{{{orgs}}}', true)")
        try:
            try:
                yield Transaction(connection)
            except BaseException:
                await _roll_back(connection)
                raise
            await _commit(connection)
        finally:
            await self._release(connection)

    async def _acquire(self, first_statement: str | None) -> PoolConnectionProxy[Row]:
        """Return a connection on which the first statement, if there is one, has succeeded."""
        tries = 2  # A connection may have died while it was idle; nothing was done on it, so try another.
        while True:
            tries -= 1
            try:
                connection = await self._pool.acquire(timeout=limits.ACQUIRE_SECONDS_MAX)
            except TimeoutError as error:
                waited = f"no connection was free within {limits.ACQUIRE_SECONDS_MAX:.0f} s"
                raise DatabaseUnavailable(waited) from error
            except (*_UNAVAILABLE, asyncpg.InterfaceError) as error:
                raise _unavailable(error) from error
            if first_statement is None:
                return connection
            try:
                await connection.execute(first_statement)
            except (*_UNAVAILABLE, asyncpg.InterfaceError) as error:
                _throw_away(connection)
                await self._release(connection)
                if not tries:
                    raise _unavailable(error) from error
            except BaseException:
                _throw_away(connection)
                await self._release(connection)
                raise
            else:
                return connection

    def _take_standing(self) -> PoolConnectionProxy[Row] | None:
        """A connection kept for this that is still alive; None where the pool must be asked."""
        while self._standing:
            connection = self._standing.pop()
            if not _is_lost(connection):
                return connection
        return None

    async def _release(self, connection: PoolConnectionProxy[Row]) -> None:
        # What releasing may raise is about a connection that the pool throws away by itself.
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self._pool.release(connection)

    async def _require_harmless_role(self) -> None:
        async with self.transaction_without_org() as tx:
            role = await tx.fetch_row(_ROLE)
        if role is None or role["name"] != APP_ROLE:
            raise DatabaseRefused(
                f"the session's role is not {APP_ROLE}: does a pooler drop startup parameters?"
            )
        faults = {
            "is a superuser": role["is_superuser"],
            "bypasses row-level security": role["bypasses_policies"],
            "owns tables": role["owns_tables"],
        }
        found = " and ".join(fault for fault, is_found in faults.items() if is_found)
        if found:
            raise DatabaseRefused(
                f"{APP_ROLE} {found}: row-level security would not hold; take that away from it"
            )


def _org_list(orgs: UUID | str | Iterable[UUID | str]) -> str:
    if isinstance(orgs, UUID | str):
        return str(orgs if isinstance(orgs, UUID) else UUID(orgs))
    checked = {str(org if isinstance(org, UUID) else UUID(org)) for org in orgs}
    if not checked:
        raise ValueError("a transaction must act for at least one org")
    if len(checked) > limits.TRANSACTION_ORGS_MAX:
        raise ValueError(f"a transaction may act for {limits.TRANSACTION_ORGS_MAX} orgs at most")
    return ",".join(sorted(checked))


async def _commit(connection: Connection) -> None:
    try:
        status = await connection.execute("COMMIT")
    except (*_UNAVAILABLE, asyncpg.InterfaceError) as error:
        _throw_away(connection)
        raise DatabaseUnavailable(f"lost while committing ({error})", is_outcome_unknown=True) from error
    except asyncpg.PostgresError:
        raise  # a deferred constraint, for instance: the transaction is known to be rolled back
    except BaseException:
        # Cancelled half-way: what the connection would say next is not ours to read.
        _throw_away(connection)
        raise
    # PostgreSQL answers COMMIT with ROLLBACK when a statement failed and its error was swallowed.
    if status != "COMMIT":
        raise RuntimeError("a statement of this transaction failed and the failure was not passed on")


async def _roll_back(connection: Connection) -> None:
    try:
        await asyncio.shield(connection.execute("ROLLBACK"))
    except BaseException:
        # The reason for rolling back matters more than why that failed.
        _throw_away(connection)


async def _keep(connection: Connection) -> None:
    """Leave a released connection as it is: nothing outlives a transaction here, so no round trip is spent."""


def _throw_away(connection: Connection) -> None:
    # A connection that was lost has left the pool by itself, and then cannot be touched any more.
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


def _is_lost(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


def _text(query: Query | str) -> str:
    return query if isinstance(query, str) else query.text


def _translated(error: Exception, connection: Connection) -> Exception:
    if isinstance(error, asyncpg.InterfaceError) and not _is_lost(connection):
        return error
    return _unavailable(error)


def _unavailable(error: Exception) -> DatabaseUnavailable:
    return DatabaseUnavailable(str(error) or type(error).__name__)
