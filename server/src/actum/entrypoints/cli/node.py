"""One server process on this machine: its database, its application, and the order in which they stop.

Loaded by the commands that start something or need the database itself; the others only ask over HTTP.
"""

import asyncio
import gc
import importlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from actum.entrypoints.cli.data_dir import choose_data_dir, make_data_dir
from actum.platform.embedded_postgres import EmbeddedPostgres, PostgresReport, PostgresReportKind
from actum.platform.settings import Settings, load_settings
from actum_core.errors import ActumError

if TYPE_CHECKING:
    import socket

    import asyncpg

    from actum.entrypoints.serve import Listen


class MigrationsMissing(ActumError):
    """Run `actum migrate` first: the database does not have the tables of this version."""

    code: ClassVar[str] = "migrations_missing"


@dataclass(frozen=True, slots=True)
class Urls:
    """Ways into the database: as the server, and as the tables' owner. They hold passwords."""

    app: str = field(repr=False)
    owner: str = field(repr=False)
    #: What to tell people of it.
    told: str = ""


def read_settings(data_dir: Path | None, **overrides: Any) -> Settings:
    """The settings of this process; what the command line says wins. Raises SettingsInvalid."""
    return load_settings(data_dir=choose_data_dir(data_dir), **overrides)


@asynccontextmanager
async def open_urls(settings: Settings, *, is_kept_alive: bool = False) -> AsyncIterator[Urls]:
    """The database of the settings; the embedded one runs meanwhile, and stops with its last user."""
    external = settings.external_urls
    if external is not None:
        app, owner = external
        yield Urls(app, owner, "external PostgreSQL (ACTUM_DATABASE_URL)")
        return
    make_data_dir(settings.data_dir)
    reports: list[PostgresReport] = []
    postgres = EmbeddedPostgres(settings.data_dir, on_report=lambda report: _hear(reports, report))
    try:
        urls = await (postgres.start() if is_kept_alive else postgres.attach())
        yield Urls(
            urls.app, urls.owner, f"embedded PostgreSQL in {settings.data_dir} ({reports[0].kind.value})"
        )
    finally:
        await postgres.stop()


def _hear(reports: list[PostgresReport], report: PostgresReport) -> None:
    """What happens after the start is told where the server's other lines go."""
    reports.append(report)
    if report.kind in (
        PostgresReportKind.DIED,
        PostgresReportKind.RESTARTED,
        PostgresReportKind.RESTART_FAILED,
    ):
        import structlog

        structlog.get_logger(__name__).warning(
            "embedded PostgreSQL", happened=report.kind.value, pid=report.pid, detail=report.detail
        )


async def require_migrated(urls: Urls) -> None:
    """Raise MigrationsMissing unless the database has every migration of this version."""
    missing = await list_missing(urls)
    if missing:
        raise MigrationsMissing(f"{len(missing)} migrations are missing, from {missing[0]} on")


async def list_missing(urls: Urls) -> list[str]:
    """File names of the migrations that the database lacks. Raises MigrationRefused and DatabaseUnavailable."""
    from actum.platform import limits, migrations
    from actum.platform.database import Transaction

    connection = await _connect_as_app(urls)
    try:
        return [missing.file_name for missing in await migrations.check_applied(Transaction(connection))]
    finally:
        await connection.close(timeout=limits.CONNECT_SECONDS_MAX)


async def _connect_as_app(urls: Urls) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection that reads as the server does; as the owner where the server's role does not exist yet."""
    import asyncpg

    from actum.platform import limits
    from actum.platform.database import APP_ROLE, DatabaseUnavailable

    seconds = limits.CONNECT_SECONDS_MAX
    try:
        try:
            return await asyncpg.connect(urls.app, timeout=seconds, server_settings={"role": APP_ROLE})
        except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError):
            return await asyncpg.connect(urls.owner, timeout=seconds)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(str(error) or type(error).__name__) from error


async def serve_node(
    settings: Settings,
    urls: Urls,
    listening: "tuple[Listen, socket.socket]",
    on_started: Callable[[int], None],
) -> None:
    """Serve until a signal comes; then streams end, requests finish, and the database's connections close."""
    from actum.entrypoints.api import make_parts
    from actum.entrypoints.assemble import Tuning, assemble
    from actum.entrypoints.serve import serve
    from actum.platform.database import Database
    from actum.platform.signals import Signals

    database = await Database.open(urls.app, settings.pool_size)
    try:
        tuning = Tuning(settings.snapshot_every_inputs, settings.batch_events_max)
        app = assemble(make_parts(database), Signals(), tuning)
        listen, opened = listening
        await serve(app, listen, opened, on_started)
    finally:
        await database.close()


async def load_application() -> None:
    """Import what serves, beside whatever is being waited for: it takes most of a second start's time."""
    # Nothing that is imported becomes garbage, so looking for it only takes time, now and ever after.
    gc.disable()
    try:
        await asyncio.to_thread(importlib.import_module, "actum.entrypoints.assemble")
        await asyncio.to_thread(importlib.import_module, "actum.entrypoints.serve")
    finally:
        gc.freeze()
        gc.enable()


def run_node(main: Coroutine[Any, Any, None]) -> None:
    """Run a server's main coroutine; a signal that comes before or after the time it serves stops it as cleanly.

    Raises KeyboardInterrupt when it was stopped before it served.
    """
    from actum.entrypoints.serve import run

    run(_until_signal(main))


async def _until_signal(main: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.get_running_loop()
    task = loop.create_task(main)
    # While it serves, `serve` handles both signals itself. SIGINT outside of that is the event loop runner's.
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        with suppress(RuntimeError):
            loop.remove_signal_handler(signal.SIGTERM)


def is_log_level_set() -> bool:
    """Whether the operator said how much is to be written."""
    return bool(os.environ.get("ACTUM_LOG_LEVEL"))
