"""Clusters that tests start, kill and share with other processes."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg

from actum.platform.embedded_postgres import (
    EmbeddedPostgres,
    PostgresReport,
    PostgresReportKind,
)

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
