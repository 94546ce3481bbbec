"""Read what processes have used and what PostgreSQL has counted; Linux /proc only."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root_pid: int) -> float:
    """User and system seconds of a process, everything below it, and every child that already ended."""
    ticks = 0
    for pid in process_tree(root_pid):
        fields = _stat_fields(pid)
        if fields is not None:
            ticks += sum(int(fields[at]) for at in (11, 12, 13, 14))  # utime stime cutime cstime
    return ticks / _TICKS_PER_SECOND


def rss_peak_bytes(root_pid: int) -> int:
    """The most memory each process of the tree ever had resident, summed: shared pages count once per process."""
    return sum(_status_kib(pid, "VmHWM:") for pid in process_tree(root_pid)) * 1024


def process_tree(root_pid: int) -> list[int]:
    """The process and all its living descendants, ascending."""
    children: dict[int, list[int]] = {}
    for pid in _all_pids():
        fields = _stat_fields(pid)
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(pid)
    found, waiting = [], [root_pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return sorted(found)


def _all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())


def _stat_fields(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat after the command name, which may itself hold spaces and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _status_kib(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


@dataclass(frozen=True, slots=True)
class Counters:
    """PostgreSQL's own cumulative counts: transactions of one database, flushes and bytes of its cluster's WAL."""

    transactions: int
    wal_flushes: int
    wal_bytes: int

    def since(self, earlier: "Counters") -> "Counters":
        return Counters(
            transactions=self.transactions - earlier.transactions,
            wal_flushes=self.wal_flushes - earlier.wal_flushes,
            wal_bytes=self.wal_bytes - earlier.wal_bytes,
        )


#: Seconds after which an idle backend has reported what it held back (PGSTAT_IDLE_INTERVAL is 10 s).
COUNTERS_SETTLE_SECONDS: Final = 10.5

# PostgreSQL 18 moved the flush count from pg_stat_wal to pg_stat_io.
_FLUSHES: Final[Mapping[bool, str]] = {
    True: "(SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal' AND context = 'normal')",
    False: "(SELECT wal_sync FROM pg_stat_wal)",
}


def counters_query(database: str, server_version: int) -> str:
    """The statement that reads `Counters` in field order; `server_version` as in server_version_num."""
    return (
        f"SELECT (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '{database}'),"
        f" {_FLUSHES[server_version >= 180_000]}::bigint, (SELECT wal_bytes FROM pg_stat_wal)::bigint"
    )


def cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )
