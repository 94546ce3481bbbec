"""After every kind of kill the embedded PostgreSQL comes back with its data, or is adopted, or is stopped."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from actum.platform import limits
from actum.platform.embedded_postgres import (
    EmbeddedPostgres,
    PostgresBusy,
)
from actum.platform.postgres_cluster import open_cluster
from actum.platform.postgres_processes import find_postmaster, list_processes

from .clusters import (
    ADOPTED,
    DIED,
    RESTARTED,
    STARTED,
    STOPPED,
    Told,
    User,
    directory_of,
    read,
    wait_until,
    write,
)

pytestmark = pytest.mark.slow


async def test_a_killed_postgres_comes_back_with_its_data(own_postgres: EmbeddedPostgres, told: Told) -> None:
    urls = await own_postgres.start()
    assert await told.next() == STARTED
    for value in (1, 2, 3):
        await write(urls.owner, value)
        killed = own_postgres.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert [await told.next(), await told.next()] == [DIED, RESTARTED]
        assert own_postgres.pid != killed
    assert await read(urls.owner) == [1, 2, 3]


async def test_a_stop_right_after_a_kill_leaves_nothing_running(own_postgres: EmbeddedPostgres) -> None:
    await own_postgres.start()
    assert own_postgres.pid is not None
    os.kill(own_postgres.pid, signal.SIGKILL)
    await own_postgres.stop()
    await wait_until(lambda: not list_processes(directory_of(own_postgres)))


async def test_backends_left_by_a_killed_postmaster_do_not_prevent_the_start(
    own_postgres: EmbeddedPostgres, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "POSTGRES_ORPHAN_SECONDS_MAX", 0.3)
    urls = await own_postgres.start()
    assert await told.next() == STARTED
    connection = await asyncpg.connect(urls.owner)
    backend = connection.get_server_pid()
    # A stopped backend cannot notice that its postmaster is gone, as one in a long computation does not.
    os.kill(backend, signal.SIGSTOP)
    assert own_postgres.pid is not None
    os.kill(own_postgres.pid, signal.SIGKILL)
    assert [await told.next(), await told.next()] == [DIED, RESTARTED]
    assert backend not in list_processes(directory_of(own_postgres))
    connection.terminate()


async def test_a_postgres_whose_server_was_killed_is_adopted_and_then_stopped(
    own_postgres: EmbeddedPostgres, told: Told, user: Callable[[], User]
) -> None:
    other = user()
    pid, kind = await asyncio.to_thread(other.wait_until_started)
    assert kind == "started"
    other.kill()
    await own_postgres.start()
    assert (await told.next(), own_postgres.pid) == (ADOPTED, pid)
    await own_postgres.stop()
    assert await told.next() == STOPPED
    assert not own_postgres.is_running()


async def test_an_adopted_postgres_comes_back_after_a_kill(
    own_postgres: EmbeddedPostgres, told: Told, user: Callable[[], User]
) -> None:
    other = user()
    pid, _ = await asyncio.to_thread(other.wait_until_started)
    other.kill()
    urls = await own_postgres.start()
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
    own_postgres: EmbeddedPostgres, user: Callable[[], User]
) -> None:
    other = user()
    await asyncio.to_thread(other.wait_until_started)
    await own_postgres.attach()
    with pytest.raises(PostgresBusy):
        await EmbeddedPostgres(own_postgres.cluster.root.parent).force_stop()
    await own_postgres.stop()
    assert own_postgres.is_running()
    other.stop()
    assert not own_postgres.is_running()


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


def write_pid_file(own_postgres: EmbeddedPostgres, pid: int) -> None:
    directory = directory_of(own_postgres)
    (directory / "postmaster.pid").write_text(f"{pid}\n{directory}\n0\n5432\n\n\n\nready\n")


async def test_a_zombie_named_in_the_pid_file_does_not_prevent_the_start(
    own_postgres: EmbeddedPostgres, zombie: int
) -> None:
    await write((await own_postgres.start()).owner, 1)
    await own_postgres.stop()
    write_pid_file(own_postgres, zombie)
    assert not own_postgres.is_running()
    assert await read((await own_postgres.start()).owner) == [1]


async def test_a_recycled_pid_is_neither_believed_nor_harmed(
    own_postgres: EmbeddedPostgres, stranger: subprocess.Popen[bytes]
) -> None:
    await write((await own_postgres.start()).owner, 1)
    await own_postgres.stop()
    write_pid_file(own_postgres, stranger.pid)
    assert not own_postgres.is_running()
    assert await read((await own_postgres.start()).owner) == [1]
    await own_postgres.stop()
    assert stranger.poll() is None


@pytest.mark.parametrize("text", ["", "\n", "not a pid\n", "-1\n", "0\n"])
async def test_a_broken_pid_file_does_not_pass_for_a_running_server(
    own_postgres: EmbeddedPostgres, text: str
) -> None:
    (directory_of(own_postgres) / "postmaster.pid").write_text(text)
    assert not own_postgres.is_running()


async def test_a_start_that_was_killed_in_initdb_is_begun_anew(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    partial = postgres.cluster.root / "cluster.partial.abcd"
    partial.mkdir()
    (partial / "PG_VERSION").write_text("18\n")
    await postgres.start()
    await postgres.stop()
    assert not partial.exists()


async def test_a_start_that_was_killed_before_its_roles_existed_is_finished(
    own_postgres: EmbeddedPostgres,
) -> None:
    urls = await own_postgres.start()
    superuser = await asyncpg.connect(urls.superuser.replace("/actum?", "/postgres?"))
    await superuser.execute("DROP DATABASE actum")
    await superuser.execute("DROP ROLE actum_server")
    await superuser.close()
    own_postgres.cluster.bootstrap_marker.unlink()
    await own_postgres.stop()
    await write((await own_postgres.start()).owner, 1)
