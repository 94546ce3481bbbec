"""Fold an execution's recorded inputs again and compare every byte of what comes of them with the record.

Nothing is requested, sent or stored: replay has no hands. Whatever entered is taken from the entries that
recorded it; their time, actor and salts are facts, everything else in them is computed anew.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actum_core import canonical_json
from actum_core.engine.fold import Arrival, Subject, describe_creation, fold_input
from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.lifecycle import Command, Execution
from actum_core.errors import ActumError
from actum_core.ledger.chain import StoredEntry
from actum_core.ledger.entry import NO_HASH, Actor, Chain, Entry, Head, Line, write_entries

#: Kinds of entries that record an input as it enters; what follows up to the next of these came of it.
_COMMANDS: Final = {"paused": Command.PAUSE, "resumed": Command.RESUME, "cancelled": Command.CANCEL}
OPENING_KINDS: Final = frozenset({"created", "started", "event", "timer", "outcome", "held", *_COMMANDS})

_actor_of: Final = re.compile(rb'\{"actor":\{"ref":"([^"\\]*)","type":"([^"\\]*)"\}').match
_time_of: Final = re.compile(rb'"ts":"([^"\\]*)","typ":"[^"\\]*","v":1\}').search
_TIME_TAIL: Final = 80


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where the record is not what its inputs give."""

    sequence: int
    member: str
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """Where a replay stands: the execution, its recomputed head, and the first difference if there was one."""

    execution: Execution
    head: Head
    inputs: int
    difference: Difference | None


class Replayer:
    """Takes an execution's entries in order, in parts of any size, and folds them again.

    ``find_held`` finds events that were held back before the place where the replay began.
    """

    def __init__(
        self,
        subject: Subject,
        chain: Chain,
        start: tuple[Execution, Head],
        find_held: Callable[[int], Arrival],
    ) -> None:
        self._subject = subject
        self._chain = chain
        self._execution, self._head = start
        self._find_earlier = find_held
        self._held: dict[int, Arrival] = {}
        self._open: list[StoredEntry] = []
        self._inputs = 0
        self._difference: Difference | None = None

    def feed(self, entries: Iterable[StoredEntry]) -> None:
        """Take the entries that follow those given before."""
        for entry in entries:
            if entry.kind in OPENING_KINDS and self._open:
                self._fold()
            self._open.append(entry)

    def finish(self) -> Replayed:
        """Fold what is still open; call it once, after the last entry of an input."""
        if self._open:
            self._fold()
        return self.standing

    @property
    def standing(self) -> Replayed:
        """Where the replay stands now, without the input that is still open."""
        return Replayed(self._execution, self._head, self._inputs, self._difference)

    def _fold(self) -> None:
        recorded, self._open = self._open, []
        if self._difference is not None:
            return  # the state is not the recorded one any more: what follows would say nothing
        opening = recorded[0]
        stamp = _stamp_of(opening.header)
        try:
            execution, lines = self._lines_of(opening, stamp[1])
        except (ActumError, KeyError, ValueError, TypeError) as error:
            self._difference = Difference(opening.sequence, "input", opening.kind, f"not replayable: {error}")
            return
        salted = [
            (line, (recorded[index].payload_salt if index < len(recorded) else None) or NO_HASH)
            for index, line in enumerate(lines)
        ]
        replayed = write_entries(self._chain, self._head, stamp, salted)
        self._difference = _first_difference(recorded, replayed)
        self._execution = execution
        self._head = Head(replayed[-1].sequence, replayed[-1].entry_hash, stamp[1])
        self._inputs += opening.kind != "created"

    def _lines_of(self, opening: StoredEntry, at: str) -> tuple[Execution, list[Line]]:
        if opening.payload is None:
            raise ValueError("its payload was erased")
        if opening.kind == "created":
            return self._execution, [describe_creation(self._subject, self._execution, opening.payload)]
        arrival = read_arrival(self._chain.execution, opening, at)
        fold = fold_input(self._subject, self._execution, arrival, self._find_held)
        if opening.kind == "held":
            self._held[opening.input_sequence] = arrival
        elif opening.kind == "resumed":
            self._held.clear()
        return fold.execution, fold.lines

    def _find_held(self, input_sequence: int) -> Arrival:
        return self._held.get(input_sequence) or self._find_earlier(input_sequence)


def read_arrival(execution: str, opening: StoredEntry, at: str) -> Arrival:
    """What entered, from the entry that recorded it. ``at`` is that entry's time."""
    payload = opening.payload or b""
    said: dict[str, Any] = canonical_json.parse(payload)
    sequence = opening.input_sequence
    if opening.kind == "started":
        found = Input(InputKind.START, "start", said["input"], at, sequence, execution)
    elif opening.kind in _COMMANDS:
        found = Input(InputKind.COMMAND, _COMMANDS[opening.kind].value, said, at, sequence, execution)
    elif opening.kind == "timer":
        found = Input(InputKind.TIMER, said["timer"], None, at, sequence, execution)
    elif opening.kind == "outcome" or "request" in said:
        found = Input(InputKind.OUTCOME, said["request"], said["outcome"], at, sequence, execution)
    else:
        found = Input(
            InputKind.EVENT,
            said["type"],
            said["data"],
            at,
            sequence,
            execution,
            said["id"],
            said["source"],
            said.get("occurredAt"),
        )
    return Arrival(found, payload)


def _stamp_of(header: bytes) -> tuple[Actor, str]:
    """The actor and the time in a header; those of no one and never where it is not one."""
    actor, time = _actor_of(header), _time_of(header, max(0, len(header) - _TIME_TAIL))
    if actor is not None and time is not None:
        return Actor(actor[2].decode(errors="replace"), actor[1].decode(errors="replace")), time[1].decode(
            errors="replace"
        )
    try:
        found = canonical_json.parse(header)
        return Actor(str(found["actor"]["type"]), str(found["actor"]["ref"])), str(found["ts"])
    except (ActumError, KeyError, TypeError):
        return Actor("", ""), ""


def _first_difference(recorded: Sequence[StoredEntry], replayed: Sequence[Entry]) -> Difference | None:
    for found, expected in zip(recorded, replayed, strict=False):
        if found.header == expected.header and found.entry_hash == expected.entry_hash:
            if found.kind == expected.kind and found.payload == expected.payload:
                continue
            member = "kind" if found.kind != expected.kind else "payload"
            return Difference(found.sequence, member, found.kind, expected.kind)
        return _explain(found, expected)
    if len(recorded) > len(replayed):
        extra = recorded[len(replayed)]
        return Difference(extra.sequence, "entry", extra.kind, "nothing")
    if len(recorded) < len(replayed):
        missing = replayed[len(recorded)]
        return Difference(missing.sequence, "entry", "nothing", missing.kind)
    return None


def _explain(found: StoredEntry, expected: Entry) -> Difference:
    """Name the first member of the header that differs, the payload itself where its commitment does."""
    if found.header == expected.header:
        return Difference(found.sequence, "entryHash", found.entry_hash.hex(), expected.entry_hash.hex())
    try:
        recorded = canonical_json.parse(found.header)
        replayed = canonical_json.parse(expected.header)
        for member in replayed:
            if recorded.get(member) != replayed[member]:
                if member == "payload":
                    return Difference(
                        found.sequence,
                        "payload",
                        (found.payload or b"").decode(errors="replace"),
                        expected.payload.decode(errors="replace"),
                    )
                return Difference(found.sequence, member, str(recorded.get(member)), str(replayed[member]))
    except (ActumError, AttributeError):
        pass
    return Difference(
        found.sequence, "header", found.header.decode(errors="replace"), expected.header.decode()
    )
