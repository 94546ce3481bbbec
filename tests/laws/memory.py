"""The ingest without a database: the same deciding, with what would be stored kept in memory.

Salts are counted and the clock stands still, so that what must be equal is equal byte for byte.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from actum.executions.arrivals import Answer, Received, Submission
from actum.executions.control import describe_command
from actum.executions.decide import Batch, InputName, decide_submission
from actum.executions.places import Place
from actum.executions.receive import Post, receive_events
from actum.executions.start import start_place
from actum.orgs.access import Caller, Role
from actum_core import canonical_json
from actum_core.engine.fold import ENGINE_VERSION, Arrival, Subject, describe_creation, new_execution
from actum_core.engine.lifecycle import Command, restore_execution
from actum_core.engine.replay import Replayed, Replayer, read_arrival
from actum_core.errors import ActumError
from actum_core.identifiers import Prefix, format_identifier
from actum_core.ledger.chain import StoredEntry
from actum_core.ledger.entry import START_OF_CHAIN, Actor, Chain, Entry, Head, write_entries
from actum_core.template import Program

NOW = "2026-03-01T12:00:00.123456Z"
ORG, EXECUTION = UUID(int=1), UUID(int=2)
CALLER = Caller(ORG, "org_1", UUID(int=3), Role.ADMIN, frozenset(), Actor("token", "pat_1"))

#: What may be done to an execution: an event's name, key and data; or a command and its key.
Event = tuple[str, str, Any]
Move = Event | tuple[Command, str]


def received_of(move: Move) -> Received:
    """A move as the ingest gets it."""
    if isinstance(move[0], Command):
        return describe_command(move[0], move[1], "")
    name, key, data = move
    body = json.dumps({"type": name, "id": key, "source": "law", "data": data}).encode()
    [received] = receive_events(Post("application/json", {}, None), body).events
    assert isinstance(received, Received), received
    return received


def _counted() -> Iterator[bytes]:
    return (number.to_bytes(32, "big") for number in count(1))


@dataclass
class Memory:
    """One execution. With ``is_restored`` its state is read back from its stored bytes before every batch."""

    program: Program
    start_input: Any
    is_restored: bool = False
    entries: list[Entry] = field(default_factory=list)
    answers: list[Answer | ActumError] = field(default_factory=list)
    #: The stored form of the execution after each entry that ends a batch, by its sequence.
    stored: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.subject = Subject(self.program, bytes(32))
        self.chain = Chain(
            "actum/test/1",
            format_identifier(Prefix.EXECUTION, EXECUTION),
            self.program.digest,
            ENGINE_VERSION,
        )
        self._salts = _counted()
        self._first: dict[InputName, tuple[bytes, Answer]] = {}
        self._held: dict[tuple[UUID, int], Arrival] = {}
        self._create()

    def _create(self) -> None:
        execution = new_execution(self.program)
        payload = canonical_json.encode({"input": self.start_input})
        line = describe_creation(self.subject, execution, payload)
        self.entries = write_entries(
            self.chain, START_OF_CHAIN, (CALLER.actor, NOW), [(line, next(self._salts))]
        )
        head = Head(1, self.entries[0].entry_hash, NOW)
        self.place = Place(ORG, EXECUTION, self.chain, self.subject, execution, head, execution, head)
        batch = self._batch()
        start_place(batch, self.place, CALLER, canonical_json.parse(payload)["input"])
        self._keep(batch)

    def _batch(self) -> Batch:
        self.place = self.place.standing_at(self.place.execution, self.place.head)
        if self.is_restored:
            execution = restore_execution(self.program, self.place.execution.canonical())
            self.place = self.place.standing_at(execution, self.place.head)
        return Batch(
            now=NOW,
            places={EXECUTION: self.place},
            salts=self._salts.__next__,
            first_answers=dict(self._first),
            held=dict(self._held),
            was_searched=True,
        )

    def _keep(self, batch: Batch) -> None:
        """What the database would store."""
        added = [entry for _, entry in batch.written.entries]
        self.entries = [*self.entries, *added]
        for _, received, answer in batch.written.inputs:
            self._first[EXECUTION, received.source, received.key] = (received.fingerprint, answer)
        for entry in added:
            if entry.kind == "held":
                arrival = read_arrival(self.chain.execution, StoredEntry(*entry), NOW)
                self._held[EXECUTION, entry.input_sequence] = arrival
        self.stored[self.place.head.sequence] = self.place.execution.canonical()

    def play(self, groups: Sequence[Sequence[Sequence[Move]]]) -> "Memory":
        """Commit batches, each of several submissions, each of several moves."""
        loop = asyncio.new_event_loop()
        for group in groups:
            batch = self._batch()
            for moves in group:
                received = [received_of(move) for move in moves]
                submission = Submission(ORG, EXECUTION, CALLER.actor, received, False, loop.create_future())
                self.answers += decide_submission(batch, submission)
            self._keep(batch)
        loop.close()
        return self

    def replay(self, start: int, parts: int) -> Replayed:
        """Replay the rest from what is stored at a sequence, so many entries at a time."""
        rows = [StoredEntry(*entry) for entry in self.entries]
        standing = (new_execution(self.program), START_OF_CHAIN)
        if start:
            head = Head(start, rows[start - 1].entry_hash, NOW)
            standing = (restore_execution(self.program, self.stored[start]), head)
        replayer = Replayer(
            self.subject, self.chain, standing, lambda sequence: self._held[EXECUTION, sequence]
        )
        for at in range(start, len(rows), parts):
            replayer.feed(rows[at : at + parts])
        return replayer.finish()


def alike(answer: Answer | ActumError) -> Any:
    """An answer, so that answers can be compared."""
    return answer._replace(is_duplicate=False) if isinstance(answer, Answer) else (type(answer), str(answer))
