"""Many clients at once against real servers, and what must hold of every answer they got."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import httpx2

from .documents import COUNTER

Name = tuple[str, str]


@dataclass
class Crowd:
    """Clients of several servers of one org, and the answers they were given: all of each event's, in any order."""

    https: list[httpx2.AsyncClient]
    executions: list[str] = field(default_factory=list)
    answers: defaultdict[Name, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    amounts: dict[Name, int] = field(default_factory=dict)

    async def prepare(self, executions: int) -> None:
        """Publish the counter and start executions."""
        http = self.https[0]
        made = (await http.post("/v1/templates", json={"document": COUNTER})).json()
        (await http.post(f"/v1/templates/{made['id']}/versions", json={})).raise_for_status()
        for first in range(0, executions, 50):
            started = await asyncio.gather(
                *(self._start(n) for n in range(first, min(first + 50, executions)))
            )
            self.executions += started

    async def _start(self, number: int) -> str:
        answer = await self.https[number % len(self.https)].post(
            "/v1/executions", json={"template": "counter"}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def rush(self, clients: int, events: int, seed: int) -> None:
        """Let so many clients post so many events each."""
        await asyncio.gather(*(self._client(number, events, seed) for number in range(clients)))

    async def _client(self, number: int, events: int, seed: int) -> None:
        chance = random.Random(f"{seed}/{number}")
        sent = 0
        while sent < events:
            size = chance.choice((1, 1, 1, 5))
            batch = [
                {"type": "add", "source": f"client-{number}", "id": str(sent + n), "data": {"amount": n}}
                for n in range(size)
            ]
            sent += size
            # The same request to two servers at one moment, as a client that lost patience sends it.
            servers = self.https if chance.random() < 0.25 else [chance.choice(self.https)]
            execution = chance.choice(self.executions)
            await asyncio.gather(*(self.post(http, execution, batch) for http in servers))

    async def post(self, http: httpx2.AsyncClient, execution: str, batch: list[dict[str, Any]]) -> None:
        """Post events and keep their answers."""
        for event in batch:
            self.amounts[execution, f"{event['source']}/{event['id']}"] = event["data"]["amount"]
        body: Any = batch if len(batch) > 1 else batch[0]
        answer = await http.post(f"/v1/executions/{execution}/events", json=body)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        for each in told["data"] if told["object"] == "batch" else [told]:
            assert each["object"] == "event", each
            self.answers[execution, f"{each['source']}/{each['id']}"].append(each)

    async def assert_kept(self) -> None:
        """Every event is there once, with the answer that all who sent it were given, in one chain without a gap."""
        assert self.answers.keys() == self.amounts.keys()
        for told in self.answers.values():
            assert sorted(each["duplicate"] for each in told) == [False] + [True] * (len(told) - 1)
            assert len({str({**each, "duplicate": None}) for each in told}) == 1
        expected: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for (execution, name), told in self.answers.items():
            expected[execution][name] = told[0]
        for first in range(0, len(self.executions), 16):
            part = self.executions[first : first + 16]
            await asyncio.gather(*(self._assert_one(each, expected[each]) for each in part))
        checked = (await self.https[0].post("/v1/ledger/check", json={}, timeout=120)).json()
        assert checked["whole"], checked["findings"][:5]
        assert checked["inputs"] == len(self.executions) + len(self.answers)

    async def _assert_one(self, execution: str, expected: dict[str, dict[str, Any]]) -> None:
        listed = await self._read(execution, "events")
        assert [event["inputSeq"] for event in listed] == list(range(2, len(listed) + 2))
        assert {f"{event['source']}/{event['id']}": event["seq"] for event in listed} == {
            name: answer["seq"] for name, answer in expected.items()
        }
        entries = await self._read(execution, "ledger")
        assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
        hashes = {entry["seq"]: entry["entryHash"] for entry in entries}
        assert all(hashes[answer["seq"]] == answer["entryHash"] for answer in expected.values())
        state = (await self.https[-1].get(f"/v1/executions/{execution}/state")).json()
        total = sum(self.amounts[execution, name] for name in expected)
        assert (state["vars"]["count"], state["vars"]["sum"]) == (len(expected), total)

    async def _read(self, execution: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = 0
        while True:
            answer = await self.https[0].get(f"/v1/executions/{execution}/{name}?limit=1000&afterSeq={after}")
            page = answer.json()
            found += page["data"]
            if not page["hasMore"]:
                return found
            after = page["nextAfterSeq"]
