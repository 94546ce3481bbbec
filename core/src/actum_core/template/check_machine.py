"""Check the structure of a machine: its levels, initial states and targets."""

from collections.abc import Sequence

from actum_core.template.document import Initial, State, StateKind
from actum_core.template.reader import Reader, suggestion


def check_machine(machine: State, reader: Reader) -> None:
    """Report what is wrong with the states and transitions of a machine."""
    checker = _MachineChecker(machine, reader)
    for state in machine.descendants():
        if reader.is_full:
            return
        checker.check_state(state)


class _MachineChecker:
    def __init__(self, machine: State, reader: Reader) -> None:
        self._machine = machine
        self._reader = reader
        self._states = {state.id: state for state in machine.descendants() if state.id}
        self._parents: dict[str, State] = {}
        for state in machine.descendants():
            for child in state.states:
                self._parents[child.id] = state

    def check_state(self, state: State) -> None:
        self._check_children(state)
        if state.initial is not None:
            self._check_initial(state, state.initial)
        for transition in state.transitions:
            if self._check_targets(transition.targets, transition.pointer):
                self._check_orthogonal(transition.targets, transition.pointer)

    def _check_children(self, state: State) -> None:
        is_inner = any(not child.kind.is_history for child in state.states)
        if state.kind is StateKind.COMPOUND:
            if not is_inner:
                self._reader.report(
                    state.pointer, "missing_field", "at least one state is needed under 'states'"
                )
            elif state.initial is None or not state.initial.targets:
                detail = "the field 'initial' is missing: it names the state to begin in"
                self._reader.report(state.pointer, "missing_initial", detail)
        elif state.kind is StateKind.PARALLEL:
            if not is_inner:
                self._reader.report(state.pointer, "missing_field", "a parallel state needs states")
            for child in state.states:
                if child.kind is StateKind.FINAL:
                    self._reader.report(
                        child.pointer, "bad_value", "a region of a parallel state cannot be final"
                    )
        elif state.kind.is_history and (state.initial is None or not state.initial.targets):
            self._reader.report(
                state.pointer, "missing_field", "the field 'target' is missing: where to go at first"
            )

    def _check_initial(self, state: State, initial: Initial) -> None:
        if not self._check_targets(initial.targets, initial.pointer) or not initial.targets:
            return
        around = self._parents[state.id] if state.kind.is_history else state
        for target in initial.targets:
            if around is not self._machine and around not in self._ancestors(target):
                detail = f"{target!r} does not stand within {around.id!r}"
                self._reader.report(initial.pointer, "bad_target", detail)
            elif state.kind.is_history and self._states[target].kind.is_history:
                self._reader.report(initial.pointer, "bad_target", "a history cannot lead to a history")
            elif state.kind is StateKind.SHALLOW_HISTORY and self._parents[target] is not around:
                detail = f"a shallow history leads to a state directly within {around.id!r}, or make it deep"
                self._reader.warn(initial.pointer, "bad_target", detail)
        self._check_orthogonal(initial.targets, initial.pointer)

    def _check_targets(self, targets: Sequence[str], pointer: str) -> bool:
        unknown = [target for target in targets if target not in self._states and not self._reader.is_full]
        for target in unknown:
            detail = f"there is no state {target[:64]!r}{suggestion(target, self._states)}"
            self._reader.report(pointer, "unknown_state", detail)
        return not unknown

    def _check_orthogonal(self, targets: Sequence[str], pointer: str) -> None:
        """Several targets must be states that can be active at the same time (SCXML, 3.13: legal configurations)."""
        if self._is_legal(targets) or self._reader.is_full:
            return
        for place, second in enumerate(targets):
            for first in targets[:place]:
                if not self._is_orthogonal(first, second):
                    detail = (
                        f"{first!r} and {second!r} cannot both be entered: they are not in parallel regions"
                    )
                    self._reader.report(pointer, "bad_target", detail)
                    return

    def _is_legal(self, targets: Sequence[str]) -> bool:
        """Whether all of them, none twice, lie in different regions: one walk upwards from each."""
        wanted = set(targets)
        ways: dict[str, str] = {}
        for target in targets:
            below = target
            for state in self._ancestors(target):
                if state.id in wanted:
                    return False
                if state.kind is not StateKind.PARALLEL and ways.setdefault(state.id, below) != below:
                    return False
                below = state.id
        return len(wanted) == len(targets)

    def _is_orthogonal(self, first: str, second: str) -> bool:
        above = self._ancestors(first)
        if self._states[first] in self._ancestors(second) or self._states[second] in above:
            return False
        common = next((state for state in self._ancestors(second) if state in above), self._machine)
        return common.kind is StateKind.PARALLEL

    def _ancestors(self, state_id: str) -> list[State]:
        """From the parent outwards, the machine last."""
        found = []
        state = self._parents.get(state_id)
        while state is not None:
            found.append(state)
            state = self._parents.get(state.id)
        return found
