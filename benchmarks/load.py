"""Drive an HTTP/1.1 server with closed-loop keep-alive clients, and say what that cost the generator itself.

Run as a process of its own, `python -m benchmarks.load '<json>'`, it prints two JSON lines: one when the
warm-up is over and measuring begins, one with the result. Within another process, `measure` is the door.

A client sends its next request when it has read the answer to its last one, so the offered load follows
the server and a stall shows in the latencies of exactly `clients` requests.
"""

import asyncio
import json
import math
import random
import resource
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from time import perf_counter_ns
from typing import Final, cast

#: Seconds one run may last. Longer runs would hold more latencies in memory than the figures are worth.
SECONDS_MAX: Final = 600.0
#: Bytes of a response's status line and headers. Real ones are under 1 KiB.
HEAD_BYTES_MAX: Final = 65_536
#: Connections one client may lose before it gives up, so that a dead server ends the run.
RECONNECTS_MAX: Final = 20
#: Seconds between losing a connection and asking for the next.
RECONNECT_PAUSE_SECONDS: Final = 0.05
#: Seconds that requests in flight at the end get before they count as unanswered.
GRACE_SECONDS: Final = 10.0
#: Targets are drawn in advance, this many, so that a request costs one list access and no random number.
DRAWS: Final = 65_536
#: Seed of the draws: two runs visit the targets in the same order.
DRAW_SEED: Final = 20_260_101


class ResponseUnreadable(Exception):
    """The server's answer is not one this generator reads: HTTP/1.1 with a Content-Length."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send, to whom, for how long; exactly one of `seconds` and `requests` is set.

    `batch` 1 sends one event as a JSON object, more sends an array. `run` makes the event ids of this load
    unlike those of any other.
    """

    port: int
    paths: tuple[str, ...]
    run: str
    clients: int
    seconds: float | None = None
    requests: int | None = None
    warmup_seconds: float = 0.0
    batch: int = 1
    host: str = "127.0.0.1"
    headers: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if (self.seconds is None) == (self.requests is None):
            raise ValueError("give either seconds or requests")
        if self.seconds is not None and not 0 < self.seconds <= SECONDS_MAX:
            raise ValueError(f"seconds must be above 0 and at most {SECONDS_MAX}")
        if self.requests is not None and self.warmup_seconds:
            raise ValueError("a counted load has no warm-up")
        if not self.paths or self.clients < 1 or self.batch < 1:
            raise ValueError("paths, clients and batch must be at least 1")


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from writing a request to having read its whole answer; nearest-rank percentiles."""

    p50: float
    p95: float
    p99: float
    max: float
    mean: float


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What was answered, how fast, what went wrong, and what the generator itself used.

    Only 2xx answers are in `requests`, `events`, `rate` and `latency_ms`. `acknowledged_events` also holds
    those of the warm-up: what the server must have stored. `errors` counts answers by status and lost
    connections by kind, the warm-up's too. `cpu_share` 1.0 is one core fully used.
    """

    clients: int
    targets: int
    batch: int
    loop: str
    seconds: float
    requests: int
    events: int
    rate: float
    latency_ms: Latency
    errors: Mapping[str, int]
    unanswered: int
    acknowledged_events: int
    cpu_share: float
    cpu_us_per_request: float


def parse_response(received: bytes) -> tuple[int, int] | None:
    """Return (status, bytes of the whole response), or None while some of it is still to come."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        if len(received) > HEAD_BYTES_MAX:
            raise ResponseUnreadable("headers do not end")
        return None
    if not received.startswith(b"HTTP/1.1 "):
        raise ResponseUnreadable(f"not an HTTP/1.1 answer: {received[:40]!r}")
    status = int(received[9:12])
    at = received.find(b"\r\ncontent-length:", 0, head_end)
    if at < 0:
        at = received[:head_end].lower().find(b"\r\ncontent-length:")
    if at >= 0:
        total = head_end + 4 + int(received[at + 17 : received.find(b"\r\n", at + 17)])
    elif status in (204, 304):
        total = head_end + 4
    else:
        raise ResponseUnreadable("no Content-Length")
    return (status, total) if len(received) >= total else None


def percentile(ordered: Sequence[int], share: float) -> int:
    """The nearest-rank percentile of values already in ascending order; 0 of none."""
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else 0


class Requests:
    """Gives out request bytes, each with event ids not given before; the rest was laid out once.

    Ids have a fixed width, so that Content-Length is the same in every request to a path.
    """

    def __init__(self, load: Load) -> None:
        event = b'{"type":"tick","data":{"amount":7},"id":"%b-%%012d"}' % load.run.encode()
        self._body = event if load.batch == 1 else b"[" + b",".join([event] * load.batch) + b"]"
        self._batch = load.batch
        length = len(self._body % tuple(range(load.batch)))
        heads = [_request_head(load, path, length) for path in load.paths]
        draw = random.Random(DRAW_SEED)
        shuffled = [heads[at % len(heads)] for at in range(max(DRAWS, len(heads)))]
        draw.shuffle(shuffled)
        self._heads = shuffled
        self.given = 0

    def next(self) -> bytes:
        given = self.given
        self.given = given + 1
        head = self._heads[given % len(self._heads)]
        if self._batch == 1:
            return head + self._body % given
        first = given * self._batch
        return head + self._body % tuple(range(first, first + self._batch))


def _request_head(load: Load, path: str, length: int) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: {load.host}:{load.port}", "Content-Type: application/json"]
    lines += [f"{name}: {text}" for name, text in load.headers]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()


@dataclass(slots=True)
class Tally:
    """What all clients of one load have seen so far."""

    requests: Requests
    requests_max: int | None
    latencies: "array[int]" = field(default_factory=lambda: array("q"))
    errors: Counter[str] = field(default_factory=Counter)
    answered_2xx: int = 0
    recording: bool = False
    stopping: bool = False
    last_answer_ns: int = 0

    def next_request(self) -> bytes | None:
        """The next request to send, or None once the load is over."""
        if self.stopping or (self.requests_max is not None and self.requests.given >= self.requests_max):
            return None
        return self.requests.next()

    def answer(self, status: int, started_ns: int) -> None:
        now = perf_counter_ns()
        if 200 <= status < 300:
            self.answered_2xx += 1
            if self.recording:
                self.latencies.append(now - started_ns)
                self.last_answer_ns = now
        else:
            self.errors[str(status)] += 1


class Client(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight."""

    __slots__ = ("_pending", "_started_ns", "_tally", "_transport", "ended", "in_flight")

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._pending = b""
        self._started_ns = 0
        self.in_flight = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        request = self._tally.next_request()
        if request is None:
            self._transport.close()
            return
        self.in_flight = True
        self._started_ns = perf_counter_ns()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._pending + data if self._pending else data
        try:
            response = parse_response(received)
            if response is not None and (len(received) > response[1] or not self.in_flight):
                raise ResponseUnreadable("more bytes than one answer")
        except (ValueError, ResponseUnreadable):
            self._tally.errors["unreadable"] += 1
            self.in_flight = False
            self._transport.abort()
            return
        if response is None:
            self._pending = received
            return
        self._pending = b""
        self.in_flight = False
        self._tally.answer(response[0], self._started_ns)
        self._send()

    def leave(self) -> None:
        """Give the connection up, answered or not."""
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.in_flight and not self._tally.stopping:
            self._tally.errors["disconnected"] += 1
            self.in_flight = False
        if not self.ended.done():
            self.ended.set_result(None)


async def _keep_client(load: Load, tally: Tally, clients: set[Client]) -> None:
    """Hold one client's connection until the load is over, opening it again when the server closes it."""
    loop = asyncio.get_running_loop()
    for attempt in range(RECONNECTS_MAX + 1):
        if attempt:
            await asyncio.sleep(RECONNECT_PAUSE_SECONDS)
        try:
            _, client = await loop.create_connection(lambda: Client(tally), load.host, load.port)
        except OSError:
            tally.errors["unconnected"] += 1
            continue
        clients.add(client)
        try:
            await client.ended
        finally:
            client.leave()
        if tally.stopping or (load.requests is not None and tally.requests.given >= load.requests):
            return
        clients.discard(client)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measure(load: Load, on_measuring: Callable[[], None] = lambda: None) -> LoadResult:
    """Run one load; `on_measuring` is called when the warm-up is over."""
    tally = Tally(requests=Requests(load), requests_max=load.requests)
    tally.recording = load.warmup_seconds == 0
    clients: set[Client] = set()
    if tally.recording:
        on_measuring()
    began_ns, cpu_began = perf_counter_ns(), _cpu_seconds()
    running = [asyncio.ensure_future(_keep_client(load, tally, clients)) for _ in range(load.clients)]
    if load.seconds is None:
        await asyncio.wait(running, timeout=SECONDS_MAX)
    else:
        if load.warmup_seconds:
            await asyncio.wait(running, timeout=load.warmup_seconds)
            tally.recording = True
            on_measuring()
            began_ns, cpu_began = perf_counter_ns(), _cpu_seconds()
        await asyncio.wait(running, timeout=load.seconds)
    tally.stopping = True
    await asyncio.wait(running, timeout=GRACE_SECONDS)
    cpu_used = _cpu_seconds() - cpu_began
    unanswered = sum(client.in_flight for client in clients)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    seconds = max((tally.last_answer_ns - began_ns) / 1e9, 1e-9) if tally.latencies else load.seconds or 0.0
    return _result(load, tally, Spent(seconds=seconds, cpu_seconds=cpu_used, unanswered=unanswered))


@dataclass(frozen=True, slots=True)
class Spent:
    seconds: float
    cpu_seconds: float
    unanswered: int


def _result(load: Load, tally: Tally, spent: Spent) -> LoadResult:
    ordered = sorted(tally.latencies)
    count = len(ordered)
    events = count * load.batch
    return LoadResult(
        clients=load.clients,
        targets=len(load.paths),
        batch=load.batch,
        loop=type(asyncio.get_running_loop()).__module__.partition(".")[0],
        seconds=spent.seconds,
        requests=count,
        events=events,
        rate=events / spent.seconds if spent.seconds else 0.0,
        latency_ms=Latency(
            p50=percentile(ordered, 0.50) / 1e6,
            p95=percentile(ordered, 0.95) / 1e6,
            p99=percentile(ordered, 0.99) / 1e6,
            max=(ordered[-1] if ordered else 0) / 1e6,
            mean=sum(ordered) / count / 1e6 if count else 0.0,
        ),
        errors=dict(sorted(tally.errors.items())),
        unanswered=spent.unanswered,
        acknowledged_events=tally.answered_2xx * load.batch,
        cpu_share=spent.cpu_seconds / spent.seconds if spent.seconds else 0.0,
        cpu_us_per_request=spent.cpu_seconds / count * 1e6 if count else 0.0,
    )


def load_from_json(text: str) -> Load:
    """Read what `load_to_json` wrote; raises TypeError for a field that is not one of `Load`'s."""
    fields = json.loads(text)
    headers = tuple((str(name), str(value)) for name, value in fields.pop("headers", ()))
    return Load(**(fields | {"paths": tuple(fields["paths"]), "headers": headers}))


def load_to_json(load: Load) -> str:
    return json.dumps(asdict(load))


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A uvloop loop where it is installed: it halves what one request costs the generator."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def main() -> None:
    load = load_from_json(sys.argv[1] if sys.argv[1] != "-" else sys.stdin.read())

    def on_measuring() -> None:
        print(json.dumps({"phase": "measuring"}), flush=True)

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        print(json.dumps(asdict(runner.run(measure(load, on_measuring)))), flush=True)


if __name__ == "__main__":
    main()
