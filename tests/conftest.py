"""The databases that tests use: one embedded cluster for a whole session, and a fresh database for each test."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from actum.platform import migrations
from actum.platform.database import Database, PoolSize
from actum.platform.embedded_postgres import EmbeddedPostgres, PostgresBusy, running
from actum.platform.postgres_cluster import OWNER_ROLE, DatabaseUrls
from actum_core.errors import ActumError

#: Where the session's cluster lies; set by the process that began the session, inherited by xdist's workers.
_CLUSTER_VARIABLE = "ACTUM_TEST_CLUSTER"
_STALE_SECONDS = 3_600.0

#: Ordinary tests need no durability. ACTUM_TEST_FSYNC=on gives it back; tests of faults start their own cluster.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "1h",
}

#: A file system in memory, where copying the template takes a tenth of the time that it takes on a disk; what the
#: tests' cluster needs of it at most, with room to spare.
_MEMORY = Path("/dev/shm")
_MEMORY_BYTES_MIN = 4 * 1024**3

_made_here: Path | None = None


#: Folders of tests that start servers or commands as processes of their own: `make check` leaves them out.
_SLOW_FOLDERS = {"cli", "streams", "faults", "laws"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).parts[0] in _SLOW_FOLDERS:
            item.add_marker("slow")


def pytest_configure(config: pytest.Config) -> None:
    global _made_here
    # Whoever started the tests in the background may have them ignore Ctrl-C, and what tests start inherits that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if _CLUSTER_VARIABLE not in os.environ:
        _made_here = make_data_dir("actum-tests-", None if _is_durable() else _find_memory())
        os.environ[_CLUSTER_VARIABLE] = str(_made_here)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _made_here is not None:
        remove_data_dir(_made_here)
        del os.environ[_CLUSTER_VARIABLE]
        _remove_stale_data_dirs()


def _is_durable() -> bool:
    return os.environ.get("ACTUM_TEST_FSYNC") == "on"


def _find_memory() -> Path | None:
    """Where the tests' cluster may lie in memory; None where there is too little of it."""
    with suppress(OSError):
        if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES_MIN:
            return _MEMORY
    return None


def make_data_dir(prefix: str = "actum-test-", within: Path | None = None) -> Path:
    """Make a directory that PostgreSQL's user can reach even when the tests run as root."""
    # pytest's own tmp_path is closed to other users, and PostgreSQL refuses to run as root.
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=within))
    directory.chmod(0o755 if os.geteuid() == 0 else 0o700)
    return directory


def remove_data_dir(data_dir: Path) -> None:
    """Stop what still runs in a data directory and remove it; one that somebody uses is left alone."""
    if (data_dir / "postgres" / "cluster").exists():
        try:
            asyncio.run(EmbeddedPostgres(data_dir).force_stop())
        except PostgresBusy:
            return
    shutil.rmtree(data_dir, ignore_errors=True)


def _remove_stale_data_dirs() -> None:
    """Remove what sessions that were killed have left behind."""
    places = (Path(tempfile.gettempdir()), _MEMORY)
    for data_dir in (found for place in places for found in place.glob("actum-test*-*")):
        with suppress(OSError, ActumError):
            found = data_dir.stat()
            if found.st_uid == os.geteuid() and time.time() - found.st_mtime > _STALE_SECONDS:
                remove_data_dir(data_dir)


@pytest.fixture(scope="session")
def postgres() -> Iterator[DatabaseUrls]:
    """The session's cluster; the last of the processes that use it stops it."""
    settings = {} if _is_durable() else _FAST
    with running(Path(os.environ[_CLUSTER_VARIABLE]), settings=settings) as urls:
        yield urls


@pytest.fixture(scope="session")
def template_database(postgres: DatabaseUrls) -> str:
    """Name of the database that has every migration and nothing else; made by whoever comes first."""
    return asyncio.run(_make_template(postgres))


async def _make_template(urls: DatabaseUrls) -> str:
    template = f"template_{migrations.digest(migrations.load_migrations())[:16]}"
    keeper = await asyncpg.connect(urls.superuser)
    try:
        async with keeper.transaction():
            await keeper.execute("SELECT pg_advisory_xact_lock(1)")
            if await keeper.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", template):
                return template
            # CREATE DATABASE cannot run in a transaction, so the lock is held by one session for another.
            worker = await asyncpg.connect(urls.superuser)
            try:
                await worker.execute(f"DROP DATABASE IF EXISTS {template}_partial WITH (FORCE)")
                await worker.execute(f"CREATE DATABASE {template}_partial OWNER {OWNER_ROLE}")
                await migrations.migrate(rename_database(urls, f"{template}_partial").owner)
                await worker.execute(f"ALTER DATABASE {template}_partial RENAME TO {template}")
            finally:
                await worker.close()
    finally:
        await keeper.close()
    return template


@pytest.fixture
async def empty_database_urls(postgres: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """Ways into a fresh database without any migration."""
    async with fresh_database(postgres, "template1") as urls:
        yield urls


@pytest.fixture
async def database_urls(postgres: DatabaseUrls, template_database: str) -> AsyncIterator[DatabaseUrls]:
    """Ways into a fresh, migrated database that only this test uses."""
    async with fresh_database(postgres, template_database) as urls:
        yield urls


@pytest.fixture
async def database(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """A fresh, migrated database, entered as the application's role."""
    opened = await Database.open(database_urls.app, PoolSize(minimum=1, maximum=10))
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def owner(database_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the tables' owner to the same database that `database` has."""
    connection = await asyncpg.connect(database_urls.owner)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def superuser(database_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """A connection that may do anything in the database that `database` has. Roles belong to all databases."""
    connection = await asyncpg.connect(database_urls.superuser)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory for a cluster of the test's own, durable by default, that the test may kill."""
    directory = make_data_dir()
    yield directory
    remove_data_dir(directory)


@pytest.fixture(scope="session")
def _made_data_dir() -> Iterator[Path]:
    directory = make_data_dir()
    with running(directory):
        pass
    yield directory
    remove_data_dir(directory)


@pytest.fixture
def made_data_dir(data_dir: Path, _made_data_dir: Path) -> Path:
    """As `data_dir`, with a durable cluster that was started once and stopped: a second start is ten times faster."""
    # cp keeps the owners, which shutil does not.
    subprocess.run(["cp", "-a", str(_made_data_dir / "postgres"), str(data_dir)], check=True)
    return data_dir


def rename_database(urls: DatabaseUrls, name: str) -> DatabaseUrls:
    """Point connection URLs at another database of the same cluster."""

    def rename(url: str) -> str:
        return urlsplit(url)._replace(path=f"/{name}").geturl()

    return DatabaseUrls(owner=rename(urls.owner), app=rename(urls.app), superuser=rename(urls.superuser))


@asynccontextmanager
async def fresh_database(postgres: DatabaseUrls, template: str) -> AsyncIterator[DatabaseUrls]:
    name = f"test_{uuid.uuid4().hex[:16]}"
    keeper = await asyncpg.connect(rename_database(postgres, "postgres").superuser)
    try:
        # WAL_LOG measured about as fast as FILE_COPY here, and dropping needs no checkpoint of what was copied.
        await keeper.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER_ROLE} STRATEGY wal_log"
        )
        try:
            yield rename_database(postgres, name)
        finally:
            await keeper.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await keeper.close()
