"""Clients that tests drive by hand: SSE over a raw socket, that may be cut off anywhere, and the fold of deltas."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

SECONDS = 10.0


@dataclass
class SseEvent:
    """One block: its fields as sent, and the comments in it."""

    fields: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)

    @property
    def id(self) -> int:
        return int(self.fields["id"])

    @property
    def data(self) -> dict[str, Any]:
        return dict(json.loads(self.fields["data"]))


class SseClient:
    """An open answer of a server: status, headers, then blocks as they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""
        self.status = 0
        self.headers: dict[str, str] = {}

    async def begin(self) -> None:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}

    async def block(self) -> SseEvent | None:
        """The next block; None at the proper end of the answer."""
        while b"\n\n" not in self._rest:
            size = int((await self._reader.readuntil(b"\r\n")).strip(), 16)
            self._rest += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
            if not size:
                assert not self._rest, "an event was cut in two"
                return None
        text, _, self._rest = self._rest.partition(b"\n\n")
        found = SseEvent()
        for line in text.decode().split("\n"):
            name, _, value = line.partition(": ")
            if name:
                assert name not in found.fields
                found.fields[name] = value
            else:
                found.comments.append(value)
        return found

    async def blocks(self, count: int) -> list[SseEvent]:
        """So many blocks, which must come."""
        found: list[SseEvent] = []
        async with asyncio.timeout(SECONDS):
            for _ in range(count):
                block = await self.block()
                assert block is not None, f"the stream ended after {len(found)} blocks"
                found.append(block)
        return found

    async def entries(self, count: int) -> list[SseEvent]:
        """So many entries; other blocks are passed over."""
        found: list[SseEvent] = []
        while len(found) < count:
            found.extend(each for each in await self.blocks(1) if each.fields.get("event") == "entry")
        return found

    async def rest(self) -> list[SseEvent]:
        """Everything up to the end of the answer, which must come."""
        found: list[SseEvent] = []
        async with asyncio.timeout(SECONDS):
            while (block := await self.block()) is not None:
                found.append(block)
        return found

    def pause(self) -> None:
        """Read nothing more, as a client that hangs."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def cut(self) -> None:
        """Vanish."""
        self._writer.transport.abort()


@asynccontextmanager
async def watching(
    port: int, path: str, token: str | None, headers: dict[str, str] | None = None
) -> AsyncIterator[SseClient]:
    """An open stream; cut off at the end."""
    opened = socket.socket()
    opened.setblocking(False)
    # So small that a client that does not read is felt by the server after a few entries.
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
    await asyncio.get_running_loop().sock_connect(opened, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=opened, limit=1 << 16)
    lines = [f"GET {path} HTTP/1.1", "Host: actum.test"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    client = SseClient(reader, writer)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await asyncio.wait_for(client.begin(), SECONDS)
        yield client
    finally:
        client.cut()
        with suppress(OSError):
            await writer.wait_closed()


def fold(state: dict[str, Any] | None, entry: dict[str, Any]) -> dict[str, Any]:
    """The state after an entry, by what the stream says of it: the client's half of the contract."""
    after: dict[str, Any] = {"vars": {}, "held": 0, "output": None, **(state or {})}
    delta = entry["delta"] or {}
    after |= {name: value for name, value in delta.items() if name != "vars"}
    after["vars"] = {**after["vars"], **delta.get("vars", {})}
    if entry["kind"] == "held":
        after["held"] += 1
    if entry["kind"] in ("paused", "resumed", "cancelled"):
        after["held"] = 0
    return {**after, "executionId": entry["executionId"], "seq": entry["seq"], "headHash": entry["entryHash"]}


def fold_all(entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    state: dict[str, Any] | None = None
    for entry in entries:
        state = fold(state, entry)
    assert state is not None
    return {"object": "state", **state}


async def eventually(is_true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for what the server does after it has let go of a client, which nothing else tells."""
    async with asyncio.timeout(seconds):
        while not is_true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
