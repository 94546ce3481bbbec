"""A client that is cut off again and again, between two servers, sees every entry once and in order."""

import asyncio
import random
from contextlib import suppress
from typing import Any

import pytest

from .clients import fold, watching
from .nodes import Node

EVENTS = 120


class Wanderer:
    """Reads a few entries, vanishes, and goes on at another server with the last id it had."""

    def __init__(self, nodes: list[Node], path: str, seed: int) -> None:
        self._nodes = nodes
        self._path = path
        self._random = random.Random(seed)
        self._last = "0"
        self.told: list[tuple[int, dict[str, Any]]] = []
        self.connections = 0

    async def read_until(self, done: asyncio.Event, total: list[int]) -> None:
        while not (done.is_set() and len(self.told) >= total[0]):
            node = self._random.choice(self._nodes)
            headers = {"Last-Event-ID": self._last}
            async with watching(node.port, self._path, node.token, headers) as client:
                self.connections += 1
                for _ in range(self._random.randint(0, 40)):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._random.uniform(0.05, 0.3)):
                            block = await client.block()
                            assert block is not None
                            self._last = block.fields.get("id", self._last)
                            if block.fields.get("event") == "entry":
                                self.told.append((block.id, block.data))
                            continue
                    break


async def drive(nodes: list[Node], executions: list[str], seed: int) -> None:
    """Events from several clients at once, through both servers."""
    order = random.Random(seed)

    async def post(count: int) -> None:
        for _ in range(count):
            node, execution = order.choice(nodes), order.choice(executions)
            await node.post(execution, *["add"] * order.randint(1, 3), amount=order.choice((1, 500)))

    await asyncio.gather(*(post(EVENTS // 6) for _ in range(6)))


@pytest.mark.parametrize("seed", [1, 2])
async def test_an_execution_is_told_whole_to_clients_that_come_and_go(
    node: Node, second_node: Node, seed: int
) -> None:
    nodes = [node, second_node]
    execution = await node.start()
    path = f"/v1/executions/{execution}/stream"
    wanderers = [Wanderer(nodes, path, seed * 100 + number) for number in range(3)]
    done, total = asyncio.Event(), [0]
    reading = [asyncio.create_task(each.read_until(done, total)) for each in wanderers]
    await drive(nodes, [execution], seed)
    listed = await node.ledger(execution)
    total[0] = len(listed)
    done.set()
    async with asyncio.timeout(30):
        await asyncio.gather(*reading)
    state = await node.ask("GET", f"/v1/executions/{execution}/state")
    for wanderer in wanderers:
        assert [sequence for sequence, _ in wanderer.told] == list(range(1, len(listed) + 1))
        assert [entry["entryHash"] for _, entry in wanderer.told] == [entry["entryHash"] for entry in listed]
        assert wanderer.connections > 2
        folded: dict[str, Any] | None = None
        for _, entry in wanderer.told:
            folded = fold(folded, entry)
        assert {"object": "state", **(folded or {})} == state


async def test_an_org_is_told_whole_to_clients_that_come_and_go(node: Node, second_node: Node) -> None:
    nodes = [node, second_node]
    executions = [await each.start() for each in nodes for _ in range(4)]
    wanderers = [Wanderer(nodes, "/v1/stream", number) for number in range(3)]
    done, total = asyncio.Event(), [0]
    reading = [asyncio.create_task(each.read_until(done, total)) for each in wanderers]
    await drive(nodes, executions, 3)
    ledgers = {execution: await node.ledger(execution) for execution in executions}
    total[0] = sum(map(len, ledgers.values()))
    done.set()
    async with asyncio.timeout(30):
        await asyncio.gather(*reading)
    first = [entry["entryHash"] for _, entry in wanderers[0].told]
    for wanderer in wanderers:
        assert [place for place, _ in wanderer.told] == list(range(1, total[0] + 1))
        assert [entry["entryHash"] for _, entry in wanderer.told] == first
        for execution, listed in ledgers.items():
            mine = [entry["entryHash"] for _, entry in wanderer.told if entry["executionId"] == execution]
            assert mine == [entry["entryHash"] for entry in listed]


async def test_another_servers_commit_is_heard_at_once(node: Node, second_node: Node) -> None:
    execution = await node.start()
    for path in (f"/v1/executions/{execution}/stream", "/v1/stream"):
        async with watching(second_node.port, path, node.token) as client:
            await client.blocks(1)
            await node.post(execution, "add", amount=1)
            async with asyncio.timeout(3):
                await client.entries(1)
