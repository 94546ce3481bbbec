"""A real server in a process of its own: it starts, answers, and stops without cutting anybody short."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from actum.entrypoints.serve import AddressTaken, Listen, open_socket
from actum.platform.postgres_cluster import DatabaseUrls

pytestmark = pytest.mark.slow

#: Prints its port once it listens. /slow begins an answer and ends it when told; /stream ends only when drained.
PROGRAM = """
import asyncio, sys
from collections.abc import AsyncIterator
from litestar import get
from litestar.response import Stream
from actum.entrypoints.api import create_app, make_parts
from actum.entrypoints.serve import Listen, open_socket, run, serve
from actum.orgs.guard import PUBLIC
from actum.platform.database import Database
from actum.platform.slices import Slice

ended = asyncio.Event()

async def beats() -> AsyncIterator[bytes]:
    yield b"hello\\n"
    while not ended.is_set():
        await asyncio.sleep(0.01)
    yield b"goodbye\\n"

@get("/stream", opt=PUBLIC)
async def stream() -> Stream:
    return Stream(beats())

@get("/slow", opt=PUBLIC)
async def slow() -> str:
    await asyncio.sleep(0.4)
    return "done"

async def end() -> None:
    ended.set()

async def main(url: str, hook: str) -> None:
    listen = Listen(port=0, drain_seconds_max=2)
    opened = open_socket(listen)
    database = await Database.open(url)
    drains = [end] if hook == "drains" else []
    app = create_app(make_parts(database), [Slice([stream, slow], drains=drains)])
    await serve(app, listen, opened, lambda port: print(f"port {port}", flush=True))
    await database.close()
    print("closed", flush=True)

run(main(sys.argv[1], sys.argv[2]))
"""


@asynccontextmanager
async def running(url: str, hook: str = "drains") -> AsyncIterator[tuple[Process, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, url, hook, stdout=PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            line = b""
            while not line.startswith(b"port "):
                line = await process.stdout.readline()
                assert line, "the server ended before it listened"
        yield process, f"http://127.0.0.1:{int(line.split()[1])}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _end_of(process: Process) -> tuple[int, bytes]:
    async with asyncio.timeout(10):
        told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_streams_finishes_requests_and_exits_cleanly(
    database_urls: DatabaseUrls, number: int
) -> None:
    async with running(database_urls.app) as (process, url), httpx2.AsyncClient(base_url=url) as http:
        assert (await http.get("/v1/ready")).json()["status"] == "ready"
        async with http.stream("GET", "/stream") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "hello"
            slow = asyncio.create_task(http.get("/slow"))
            await asyncio.sleep(0.1)  # the request is under way in another process: nothing tells when
            process.send_signal(number)
            assert await anext(lines) == "goodbye"
        assert (await slow).text == "done"
        code, told = await _end_of(process)
    assert code == 0
    assert told.rstrip().endswith(b"closed")


async def test_a_stream_that_will_not_end_is_cut_when_the_time_is_up(database_urls: DatabaseUrls) -> None:
    async with (
        running(database_urls.app, hook="none") as (process, url),
        httpx2.AsyncClient(base_url=url) as http,
        http.stream("GET", "/stream") as stream,
    ):
        assert await anext(stream.aiter_lines()) == "hello"
        process.send_signal(signal.SIGTERM)
        code, told = await _end_of(process)
    assert (code, told.rstrip().endswith(b"closed")) == (0, True)


def test_a_taken_address_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressTaken, match=str(port)):
            open_socket(Listen(port=port))
