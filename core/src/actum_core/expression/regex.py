"""Match regular expressions in time linear in the text: a lazily built automaton, and threads for captures.

No pattern can make matching explode: the work per character is at most the size of the program, and both are
bounded. The meter is charged for the work as it is done.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from actum_core.expression.meter import Meter
from actum_core.expression.regex_syntax import (
    Assertion,
    Choice,
    Group,
    OneOf,
    Pattern,
    Ranges,
    RegexError,
    Repeat,
    Sequence,
    parse_pattern,
)
from actum_core.limits import EXPRESSION_REGEX_PROGRAM_MAX

#: Units for one thread of matching moved by one character, in the slow way of matching.
THREAD_COST: Final = 5

#: Characters that the automaton takes in for one unit once it knows its way.
CHARACTERS_PER_UNIT: Final = 2

#: Transitions an automaton remembers before it starts afresh.
TRANSITIONS_MAX: Final = 20_000

#: Groups whose place is kept: those that a replacement can name.
GROUPS_KEPT: Final = 9

Span = tuple[int, int]
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
    __slots__ = ("program",)

    def __init__(self) -> None:
        self.program: list[_Instruction] = []

    def emit(self, instruction: _Instruction) -> int:
        if len(self.program) >= EXPRESSION_REGEX_PROGRAM_MAX:
            raise RegexError(f"the pattern compiles to more than {EXPRESSION_REGEX_PROGRAM_MAX} instructions")
        self.program.append(instruction)
        return len(self.program) - 1

    def assemble(self, pattern: Pattern, after: int) -> int:
        """Where to start so as to match the pattern and go on after it; built from the end to the front."""
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
            self._set_fork(fork, again, after, pattern.is_greedy)
            after = fork
        else:
            leave = after
            for _ in range(pattern.most - pattern.least):
                fork = self.emit(_Instruction("fork"))
                again = self.assemble(pattern.part, after)
                self._set_fork(fork, again, leave, pattern.is_greedy)
                after = fork
        for _ in range(pattern.least):
            after = self.assemble(pattern.part, after)
        return after

    def _set_fork(self, fork: int, again: int, leave: int, is_greedy: bool) -> None:
        instruction = self.program[fork]
        instruction.next, instruction.other = (again, leave) if is_greedy else (leave, again)


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


class _State:
    """A state of the automaton: the instructions reached, and what kind of character was before."""

    __slots__ = ("before", "kernel", "steps")

    def __init__(self, kernel: frozenset[int], before: str) -> None:
        self.kernel = kernel
        self.before = before
        self.steps: dict[str, _State | None] = {}


class Regex:
    """A compiled pattern. ``groups`` is its number of capturing groups."""

    __slots__ = ("_automaton", "_initial", "_program", "_start", "_transitions", "groups")

    def __init__(self, source: str) -> None:
        pattern, self.groups = parse_pattern(source)
        assembler = _Assembler()
        end = assembler.emit(_Instruction("match"))
        self._start = assembler.assemble(pattern, end)
        self._program = assembler.program
        self._automaton: dict[tuple[frozenset[int], str], _State] = {}
        self._transitions = 0
        self._initial = self._state(frozenset({self._start}), "")

    # --- whether it matches ---

    def is_found(self, text: str, meter: Meter) -> bool:
        """Whether the pattern matches anywhere in the text."""
        meter.charge(1 + len(text) // CHARACTERS_PER_UNIT)
        state = self._initial
        for character in text:
            try:
                following = state.steps[character]
            except KeyError:
                following = self._step(state, character, meter)
            if following is None:
                return True
            state = following
        if "" not in state.steps:
            self._step(state, "", meter)
        return state.steps[""] is None

    def _state(self, kernel: frozenset[int], before: str) -> _State:
        key = (kernel, before)
        found = self._automaton.get(key)
        if found is None:
            found = self._automaton[key] = _State(kernel, before)
        return found

    def _step(self, state: _State, character: str, meter: Meter) -> _State | None:
        """The state after a character (empty at the end of the text), or None when the pattern has matched."""
        meter.charge(THREAD_COST * len(self._program) // 4 + THREAD_COST)
        if self._transitions >= TRANSITIONS_MAX:
            self._forget()
        self._transitions += 1
        reached, has_matched = self._closure(state, character)
        following: _State | None = None
        if not has_matched:
            program = self._program
            kernel = {
                program[place].next
                for place in reached
                if character and _within(program[place].ranges, character)
            }
            kernel.add(self._start)
            # Only what an assertion can see of the character is part of the state.
            seen = "\n" if character == "\n" else "w" if _is_word(character) else " "
            following = self._state(frozenset(kernel), seen)
        state.steps[character] = following
        return following

    def _forget(self) -> None:
        """Drop what was learnt; states in use go on, with nothing known about them."""
        for known in self._automaton.values():
            known.steps.clear()
        self._automaton.clear()
        self._automaton[(self._initial.kernel, "")] = self._initial
        self._transitions = 0

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
            meter.charge(1 + THREAD_COST * len(seen))
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


@lru_cache(maxsize=256)
def compile_regex(source: str) -> Regex:
    """The compiled pattern, remembered; raises RegexError."""
    return Regex(source)
