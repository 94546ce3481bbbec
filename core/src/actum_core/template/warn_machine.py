"""Warn of what a machine can never do, or never stop doing: nothing here keeps it from being published."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from actum_core.expression import CostExceeded, EvaluationError, ExpressionInvalid, Meter
from actum_core.template.document import State, StateKind, Transition
from actum_core.template.expressions import Expressions, Place
from actum_core.template.names import prefixes
from actum_core.template.reader import Reader

#: Whether a guard is always true or always false, as far as that can be known; None when it depends.
Truth = Callable[[str | None], bool | None]

#: Units that finding out about one guard may cost.
_COST_MAX: Final = 1_000


def constant_truth(expressions: Expressions, place: Place) -> Truth:
    """What guards come to when nothing is known: an error that is absorbed cannot have decided."""

    found: dict[str | None, bool | None] = {None: True}

    def truth(guard: str | None) -> bool | None:
        if guard in found or guard is None:
            return found[guard]
        try:
            value = expressions.find(guard, place).evaluate({}, Meter(_COST_MAX))
        except (EvaluationError, CostExceeded, ExpressionInvalid):
            value = None
        found[guard] = value if isinstance(value, bool) else None
        return found[guard]

    return truth


def warn_machine(machine: State, truth: Truth, reader: Reader) -> None:
    """Warn of unreachable states, of transitions and guards without effect, and of cycles that never rest."""
    warner = _Warner(machine, truth, reader)
    for state in machine.descendants():
        warner.warn_of_guards(state)
        warner.warn_of_dead(state.transitions)
    warner.warn_of_restless()
    warner.warn_of_unreachable()


class _Warner:
    def __init__(self, machine: State, truth: Truth, reader: Reader) -> None:
        self._machine = machine
        self._truth = truth
        self._reader = reader
        self._states = {state.id: state for state in machine.descendants()}
        self._parents = {child.id: state for state in machine.descendants() for child in state.states}
        self._following: dict[tuple[str, ...], str | None] = {}

    def warn_of_guards(self, state: State) -> None:
        for transition in state.transitions:
            if self._truth(transition.guard) is False:
                detail = "the guard is never true, whatever happens"
                self._reader.warn(transition.pointer + "/guard", "never_true", detail)

    def warn_of_dead(self, transitions: Sequence[Transition]) -> None:
        """Transitions behind one that always comes first."""
        taken: set[str] = set()
        is_eventless_taken = False
        for transition in transitions:
            is_certain = self._truth(transition.guard) is True
            if not transition.events:
                if is_eventless_taken:
                    self._warn_dead(transition)
                is_eventless_taken = is_eventless_taken or is_certain
                continue
            if all(_is_covered(descriptor, taken) for descriptor in transition.events):
                self._warn_dead(transition)
            if is_certain:
                taken.update(transition.events)

    def _warn_dead(self, transition: Transition) -> None:
        detail = "an earlier transition without a guard always comes before this one"
        self._reader.warn(transition.pointer, "dead_transition", detail)

    def warn_of_restless(self) -> None:
        """Eventless transitions without guards that lead to each other: nothing can end the macrostep."""
        certain = {
            state.id: next(each for each in state.transitions if not each.events)
            for state in self._states.values()
            if self._is_restless(state)
        }
        following = {name: self._next_restless(self._states[name], certain) for name in certain}
        told: set[str] = set()
        for name in certain:
            path: dict[str, None] = {}
            here: str | None = name
            while here is not None and here not in path and here not in told:
                path[here] = None
                here = following[here]
            if here is not None and here in path:
                transition = certain[here]
                detail = "an eventless transition without a guard that comes back to where it was never ends"
                self._reader.warn(transition.pointer, "eventless_cycle", detail)
            told.update(path)

    def _is_restless(self, state: State) -> bool:
        """True when the first eventless transition of the state is always taken."""
        first = next((each for each in state.transitions if not each.events), None)
        return first is not None and self._truth(first.guard) is True

    def _next_restless(self, state: State, certain: dict[str, Transition]) -> str | None:
        """A state that is surely active after the eventless transition of another, and cannot rest either."""
        transition = certain[state.id]
        if not transition.targets:
            return state.id
        if transition.targets not in self._following:
            self._following[transition.targets] = self._find_restless(transition.targets, certain)
        return self._following[transition.targets]

    def _find_restless(self, targets: tuple[str, ...], certain: dict[str, Transition]) -> str | None:
        entered = [each for target in targets for each in self._entered(target)]
        for name in entered:
            if name not in certain and any(not each.events for each in self._states[name].transitions):
                return None  # another one may be taken first and lead elsewhere
        return next((name for name in entered if name in certain), None)

    def _entered(self, target: str) -> Iterator[str]:
        """The states that are surely active once a target has been entered: those around it, and its defaults."""
        yield target
        outer = self._parents.get(target)
        while outer is not None:
            yield outer.id
            outer = self._parents.get(outer.id)
        waiting = [self._states[target]]
        while waiting:
            state = waiting.pop()
            if state.kind is StateKind.PARALLEL:
                waiting.extend(child for child in state.states if not child.kind.is_history)
                yield from (child.id for child in state.states)
            elif state.kind is StateKind.COMPOUND and state.initial is not None:
                for inner in state.initial.targets:
                    yield inner
                    waiting.append(self._states[inner])

    def warn_of_unreachable(self) -> None:
        """States that no chain of transitions leads to."""
        reached: set[str] = set()
        waiting = [self._machine]
        while waiting:
            state = waiting.pop()
            if state.id in reached:
                continue
            reached.add(state.id)
            if state.kind is StateKind.PARALLEL:
                waiting.extend(child for child in state.states if not child.kind.is_history)
            for target in self._targets_of(state):
                waiting.append(self._states[target])
                outer = self._parents.get(target)
                while outer is not None and outer.id not in reached:
                    waiting.append(outer)
                    outer = self._parents.get(outer.id)
        for state in self._machine.descendants():
            if state.id not in reached and self._parents[state.id].id in reached:
                self._reader.warn(
                    state.pointer, "unreachable_state", f"nothing leads to the state {state.id!r}"
                )

    def _targets_of(self, state: State) -> Iterator[str]:
        if state.initial is not None:
            yield from state.initial.targets
        for transition in state.transitions:
            if self._truth(transition.guard) is not False:
                yield from transition.targets


def _is_covered(descriptor: str, taken: set[str]) -> bool:
    return any(prefix in taken for prefix in prefixes(descriptor))
