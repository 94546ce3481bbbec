"""The embedded PostgreSQL's supervisor: starts it, adopts one left behind, restarts it, and stops it last.

Several processes may use one data directory. Whoever starts or stops holds `start.lock`; whoever uses the
cluster holds `users.lock` shared, and the operating system lets go of both when a process is killed. The
cluster is stopped by its last user, so a command that ran beside the server does not take it away.
"""

import argparse
import asyncio
import enum
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import asyncpg

from actum.platform import limits, postgres_initdb
from actum.platform.postgres_binaries import binary, start_program
from actum.platform.postgres_cluster import PORT, Cluster, DatabaseUrls, choose_binaries, open_cluster
from actum.platform.postgres_locks import ClusterLocks, PostgresBusy
from actum.platform.postgres_processes import (
    adopt_child,
    find_postmaster,
    has_ended,
    is_alive,
    is_listening,
    list_processes,
    read_postmaster_file,
    reap_children,
    signal_all,
    wait_for_end,
)
from actum_core.errors import ActumError

__all__ = [
    "DatabaseUrls",
    "EmbeddedPostgres",
    "PostgresBusy",
    "PostgresReport",
    "PostgresReportKind",
    "PostgresStartFailed",
    "binary",
    "running",
]

_POLL_SECONDS = 0.005
_RETRY_SECONDS = 0.1
_TRIM_SECONDS = 60.0

#: What PostgreSQL prints while the remains of its predecessor are still being cleared away.
_PASSING = ("lock file", "pre-existing shared memory block")

#: How a connection fails while PostgreSQL starts, recovers, or is just ending.
_NOT_YET = (asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError, OSError, TimeoutError)


class PostgresStartFailed(ActumError):
    """Read the reason PostgreSQL gave, remove its cause, and start again."""

    code: ClassVar[str] = "postgres_start_failed"


class PostgresReportKind(enum.Enum):
    """What the supervisor has to tell."""

    STARTED = "started"
    ADOPTED = "adopted"
    DIED = "died"
    RESTARTED = "restarted"
    RESTART_FAILED = "restart_failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PostgresReport:
    """One thing that happened to the embedded PostgreSQL."""

    kind: PostgresReportKind
    pid: int | None
    detail: str = ""


class EmbeddedPostgres:
    """One user's hold on the cluster in a data directory. Nothing happens before `start`."""

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        on_report: Callable[[PostgresReport], None] | None = None,
    ) -> None:
        self._data_dir = data_dir
        self._settings = dict(settings or {})
        self._on_report = on_report or (lambda report: None)
        self._cluster: Cluster | None = None
        self._pid: int | None = None
        self._opened_locks: ClusterLocks | None = None
        self._monitor: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster's pid as last seen, or None when not started."""
        return self._pid

    @property
    def cluster(self) -> Cluster:
        """Where the cluster's parts lie; its directories are made when first asked for."""
        if self._cluster is None:
            self._cluster = open_cluster(self._data_dir)
        return self._cluster

    @property
    def _locks(self) -> ClusterLocks:
        if self._opened_locks is None:
            self._opened_locks = ClusterLocks(self.cluster.root)
        return self._opened_locks

    def is_running(self) -> bool:
        """Tell whether a live postmaster serves this data directory, whoever started it."""
        return find_postmaster(self.cluster.directory) is not None

    async def start(self) -> DatabaseUrls:
        """Attach to the running cluster or start it, wait until it answers, and keep it alive from now on.

        Raises PostgresStartFailed, ClusterUnusable or PostgresBinariesMissing.
        """
        urls = await self.attach()
        self._monitor = asyncio.create_task(self._keep_alive(), name="embedded-postgres-monitor")
        return urls

    async def attach(self) -> DatabaseUrls:
        """Do as `start` does, but without keeping it alive: for commands that end soon."""
        async with self._locks.starting():
            self._locks.hold()
            try:
                kind = await self._ensure_running()
            except BaseException:
                if self._locks.is_last_user():
                    await self._shut_down()
                self._locks.let_go()
                raise
        self._report(kind)
        return self.cluster.urls()

    async def stop(self) -> None:
        """Let go of the cluster, and shut it down unless another live process uses it. May be repeated."""
        await self._end_monitor()
        if not self._locks.is_held:
            return
        async with self._locks.starting():
            if self._locks.is_last_user():
                await self._shut_down()
                self._report(PostgresReportKind.STOPPED)
            self._locks.let_go()

    async def detach(self) -> None:
        """Let go of the cluster and leave it running; the next start adopts it."""
        await self._end_monitor()
        self._locks.let_go()

    async def force_stop(self) -> None:
        """Shut the cluster down although this object did not start it; raises PostgresBusy if it is in use."""
        async with self._locks.starting():
            self._locks.hold()
            try:
                if not self._locks.is_last_user():
                    raise PostgresBusy(f"another process uses {self.cluster.root}: stop it first")
                await self._shut_down()
            finally:
                self._locks.let_go()

    # -- Starting

    async def _ensure_running(self) -> PostgresReportKind:
        cluster = self.cluster
        deadline = time.monotonic() + limits.POSTGRES_START_SECONDS_MAX
        kind = PostgresReportKind.ADOPTED
        while True:
            pid = find_postmaster(cluster.directory) if cluster.is_initialised else None
            if pid is None:
                kind = PostgresReportKind.STARTED
                pid = await self._launch(deadline)
            elif not await self._await_ready(pid, deadline):
                pid = None
            if pid is not None and await self._await_answer(pid, deadline):
                self._pid = pid
                return kind
            await asyncio.sleep(_RETRY_SECONDS)

    async def _launch(self, deadline: float) -> int | None:
        """Start a postmaster and wait until it is ready; None when it ended for a reason that passes."""
        cluster = self.cluster
        binaries = await asyncio.to_thread(choose_binaries, cluster)
        if cluster.is_initialised:
            postgres_initdb.require_same_version(cluster, binaries)
            await self._clear_remains()
        else:
            await asyncio.to_thread(postgres_initdb.initialise, cluster, binaries, self._settings)
        postgres_initdb.configure(cluster, self._settings)
        command = [
            *(str(binaries.path("postgres")), "-D", str(cluster.directory)),
            # Given here and not in a file, because the connection URLs rely on them.
            *("-c", f"unix_socket_directories={cluster.socket_directory}"),
            *("-c", "listen_addresses=", "-c", f"port={PORT}"),
        ]
        with cluster.open_server_file() as errors:
            began = errors.tell()
            process = start_program(command, cluster.run_as(), errors)
        adopt_child(process)
        if await self._await_ready(process.pid, deadline):
            return process.pid
        with cluster.server_file.open("rb") as file:
            file.seek(began)
            printed = file.read(limits.POSTGRES_LOG_BYTES_MAX).decode(errors="replace")
        if time.monotonic() > deadline or not any(passing in printed for passing in _PASSING):
            said = " ".join(printed.split())[-600:] or f"nothing (exit code {process.returncode})"
            raise PostgresStartFailed(f"PostgreSQL in {cluster.directory} did not start; it said: {said}")
        return None

    async def _await_ready(self, pid: int, deadline: float) -> bool:
        """Wait until a postmaster accepts connections; False when it ended instead."""
        directory = self.cluster.directory
        while not has_ended(pid, directory):
            file = read_postmaster_file(directory)
            if file is not None and file.pid == pid and file.is_ready:
                return True
            if time.monotonic() > deadline:
                raise PostgresStartFailed(
                    f"PostgreSQL (pid {pid}) is not ready after {limits.POSTGRES_START_SECONDS_MAX:.0f} s; "
                    f"it may still be recovering: read {self.cluster.server_file} and start again"
                )
            await asyncio.sleep(_POLL_SECONDS)
        return False

    async def _await_answer(self, pid: int, deadline: float) -> bool:
        """Make sure that our own login gets in; False when the postmaster ended instead."""
        while not has_ended(pid, self.cluster.directory):
            try:
                if not self.cluster.is_bootstrapped:
                    await postgres_initdb.bootstrap(self.cluster)
                connection = await asyncpg.connect(
                    self.cluster.urls().app, timeout=limits.CONNECT_SECONDS_MAX
                )
                await connection.close()
            except asyncpg.TooManyConnectionsError:
                return True  # It answers; its users fill it.
            except _NOT_YET as error:
                if time.monotonic() > deadline:
                    raise PostgresStartFailed(f"PostgreSQL (pid {pid}) does not answer: {error}") from error
                await asyncio.sleep(_RETRY_SECONDS)
            except asyncpg.PostgresError as error:
                raise PostgresStartFailed(
                    f"PostgreSQL (pid {pid}) refuses our own login ({error}): bring back "
                    f"{self.cluster.root} whole from a backup, or move it away to begin empty"
                ) from error
            else:
                return True
        return False

    async def _clear_remains(self) -> None:
        """Wait for the children of a killed postmaster and remove its lock files if they would mislead.

        PostgreSQL believes a lock file whose pid is alive, and a zombie or a recycled pid is alive enough.
        It also guards its shared memory with the pid file, so the file goes only when no child is left.
        """
        cluster = self.cluster
        reap_children()
        deadline = time.monotonic() + limits.POSTGRES_ORPHAN_SECONDS_MAX
        while orphans := list_processes(cluster.directory):
            if time.monotonic() > deadline:
                # Without a postmaster they can only be in the way; the data is safe, recovery follows.
                signal_all(orphans, signal.SIGKILL)
            await asyncio.sleep(_POLL_SECONDS)
        socket = cluster.socket_directory / f".s.PGSQL.{PORT}"
        if await is_listening(socket):
            raise PostgresBusy(
                f"something that this process cannot see (in another container?) serves {cluster.root}: stop it first"
            )
        file = read_postmaster_file(cluster.directory)
        if file is not None and is_alive(file.pid):
            (cluster.directory / "postmaster.pid").unlink(missing_ok=True)
        for remains in (socket, socket.with_name(f"{socket.name}.lock")):
            remains.unlink(missing_ok=True)

    # -- Staying alive

    async def _keep_alive(self) -> None:
        delay = limits.POSTGRES_RESTART_SECONDS_MIN
        while True:
            began = time.monotonic()
            await self._until_ended()
            self._report(PostgresReportKind.DIED)
            if time.monotonic() - began > limits.POSTGRES_RESTART_SECONDS_MAX:
                delay = limits.POSTGRES_RESTART_SECONDS_MIN
            while not await self._restarted():
                await asyncio.sleep(delay)
                delay = min(delay * 2, limits.POSTGRES_RESTART_SECONDS_MAX)

    async def _until_ended(self) -> None:
        while self._pid is not None and not has_ended(self._pid, self.cluster.directory):
            await wait_for_end(self._pid, _TRIM_SECONDS)
            with suppress(OSError):
                if self.cluster.server_file.stat().st_size > limits.POSTGRES_LOG_BYTES_MAX:
                    os.truncate(self.cluster.server_file, 0)

    async def _restarted(self) -> bool:
        try:
            async with self._locks.starting():
                await self._ensure_running()
        except (ActumError, OSError, asyncpg.PostgresError) as error:
            self._report(PostgresReportKind.RESTART_FAILED, str(error))
            return False
        self._report(PostgresReportKind.RESTARTED)
        return True

    async def _end_monitor(self) -> None:
        if self._monitor is not None:
            self._monitor.cancel()
            with suppress(asyncio.CancelledError):
                await self._monitor
            self._monitor = None

    def _report(self, kind: PostgresReportKind, detail: str = "") -> None:
        self._on_report(PostgresReport(kind=kind, pid=self._pid, detail=detail))

    # -- Stopping

    async def _shut_down(self) -> None:
        directory = self.cluster.directory
        pid = find_postmaster(directory)
        if pid is not None:
            # Fast: sessions are ended, a checkpoint is written. Immediate: the next start recovers.
            for number, seconds in (
                (signal.SIGINT, limits.POSTGRES_STOP_SECONDS_MAX),
                (signal.SIGQUIT, limits.POSTGRES_QUIT_SECONDS_MAX),
            ):
                signal_all((pid,), number)
                deadline = time.monotonic() + seconds
                while not has_ended(pid, directory) and time.monotonic() < deadline:
                    await wait_for_end(pid, deadline - time.monotonic())
                if has_ended(pid, directory):
                    break
            signal_all(list_processes(directory), signal.SIGKILL)
        reap_children()
        self._pid = None


@contextmanager
def running(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[DatabaseUrls]:
    """Use the cluster from code that has no event loop: attach or start, and stop it if nobody else uses it."""
    postgres = EmbeddedPostgres(data_dir, settings=settings)
    urls = asyncio.run(postgres.attach())
    try:
        yield urls
    finally:
        asyncio.run(postgres.stop())


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, stop or look at a cluster by hand: `python -m actum.platform.embedded_postgres status`."""
    parser = argparse.ArgumentParser(prog="python -m actum.platform.embedded_postgres")
    parser.add_argument("command", choices=("start", "stop", "status"))
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument(
        "--show-urls", action="store_true", help="also print the connection URLs, with passwords"
    )
    chosen = parser.parse_args(arguments)
    postgres = EmbeddedPostgres(chosen.data_dir)
    try:
        if chosen.command == "start":
            asyncio.run(_start_and_leave(postgres))
        elif chosen.command == "stop":
            asyncio.run(postgres.force_stop())
        pid = find_postmaster(postgres.cluster.directory)
        lines = [f"running, pid {pid}" if pid else "not running", f"data: {postgres.cluster.directory}"]
        lines.append(f"socket: {postgres.cluster.socket_directory}")
        if chosen.show_urls:
            urls = postgres.cluster.urls()
            lines += [f"owner: {urls.owner}", f"app: {urls.app}", f"superuser: {urls.superuser}"]
    except ActumError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if pid or chosen.command == "stop" else 3


async def _start_and_leave(postgres: EmbeddedPostgres) -> None:
    await postgres.attach()
    await postgres.detach()


if __name__ == "__main__":
    sys.exit(main())
