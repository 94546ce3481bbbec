"""The algorithm of W3C SCXML 1.0, appendix D, over numbered states; names follow its procedures.

Document order is ascending order of numbers and the descendants of a state are the numbers from its own up to its
``last``, so sets of states are sets of integers and no work grows with the number of states that are not involved.
Differences from the text, none of which it lets a document observe: a guard is evaluated once per selection, and
a guard that keeps failing is told once per macrostep (see ``Run.fail_guard``).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from actum_core.canonical_json import JsonValue
from actum_core.engine.machine import Machine, Node, Transition, find_domain
from actum_core.engine.run import ContentFailed, Run
from actum_core.template.document import StateKind

#: Cost units per state that is looked at in a microstep, and per atomic state whose transitions are.
_STATE_COST: Final = 16
_SELECTION_COST: Final = 4

_NONE: Final[dict[int, Node]] = {}

#: The atomic descendants that were active, or the active children, by number of history state.
History = dict[int, tuple[int, ...]]


def start_machine(run: Run) -> None:
    """Enter the machine for the first time and run until it is quiet (SCXML: interpret)."""
    root = run.tables.machine.root
    entry = _EntrySet(run)
    # The machine itself is entered first, as if it were the target of a transition from nowhere.
    run.members = set()
    entry.add_descendants(root)
    entered = _enter_states(run, entry)
    _end_microstep(run, None, (), [], entered)
    run_until_quiet(run)


def process_message(run: Run, name: str) -> bool:
    """One external event, which ``run.activation`` has as its message: a whole macrostep (SCXML: mainEventLoop).

    Answers whether the event itself enabled a transition.
    """
    run.failed_guards.clear()
    enabled = _select_transitions(run, name)
    if enabled:
        _microstep(run, name, enabled)
    run_until_quiet(run)
    return bool(enabled)


def run_until_quiet(run: Run) -> None:
    """The rest of a macrostep: eventless transitions, and events from the internal queue."""
    while run.is_running:
        enabled = _select_transitions(run, None)
        if enabled:
            _microstep(run, None, enabled)
        elif run.queue:
            run.spend_microstep()
            message = run.queue.popleft()
            run.activation["message"] = message
            enabled = _select_transitions(run, message["name"])
            if enabled:
                _microstep(run, message["name"], enabled)
        else:
            return


# --- Selection ----------------------------------------------------------------------------------------


def _select_transitions(run: Run, event: str | None) -> list[Transition]:
    """selectTransitions and, for no event, selectEventlessTransitions."""
    machine = run.tables.machine
    atomic = [i for i in run.active if machine.nodes[i].is_atomic]
    run.meter.charge(len(atomic) * _SELECTION_COST)
    verdicts: dict[int, bool] = {}
    enabled: dict[int, Transition] = {}
    for state in atomic:
        for transition in machine.candidates(state, event):
            if transition.guard is not None:
                holds = verdicts.get(transition.order)
                if holds is None:
                    holds = verdicts[transition.order] = transition.guard(run)
                if not holds:
                    continue
            enabled[transition.order] = transition
            break
    kept = list(enabled.values()) if len(enabled) < 2 else _remove_conflicting(run, enabled.values())
    if run.is_traced:
        run.tell_selection(event, verdicts, enabled, kept)
    return kept


def _remove_conflicting(run: Run, enabled: Iterable[Transition]) -> list[Transition]:
    """removeConflictingTransitions: of two that would leave a common state, the one from deeper within wins,
    else the one that was found earlier."""
    kept: dict[int, Transition] = {}
    #: Which of the kept transitions leaves a state; no two of them leave the same.
    owners: dict[int, Transition] = {}
    for transition in enabled:
        exits = _exit_set(run, transition)
        run.meter.charge(len(exits))
        rivals = {owners[i].order: owners[i] for i in exits if i in owners}
        if all(rival.source.holds(transition.source) for rival in rivals.values()):
            for order, rival in rivals.items():
                del kept[order]
                owners = {i: owner for i, owner in owners.items() if owner is not rival}
            kept[transition.order] = transition
            owners.update(dict.fromkeys(exits, transition))
    return list(kept.values())


def _exit_set(run: Run, transition: Transition) -> tuple[int, ...]:
    """computeExitSet for one transition, ascending."""
    if not transition.targets:
        return ()
    domain = _transition_domain(run, transition)
    active = run.active
    return active[bisect_right(active, domain.index) : bisect_right(active, domain.last)]


def _transition_domain(run: Run, transition: Transition) -> Node:
    """getTransitionDomain of a transition that has targets; only what history remembers can change it."""
    return transition.domain or find_domain(transition, _effective_targets(run, transition.targets))


def _effective_targets(run: Run, targets: Sequence[Node]) -> Sequence[Node]:
    """getEffectiveTargetStates: history states stand for what they remember, or for their default."""
    if not any(target.is_history for target in targets):
        return targets
    found: list[Node] = []
    for target in targets:
        if not target.is_history:
            found.append(target)
            continue
        remembered = run.history.get(target.index)
        if remembered is not None:
            found.extend(run.tables.machine.nodes[i] for i in remembered)
        else:
            found.extend(_effective_targets(run, target.initial_targets))
    return found


# --- One microstep ------------------------------------------------------------------------------------


def _microstep(run: Run, event: str | None, enabled: list[Transition]) -> None:
    run.spend_microstep()
    exits = sorted({i for transition in enabled for i in _exit_set(run, transition)}, reverse=True)
    entry = _EntrySet(run)
    run.meter.charge((len(run.active) + len(exits)) * _STATE_COST)
    run.members = set(run.active)
    nodes = run.tables.machine.nodes
    _remember(run, exits)
    # The entry set depends on what history has just been told, so it comes after.
    entry.add_transitions(enabled)
    for index in exits:
        for content in nodes[index].exit:
            content(run)
        run.members.discard(index)
    for transition in enabled:
        if transition.content is not None:
            transition.content(run)
    entered = _enter_states(run, entry)
    _end_microstep(run, event, enabled, [nodes[i].id for i in exits], entered)


def _remember(run: Run, exits: list[int]) -> None:
    """Record history for every state that is about to be left (exitStates, first loop)."""
    nodes = run.tables.machine.nodes
    is_own = False
    for index in exits:
        for history in nodes[index].histories:
            if history.kind is StateKind.DEEP_HISTORY:
                last = nodes[index].last
                found = tuple(i for i in run.active if index < i <= last and nodes[i].is_atomic)
            else:
                found = tuple(child.index for child in nodes[index].children if child.index in run.members)
            if run.history.get(history.index) != found:
                if not is_own:
                    run.history = dict(run.history)
                    is_own = True
                run.history[history.index] = found


def _enter_states(run: Run, entry: "_EntrySet") -> list[str]:
    """enterStates; answers the ids in the order of entry."""
    nodes = run.tables.machine.nodes
    entered = sorted(entry.states)
    run.meter.charge(len(entered) * _STATE_COST)
    for index in entered:
        node = nodes[index]
        run.members.add(index)
        for content in node.entry:
            content(run)
        if index in entry.by_default and node.initial_content is not None:
            node.initial_content(run)
        for history in entry.by_history.get(index, _NONE).values():
            if history.initial_content is not None:
                history.initial_content(run)
        if node.is_final:
            _reach_final(run, node)
    return [nodes[i].id for i in entered if i]


def _reach_final(run: Run, node: Node) -> None:
    parent = node.parent
    assert parent is not None, "the machine itself is never final"
    if parent.parent is None:
        run.is_running = False
        return
    run.raise_event(f"done.state.{parent.id}", final_output(run, node), f"/states/{node.id}")
    grandparent = parent.parent
    if grandparent.is_parallel and all(_is_in_final(run, region) for region in grandparent.children):
        run.raise_event(f"done.state.{grandparent.id}", None, f"/states/{node.id}")


def final_output(run: Run, node: Node) -> JsonValue:
    """The data of a final state, or null when it fails (SCXML, 5.7)."""
    if node.output is None:
        return None
    try:
        return node.output(run)
    except ContentFailed as failure:
        run.fail(failure)
        return None


def _is_in_final(run: Run, node: Node) -> bool:
    """isInFinalState."""
    if node.is_parallel:
        return all(_is_in_final(run, child) for child in node.children)
    return any(child.is_final and child.index in run.members for child in node.children)


def _end_microstep(
    run: Run, event: str | None, enabled: Sequence[Transition], exited: list[str], entered: list[str]
) -> None:
    run.active = tuple(sorted(run.members))
    if not run.is_running:
        leave_machine(run)
    run.draft_transition(event, enabled, exited, entered)
    if not run.is_running:
        run.complete()


def leave_machine(run: Run) -> None:
    """exitInterpreter: run what the remaining states do when left; the configuration stays to be seen."""
    nodes = run.tables.machine.nodes
    for index in reversed(run.active):
        for content in nodes[index].exit:
            content(run)
    for index in run.active:
        node = nodes[index]
        if node.is_final and node.parent is run.tables.machine.root:
            run.output = final_output(run, node)


class _EntrySet:
    """computeEntrySet: which states a microstep enters, and which of them by default or through a history."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._machine: Machine = run.tables.machine
        self.states: set[int] = set()
        self.by_default: set[int] = set()
        #: History states without a memory, by the state that they stand in.
        self.by_history: dict[int, dict[int, Node]] = {}
        self._complete: set[int] = set()

    def add_transitions(self, enabled: list[Transition]) -> None:
        for transition in enabled:
            if not transition.targets:
                continue
            for target in transition.targets:
                self.add_descendants(target)
            domain = _transition_domain(self._run, transition)
            for target in _effective_targets(self._run, transition.targets):
                self._add_ancestors(target, domain)

    def add_descendants(self, node: Node) -> None:
        """addDescendantStatesToEnter."""
        if node.is_history:
            self._add_history(node)
            return
        self.states.add(node.index)
        if node.kind is StateKind.COMPOUND:
            self.by_default.add(node.index)
            self._add_all(node.initial_targets, node)
        elif node.is_parallel:
            self._add_regions(node)

    def _add_history(self, node: Node) -> None:
        parent = node.parent
        assert parent is not None, "the machine itself is no history"
        remembered = self._run.history.get(node.index)
        if remembered is not None:
            self._add_all([self._machine.nodes[i] for i in remembered], parent)
            return
        self.by_history.setdefault(parent.index, {})[node.index] = node
        self._add_all(node.initial_targets, parent)

    def _add_all(self, targets: Sequence[Node], around: Node) -> None:
        for target in targets:
            self.add_descendants(target)
        for target in targets:
            self._add_ancestors(target, around)

    def _add_ancestors(self, node: Node, domain: Node) -> None:
        """addAncestorStatesToEnter."""
        parent = node.parent
        while parent is not None and parent is not domain:
            self.states.add(parent.index)
            if parent.is_parallel:
                self._add_regions(parent)
            parent = parent.parent

    def _add_regions(self, node: Node) -> None:
        """Enter every region of a parallel state that nothing is entered in yet."""
        if node.index in self._complete:
            return
        self._complete.add(node.index)
        starts = [child.index for child in node.children]
        covered = {bisect_right(starts, i) - 1 for i in self.states if node.index < i <= node.last}
        for place, child in enumerate(node.children):
            if place not in covered:
                self.add_descendants(child)
