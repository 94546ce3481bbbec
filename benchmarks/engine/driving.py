"""Drive Actum's engine as a caller does: steps alone, or folded into a chain of entries with their hashes."""

from collections.abc import Sequence
from typing import Any, Final

from actum_core import canonical_json
from actum_core.engine import Input, InputKind, State, step
from actum_core.engine.fold import ENGINE_VERSION, Arrival, Subject, fold_input, new_execution
from actum_core.ledger.entry import START_OF_CHAIN, Actor, Chain, Head, write_entries
from actum_core.template import Program

EXECUTION: Final = "exe_benchmark"
AT: Final = "2026-01-31T12:00:00.000000Z"
SALT: Final = bytes(range(32))

#: An event: its type and its data.
Posted = tuple[str, Any]


def started(program: Program, given: Any = None) -> State:
    """The state after the start."""
    return step(program, State.initial(program), _start(given)).state


def _start(given: Any) -> Input:
    return Input(InputKind.START, "start", given, AT, 1, EXECUTION)


class Stepping:
    """One execution that is stepped and not recorded: `step` alone."""

    def __init__(self, name: str, program: Program, events: Sequence[Posted], given: Any = None) -> None:
        self.name = name
        self.program = program
        self.state = started(program, given)
        self.events = events
        self.sequence = 1

    def run(self, times: int) -> None:
        program, state, sequence, kind = self.program, self.state, self.sequence, InputKind.EVENT
        events, size = self.events, len(self.events)
        for number in range(times):
            sequence += 1
            type_, data = events[number % size]
            state = step(
                program, state, Input(kind, type_, data, AT, sequence, EXECUTION, "e", "bench")
            ).state
        self.state, self.sequence = state, sequence

    def verify(self, times: int) -> None:
        assert self.sequence == times + 1


class Recording:
    """One execution whose every input is folded, as ingest and replay do: the canonical payload of the event, the
    step, the state's commitment, the entries with their payloads' commitments and their hashes."""

    def __init__(self, name: str, program: Program, events: Sequence[Posted], given: Any = None) -> None:
        self.name = name
        self.program = program
        self.events = events
        self.subject = Subject(program, SALT)
        self.chain = Chain("actum/org_benchmark/1", EXECUTION, program.digest, ENGINE_VERSION)
        self.stamp = (Actor("token", "tok_benchmark"), AT)
        start = Arrival(_start(given), canonical_json.encode({"input": given}))
        fold = fold_input(self.subject, new_execution(program), start, _find_no_held)
        self.execution = fold.execution
        self.head: Head = START_OF_CHAIN
        self.sequence = 1

    def run(self, times: int) -> None:
        events, size = self.events, len(self.events)
        for number in range(times):
            self._record(*events[number % size])

    def _record(self, type_: str, data: Any) -> None:
        self.sequence += 1
        payload = canonical_json.encode({"data": data, "id": "e", "source": "bench", "type": type_})
        given = Input(InputKind.EVENT, type_, data, AT, self.sequence, EXECUTION, "e", "bench")
        fold = fold_input(self.subject, self.execution, Arrival(given, payload), _find_no_held)
        self.execution = fold.execution
        entries = write_entries(self.chain, self.head, self.stamp, [(line, SALT) for line in fold.lines])
        self.head = Head(entries[-1].sequence, entries[-1].entry_hash, AT)

    def verify(self, times: int) -> None:
        # An event and what came of it: two entries each at least, so nothing was a no-op.
        assert self.head.sequence >= 2 * times


def _find_no_held(_: int) -> Arrival:
    raise AssertionError("nothing is held")
