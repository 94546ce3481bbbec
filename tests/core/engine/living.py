"""Lead executions through the fold on a clock of the test's own, keep their chain, and replay it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from actum_core import canonical_json
from actum_core.engine import Input, InputKind
from actum_core.engine.fold import (
    ENGINE_VERSION,
    Arrival,
    Fold,
    Subject,
    describe_creation,
    describe_outcome,
    describe_timer,
    fold_input,
    new_execution,
)
from actum_core.engine.lifecycle import (
    Command,
    Execution,
    check_command_admissible,
    check_event_admissible,
    check_outcome_admissible,
    check_timer_admissible,
    restore_execution,
)
from actum_core.engine.outputs import Request
from actum_core.engine.replay import Replayed, Replayer
from actum_core.ledger.chain import StoredEntry
from actum_core.ledger.entry import START_OF_CHAIN, Actor, Chain, Entry, Head, Line, write_entries
from actum_core.template import Program

EXECUTION = "exe_01h2xcejqtf2nbrexx3vqjhp41"
ACTOR = Actor("token", "pat_1")
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def moment(seconds: float) -> str:
    """So many seconds after the test's clock began."""
    text = (_BEGINNING + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"{text}Z"


def _counted() -> Iterator[bytes]:
    return (number.to_bytes(32, "big") for number in count(1))


@dataclass
class Life:
    """One execution. With ``is_restored`` it is read back from its stored bytes before every input."""

    program: Program
    is_restored: bool = False
    seconds: float = 0.0
    entries: list[Entry] = field(default_factory=list)
    #: What was stored after each input, by the sequence of its last entry.
    stored: dict[int, bytes] = field(default_factory=dict)
    #: Requests that nobody has answered.
    asked: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.subject = Subject(self.program, bytes(32))
        self.chain = Chain("actum/test/1", EXECUTION, self.program.digest, ENGINE_VERSION)
        self._salts = _counted()
        self._held: dict[int, Arrival] = {}
        self.head = START_OF_CHAIN
        self.execution: Execution = new_execution(self.program)
        self._write([describe_creation(self.subject, self.execution, b"{}")])

    # --- What may happen ---

    def start(self, given: Any = None) -> Fold:
        payload = canonical_json.encode({"input": given})
        return self._take(InputKind.START, "start", canonical_json.parse(payload)["input"], payload)

    def post(self, name: str, data: Any = None) -> Fold:
        check_event_admissible(self.execution)
        sequence = self.execution.input_sequence + 1
        said = {"data": data, "id": f"e{sequence}", "source": "law", "type": name}
        payload = canonical_json.encode(said)
        parsed = canonical_json.parse(payload)
        return self._take(InputKind.EVENT, name, parsed["data"], payload)

    def fire(self) -> Fold:
        """Let the clock run to the next timer and fire it."""
        state = self.execution.state
        key = state.timer_order[0]
        due = state.timers[key].due
        self.seconds = max(self.seconds, (datetime.fromisoformat(due) - _BEGINNING).total_seconds())
        check_timer_admissible(self.execution, key, moment(self.seconds))
        return self._take(InputKind.TIMER, key, None, describe_timer(key, due))

    def answer(self, **outcome: Any) -> Fold:
        """The outcome of the request that waits longest."""
        request = self.asked[0]
        check_outcome_admissible(self.execution, request.id)
        del self.asked[0]
        payload = describe_outcome(request.id, outcome)
        return self._take(InputKind.OUTCOME, request.id, canonical_json.parse(payload)["outcome"], payload)

    def command(self, command: Command) -> Fold:
        check_command_admissible(self.execution, command)
        return self._take(InputKind.COMMAND, command.value, {}, b"{}")

    # --- What follows ---

    def _take(self, kind: InputKind, name: str, data: Any, payload: bytes) -> Fold:
        if self.is_restored:
            self.execution = restore_execution(self.program, self.execution.canonical())
        sequence = self.execution.input_sequence + 1
        given = Input(kind, name, data, moment(self.seconds), sequence, EXECUTION)
        if kind is InputKind.EVENT:
            given = given._replace(id=f"e{sequence}", source="law")
        arrival = Arrival(given, payload)
        fold = fold_input(self.subject, self.execution, arrival, self._held.__getitem__)
        if fold.outcome == "held":
            self._held[sequence] = arrival
        self.execution = fold.execution
        self.asked.extend(fold.requests)
        self._write(fold.lines)
        self.stored[self.head.sequence] = self.execution.canonical()
        return fold

    def _write(self, lines: list[Line]) -> None:
        salted = [(line, next(self._salts)) for line in lines]
        self.entries += write_entries(self.chain, self.head, (ACTOR, moment(self.seconds)), salted)
        self.head = Head(self.entries[-1].sequence, self.entries[-1].entry_hash, moment(self.seconds))

    def replay(self, start: int = 0, parts: int = 7) -> Replayed:
        """Replay the rest from what is stored at a sequence, so many entries at a time."""
        rows = [StoredEntry(*entry) for entry in self.entries]
        standing = (new_execution(self.program), START_OF_CHAIN)
        if start:
            head = Head(start, rows[start - 1].entry_hash, "")
            standing = (restore_execution(self.program, self.stored[start]), head)
        replayer = Replayer(self.subject, self.chain, standing, self._held.__getitem__)
        for at in range(start, len(rows), parts):
            replayer.feed(rows[at : at + parts])
        return replayer.finish()

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        """The payloads of all entries of some kinds, each with its kind."""
        return [
            {"kind": entry.kind, **canonical_json.parse(entry.payload)}  # type: ignore[dict-item]
            for entry in self.entries
            if entry.kind in kinds
        ]
