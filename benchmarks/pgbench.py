"""Measure bare PostgreSQL with its own pgbench: one durable insert-and-update statement per transaction."""

import os
import re
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.cluster import Cluster, ClusterFailed, binary
from benchmarks.load import percentile

DATABASE: Final = "pgbench"
ENTITIES: Final = 1_000
SCHEMA: Final = f"""
CREATE TABLE entity (id int PRIMARY KEY, state text NOT NULL, total bigint NOT NULL, sequence bigint NOT NULL);
CREATE TABLE event (
    id bigserial PRIMARY KEY, entity_id int NOT NULL, type text NOT NULL, data jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO entity SELECT n, 'green', 0, 0 FROM generate_series(1, {ENTITIES}) n;
VACUUM ANALYZE entity;
"""
#: One statement, so one round trip and one flush: nothing that commits each event by itself can do less.
SCRIPT: Final = f"""\\set entity random(1, {ENTITIES})
WITH written AS (INSERT INTO event (entity_id, type, data) VALUES (:entity, 'tick', '{{"amount": 7}}')) \
UPDATE entity SET sequence = sequence + 1, total = total + 7, \
state = CASE state WHEN 'green' THEN 'amber' WHEN 'amber' THEN 'red' ELSE 'green' END WHERE id = :entity;
"""


@dataclass(frozen=True, slots=True)
class PgbenchResult:
    """Transactions per second without connecting, milliseconds per transaction, the client's own CPU."""

    transactions: int
    rate: float
    latencies_us: list[int]
    cpu_share: float

    def latency_ms(self, share: float) -> float:
        return percentile(self.latencies_us, share) / 1000


def run_pgbench(cluster: Cluster, clients: int, seconds: int) -> PgbenchResult:
    """Run the script with prepared statements, keeping every transaction's latency; raises `ClusterFailed`."""
    with tempfile.TemporaryDirectory(prefix="actum-bench-pgbench-") as name:
        directory = Path(name)
        (directory / "script.sql").write_text(SCRIPT)
        threads = min(clients, os.cpu_count() or 1)
        command = [
            binary("pgbench"),
            "-n",
            "-M",
            "prepared",
            "-f",
            "script.sql",
            "-T",
            seconds,
            "-c",
            clients,
        ]
        command += ["-j", threads, "-l", "--log-prefix=latency", cluster.url(DATABASE)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([str(part) for part in command], cwd=directory, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise ClusterFailed(done.stderr)
        latencies = sorted(
            int(line.split()[2])
            for file in directory.glob("latency.*")
            for line in file.read_text().splitlines()
        )
    cpu_used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return PgbenchResult(
        transactions=int(_found(r"number of transactions actually processed: (\d+)", done.stdout)),
        rate=float(_found(r"tps = ([\d.]+) \(without", done.stdout)),
        latencies_us=latencies,
        cpu_share=cpu_used / seconds,
    )


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise ClusterFailed(f"pgbench printed no {pattern!r}:\n{text}")
    return match[1]
