"""Applies the numbered SQL files of `actum.migrations`, in order, each once and each in one transaction."""

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

import asyncpg

from actum.platform import limits
from actum.platform.database import DatabaseUnavailable, Transaction
from actum.platform.sql import Query
from actum_core.errors import ActumError

_PACKAGE = "actum.migrations"
_FILE_NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")

#: Any number, the same in every version; held while migrating, never on the way of an event.
_LOCK = 0x4163_7475_6D

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
  version    integer     NOT NULL PRIMARY KEY,
  name       text        NOT NULL,
  sha256     text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_APPLIED = Query("applied_migrations", "SELECT version, name, sha256 FROM schema_migrations ORDER BY version")

# Absent as long as nothing was ever migrated, and closed to the application until the end of the first time.
_IS_READABLE = Query(
    "is_schema_migrations_readable",
    "SELECT coalesce(has_table_privilege(to_regclass('public.schema_migrations'), 'SELECT'), false)",
)


class MigrationRefused(ActumError):
    """Run the version of Actum whose migrations the database has, or restore a backup that fits this one."""

    code: ClassVar[str] = "migration_refused"


class MigrationFailed(ActumError):
    """Correct what PostgreSQL names and migrate again; the failed migration changed nothing."""

    code: ClassVar[str] = "migration_failed"


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    version: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """The digest by which a change to an applied file is noticed."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def file_name(self) -> str:
        return f"{self.version:04d}_{self.name}.sql"


def load_migrations(package: str = _PACKAGE) -> tuple[Migration, ...]:
    """Read the package's files; their numbers must run from 0001 without a gap."""
    migrations = []
    for file in sorted(resources.files(package).iterdir(), key=lambda file: file.name):
        found = _FILE_NAME.match(file.name)
        if found is not None:
            # Line ends may change on their way through a checkout, and must not change the digest.
            text = file.read_text(encoding="utf-8").replace("\r\n", "\n")
            migrations.append(Migration(version=int(found[1]), name=found[2], text=text))
        elif file.name.endswith(".sql"):
            raise ValueError(f"{package}/{file.name} is not named like 0001_what_it_does.sql")
    versions = [migration.version for migration in migrations]
    if versions != list(range(1, len(versions) + 1)):
        raise ValueError(f"the numbers of {package} must run from 0001 without a gap; found {versions}")
    return tuple(migrations)


def digest(migrations: Sequence[Migration]) -> str:
    """Return 64 hex digits that change when any migration does."""
    return hashlib.sha256("\n".join(migration.sha256 for migration in migrations).encode()).hexdigest()


async def migrate(owner_url: str, migrations: Sequence[Migration] | None = None) -> tuple[Migration, ...]:
    """Apply what is missing and return it. Of several processes one migrates and the others wait.

    The login must own the database and, where the role `actum_app` does not exist yet, may create roles.
    A migration that must touch rows of tables with forced policies sets `actum.orgs` itself.
    Raises MigrationRefused, MigrationFailed or DatabaseUnavailable.
    """
    wanted = load_migrations() if migrations is None else tuple(migrations)
    async with _locked_connection(owner_url) as connection:
        await connection.execute(_CREATE_TABLE)
        applied = {row["version"]: row for row in await connection.fetch(_APPLIED.text)}
        _require_unchanged(wanted, [(r["version"], r["name"], r["sha256"]) for r in applied.values()])
        missing = tuple(migration for migration in wanted if migration.version not in applied)
        for migration in missing:
            await _apply(connection, migration)
        await connection.execute("GRANT SELECT ON schema_migrations TO actum_app")
    return missing


async def check_applied(
    tx: Transaction, migrations: Sequence[Migration] | None = None
) -> tuple[Migration, ...]:
    """Return the migrations the database still lacks; raises MigrationRefused where it is ahead or differs.

    Takes a transaction without org, and reads as the application's role.
    """
    wanted = load_migrations() if migrations is None else tuple(migrations)
    if not await tx.fetch_value(_IS_READABLE):
        return wanted
    applied = [(row["version"], row["name"], row["sha256"]) for row in await tx.fetch(_APPLIED)]
    _require_unchanged(wanted, applied)
    return wanted[len(applied) :]


def _require_unchanged(wanted: Sequence[Migration], applied: Sequence[tuple[int, str, str]]) -> None:
    known = {migration.version: migration for migration in wanted}
    for version, name, sha256 in applied:
        migration = known.get(version)
        if migration is None:
            raise MigrationRefused(
                f"the database has migration {version:04d}_{name}, which this version of Actum does not know: "
                "a newer version has migrated it; run that version"
            )
        if migration.sha256 != sha256:
            raise MigrationRefused(
                f"{migration.file_name} was changed after it was applied: bring back its text "
                "and put the change into a new migration"
            )


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.text)
            if not connection.is_in_transaction():
                raise MigrationFailed(f"{migration.file_name} must not end the transaction it runs in")
            await connection.execute(
                "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
                *(migration.version, migration.name, migration.sha256),
            )
    except asyncpg.PostgresError as error:
        raise MigrationFailed(f"{migration.file_name}: {error}{_line(error, migration)}") from error


def _line(error: asyncpg.PostgresError, migration: Migration) -> str:
    position = getattr(error, "position", None)
    if not position:
        return ""
    return f" (line {migration.text.count(chr(10), 0, int(position)) + 1})"


@asynccontextmanager
async def _locked_connection(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    try:
        connection = await asyncpg.connect(
            owner_url,
            timeout=limits.CONNECT_SECONDS_MAX,
            server_settings={
                "search_path": "public",
                "application_name": "actum-migrate",
                "client_min_messages": "warning",
                "lock_timeout": f"{limits.MIGRATION_LOCK_SECONDS_MAX:.0f}s",
            },
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(str(error) or type(error).__name__) from error
    try:
        await connection.execute(f"SELECT pg_advisory_lock({_LOCK})")
        yield connection
    except asyncpg.LockNotAvailableError as error:
        raise MigrationFailed("another process has been migrating this database for too long") from error
    finally:
        # The lock belongs to the session and goes with it.
        await connection.close(timeout=limits.CONNECT_SECONDS_MAX)
