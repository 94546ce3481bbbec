"""The load generator counts what was answered, no more and no less."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from benchmarks.load import (
    Load,
    ResponseUnreadable,
    load_from_json,
    load_to_json,
    measure,
    parse_response,
    percentile,
)

from benchmarks import load as generator

ROOT = Path(__file__).parents[2]


@dataclass
class Seen:
    """Every request the responder read, in order of arrival."""

    port: int = 0
    paths: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    @property
    def event_ids(self) -> list[str]:
        batches = [body if isinstance(body, list) else [body] for body in self.bodies]
        return [event["id"] for batch in batches for event in batch]


#: From the request's number, counted from 0, to the pieces to write; no pieces means to hang up.
Answers = Callable[[int], Sequence[bytes]]


def answer(status: int = 200, body: bytes = b"{}") -> bytes:
    return b"HTTP/1.1 %d Text\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)


@asynccontextmanager
async def responder(answers: Answers) -> AsyncIterator[Seen]:
    seen = Seen()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    int(line[15:]) for line in head.splitlines() if line.startswith("Content-Length:")
                )
                number = len(seen.bodies)
                seen.paths.append(head.split(" ")[1])
                seen.heads.append(head)
                seen.bodies.append(json.loads(await reader.readexactly(length)))
                pieces = answers(number)
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.001)  # so that each piece is read by itself
                if not pieces:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    seen.port = server.sockets[0].getsockname()[1]
    async with server:
        yield seen


def always(*pieces: bytes) -> Answers:
    return lambda _: pieces


def counted(seen: Seen, requests: int, **others: Any) -> Load:
    defaults: dict[str, Any] = {"paths": ("/a",), "run": "r", "clients": 1}
    fields: dict[str, Any] = defaults | others
    return Load(port=seen.port, requests=requests, **fields)


@pytest.mark.parametrize(("clients", "batch"), [(1, 1), (7, 1), (4, 100)])
async def test_a_counted_load_sends_and_counts_exactly_that_many(clients: int, batch: int) -> None:
    async with responder(always(answer())) as seen:
        result = await measure(counted(seen, 50, clients=clients, batch=batch))
    assert (result.requests, result.events, result.acknowledged_events) == (50, 50 * batch, 50 * batch)
    assert (len(seen.bodies), result.errors, result.unanswered) == (50, {}, 0)
    assert result.rate == pytest.approx(result.events / result.seconds)


@pytest.mark.parametrize("batch", [1, 100])
async def test_every_event_has_an_id_of_its_own(batch: int) -> None:
    async with responder(always(answer())) as seen:
        await measure(counted(seen, 40, clients=5, batch=batch))
    assert len(seen.event_ids) == len(set(seen.event_ids)) == 40 * batch
    assert all(id.startswith("r-") for id in seen.event_ids)


async def test_a_single_event_is_an_object_with_type_and_data_and_the_headers_are_sent() -> None:
    async with responder(always(answer())) as seen:
        await measure(counted(seen, 1, headers=(("Authorization", "Bearer t"),)))
    assert seen.bodies == [{"type": "tick", "data": {"amount": 7}, "id": "r-000000000000"}]
    assert "\r\nAuthorization: Bearer t\r\n" in seen.heads[0]


async def test_all_targets_get_their_share() -> None:
    paths = ("/a", "/b", "/c", "/d")
    async with responder(always(answer())) as seen:
        await measure(counted(seen, 400, clients=4, paths=paths))
    shares = Counter(seen.paths)
    assert set(shares) == set(paths)
    assert min(shares.values()) > 50


async def test_answers_other_than_success_are_errors_by_status_and_never_in_rate_or_latency() -> None:
    statuses = [200, 409, 503, 201, 503]
    async with responder(lambda number: [answer(statuses[number % 5])]) as seen:
        result = await measure(counted(seen, 10))
    assert result.errors == {"409": 2, "503": 4}
    assert (result.requests, result.acknowledged_events) == (4, 4)


async def test_a_lost_connection_is_an_error_and_the_client_comes_back() -> None:
    async with responder(lambda number: [] if number == 3 else [answer()]) as seen:
        result = await measure(counted(seen, 10))
    assert result.errors == {"disconnected": 1}
    assert (result.requests, len(seen.bodies)) == (9, 10)


async def test_an_unreadable_answer_is_an_error_and_not_a_crash() -> None:
    async with responder(lambda number: [b"HELLO\r\n\r\n"] if number == 0 else [answer()]) as seen:
        result = await measure(counted(seen, 3))
    assert result.errors == {"unreadable": 1}
    assert result.requests == 2


async def test_a_server_that_is_not_there_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "RECONNECTS_MAX", 2)
    monkeypatch.setattr(generator, "RECONNECT_PAUSE_SECONDS", 0.001)
    async with responder(always(answer())) as seen:
        pass
    result = await measure(counted(seen, 5))
    assert result.errors == {"unconnected": 3}
    assert (result.requests, result.rate) == (0, 0.0)


async def test_a_request_without_an_answer_is_unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "GRACE_SECONDS", 0.05)
    half = [answer()[:10]]
    async with responder(lambda number: half if number == 2 else [answer()]) as seen:
        result = await measure(Load(port=seen.port, paths=("/a",), run="r", clients=1, seconds=0.1))
    assert (result.requests, result.unanswered, result.errors) == (2, 1, {})


async def test_an_answer_in_pieces_is_one_answer() -> None:
    whole = answer(body=b'{"sequence":1}')
    async with responder(always(whole[:12], whole[12:30], whole[30:])) as seen:
        result = await measure(counted(seen, 4))
    assert (result.requests, result.errors) == (4, {})


async def test_the_warm_up_is_acknowledged_but_not_measured() -> None:
    began: list[int] = []
    async with responder(always(answer())) as seen:
        load = Load(port=seen.port, paths=("/a",), run="r", clients=2, seconds=0.1, warmup_seconds=0.1)
        result = await measure(load, lambda: began.append(len(seen.bodies)))
    assert result.acknowledged_events == len(seen.bodies)
    assert result.requests == pytest.approx(len(seen.bodies) - began[0], abs=load.clients)
    assert 0 < result.requests < result.acknowledged_events


async def test_latencies_are_those_of_the_server() -> None:
    slow = [answer()[:5], answer()[5:]]  # the responder pauses a millisecond after the first piece
    async with responder(always(*slow)) as seen:
        result = await measure(counted(seen, 20))
    latency = result.latency_ms
    assert 1.0 <= latency.p50 <= latency.p95 <= latency.p99 <= latency.max


PERCENTILES = [
    ([], 0.5, 0),
    ([7], 0.5, 7),
    ([7], 0.99, 7),
    ([1, 2], 0.5, 1),
    ([1, 2, 3], 0.5, 2),
    (list(range(1, 101)), 0.50, 50),
    (list(range(1, 101)), 0.95, 95),
    (list(range(1, 101)), 0.99, 99),
    (list(range(1, 101)), 1.0, 100),
]


@pytest.mark.parametrize(("ordered", "share", "expected"), PERCENTILES)
def test_percentiles_are_nearest_rank(ordered: list[int], share: float, expected: int) -> None:
    assert percentile(ordered, share) == expected


RESPONSES = [
    (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", (200, 40)),
    (b"HTTP/1.1 200 OK\r\nContent-Length:2\r\nx: y\r\n\r\n{}", (200, 45)),
    (b"HTTP/1.1 422 No\r\nx-content-length: 9\r\nCONTENT-LENGTH: 0\r\n\r\n", (422, 59)),
    (b"HTTP/1.1 204 No\r\n\r\n", (204, 19)),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{", None),
    (b"HTTP/1.1 200 OK\r\ncontent-le", None),
]


@pytest.mark.parametrize(("received", "expected"), RESPONSES)
def test_responses_are_parsed_to_status_and_size(received: bytes, expected: tuple[int, int] | None) -> None:
    assert parse_response(received) == expected


@pytest.mark.parametrize(
    "received",
    [
        b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"x" * (generator.HEAD_BYTES_MAX + 1),
    ],
)
def test_what_is_not_understood_is_refused(received: bytes) -> None:
    with pytest.raises(ResponseUnreadable):
        parse_response(received)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 1.0, "requests": 1},
        {},
        {"seconds": generator.SECONDS_MAX + 1},
        {"requests": 1, "warmup_seconds": 1.0},
        {"requests": 1, "paths": ()},
        {"requests": 1, "clients": 0},
        {"requests": 1, "batch": 0},
    ],
)
def test_a_load_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"paths": ("/",), "run": "r", "clients": 1}
    with pytest.raises(ValueError):
        Load(port=1, **(fields | wrong))


def test_a_load_survives_the_way_into_its_process() -> None:
    load = Load(port=1, paths=("/a", "/b"), run="r", clients=2, seconds=1.5, headers=(("A", "b"),))
    assert load_from_json(load_to_json(load)) == load


async def test_as_a_process_it_prints_two_lines_of_json() -> None:
    async with responder(always(answer())) as seen:
        command = [sys.executable, "-m", "benchmarks.load", load_to_json(counted(seen, 20, clients=2))]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=ROOT)
        output, _ = await process.communicate()
    begun, result = (json.loads(line) for line in output.splitlines())
    assert begun == {"phase": "measuring"}
    assert (result["requests"], result["errors"], len(seen.bodies)) == (20, {}, 20)
    assert result["cpu_us_per_request"] > 0
