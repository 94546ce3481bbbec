"""`actum send`: one event, or a file of them, into an execution."""

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter, validators

from actum.entrypoints.cli.app import example
from actum.entrypoints.cli.batches import Batch, Line, read_batches
from actum.entrypoints.cli.client import Client, connect, path_of
from actum.entrypoints.cli.documents import parse_value
from actum.entrypoints.cli.entries import describe_states
from actum.entrypoints.cli.limits import BATCHES_AHEAD_MAX, REFUSALS_TOLD_MAX, SEND_EVENTS_MAX
from actum.entrypoints.cli.options import DEFAULT_SERVER, ExecutionName, FileOption, ServerOptions
from actum.entrypoints.cli.progress import Progress, show_progress
from actum.entrypoints.cli.refusals import Exit, UsageError
from actum.entrypoints.cli.screen import Screen

app = App(
    name="send",
    help_format="plaintext",
    help_epilogue=example(
        "actum send demo-1 tick",
        """actum send order-4711 payment.received --data '{"amount": 120}' --id pay-1""",
        "actum send order-4711 --file events.jsonl",
        "generate-events | actum send order-4711 --file - --id-prefix night-",
    ),
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class EventOptions:
    """What can be said of one event."""

    event_data: Annotated[str | None, Parameter(name="--data", help="What happened: JSON, or @FILE.")] = None
    event_id: Annotated[
        str | None, Parameter(name="--id", help="The event's name; sent again, it gets its first answer.")
    ] = None
    source: Annotated[str | None, Parameter(help="Who saw it; ids are unique within a source.")] = None
    occurred_at: Annotated[str | None, Parameter(help="When, by RFC 3339: 2026-01-31T12:00:00Z.")] = None
    expected_seq: Annotated[
        int | None,
        Parameter(validator=validators.Number(gte=0), help="Only if this is the execution's latest entry."),
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """Where many events come from."""

    file: FileOption = None
    id_prefix: Annotated[
        str | None,
        Parameter(
            help="Events without an id get this and their line's number, so that the file may be sent again."
        ),
    ] = None
    batch: Annotated[
        int, Parameter(validator=validators.Number(gte=1, lte=SEND_EVENTS_MAX), help="Events of one request.")
    ] = SEND_EVENTS_MAX


_NO_EVENT: Final = EventOptions()
_NO_FILE: Final = FileOptions()


@dataclass(slots=True)
class Summary:
    """What became of the events of a file."""

    execution: str
    sent: int = 0
    applied: int = 0
    held: int = 0
    duplicates: int = 0
    failed: int = 0
    refused: int = 0
    began: float = field(default_factory=time.monotonic)
    seq: int = 0
    configuration: list[str] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Since the first line was asked for."""
        return time.monotonic() - self.began

    @property
    def rate(self) -> int:
        """Events a second."""
        return round(self.sent / max(self.seconds, 0.001))

    def refuse(self, line: int, code: str, detail: str) -> None:
        """Count an event that was not recorded; the first ones are named."""
        self.refused += 1
        if len(self.refusals) < REFUSALS_TOLD_MAX:
            self.refusals.append({"line": line, "code": code, "detail": detail})

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "object": "sendSummary",
            "executionId": self.execution,
            "sent": self.sent,
            "applied": self.applied,
            "held": self.held,
            "duplicates": self.duplicates,
            "failed": self.failed,
            "refused": self.refused,
            "seconds": round(self.seconds, 3),
            "eventsPerSecond": self.rate,
            "seq": self.seq,
            "configuration": self.configuration,
            "refusals": self.refusals,
        }


@app.default
def send(
    execution: ExecutionName,
    event_type: Annotated[str | None, Parameter(name="TYPE", help="The event's type.")] = None,
    /,
    *,
    event: EventOptions = _NO_EVENT,
    many: FileOptions = _NO_FILE,
    server: ServerOptions = DEFAULT_SERVER,
) -> Exit:
    """Send one event into an execution, or with --file many in their order.

    An event that has an id is recorded once, however often it is sent; so a file
    whose events have ids (or that is sent with the same --id-prefix) may be sent
    again after any interruption. The next requests are read and checked while one
    is under way; they never overtake each other.

    Exits with 1 when an event was refused, or recorded as failed.
    """
    if (event_type is None) == (many.file is None):
        raise UsageError("give the TYPE of one event, or --file with many")
    if event_type is None and event != _NO_EVENT:
        raise UsageError(
            "--data, --id, --source, --occurred-at and --expected-seq are for one event, not for --file"
        )
    with connect(server) as client:
        screen = Screen(server.is_json)
        if event_type is not None:
            return _send_one(screen, client, execution, _describe(event_type, event))
        return _send_file(screen, client, execution, many)


def _describe(event_type: str, event: EventOptions) -> dict[str, Any]:
    body: dict[str, Any] = {"type": event_type}
    if event.event_data is not None:
        body["data"] = parse_value("--data", event.event_data)
    given = {
        "id": event.event_id,
        "source": event.source,
        "occurredAt": event.occurred_at,
        "expectedSeq": event.expected_seq,
    }
    return body | {name: value for name, value in given.items() if value is not None}


def _send_one(screen: Screen, client: Client, execution: str, body: dict[str, Any]) -> Exit:
    answer = client.post(path_of("executions", execution, "events"), body)
    text = f"{answer['outcome']}: {describe_states(answer['configuration'])}  ({_span(answer)})"
    if answer["duplicate"]:
        text = f"sent before, first answer: {text}"
    if answer["failure"]:
        text += f"\n  {answer['failure'].get('message', answer['failure'])}"
    screen.tell(answer, lambda console: console.print(text, soft_wrap=True))
    return Exit.FAILED if answer["outcome"] == "failed" else Exit.OK


def _span(answer: dict[str, Any]) -> str:
    first, last = answer["firstSeq"], answer["seq"]
    return f"entry {last}" if first == last else f"entries {first} to {last}"


def _send_file(screen: Screen, client: Client, execution: str, many: FileOptions) -> Exit:
    assert many.file is not None
    # Named by its id from here on: the server then has not to look it up for every request.
    found = client.get(path_of("executions", execution))
    summary = Summary(found["id"], seq=found["seq"], configuration=found["configuration"])
    path = path_of("executions", found["id"], "events")
    size = Path(many.file).stat().st_size if many.file != "-" and Path(many.file).is_file() else None
    is_interrupted = False
    with show_progress("sending", size) as progress:
        try:
            for batch in _read_ahead(read_batches(many.file, many.batch, many.id_prefix)):
                for line, problem in batch.refused:
                    summary.refuse(line, problem.code, problem.detail)
                if batch.lines and not _send_batch(client, path, batch.lines, summary):
                    break
                _advance(progress, batch, summary)
        except KeyboardInterrupt:
            # How far it came is what somebody needs who goes on later.
            is_interrupted = True
    screen.tell(summary.told(), lambda console: console.print(_describe_summary(summary), soft_wrap=True))
    if is_interrupted:
        return Exit.INTERRUPTED
    return Exit.FAILED if summary.refused or summary.failed else Exit.OK


def _send_batch(client: Client, path: str, lines: list[Line], summary: Summary) -> bool:
    """Send one batch and count what became of it; False when nothing more can enter this execution."""
    answer = client.post(path, b"[" + b",".join(line.text for line in lines) + b"]")
    summary.sent += len(lines)
    for line, told in zip(lines, answer["data"], strict=True):
        if told["object"] == "problem":
            summary.refuse(line.number, told["code"], told["detail"])
            continue
        summary.seq, summary.configuration = told["seq"], told["configuration"]
        if told["duplicate"]:
            summary.duplicates += 1
        elif told["outcome"] == "applied":
            summary.applied += 1
        elif told["outcome"] == "held":
            summary.held += 1
        else:
            summary.failed += 1
    return any(told["object"] != "problem" or told["code"] != "invalid_state" for told in answer["data"])


def _read_ahead(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Batches in their order, of which some are read and checked while others are sent."""
    ready: queue.Queue[Batch | Exception | None] = queue.Queue(BATCHES_AHEAD_MAX)

    def read() -> None:
        try:
            for batch in batches:
                ready.put(batch)
            ready.put(None)
        except Exception as error:  # raised again where it can be answered
            ready.put(error)

    # A daemon, because it may wait for ever for standard input when Ctrl-C ends the command.
    threading.Thread(target=read, name="read-ahead", daemon=True).start()
    while (found := ready.get()) is not None:
        if isinstance(found, Exception):
            raise found
        yield found


def _advance(progress: Progress, batch: Batch, summary: Summary) -> None:
    progress.advance(
        batch.bytes_read, f"{summary.sent} events, {summary.rate:,}/s, {summary.refused} refused"
    )


def _describe_summary(summary: Summary) -> str:
    counts = {
        "applied": summary.applied,
        "held back": summary.held,
        "sent before": summary.duplicates,
        "failed": summary.failed,
        "refused": summary.refused,
    }
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing"
    lines = [f"{summary.sent} events in {summary.seconds:.1f} s ({summary.rate:,} events/s): {told}"]
    lines.append(f"now at entry {summary.seq}: {describe_states(summary.configuration)}")
    lines.extend(f"  line {each['line']}: {each['detail']} ({each['code']})" for each in summary.refusals)
    if summary.refused > len(summary.refusals):
        lines.append(f"  and {summary.refused - len(summary.refusals)} more")
    return "\n".join(lines)
