"""The three things measured, each behind the same four methods and each on a PostgreSQL of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from benchmarks import accounting
from benchmarks.accounting import Counters
from benchmarks.actum_api import ActumApi
from benchmarks.cluster import Cluster
from benchmarks.load import Load, load_to_json
from benchmarks.pgbench import DATABASE as PGBENCH_DATABASE
from benchmarks.pgbench import SCHEMA as PGBENCH_SCHEMA
from benchmarks.pgbench import run_pgbench

_HERE: Final = Path(__file__).parent
_HANDWRITTEN: Final = _HERE / "peers" / "handwritten"
#: Executions that events are spread over, unless a scenario is about one hot execution.
EXECUTIONS: Final = 1_000
_START_SECONDS_MAX: Final = 60.0
_STOP_SECONDS_MAX: Final = 20.0


class ContenderFailed(Exception):
    """A contender's server did not start or answer; the row says so and the others go on."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Clients in a closed loop, over `executions` targets, each request carrying `batch` events."""

    name: str
    clients: int
    executions: int = EXECUTIONS
    batch: int = 1


@dataclass(frozen=True, slots=True)
class Duration:
    warmup_seconds: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """One scenario of one contender: milliseconds, events per second, microseconds of CPU per event.

    `acknowledged_events` includes the warm-up, as do the PostgreSQL counters it is the divisor of.
    """

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    server_cpu_us: float | None
    postgres_cpu_us: float
    generator_cpu_share: float
    server_rss_mb: float | None
    errors: Mapping[str, int]
    acknowledged_events: int


class Contender(Protocol):
    """MUST leave everything it started stopped after `stop`, also when `start` raised."""

    name: str

    def start(self) -> None: ...
    def run(self, scenario: Scenario, duration: Duration) -> Measurement: ...
    def counters(self) -> Counters: ...
    def stop(self) -> None: ...


class Pgbench:
    """The bound from below: PostgreSQL alone, one statement per transaction, no HTTP, no ledger."""

    name = "pgbench"

    def __init__(self) -> None:
        self._cluster: Cluster | None = None

    def start(self) -> None:
        self._cluster = Cluster.start(self.name)
        self._cluster.create_database(PGBENCH_DATABASE)
        self._cluster.query(PGBENCH_SCHEMA, PGBENCH_DATABASE)

    def run(self, scenario: Scenario, duration: Duration) -> Measurement:
        assert self._cluster is not None
        warmup = run_pgbench(self._cluster, scenario.clients, duration.warmup_seconds)
        cpu_before = accounting.cpu_seconds(self._cluster.pid)
        result = run_pgbench(self._cluster, scenario.clients, duration.seconds)
        cpu_used = accounting.cpu_seconds(self._cluster.pid) - cpu_before
        return Measurement(
            rate=result.rate,
            p50_ms=result.latency_ms(0.50),
            p95_ms=result.latency_ms(0.95),
            p99_ms=result.latency_ms(0.99),
            server_cpu_us=None,
            postgres_cpu_us=cpu_used / result.transactions * 1e6,
            generator_cpu_share=result.cpu_share,
            server_rss_mb=None,
            errors={},
            acknowledged_events=warmup.transactions + result.transactions,
        )

    def counters(self) -> Counters:
        assert self._cluster is not None
        return self._cluster.counters(PGBENCH_DATABASE)

    def stop(self) -> None:
        if self._cluster is not None:
            self._cluster.stop()


class HttpContender:
    """A server process on a free port, driven by the load generator in another process."""

    name: str
    _database: str

    def __init__(self) -> None:
        self._cluster: Cluster | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._runs = 0
        self.port = 0

    @property
    def cluster(self) -> Cluster:
        assert self._cluster is not None
        return self._cluster

    def start(self) -> None:
        self._cluster = Cluster.start(self.name)
        self.cluster.create_database(self._database)
        self.prepare_database()
        self.port = free_port()
        output = (self.cluster.directory / "server.txt").open("wb")
        environment = os.environ | self.environment()
        self._server = subprocess.Popen(
            self.command(), env=environment, stdout=output, stderr=output, start_new_session=True
        )
        self._await_port()
        self.prepare_executions()

    def _await_port(self) -> None:
        assert self._server is not None
        deadline = time.monotonic() + _START_SECONDS_MAX
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise ContenderFailed(self.server_output()) from None
                time.sleep(0.05)
            else:
                return

    def server_output(self) -> str:
        """The last lines the server printed, to say why it failed."""
        return (self.cluster.directory / "server.txt").read_text(errors="replace")[-2000:]

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        raise NotImplementedError

    def prepare_database(self) -> None:
        raise NotImplementedError

    def prepare_executions(self) -> None:
        raise NotImplementedError

    def event_paths(self, executions: int) -> tuple[str, ...]:
        """Where to post events of that many executions; one means an execution of its own."""
        raise NotImplementedError

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()

    def run(self, scenario: Scenario, duration: Duration) -> Measurement:
        return self.drive(
            Load(
                port=self.port,
                paths=self.event_paths(scenario.executions),
                run=self.next_run_name(),
                clients=scenario.clients,
                seconds=float(duration.seconds),
                warmup_seconds=float(duration.warmup_seconds),
                batch=scenario.batch,
                headers=self.headers(),
            )
        )

    def next_run_name(self) -> str:
        self._runs += 1
        return f"{self.name}-{self._runs}"

    def drive(self, load: Load) -> Measurement:
        """Run one load in its own process and account for what it cost server and PostgreSQL meanwhile."""
        assert self._server is not None
        generator = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_HERE.parent,
        )
        assert generator.stdin is not None
        assert generator.stdout is not None
        with generator:
            generator.stdin.write(load_to_json(load))
            generator.stdin.close()
            generator.stdout.readline()  # the warm-up is over
            server_before = accounting.cpu_seconds(self._server.pid)
            postgres_before = accounting.cpu_seconds(self.cluster.pid)
            result_line = generator.stdout.readline()
            server_used = accounting.cpu_seconds(self._server.pid) - server_before
            postgres_used = accounting.cpu_seconds(self.cluster.pid) - postgres_before
        if generator.returncode or not result_line:
            raise ContenderFailed(f"the load generator failed; the server said: {self.server_output()}")
        result = json.loads(result_line)
        events = max(result["events"], 1)
        errors = dict(result["errors"])
        if result["unanswered"]:
            errors["unanswered"] = result["unanswered"]
        return Measurement(
            rate=result["rate"],
            p50_ms=result["latency_ms"]["p50"],
            p95_ms=result["latency_ms"]["p95"],
            p99_ms=result["latency_ms"]["p99"],
            server_cpu_us=server_used / events * 1e6,
            postgres_cpu_us=postgres_used / events * 1e6,
            generator_cpu_share=result["cpu_share"],
            server_rss_mb=accounting.rss_peak_bytes(self._server.pid) / 1e6,
            errors=errors,
            acknowledged_events=result["acknowledged_events"],
        )

    def counters(self) -> Counters:
        return self.cluster.counters(self._database)

    def stop(self) -> None:
        if self._server is not None and self._server.poll() is None:
            self._server.terminate()
            try:
                self._server.wait(_STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        if self._cluster is not None:
            self._cluster.stop()


class Handwritten(HttpContender):
    """FastAPI + SQLAlchemy + asyncpg, written the usual way; see peers/handwritten."""

    name = "handwritten"
    _database = "handwritten"

    def __init__(self) -> None:
        super().__init__()
        self._ids: list[str] = []

    def command(self) -> list[str]:
        uvicorn = [sys.executable, "-m", "uvicorn", "benchmarks.peers.handwritten.service:app"]
        workers = str(os.cpu_count() or 1)  # one per core: half as fast again here as a single one
        options = ["--workers", workers, "--no-access-log", "--app-dir", str(_HERE.parent)]
        return [*uvicorn, "--port", str(self.port), *options]

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.cluster.url(self._database, "postgresql+asyncpg")}

    def prepare_database(self) -> None:
        self.cluster.query((_HANDWRITTEN / "schema.sql").read_text(), self._database)
        insert = f"INSERT INTO executions (state) SELECT 'green' FROM generate_series(1, {EXECUTIONS}) RETURNING id"
        self._ids = self.cluster.query(insert, self._database).split()

    def prepare_executions(self) -> None:
        pass

    def event_paths(self, executions: int) -> tuple[str, ...]:
        return tuple(f"/executions/{execution}/events" for execution in self._ids[:executions])


class Actum(HttpContender):
    """The product, as its users reach it: the CLI to bootstrap, HTTP for everything else."""

    name = "actum"
    _database = "actum"
    _login = "actum_bench"

    def __init__(self) -> None:
        super().__init__()
        self._api: ActumApi | None = None
        self._ids: list[str] = []
        self._token = ""

    @property
    def api(self) -> ActumApi:
        assert self._api is not None
        return self._api

    def _cli(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "actum", *arguments]

    def _bootstrap(self, *arguments: str) -> str:
        environment = os.environ | self.environment()
        done = subprocess.run(self._cli(*arguments), env=environment, capture_output=True, text=True)
        if done.returncode:
            raise ContenderFailed(f"actum {' '.join(arguments)}: {(done.stderr or done.stdout)[-2000:]}")
        return done.stdout

    def command(self) -> list[str]:
        return self._cli("serve")

    def environment(self) -> dict[str, str]:
        url = self.cluster.url(self._database, user=self._login)
        return {"ACTUM_DATABASE_URL": url, "ACTUM_PORT": str(self.port)}

    def prepare_database(self) -> None:
        # The roles an operator would make: an ordinary login, so that rights and row-level security cost what
        # they cost users.
        self.cluster.query(
            f"CREATE ROLE actum_app NOLOGIN; CREATE ROLE {self._login} LOGIN CREATEROLE IN ROLE actum_app;"
            f"ALTER DATABASE {self._database} OWNER TO {self._login}"
        )
        self._bootstrap("migrate")
        self._token = str(json.loads(self._bootstrap("org", "create", "bench", "--json"))["token"])

    def prepare_executions(self) -> None:
        self._api = ActumApi(self.port, self._token)
        self.api.publish(_HERE / "bench-light.yaml")
        self._ids = [self.api.create_execution("bench-light") for _ in range(EXECUTIONS)]

    def event_paths(self, executions: int) -> tuple[str, ...]:
        ids = [self.api.create_execution("bench-light")] if executions == 1 else self._ids[:executions]
        return tuple(self.api.events_path(execution) for execution in ids)

    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Authorization", f"Bearer {self._token}"),)

    def replay(self, events: int) -> float:
        """Record `events` events on a new execution, replay it over HTTP, return inputs per second."""
        execution = self.api.create_execution("bench-light")
        paths, run = (self.api.events_path(execution),), self.next_run_name()
        requests = events // 100
        self.drive(
            Load(
                port=self.port,
                paths=paths,
                run=run,
                clients=4,
                requests=requests,
                batch=100,
                headers=self.headers(),
            )
        )
        began = time.perf_counter()
        self.api.replay(execution)
        return requests * 100 / (time.perf_counter() - began)

    def stop(self) -> None:
        if self._api is not None:
            self._api.close()
        super().stop()


def free_port() -> int:
    """A port nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
