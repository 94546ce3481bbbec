"""Real servers in processes of their own, as `actum serve` starts them, on a database that the test owns."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from actum.platform.postgres_cluster import DatabaseUrls

_START_SECONDS = 60.0


class ServerNotStarted(Exception):
    """A server ended before it listened."""


@dataclass
class ServerProcess:
    """A server that listens, and the file with what it has written."""

    process: subprocess.Popen[bytes]
    url: str
    written: Path
    #: Where a test keeps the client that it uses for this server; it closes it.
    http: httpx2.AsyncClient = field(init=False, repr=False)

    def client(self, token: str, timeout_seconds: float = 30.0) -> httpx2.AsyncClient:
        """A client of it that sends a token with every request."""
        return httpx2.AsyncClient(
            base_url=self.url,
            headers={"authorization": f"Bearer {token}"},
            timeout=timeout_seconds,
            limits=httpx2.Limits(max_connections=100, max_keepalive_connections=100),
        )

    async def kill(self) -> None:
        """As kill -9 does: nothing is told to it."""
        self.process.kill()
        await self._ended()

    async def stop(self) -> int:
        """As an operator stops it; returns its exit status."""
        self.process.terminate()
        return await self._ended()

    async def _ended(self) -> int:
        status = await asyncio.to_thread(self.process.wait)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


async def start_server(urls: DatabaseUrls, port: int = 0, **settings: object) -> ServerProcess:
    """Start a server on a migrated database and wait until it listens. The caller ends it."""
    return await asyncio.to_thread(_start, urls, port, settings)


def _start(urls: DatabaseUrls, port: int, settings: Mapping[str, object]) -> ServerProcess:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ACTUM_")},
        "ACTUM_DATABASE_URL": urls.app,
        "ACTUM_MIGRATE_DATABASE_URL": urls.owner,
        "ACTUM_LOG_LEVEL": "warning",
        **{f"ACTUM_{name.upper()}": str(value) for name, value in settings.items()},
    }
    handle, name = tempfile.mkstemp(prefix="actum-test-server-", suffix=".log")
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "actum", "serve", "--json", "--port", str(port)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=handle,
        )
    finally:
        os.close(handle)
    written = Path(name)
    watchdog = threading.Timer(_START_SECONDS, process.kill)
    watchdog.start()
    try:
        return ServerProcess(process, json.loads(_read_document(process))["url"], written)
    except (ValueError, KeyError):  # it ended, perhaps with a document that says why
        process.kill()
        process.wait()
        raise ServerNotStarted(f"the server did not start: {written.read_text()[-2_000:]}") from None
    finally:
        watchdog.cancel()


def _read_document(process: subprocess.Popen[bytes]) -> bytes:
    """The JSON document that the server writes once it listens."""
    assert process.stdout is not None
    said = b""
    while line := process.stdout.readline():
        said += line
        if line.rstrip().endswith(b"}") and (line.startswith(b"{") or line.rstrip() == b"}"):
            break
    return said


@asynccontextmanager
async def running_server(urls: DatabaseUrls, **settings: object) -> AsyncIterator[ServerProcess]:
    """A server for the length of a test; that it stops cleanly is part of the test."""
    server = await start_server(urls, **settings)
    try:
        yield server
        assert await server.stop() == 0, server.written.read_text()[-2_000:]
    finally:
        await server.kill()
        print(server.written.read_text()[-3_000:])  # shown where the test fails
        server.written.unlink(missing_ok=True)
