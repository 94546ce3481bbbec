"""`actum watch`: follow an execution's state and ledger as it happens."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx2
from cyclopts import App, Parameter, validators

from actum.entrypoints.cli.app import example
from actum.entrypoints.cli.client import Client, StreamOver, connect, path_of
from actum.entrypoints.cli.entries import describe_states, entry_line
from actum.entrypoints.cli.limits import (
    RECONNECT_SECONDS_MAX,
    RETRY_SECONDS_MAX,
    RETRY_SECONDS_MIN,
    STREAM_SILENCE_SECONDS_MAX,
)
from actum.entrypoints.cli.options import DEFAULT_SERVER, ExecutionName, ServerOptions
from actum.entrypoints.cli.refusals import ApiRefused
from actum.entrypoints.cli.screen import Screen, short_json

app = App(
    name="watch",
    help_format="plaintext",
    help_epilogue=example("actum watch order-4711", "actum watch order-4711 --after 0 --json | jq .kind"),
)


@dataclass(slots=True)
class Standing:
    """Where the watched execution stands, as far as its entries have come."""

    seq: int
    lifecycle: str
    configuration: list[str]
    variables: dict[str, Any] = field(default_factory=dict)

    def take(self, entry: Mapping[str, Any]) -> None:
        """Become what an entry made of it."""
        delta = entry.get("delta") or {}
        self.seq = entry["seq"]
        self.lifecycle = delta.get("lifecycle", self.lifecycle)
        node = delta.get("node")
        if node is None:
            self.configuration = delta.get("configuration", self.configuration)
            self.variables.update(delta.get("vars", {}))
        elif "#" not in node:  # a machine that was started by another stays in the entries
            others = [state for state in self.configuration if not state.startswith(f"{node}/")]
            self.configuration = [*others, *(f"{node}/{state}" for state in delta["configuration"])]
            self.variables.update({f"{node}.{name}": value for name, value in delta.get("vars", {}).items()})

    def line(self) -> str:
        """On one line."""
        states = describe_states(self.configuration) or "(no state)"
        known = f"  {short_json(self.variables)}" if self.variables else ""
        return f"{self.lifecycle}: {states}  entry {self.seq}{known}"


@app.default
def watch(
    execution: ExecutionName,
    /,
    *,
    after: Annotated[int | None, Parameter(validator=validators.Number(gte=0))] = None,
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Follow an execution until it is over, or until Ctrl-C: every ledger entry,
    and where it stands now.

    A connection that breaks is opened again where it was; no entry is missed or
    shown twice. With --json, one entry a line.

    Parameters
    ----------
    after
        Begin behind the entry with this sequence; 0 shows everything.  [default: the entries still to come]
    """
    screen = Screen(server.is_json)
    with connect(server) as client:
        path = path_of("executions", execution)
        state = client.get(f"{path}/state")
        standing = Standing(state["seq"], state["lifecycle"], state["configuration"], state["vars"])
        if not _is_live(screen):
            screen.say(standing.line())
        if after is not None:
            standing = Standing(after, "…", [])
        follow(screen, client, path, standing)


def follow(screen: Screen, client: Client, path: str, standing: Standing) -> None:
    """Show entries until the execution is over; on a terminal, where it stands remains below them."""
    with _live(screen, standing) as live:
        for entry in _entries(client, path, standing.seq):
            if entry["object"] == "end":
                screen.tell_line(entry, f"the execution is {entry['lifecycle']}: nothing more will happen")
                return
            standing.take(entry)
            screen.tell_line(entry, entry_line(entry))
            if live is not None:
                live.update(_cut(standing.line()), refresh=True)


def _live(screen: Screen, standing: Standing) -> Any:
    if not _is_live(screen):
        return nullcontext()
    from rich.live import Live

    return Live(_cut(standing.line()), console=screen.console, transient=True, auto_refresh=False)


def _is_live(screen: Screen) -> bool:
    return not screen.is_json and screen.console.is_terminal


def _cut(line: str) -> str:
    """At most one line of the terminal: what is drawn over itself must not wrap."""
    return line[: shutil.get_terminal_size().columns - 1]


def _entries(client: Client, path: str, after: int) -> Iterator[dict[str, Any]]:
    """What the stream tells, in order and once each, over as many connections as it takes."""
    # `after` says where to begin; a stream that broke goes on from the id of what came last.
    request: dict[str, Any] = {"params": {"after": after}, "silence_seconds_max": STREAM_SILENCE_SECONDS_MAX}
    broken_at: float | None = None
    pause = RETRY_SECONDS_MIN
    while True:
        reason: Exception = httpx2.ReadError("the stream ended")
        try:
            with client.stream("GET", f"{path}/stream", **request) as events:
                broken_at, pause = None, RETRY_SECONDS_MIN
                for told in _tellings(events):
                    yield told
                    if told["object"] == "end":
                        return
                    request = {**request, "params": {}, "headers": {"Last-Event-ID": str(told["seq"])}}
        except StreamOver:
            state = client.get(f"{path}/state")
            yield {"object": "end", **{name: state[name] for name in ("executionId", "seq", "lifecycle")}}
            return
        except ApiRefused as error:
            # A server that is starting or stopping; every other refusal stays one.
            if error.problem.get("status") != 503:
                raise
            reason = error
        except httpx2.TransportError as error:
            reason = error
        broken_at = time.monotonic() if broken_at is None else broken_at
        if time.monotonic() - broken_at > RECONNECT_SECONDS_MAX:
            raise client.absent(reason) from reason
        time.sleep(pause)
        pause = min(pause * 2, RETRY_SECONDS_MAX)


def _tellings(events: Iterator[httpx2.ServerSentEvent]) -> Iterator[dict[str, Any]]:
    """What the events say, without those that only set the id or the time between connections."""
    for event in events:
        if not event.data:
            continue
        told: dict[str, Any] = json.loads(event.data)
        if event.event == "problem":
            raise ApiRefused(told)
        yield told
