"""`actum watch`: follow an execution's state and ledger as it happens."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx2
from cyclopts import App, Parameter, validators

from actum.entrypoints.cli.app import example
from actum.entrypoints.cli.client import Client, connect, path_of
from actum.entrypoints.cli.entries import describe_states, entry_line
from actum.entrypoints.cli.limits import (
    RECONNECT_SECONDS_MAX,
    RETRY_SECONDS_MAX,
    RETRY_SECONDS_MIN,
    STREAM_SILENCE_SECONDS_MAX,
)
from actum.entrypoints.cli.options import DEFAULT_SERVER, ExecutionName, ServerOptions
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
        self.configuration = delta.get("configuration", self.configuration)
        self.variables.update(delta.get("vars", {}))

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
        screen.say(standing.line())
        if after is not None:
            standing = Standing(after, "…", [])
        follow(screen, client, f"{path}/stream", standing)


def follow(screen: Screen, client: Client, path: str, standing: Standing) -> None:
    """Show entries until the execution is over; on a terminal, where it stands remains below them."""
    with _live(screen, standing) as live:
        for entry in _entries(client, path, standing.seq):
            if entry["object"] == "end":
                screen.say(f"the execution is {entry['lifecycle']}: nothing more will happen")
                return
            standing.take(entry)
            screen.tell_line(entry, entry_line(entry))
            if live is not None:
                live.update(standing.line(), refresh=True)


def _live(screen: Screen, standing: Standing) -> Any:
    if screen.is_json or not screen.console.is_terminal:
        return nullcontext()
    from rich.live import Live

    return Live(standing.line(), console=screen.console, transient=True, auto_refresh=False)


def _entries(client: Client, path: str, after: int) -> Iterator[dict[str, Any]]:
    """What the stream tells, in order and once each, over as many connections as it takes."""
    heard_at, pause = time.monotonic(), RETRY_SECONDS_MIN
    while True:
        broken: Exception = httpx2.ReadError("the stream ended")
        try:
            # `after` says where to begin; a stream that is resumed is resumed by the id of what came last.
            request = {"params": {"after": after}, "headers": {"Last-Event-ID": str(after)}}
            with client.stream(
                "GET", path, silence_seconds_max=STREAM_SILENCE_SECONDS_MAX, **request
            ) as events:
                for event in events:
                    heard_at, pause = time.monotonic(), RETRY_SECONDS_MIN
                    if not event.data:
                        continue
                    told: dict[str, Any] = json.loads(event.data)
                    yield told
                    if told["object"] == "end":
                        return
                    after = told["seq"]
        except httpx2.TransportError as error:
            broken = error
        if time.monotonic() - heard_at > RECONNECT_SECONDS_MAX:
            raise client.absent(broken) from broken
        time.sleep(pause)
        pause = min(pause * 2, RETRY_SECONDS_MAX)
