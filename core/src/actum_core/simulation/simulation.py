"""Let what would happen to a template happen: the one fold of live ingest and replay, under a clock of its own.

There is no other engine here. Whatever enters goes through ``fold_input``, as the ingest would hand it on: checked
for admissibility, held while paused, repeated without effect. Timers fire when the virtual clock comes to them, in
the order of their deadlines, never early; nothing is requested, sent or stored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.fold import (
    ENGINE_VERSION,
    Arrival,
    Outcome,
    Subject,
    describe_creation,
    fold_input,
    new_execution,
)
from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.lifecycle import (
    Execution,
    Lifecycle,
    check_command_admissible,
    check_event_admissible,
    check_outcome_admissible,
)
from actum_core.engine.moments import read_moment, write_moment
from actum_core.errors import ActumError, Invalid, MalformedJson, Problem
from actum_core.ledger.entry import START_OF_CHAIN, Chain, Entry, Head, Line, write_entries
from actum_core.limits import SIMULATION_SECONDS_MAX
from actum_core.simulation.arrivals import (
    arrive_event,
    arrive_order,
    arrive_outcome,
    arrive_start,
    arrive_timer,
)
from actum_core.simulation.identity import Identity, derive_identity
from actum_core.simulation.looking import Looking
from actum_core.simulation.script import Agree, Answer, Happening, Order, Post, ScriptInvalid, Wait
from actum_core.simulation.setting import ANY_ACTION, START, Setting
from actum_core.simulation.turn import Reception, Turn
from actum_core.template import Program

#: The end of the calendar: the last moment that is written with four digits of a year.
_LAST: Final = read_moment("9999-12-31T23:59:59.999999Z")

#: Bytes that are counted for one transition that was looked at: about what its JSON takes.
_LOOK_BYTES: Final = 100


class StartInvalid(Invalid):
    """Correct the input where the problems point: the template does not take an execution that begins with it."""

    code = "start_invalid"


class Ending(StrEnum):
    """Why nothing more happened."""

    #: All of the script has happened, and nobody asked for more.
    SCRIPT = "script"
    #: No timer was left to fire.
    QUIET = "quiet"
    #: The time was over.
    UNTIL = "until"
    #: As many inputs as may be, or as many bytes.
    INPUTS = "inputs"
    BYTES = "bytes"


class _Ended(Exception):
    """Nothing more may happen."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending


class Simulation:
    """One execution of a program that nothing is saved of.

    ``play`` does it all; whoever wants to go step by step takes its turns one at a time. After it, or between two
    turns, everything can be read: ``turns``, ``entries``, ``execution``, ``moment``, ``ending``.
    """

    def __init__(
        self, program: Program, start_input: JsonValue = None, setting: Setting | None = None
    ) -> None:
        """Raises StartInvalid."""
        self.program = program
        self.setting = setting or Setting()
        self.identity: Identity = self.setting.identity or derive_identity(program, self.setting.seed)
        self.start_input = _check_start(program, {} if start_input is None else start_input)
        self.turns: list[Turn] = []
        self.entries: list[Entry] = []
        self.execution = new_execution(program)
        self.head: Head = START_OF_CHAIN
        #: Where the virtual clock stands, in nanoseconds since 1970.
        self.clock = read_moment(self.setting.start or START)
        self.started_at = self.moment
        self.ending: Ending | None = None
        self._folded = Subject(program, self.identity.state_salt)
        self._chain = Chain(self.identity.log, self.identity.execution, program.digest, ENGINE_VERSION)
        self._outcomes = dict(self.setting.outcomes)
        self._keys: dict[tuple[str, str], bytes] = {}
        self._held: dict[int, Arrival] = {}
        self._inputs = 0
        self._bytes = 0
        #: Nothing happens after this.
        self._end = _LAST

    @property
    def moment(self) -> str:
        """Where the virtual clock stands, as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``."""
        text = write_moment(self.clock)
        assert text is not None, "a script that leaves the calendar is refused"
        return text

    def play(self, script: Sequence[Happening] = ()) -> Iterator[Turn]:
        """Begin, let the script happen, and go on as the setting says: turn by turn.

        Raises ScriptInvalid, before anything happens, when the script goes back in time or beyond its bound.
        """
        moments = self._schedule(script)
        try:
            yield self._create()
            yield from self._enter(arrive_start(self._place(), self.start_input))
            for happening, moment in zip(script, moments, strict=True):
                yield from self._advance(moment)
                yield from self._happen(happening)
                yield from self._advance(self.clock)
            yield from self._finish()
        except _Ended as ended:
            self.ending = ended.ending

    # --- Time -----------------------------------------------------------------------------------------

    def _schedule(self, script: Sequence[Happening]) -> list[int]:
        """When each member happens, and where the clock is set; waits happen when they are over."""
        if self.setting.start is None and script and script[0].moment is not None:
            self.clock = script[0].moment
        self.clock = -(-self.clock // 1_000) * 1_000
        self.started_at = self.moment
        bound = min(self.clock + SIMULATION_SECONDS_MAX * 10**9, _LAST)
        self._end = bound if self.setting.until is None else min(bound, self.clock + self.setting.until)
        moments, problems, clock = [], [], self.clock
        for happening in script:
            waited = happening.what.nanoseconds if isinstance(happening.what, Wait) else happening.after
            moment = clock + waited if happening.moment is None else happening.moment
            # No finer than what is recorded, and never early.
            moment = -(-moment // 1_000) * 1_000
            if moment < clock:
                detail = "this is before what the line before it has come to"
                problems.append(Problem(happening.pointer + "/at", "in_the_past", detail))
            elif moment > bound:
                detail = f"a simulation spans at most {SIMULATION_SECONDS_MAX} seconds"
                problems.append(Problem(happening.pointer, "out_of_range", detail))
            clock = max(clock, moment)
            moments.append(clock)
        if problems:
            raise ScriptInvalid(problems)
        return moments

    def _advance(self, moment: int) -> Iterator[Turn]:
        """Let the clock come to a moment, firing on the way what is due, and at last what is due just then."""
        is_beyond = moment > self._end
        yield from self._fire(min(moment, self._end))
        if is_beyond:
            self.clock = self._end
            raise _Ended(Ending.UNTIL)
        self.clock = moment

    def _finish(self) -> Iterator[Turn]:
        setting = self.setting
        if setting.until is None and not setting.is_to_quiet:
            raise _Ended(Ending.SCRIPT)
        yield from self._fire(self._end)
        if setting.is_to_quiet and self.execution.next_due is None:
            raise _Ended(Ending.QUIET)
        self.clock = self._end
        raise _Ended(Ending.UNTIL)

    def _fire(self, moment: int) -> Iterator[Turn]:
        """Fire every timer that is due by a moment, and those that are set meanwhile."""
        while (due := self.execution.next_due) is not None and read_moment(due) <= moment:
            # Overdue ones, after a pause, fire now: the clock never goes back.
            self.clock = max(self.clock, read_moment(due))
            first = self.execution.state.first_timer
            assert first is not None
            yield from self._enter(arrive_timer(self._place(), first[0], due))

    # --- What happens ---------------------------------------------------------------------------------

    def _happen(self, happening: Happening) -> Iterator[Turn]:
        what, pointer = happening.what, happening.pointer
        match what:
            case Post():
                yield from self._post(what, pointer)
            case Order():
                yield from self._order(what, pointer)
            case Answer():
                yield from self._answer(what, pointer)
            case Agree():
                self._outcomes.update(what.outcomes)
                yield from self._settle()
            case Wait():
                pass

    def _post(self, post: Post, pointer: str) -> Iterator[Turn]:
        arrival = arrive_event(self._place(), post)
        name = (post.source, arrival.input.id)
        first = self._keys.get(name)
        if first == arrival.payload:
            yield self._note(arrival.input, Reception.REPEATED, [], pointer)
            return
        try:
            if first is not None:
                detail = f"{post.id!r} was first used with other content"
                raise Invalid([Problem("/id", "idempotency_key_reused", detail)])
            check_event_admissible(self.execution)
            problems = self.program.check_event(post.name, post.data)
            if problems:
                raise Invalid(_placed(problem) for problem in problems)
        except ActumError as refusal:
            yield self._refuse(arrival.input, refusal, pointer)
            return
        self._keys[name] = arrival.payload
        yield from self._enter(arrival, pointer)

    def _order(self, order: Order, pointer: str) -> Iterator[Turn]:
        arrival = arrive_order(self._place(), order)
        try:
            check_command_admissible(self.execution, order.command)
        except ActumError as refusal:
            yield self._refuse(arrival.input, refusal, pointer)
            return
        yield from self._enter(arrival, pointer)

    def _answer(self, answer: Answer, pointer: str) -> Iterator[Turn]:
        place = self._place()._replace(kind=InputKind.OUTCOME, name=answer.request or answer.of)
        request = self._find_request(answer)
        try:
            if request is None:
                wanted = answer.request or answer.of
                detail = "nothing waits for an outcome" + (f" of {wanted[:64]!r}" if wanted else "")
                raise Invalid([Problem("", "unknown_request", detail)])
            check_outcome_admissible(self.execution, request)
        except ActumError as refusal:
            yield self._refuse(place, refusal, pointer)
            return
        yield from self._enter(arrive_outcome(self._place(), request, answer.outcome), pointer)

    def _find_request(self, answer: Answer) -> str | None:
        # What came while it was paused is over, though the state does not know of it yet.
        over = {each.input.name for each in self._held.values() if each.input.kind is InputKind.OUTCOME}
        waiting = {key: each for key, each in self.execution.state.requests.items() if key not in over}
        if answer.request:
            return answer.request if answer.request in waiting else None
        for request_id, request in waiting.items():
            if answer.of in ("", request.subject):
                return request_id
        return None

    def _settle(self) -> Iterator[Turn]:
        """Answer what has an outcome agreed on, oldest first; an answer may lead to the next request."""
        while (found := self._find_agreed()) is not None:
            request, outcome = found
            yield self._take(arrive_outcome(self._place(), request, outcome))

    def _find_agreed(self) -> tuple[str, dict[str, JsonValue]] | None:
        if self.execution.lifecycle is not Lifecycle.RUNNING or not self._outcomes:
            return None
        for request_id, request in self.execution.state.requests.items():
            outcome = self._outcomes.get(request.subject)
            if outcome is None:
                outcome = self._outcomes.get(ANY_ACTION)
                # What a model would have said cannot be made up; that it said nothing can.
                if outcome is None or (request.kind != "action" and outcome["ok"]):
                    continue
            return request_id, outcome
        return None

    # --- Folding --------------------------------------------------------------------------------------

    def _place(self) -> Input:
        """An input without anything but its place."""
        sequence = self.execution.input_sequence + 1
        return Input(InputKind.EVENT, "", None, self.moment, sequence, self.identity.execution)

    def _create(self) -> Turn:
        said = {**self.identity.created, "input": self.start_input}
        line = describe_creation(self._folded, self.execution, canonical_json.encode(said))
        return self._keep(Turn(0, None, "created", self.moment, Reception.APPLIED, 0, self.execution), [line])

    def _enter(self, arrival: Arrival, pointer: str = "") -> Iterator[Turn]:
        """Take in an input that was found admissible; then what answers itself."""
        yield self._take(arrival, pointer)
        yield from self._settle()

    def _take(self, arrival: Arrival, pointer: str = "") -> Turn:
        """Fold one input."""
        if self._inputs >= self.setting.inputs_max:
            raise _Ended(Ending.INPUTS)
        if self._bytes >= self.setting.bytes_max:
            raise _Ended(Ending.BYTES)
        self._inputs += 1
        given, before = arrival.input, self.execution
        fold = fold_input(self._folded, before, arrival, self._find_held)
        if fold.outcome is Outcome.HELD:
            self._held[given.sequence] = arrival
        self.execution = fold.execution
        reception = Reception(fold.outcome.value)
        turn = Turn(
            len(self.turns), given.kind, given.name, given.at, reception, given.sequence, fold.execution
        )
        if self.setting.is_traced:
            turn = self._look(turn, before, arrival)
        return self._keep(replace(turn, pointer=pointer), fold.lines)

    def _look(self, turn: Turn, before: Execution, arrival: Arrival) -> Turn:
        """Take the input in once more, only to look: whether anybody does cannot change what happens."""
        looking = Looking()
        fold_input(self._folded, before, arrival, self._find_held, trace=looking)
        self._bytes += _LOOK_BYTES * sum(len(each.looks) for each in looking.selections)
        return replace(turn, selections=tuple(looking.selections), cost=looking.cost)

    def _find_held(self, sequence: int) -> Arrival:
        return self._held[sequence]

    def _refuse(self, given: Input, refusal: ActumError, pointer: str) -> Turn:
        problems = [Problem(pointer, refusal.code, str(refusal))]
        if isinstance(refusal, Invalid):
            problems = [replace(each, pointer=pointer + each.pointer) for each in refusal.problems]
        return self._note(given, Reception.REFUSED, problems, pointer)

    def _note(self, given: Input, reception: Reception, problems: list[Problem], pointer: str) -> Turn:
        """A turn of which nothing is recorded."""
        turn = Turn(len(self.turns), given.kind, given.name, given.at, reception, 0, self.execution)
        turn = replace(turn, problems=tuple(problems), pointer=pointer)
        self.turns.append(turn)
        return turn

    def _keep(self, turn: Turn, lines: Sequence[Line]) -> Turn:
        """Write the entries of a turn behind those before it."""
        first = self.head.sequence + 1
        salted = [(line, self.identity.salt_of(first + place)) for place, line in enumerate(lines)]
        entries = write_entries(self._chain, self.head, (self.identity.actor, turn.at), salted)
        self.head = Head(entries[-1].sequence, entries[-1].entry_hash, turn.at)
        self.entries.extend(entries)
        turn = replace(turn, entries=tuple(entries))
        self.turns.append(turn)
        if turn.execution.held == 0:
            self._held.clear()
        self._bytes += sum(len(entry.header) + len(entry.payload) for entry in entries)
        self._bytes += len(turn.execution.state.canonical())
        return turn


def _check_start(program: Program, start_input: JsonValue) -> JsonValue:
    """The input as it is recorded. Raises StartInvalid."""
    try:
        # A state keeps its input two levels deep.
        parsed = canonical_json.parse(canonical_json.encode({"state": {"input": start_input}}))
    except MalformedJson as error:
        problem = error.problems[0]
        raise StartInvalid([replace(problem, pointer=problem.pointer.removeprefix("/state/input"))]) from None
    found: JsonValue = parsed["state"]["input"]
    problems = program.check_start(found)
    if problems:
        raise StartInvalid(problems)
    return found


def _placed(problem: Problem) -> Problem:
    """A problem of an event with its place in the event."""
    pointer = "/type" if problem.code == "unknown_event" else "/data" + problem.pointer
    return replace(problem, pointer=pointer)
