"""Read a file of events, one JSON object a line, into batches that one request can carry."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from actum.entrypoints.cli.limits import LINE_BYTES_MAX, SEND_BYTES_MAX
from actum.entrypoints.cli.refusals import FileUnreadable
from actum_core import canonical_json
from actum_core.errors import Invalid, Problem


@dataclass(frozen=True, slots=True)
class Line:
    """One event: its 1-based line, and its JSON as it will be sent."""

    number: int
    text: bytes


@dataclass(slots=True)
class Batch:
    """Events for one request, and the lines among them that are none. `bytes_read` counts all of them."""

    lines: list[Line] = field(default_factory=list)
    refused: list[tuple[int, Problem]] = field(default_factory=list)
    size: int = 0
    bytes_read: int = 0


def read_batches(name: str, events_max: int, id_prefix: str | None) -> Iterator[Batch]:
    """Batches in the order of the file; empty lines are passed over. Raises FileUnreadable."""
    try:
        # Not sys.stdin: at its end the interpreter would wait for whoever reads that.
        file: IO[bytes] = open(0, "rb", closefd=False) if name == "-" else Path(name).open("rb")  # noqa: SIM115
    except OSError as error:
        raise FileUnreadable(f"cannot read {name!r}: {error.strerror}") from error
    try:
        with file:
            yield from _read(file, events_max, id_prefix)
    except OSError as error:
        raise FileUnreadable(f"cannot read {name!r}: {error.strerror}") from error


def _read(file: IO[bytes], events_max: int, id_prefix: str | None) -> Iterator[Batch]:
    batch = Batch()
    for number, (text, length) in enumerate(_lines(file), start=1):
        event = _check(number, text, id_prefix) if text.strip() else None
        if isinstance(event, Line):
            if batch.lines and batch.size + len(event.text) > SEND_BYTES_MAX:
                yield batch
                batch = Batch()
            batch.lines.append(event)
            batch.size += len(event.text) + 1
        elif event is not None:
            batch.refused.append((number, event))
        batch.bytes_read += length
        # At once when it is full: whoever pipes events in as they happen wants them to arrive as they happen.
        if max(len(batch.lines), len(batch.refused)) >= events_max:
            yield batch
            batch = Batch()
    if batch.bytes_read:
        yield batch


def _lines(file: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Each line and its length; one that is too long is read to its end and given only its beginning."""
    while line := file.readline(LINE_BYTES_MAX + 1):
        length, rest = len(line), line
        while (
            not rest.endswith(b"\n") and length > LINE_BYTES_MAX and (rest := file.readline(LINE_BYTES_MAX))
        ):
            length += len(rest)
        yield line, length


def _check(number: int, text: bytes, id_prefix: str | None) -> Line | Problem:
    if len(text) > LINE_BYTES_MAX:
        return Problem("", "too_large", f"a line has at most {LINE_BYTES_MAX} bytes")
    try:
        event = canonical_json.parse(text.strip().removeprefix(b"\xef\xbb\xbf"))
    except Invalid as error:
        told = error.problems[0]
        return Problem(told.pointer, "malformed_json", told.detail)
    if not isinstance(event, dict):
        return Problem("", "wrong_type", "an event is a JSON object with a type")
    if id_prefix is not None and "id" not in event:
        event["id"] = f"{id_prefix}{number}"
        return Line(number, json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())
    return Line(number, text.strip().removeprefix(b"\xef\xbb\xbf"))
