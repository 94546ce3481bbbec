"""Events over a real socket, where the protocol answers them itself: whatever a client may do to a connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from actum.orgs.create import create_org
from actum.platform.clock import SystemClock
from actum.platform.database import Database
from actum.platform.postgres_cluster import DatabaseUrls

from ..server_process import running_server
from .documents import COUNTER


@dataclass
class Wire:
    """A running server, asked byte by byte."""

    port: int
    token: str
    execution: str

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def request(self, key: str, *headers: str, version: str = "1.1", amount: int = 1) -> bytes:
        body = json.dumps({"type": "add", "id": key, "data": {"amount": amount}}).encode()
        lines = [
            f"POST /v1/executions/{self.execution}/events HTTP/{version}",
            "Host: actum.test",
            f"Authorization: Bearer {self.token}",
            "Content-Type: application/json",
            *headers,
        ]
        if not any(header.lower().startswith("transfer-encoding") for header in headers):
            lines.append(f"Content-Length: {len(body)}")
            return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (10, body[:10], len(body) - 10, body[10:])
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + chunks


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], dict[str, object]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split()[1]), headers, json.loads(body)


@pytest.fixture
async def wire(database: Database, database_urls: DatabaseUrls) -> AsyncIterator[Wire]:
    token = (await create_org(database, SystemClock(), "acme", "Acme")).admin_token.text
    async with running_server(database_urls) as server, server.client(token) as http:
        made = (await http.post("/v1/templates", json={"document": COUNTER})).json()
        await http.post(f"/v1/templates/{made['id']}/versions", json={})
        started = (await http.post("/v1/executions", json={"template": "counter"})).json()
        yield Wire(urlsplit(server.url).port or 0, token, started["id"])


async def test_every_manner_of_sending_gets_one_answer_each(wire: Wire) -> None:
    """One server for all of it: starting one takes longer than asking it."""
    await _split_over_many_packets(wire)
    await _pipelined(wire)
    await _in_chunks(wire)
    await _told_to_close(wire)
    await _in_the_old_version(wire)
    await _refused_and_then_accepted(wire)
    await _gone_before_the_answer(wire)


async def _split_over_many_packets(wire: Wire) -> None:
    reader, writer = await wire.open()
    whole = wire.request("split")
    for at in range(0, len(whole), 37):
        writer.write(whole[at : at + 37])
        await writer.drain()
        await asyncio.sleep(0)
    status, headers, told = await read_answer(reader)
    assert (status, told["id"], told["outcome"]) == (200, "split", "applied")
    assert headers["content-type"] == "application/json"
    assert headers["request-id"]
    assert headers["date"]
    writer.close()


async def _pipelined(wire: Wire) -> None:
    reader, writer = await wire.open()
    keys = [f"pipelined-{number}" for number in range(5)]
    writer.write(b"".join(wire.request(key) for key in keys))
    answers = [await read_answer(reader) for _ in keys]
    assert [(status, told["id"]) for status, _, told in answers] == [(200, key) for key in keys]
    writer.close()


async def _in_chunks(wire: Wire) -> None:
    reader, writer = await wire.open()
    writer.write(wire.request("chunked", "Transfer-Encoding: chunked"))
    status, _, told = await read_answer(reader)
    assert (status, told["id"]) == (200, "chunked")
    writer.write(wire.request("after-chunks"))
    assert (await read_answer(reader))[2]["id"] == "after-chunks"
    writer.close()


async def _told_to_close(wire: Wire) -> None:
    reader, writer = await wire.open()
    writer.write(wire.request("closing", "Connection: close"))
    status, headers, _ = await read_answer(reader)
    assert (status, headers["connection"]) == (200, "close")
    assert await reader.read() == b""
    writer.close()


async def _in_the_old_version(wire: Wire) -> None:
    reader, writer = await wire.open()
    writer.write(wire.request("old", version="1.0"))
    status, _, told = await read_answer(reader)
    assert (status, told["id"]) == (200, "old")
    assert await reader.read() == b""
    writer.close()


async def _refused_and_then_accepted(wire: Wire) -> None:
    """A refusal keeps the connection, and its problem is that of the ordinary way."""
    reader, writer = await wire.open()
    good = wire.request("good")
    writer.write(good.replace(b'"id"', b'"ID"'))
    status, headers, told = await read_answer(reader)
    assert (status, told["code"]) == (422, "invalid_request")
    assert headers["content-type"] == "application/problem+json"
    writer.write(good)
    writer.write(wire.request("good"))
    first, again = [await read_answer(reader) for _ in range(2)]
    assert (first[2]["duplicate"], again[2]["duplicate"]) == (False, True)
    assert again[1]["idempotent-replayed"] == "true"
    writer.close()


async def _gone_before_the_answer(wire: Wire) -> None:
    """What was sent by a client that did not wait is recorded once, and a repeat tells it."""
    _, writer = await wire.open()
    writer.write(wire.request("gone", amount=7))
    await writer.drain()
    writer.transport.abort()
    reader, writer = await wire.open()
    writer.write(wire.request("gone", amount=7))
    status, _, told = await read_answer(reader)
    assert (status, told["id"], told["outcome"]) == (200, "gone", "applied")
    writer.close()
