"""Match regular expressions in time linear in the text: a lazily built automaton, and threads for captures.

No pattern can make matching explode: the work per character is at most the size of the program, and both are
bounded. The meter is charged for the work as it is done.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from threading import Lock
from typing import Final

from actum_core.expression.meter import Meter
from actum_core.expression.regex_ranges import Ranges
from actum_core.expression.regex_syntax import (
    Assertion,
    Choice,
    Group,
    OneOf,
    Pattern,
    RegexError,
    Repeat,
    Sequence,
    parse_pattern,
)
from actum_core.limits import EXPRESSION_REGEX_PROGRAM_MAX

#: Units for one thread of matching moved by one character, in the slow way of matching.
THREAD_COST: Final = 8

#: Characters that the automaton takes in for one unit once it knows its way.
CHARACTERS_PER_UNIT: Final = 2

#: Transitions an automaton remembers before it starts afresh, a large one counted as several.
TRANSITIONS_MAX: Final = 4_000

#: Groups whose place is kept: those that a replacement can name.
GROUPS_KEPT: Final = 9

Captures = tuple[int, ...]


@dataclass(slots=True)
class _Instruction:
    """One step of a program: a character (``ranges``), a fork, an assertion, a mark, or the end (``match``)."""

    kind: str
    next: int = -1
    other: int = -1
    ranges: Ranges = ()
    assertion: str = ""
    slot: int = 0


class _Assembler:
    __slots__ = ("parts", "program")

    def __init__(self) -> None:
        self.program: list[_Instruction] = []
        self.parts = 0

    def emit(self, instruction: _Instruction) -> int:
        if len(self.program) >= EXPRESSION_REGEX_PROGRAM_MAX:
            raise RegexError(f"the pattern compiles to more than {EXPRESSION_REGEX_PROGRAM_MAX} instructions")
        self.program.append(instruction)
        return len(self.program) - 1

    def assemble(self, pattern: Pattern, after: int) -> int:
        """Where to start so as to match the pattern and go on after it; built from the end to the front."""
        # Empty parts emit nothing, so that repeating them is bounded apart.
        self.parts += 1
        if self.parts > 4 * EXPRESSION_REGEX_PROGRAM_MAX:
            raise RegexError("the pattern repeats too many parts")
        match pattern:
            case OneOf():
                return self.emit(_Instruction("character", next=after, ranges=pattern.ranges))
            case Assertion():
                return self.emit(_Instruction("assert", next=after, assertion=pattern.kind))
            case Sequence():
                for part in reversed(pattern.parts):
                    after = self.assemble(part, after)
                return after
            case Choice():
                start = self.assemble(pattern.options[-1], after)
                for option in reversed(pattern.options[:-1]):
                    first = self.assemble(option, after)
                    start = self.emit(_Instruction("fork", next=first, other=start))
                return start
            case Group():
                if pattern.number > GROUPS_KEPT:
                    return self.assemble(pattern.part, after)
                end = self.emit(_Instruction("save", next=after, slot=2 * pattern.number + 1))
                start = self.assemble(pattern.part, end)
                return self.emit(_Instruction("save", next=start, slot=2 * pattern.number))
            case Repeat():
                return self._repeat(pattern, after)

    def _repeat(self, pattern: Repeat, after: int) -> int:
        if pattern.most is None:
            fork = self.emit(_Instruction("fork"))
            again = self.assemble(pattern.part, fork)
            self._set_fork(fork, pattern, again, after)
            after = fork
        else:
            leave = after
            for _ in range(pattern.most - pattern.least):
                fork = self.emit(_Instruction("fork"))
                again = self.assemble(pattern.part, after)
                self._set_fork(fork, pattern, again, leave)
                after = fork
        for _ in range(pattern.least):
            after = self.assemble(pattern.part, after)
        return after

    def _set_fork(self, fork: int, pattern: Repeat, again: int, leave: int) -> None:
        instruction = self.program[fork]
        instruction.next, instruction.other = (again, leave) if pattern.is_greedy else (leave, again)


def _is_word(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())


def _holds(assertion: str, before: str, after: str) -> bool:
    """Whether an assertion holds between two characters; at the ends of the text they are empty."""
    match assertion:
        case "start":
            return not before
        case "end":
            return not after
        case "line_start":
            return not before or before == "\n"
        case "line_end":
            return not after or after == "\n"
        case _:
            return (_is_word(before) != _is_word(after)) is (assertion == "word")


def _within(ranges: Ranges, character: str) -> bool:
    code = ord(character)
    place = bisect_right(ranges, (code, 0x110000)) - 1
    return place >= 0 and ranges[place][0] <= code <= ranges[place][1]


#: What is known of a transition that was never taken.
_UNKNOWN: Final[tuple[None, int]] = (None, 0)


class _State:
    """A state of the automaton: the instructions reached, and what kind of character was before.

    ``steps`` has the state after each character that was seen, None when the pattern has matched there, with the
    number of the round in which it was paid for.
    """

    __slots__ = ("before", "kernel", "steps")

    def __init__(self, kernel: frozenset[int], before: str) -> None:
        self.kernel = kernel
        self.before = before
        self.steps: dict[str, tuple[_State | None, int]] = {}


class Regex:
    """A compiled pattern. ``groups`` is its number of capturing groups.

    The automaton is kept between calls, but what a call costs does not depend on it: each call pays for every
    transition once, whether it was known or not. Replaying a step elsewhere therefore costs the same.
    """

    __slots__ = ("_automaton", "_initial", "_lock", "_program", "_round", "_start", "_weight", "groups")

    def __init__(self, source: str) -> None:
        pattern, self.groups = parse_pattern(source)
        assembler = _Assembler()
        end = assembler.emit(_Instruction("match"))
        self._start = assembler.assemble(pattern, end)
        self._program = assembler.program
        self._lock = Lock()
        self._round = 0
        self._forget()

    @property
    def size(self) -> int:
        """Instructions of the program."""
        return len(self._program)

    # --- whether it matches ---

    def is_found(self, text: str, meter: Meter) -> bool:
        """Whether the pattern matches anywhere in the text."""
        meter.charge(1 + len(text) // CHARACTERS_PER_UNIT)
        with self._lock:
            self._round += 1
            if self._weight > TRANSITIONS_MAX:
                self._forget()
            return self._run(text, meter)

    def _run(self, text: str, meter: Meter) -> bool:
        state = self._initial
        current, paid = self._round, 0
        for character in chain(text, ("",)):
            following, round_paid = state.steps.get(character, _UNKNOWN)
            if round_paid != current:
                cost = THREAD_COST * (1 + len(state.kernel))
                meter.charge(cost)
                paid += cost
                if paid > TRANSITIONS_MAX * THREAD_COST:
                    # Only this call's own transitions count, so that this happens at the same place everywhere.
                    self._forget()
                    state = self._state(state.kernel, state.before)
                    paid = 0
                if round_paid == 0:
                    following = self._step(state, character)
                state.steps[character] = (following, current)
            if following is None:
                return True
            state = following
        return False

    def _forget(self) -> None:
        self._automaton: dict[tuple[frozenset[int], str], _State] = {}
        self._weight = 0
        self._initial = self._state(frozenset({self._start}), "")

    def _state(self, kernel: frozenset[int], before: str) -> _State:
        key = (kernel, before)
        found = self._automaton.get(key)
        if found is None:
            found = self._automaton[key] = _State(kernel, before)
            self._weight += 1 + len(kernel)
        return found

    def _step(self, state: _State, character: str) -> _State | None:
        """The state after a character (empty at the end of the text), or None when the pattern has matched."""
        self._weight += 1
        reached, has_matched = self._closure(state, character)
        if has_matched:
            return None
        program = self._program
        kernel = {
            program[place].next
            for place in reached
            if character and _within(program[place].ranges, character)
        }
        kernel.add(self._start)
        # Only what an assertion can see of the character is part of the state.
        seen = "\n" if character == "\n" else "w" if _is_word(character) else " "
        return self._state(frozenset(kernel), seen)

    def _closure(self, state: _State, after: str) -> tuple[list[int], bool]:
        """The character instructions reached without a character, and whether the end was."""
        program, reached = self._program, []
        pending, seen = list(state.kernel), set(state.kernel)
        while pending:
            place = pending.pop()
            instruction = program[place]
            if instruction.kind == "match":
                return [], True
            if instruction.kind == "character":
                reached.append(place)
                continue
            if instruction.kind == "assert" and not _holds(instruction.assertion, state.before, after):
                continue
            for target in (instruction.next, instruction.other):
                if target >= 0 and target not in seen:
                    seen.add(target)
                    pending.append(target)
        return reached, False

    # --- where it matches ---

    def search(self, text: str, start: int, meter: Meter) -> Captures | None:
        """The leftmost match from a place on, as RE2 and Perl choose it.

        The result has the start and end of the whole match and of each group, -1 where a group took no part.
        """
        best: Captures | None = None
        threads: list[tuple[int, Captures]] = []
        empty = (-1,) * (2 * min(self.groups, GROUPS_KEPT) + 2)
        for place in range(start, len(text) + 1):
            before, after = text[place - 1 : place], text[place : place + 1]
            following: list[tuple[int, Captures]] = []
            if best is None:
                threads.append((self._start, (place, *empty[1:])))
            seen: set[int] = set()
            for instruction, captures in threads:
                found = self._follow(instruction, captures, seen, (before, after, place), following)
                if found is not None:
                    best = found
                    break
            meter.charge(THREAD_COST * (1 + len(seen)))
            threads = [
                (self._program[at].next, captures)
                for at, captures in following
                if after and _within(self._program[at].ranges, after)
            ]
            if not threads and best is not None:
                break
        return best

    def _follow(
        self,
        start: int,
        captures: Captures,
        seen: set[int],
        around: tuple[str, str, int],
        following: list[tuple[int, Captures]],
    ) -> Captures | None:
        """Run a thread up to the next character, in order of preference; its captures when it has matched."""
        before, after, place = around
        pending = [(start, captures)]
        while pending:
            at, captures = pending.pop()
            if at in seen:
                continue
            seen.add(at)
            instruction = self._program[at]
            match instruction.kind:
                case "match":
                    return (captures[0], place, *captures[2:])
                case "character":
                    following.append((at, captures))
                case "fork":
                    pending.append((instruction.other, captures))
                    pending.append((instruction.next, captures))
                case "save":
                    slot = instruction.slot
                    pending.append((instruction.next, (*captures[:slot], place, *captures[slot + 1 :])))
                case _:
                    if _holds(instruction.assertion, before, after):
                        pending.append((instruction.next, captures))
        return None


@lru_cache(maxsize=64)
def compile_regex(source: str) -> Regex:
    """The compiled pattern, remembered; raises RegexError."""
    return Regex(source)
