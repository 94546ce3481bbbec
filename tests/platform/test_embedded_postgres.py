"""The embedded PostgreSQL starts, is adopted, comes back after every kind of kill, and is stopped by its last user."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from actum.platform import limits
from actum.platform.embedded_postgres import (
    EmbeddedPostgres,
    PostgresBusy,
    PostgresReport,
    PostgresReportKind,
    PostgresStartFailed,
    binary,
    main,
    running,
)
from actum.platform.postgres_cluster import ClusterUnusable, open_cluster
from actum.platform.postgres_processes import find_postmaster, list_processes

pytestmark = pytest.mark.slow

STARTED, ADOPTED = PostgresReportKind.STARTED, PostgresReportKind.ADOPTED
DIED, RESTARTED, STOPPED = PostgresReportKind.DIED, PostgresReportKind.RESTARTED, PostgresReportKind.STOPPED

#: A process that uses a cluster until its standard input ends, or it is killed.
USER_PROGRAM = """
import asyncio, sys
from pathlib import Path
from actum.platform.embedded_postgres import EmbeddedPostgres

async def main():
    reports = []
    postgres = EmbeddedPostgres(Path(sys.argv[1]), on_report=reports.append)
    urls = await postgres.start()
    print(postgres.pid, reports[0].kind.value, urls.app, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await postgres.stop()

asyncio.run(main())
"""


class Told:
    """Collects what the supervisor reports, and lets a test wait for it."""

    def __init__(self) -> None:
        self.reports: asyncio.Queue[PostgresReport] = asyncio.Queue()

    def __call__(self, report: PostgresReport) -> None:
        self.reports.put_nowait(report)

    async def next(self) -> PostgresReportKind:
        async with asyncio.timeout(30):
            return (await self.reports.get()).kind


class User:
    """Another process that uses the same cluster."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER_PROGRAM, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_until_started(self) -> tuple[int, str]:
        """Return the postmaster's pid and how the process came by it."""
        assert self.process.stdout is not None
        pid, kind, _ = self.process.stdout.readline().split()
        return int(pid), kind

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def stop(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0


@pytest.fixture
def user(made_data_dir: Path) -> Iterator[Callable[[], User]]:
    users: list[User] = []

    def begin() -> User:
        users.append(User(made_data_dir))
        return users[-1]

    yield begin
    for each in users:
        each.kill()


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def postgres(made_data_dir: Path, told: Told) -> AsyncIterator[EmbeddedPostgres]:
    cluster = EmbeddedPostgres(made_data_dir, on_report=told)
    yield cluster
    await cluster.stop()


async def write(url: str, value: int) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        f"CREATE TABLE IF NOT EXISTS kept (value int); INSERT INTO kept VALUES ({value})"
    )
    await connection.close()


async def read(url: str) -> list[int]:
    connection = await asyncpg.connect(url)
    try:
        return [row["value"] for row in await connection.fetch("SELECT value FROM kept ORDER BY value")]
    finally:
        await connection.close()


async def wait_until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        # What other processes do tells nobody.
        while not is_true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def directory_of(postgres: EmbeddedPostgres) -> Path:
    return postgres.cluster.directory


async def test_it_starts_durably_and_without_a_network_port(postgres: EmbeddedPostgres, told: Told) -> None:
    urls = await postgres.start()
    assert await told.next() == STARTED
    connection = await asyncpg.connect(urls.superuser)
    settings = {
        name: await connection.fetchval(f"SHOW {name}")
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "listen_addresses")
    }
    locale = await connection.fetchrow(
        "SELECT datlocprovider::text, datlocale FROM pg_database WHERE datname = 'actum'"
    )
    await connection.close()
    assert settings == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
    }
    assert locale is not None
    assert tuple(locale) == ("b", "C.UTF-8")


async def test_its_files_and_its_socket_are_private(postgres: EmbeddedPostgres) -> None:
    await postgres.start()
    cluster = postgres.cluster
    modes = {
        path.name: path.stat().st_mode & 0o777
        for path in (
            cluster.directory,
            cluster.socket_directory,
            cluster.root / "passwords.json",
            cluster.server_file,
        )
    }
    assert modes == {"cluster": 0o700, "socket": 0o700, "passwords.json": 0o600, "postgres.log": 0o600}
    assert not (cluster.root / "initdb.password").exists()


async def test_a_wrong_password_is_refused(postgres: EmbeddedPostgres) -> None:
    urls = await postgres.start()
    password = urls.app.split("@")[0].rsplit(":", 1)[1]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(urls.app.replace(password, "wrong"))


async def test_the_servers_login_may_do_nothing_by_itself(postgres: EmbeddedPostgres) -> None:
    urls = await postgres.start()
    owner = await asyncpg.connect(urls.owner)
    await owner.execute("CREATE TABLE secret (); GRANT SELECT ON secret TO actum_app")
    await owner.close()
    server = await asyncpg.connect(urls.app)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await server.execute("SELECT * FROM secret")
    await server.execute("SET ROLE actum_app; SELECT * FROM secret")
    for statement in (
        "CREATE TABLE mine ()",
        "SET ROLE actum_owner",
        "CREATE ROLE mine",
        "CREATE TEMP TABLE mine ()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await server.execute(statement)
    await server.close()


async def test_a_second_start_finds_the_data(postgres: EmbeddedPostgres) -> None:
    await write((await postgres.start()).owner, 1)
    await postgres.stop()
    assert not postgres.is_running()
    began = time.perf_counter()
    urls = await postgres.start()
    assert time.perf_counter() - began < 5  # the target is 1 s; a busy machine is granted more
    assert await read(urls.owner) == [1]


async def test_a_killed_postgres_comes_back_with_its_data(postgres: EmbeddedPostgres, told: Told) -> None:
    urls = await postgres.start()
    assert await told.next() == STARTED
    for value in (1, 2, 3):
        await write(urls.owner, value)
        killed = postgres.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert [await told.next(), await told.next()] == [DIED, RESTARTED]
        assert postgres.pid != killed
    assert await read(urls.owner) == [1, 2, 3]


async def test_a_stop_right_after_a_kill_leaves_nothing_running(postgres: EmbeddedPostgres) -> None:
    await postgres.start()
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    await postgres.stop()
    await wait_until(lambda: not list_processes(directory_of(postgres)))


async def test_backends_left_by_a_killed_postmaster_do_not_prevent_the_start(
    postgres: EmbeddedPostgres, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "POSTGRES_ORPHAN_SECONDS_MAX", 0.3)
    urls = await postgres.start()
    assert await told.next() == STARTED
    connection = await asyncpg.connect(urls.owner)
    backend = connection.get_server_pid()
    # A stopped backend cannot notice that its postmaster is gone, as one in a long computation does not.
    os.kill(backend, signal.SIGSTOP)
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    assert [await told.next(), await told.next()] == [DIED, RESTARTED]
    assert backend not in list_processes(directory_of(postgres))
    connection.terminate()


async def test_a_postgres_whose_server_was_killed_is_adopted_and_then_stopped(
    postgres: EmbeddedPostgres, told: Told, user: Callable[[], User]
) -> None:
    other = user()
    pid, kind = await asyncio.to_thread(other.wait_until_started)
    assert kind == "started"
    other.kill()
    await postgres.start()
    assert (await told.next(), postgres.pid) == (ADOPTED, pid)
    await postgres.stop()
    assert await told.next() == STOPPED
    assert not postgres.is_running()


async def test_an_adopted_postgres_comes_back_after_a_kill(
    postgres: EmbeddedPostgres, told: Told, user: Callable[[], User]
) -> None:
    other = user()
    pid, _ = await asyncio.to_thread(other.wait_until_started)
    other.kill()
    urls = await postgres.start()
    await write(urls.owner, 1)
    os.kill(pid, signal.SIGKILL)
    assert [await told.next() for _ in range(3)] == [ADOPTED, DIED, RESTARTED]
    assert await read(urls.owner) == [1]


async def test_two_processes_that_start_at_once_share_one_postgres(data_dir: Path) -> None:
    first, second = User(data_dir), User(data_dir)  # nothing is initialised yet
    try:
        outcomes = [await asyncio.to_thread(each.wait_until_started) for each in (first, second)]
        assert len({pid for pid, _ in outcomes}) == 1
        assert sorted(kind for _, kind in outcomes) == ["adopted", "started"]
        cluster = open_cluster(data_dir)
        first.stop()
        assert find_postmaster(cluster.directory) == outcomes[0][0]
        second.stop()
        assert find_postmaster(cluster.directory) is None
    finally:
        first.kill()
        second.kill()


async def test_it_is_not_stopped_under_another_user(
    postgres: EmbeddedPostgres, user: Callable[[], User]
) -> None:
    other = user()
    await asyncio.to_thread(other.wait_until_started)
    await postgres.attach()
    with pytest.raises(PostgresBusy):
        await EmbeddedPostgres(postgres.cluster.root.parent).force_stop()
    await postgres.stop()
    assert postgres.is_running()
    other.stop()
    assert not postgres.is_running()


@pytest.fixture
def zombie() -> Iterator[int]:
    """The pid of a process that has ended and that nobody has reaped."""
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    yield process.pid
    process.wait()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with PostgreSQL."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def write_pid_file(postgres: EmbeddedPostgres, pid: int) -> None:
    directory = directory_of(postgres)
    (directory / "postmaster.pid").write_text(f"{pid}\n{directory}\n0\n5432\n\n\n\nready\n")


async def test_a_zombie_named_in_the_pid_file_does_not_prevent_the_start(
    postgres: EmbeddedPostgres, zombie: int
) -> None:
    await write((await postgres.start()).owner, 1)
    await postgres.stop()
    write_pid_file(postgres, zombie)
    assert not postgres.is_running()
    assert await read((await postgres.start()).owner) == [1]


async def test_a_recycled_pid_is_neither_believed_nor_harmed(
    postgres: EmbeddedPostgres, stranger: subprocess.Popen[bytes]
) -> None:
    await write((await postgres.start()).owner, 1)
    await postgres.stop()
    write_pid_file(postgres, stranger.pid)
    assert not postgres.is_running()
    assert await read((await postgres.start()).owner) == [1]
    await postgres.stop()
    assert stranger.poll() is None


@pytest.mark.parametrize("text", ["", "\n", "not a pid\n", "-1\n", "0\n"])
async def test_a_broken_pid_file_does_not_pass_for_a_running_server(
    postgres: EmbeddedPostgres, text: str
) -> None:
    (directory_of(postgres) / "postmaster.pid").write_text(text)
    assert not postgres.is_running()


async def test_a_start_that_was_killed_in_initdb_is_begun_anew(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    partial = postgres.cluster.root / "cluster.partial.abcd"
    partial.mkdir()
    (partial / "PG_VERSION").write_text("18\n")
    await postgres.start()
    await postgres.stop()
    assert not partial.exists()


async def test_a_start_that_was_killed_before_its_roles_existed_is_finished(
    postgres: EmbeddedPostgres,
) -> None:
    urls = await postgres.start()
    superuser = await asyncpg.connect(urls.superuser.replace("/actum?", "/postgres?"))
    await superuser.execute("DROP DATABASE actum")
    await superuser.execute("DROP ROLE actum_server")
    await superuser.close()
    postgres.cluster.bootstrap_marker.unlink()
    await postgres.stop()
    await write((await postgres.start()).owner, 1)


async def test_a_setting_postgres_refuses_is_told_with_its_reason(made_data_dir: Path) -> None:
    postgres = EmbeddedPostgres(made_data_dir, settings={"shared_buffers": "many"})
    with pytest.raises(PostgresStartFailed, match="shared_buffers"):
        await postgres.start()
    assert not postgres.is_running()


async def test_lost_passwords_are_told(postgres: EmbeddedPostgres) -> None:
    await postgres.start()
    await postgres.stop()
    (postgres.cluster.root / "passwords.json").unlink()
    with pytest.raises(ClusterUnusable, match=r"passwords\.json cannot be read"):
        await postgres.start()
    assert not postgres.is_running()


async def test_passwords_of_another_cluster_are_told(postgres: EmbeddedPostgres) -> None:
    await postgres.start()
    await postgres.stop()
    path = postgres.cluster.root / "passwords.json"
    path.write_text(json.dumps(dict.fromkeys(json.loads(path.read_text()), "wrong")))
    with pytest.raises(PostgresStartFailed, match="refuses our own login"):
        await postgres.start()


async def test_a_cluster_of_another_major_version_is_refused(postgres: EmbeddedPostgres) -> None:
    await postgres.start()
    await postgres.stop()
    (directory_of(postgres) / "PG_VERSION").write_text("13\n")
    with pytest.raises(ClusterUnusable, match="made by PostgreSQL 13"):
        await postgres.start()


async def test_the_users_own_settings_win(postgres: EmbeddedPostgres) -> None:
    await postgres.start()
    await postgres.stop()
    with (directory_of(postgres) / "postgresql.conf").open("a") as file:
        file.write("work_mem = '13MB'\n")
    connection = await asyncpg.connect((await postgres.start()).app)
    assert await connection.fetchval("SHOW work_mem") == "13MB"
    await connection.close()


@pytest.mark.parametrize("name", ["with a space", "with'quote", "comma,semi;colon:", "ünïcode", "x" * 120])
async def test_any_path_will_do(data_dir: Path, name: str) -> None:
    postgres = EmbeddedPostgres(data_dir / name)
    (data_dir / name).mkdir(mode=0o755)
    try:
        urls = await postgres.start()
        await write(urls.owner, 1)
        assert len(os.fsencode(postgres.cluster.socket_directory / ".s.PGSQL.5432")) <= 103
        # libpq's programs take the same URL.
        command = [str(binary("psql")), urls.owner, "-Atc", "SELECT value FROM kept"]
        shown = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
        assert shown.stdout == "1\n"
    finally:
        await postgres.stop()
        if postgres.cluster.socket_directory.parent == Path("/tmp"):
            postgres.cluster.socket_directory.rmdir()


async def test_a_socket_directory_that_somebody_else_put_there_is_refused(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir / ("x" * 120))
    socket_directory = postgres.cluster.socket_directory
    socket_directory.rmdir()
    socket_directory.symlink_to(data_dir)
    try:
        with pytest.raises(ClusterUnusable, match="remove it"):
            open_cluster(data_dir / ("x" * 120))
    finally:
        socket_directory.unlink()


def test_code_without_an_event_loop_can_use_it(made_data_dir: Path) -> None:
    with running(made_data_dir) as urls:
        asyncio.run(write(urls.owner, 1))
    assert find_postmaster(open_cluster(made_data_dir).directory) is None


def test_the_command_line_starts_shows_and_stops_it(
    made_data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: dict[str, list[tuple[int, str]]] = {}
    for command in ("start", "status", "stop", "status"):
        code = main([command, "--data-dir", str(made_data_dir)])
        told.setdefault(command, []).append((code, capsys.readouterr().out.split(",")[0].split("\n")[0]))
    assert told == {
        "start": [(0, "running")],
        "stop": [(0, "not running")],
        "status": [(0, "running"), (3, "not running")],
    }
