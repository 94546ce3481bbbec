"""A server that stops says goodbye to every stream and is gone before anybody loses patience."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from actum.platform.postgres_cluster import DatabaseUrls

from .clients import watching
from .nodes import Node, Org, running_node
from .test_websocket import ask, closed, hear, open_socket


async def test_streams_end_with_a_shorter_retry_and_sockets_with_1012(
    database_urls: DatabaseUrls, org: Org
) -> None:
    async with (
        running_node(database_urls.app, org.admin) as node,
        watching(node.port, "/v1/stream", org.admin) as client,
        open_socket(node.port, "/v1/ws", org.admin) as subscribed,
        open_socket(node.port, "/v1/ws", org.admin) as idle,
    ):
        await client.blocks(1)
        await ask(subscribed, op="subscribe")
        await ask(idle, op="ping")
        await asyncio.wait_for(node.app.end_streams(), 3)
        assert node.desk.gate.open_streams == 0
        (goodbye,) = await client.rest()
        assert goodbye.fields == {"retry": "500"}
        assert goodbye.comments == ["this server is about to stop"]
        assert await closed(subscribed) == (1012, "this server is about to stop")
        assert await closed(idle) == (1012, "this server is about to stop")
        refused = await node.http.get("/v1/stream")
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        async with open_socket(node.port, "/v1/ws", org.admin) as late:
            assert (await closed(late))[0] == 1013


@asynccontextmanager
async def server_process(url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A server of its own, as an operator runs it, and its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("serving_process.py")),
        env={**os.environ, "ACTUM_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            while not (line := await process.stdout.readline()).startswith(b"port "):
                assert line, "the server did not start"
        yield process, int(line.split()[1])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_process_with_open_streams_exits_within_five_seconds_of_sigterm(
    database_urls: DatabaseUrls, node: Node
) -> None:
    execution = await node.start()
    path = f"/v1/executions/{execution}"
    async with (
        server_process(database_urls.app) as (process, port),
        watching(port, f"{path}/stream", node.token) as client,
        watching(port, "/v1/stream", node.token) as hanging,
        open_socket(port, f"{path}/ws", node.token) as socket,
    ):
        await client.blocks(1)
        await hear(socket)
        await hanging.blocks(1)
        hanging.pause()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        goodbye = (await client.rest())[-1]
        assert (goodbye.fields, goodbye.comments) == ({"retry": "500"}, ["this server is about to stop"])
        assert await closed(socket) == (1012, "this server is about to stop")
        assert await asyncio.wait_for(process.wait(), 5) == 0
        assert time.monotonic() - began < 5
