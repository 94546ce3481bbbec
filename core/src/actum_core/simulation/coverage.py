"""Which states and transitions of a program what happened has been through, and which not.

Read from the entries alone, so it can be asked of a simulation and of any recorded execution alike.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.ledger.entry import Entry, Line
from actum_core.template import Program
from actum_core.template.document import State, Transition
from actum_core.template.network import Child, MachineNode, Network, NodeScope


@dataclass(frozen=True, slots=True)
class TransitionCoverage:
    """How often one transition was taken: the one at ``index``, from 0, among those of the state ``source``.

    ``source`` is ``""`` for the machine itself. ``events`` are empty when it is eventless, ``targets`` when no state
    is left or entered.
    """

    source: str
    index: int
    events: tuple[str, ...]
    targets: tuple[str, ...]
    guard: str | None
    taken: int


@dataclass(frozen=True, slots=True)
class MachineCoverage:
    """One machine: of a node, by its path (``""`` for the sole machine), or a child machine, by its ``name``.

    ``component`` is ``name@version`` for a node that is a component, whose inside is not the template's own.
    """

    node: str
    name: str
    component: str
    states: tuple[tuple[str, int], ...]
    transitions: tuple[TransitionCoverage, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every machine in document order, those of nodes before child machines."""

    machines: tuple[MachineCoverage, ...]

    def to_json(self) -> dict[str, JsonValue]:
        """``states`` and ``transitions`` count what is the template's own, without the inside of components."""
        own = [each for each in self.machines if not each.component]
        states = [entered for each in own for _, entered in each.states]
        taken = [each.taken for machine in own for each in machine.transitions]
        return {
            "states": {"visited": sum(map(bool, states)), "total": len(states)},
            "transitions": {"visited": sum(map(bool, taken)), "total": len(taken)},
            "machines": [_machine_told(each) for each in self.machines],
        }


def _machine_told(machine: MachineCoverage) -> dict[str, JsonValue]:
    return {
        "node": machine.node,
        "name": machine.name,
        "component": machine.component,
        "states": [{"id": state, "entered": entered} for state, entered in machine.states],
        "transitions": [
            {
                "from": each.source,
                "index": each.index,
                "events": list(each.events),
                "to": list(each.targets),
                "guard": each.guard,
                "taken": each.taken,
            }
            for each in machine.transitions
        ],
    }


def measure_coverage(program: Program, entries: Iterable[Entry | Line]) -> Coverage:
    """What these entries of one execution, in their order, say was entered and taken."""
    counter = _Counter(program.network)
    for entry in entries:
        if entry.kind in ("transition", "invoked"):
            counter.count(entry.kind, canonical_json.parse(entry.payload))
    return Coverage(tuple(counter.tell()))


#: One machine of the document: a node's, or one that ``invoke`` starts.
_Machine = MachineNode | Child


class _Counter:
    """Knows which machine is at which address, and counts for each what it did."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._at: dict[str, _Machine] = {node.path: node for node in network.machines}
        self._entered: Counter[tuple[_Machine, str]] = Counter()
        self._taken: Counter[tuple[_Machine, str, int]] = Counter()

    def count(self, kind: str, said: Mapping[str, JsonValue]) -> None:
        address = str(said.get("node", ""))
        if kind == "invoked":
            child = self._child_of(address.rpartition("#")[0], str(said["use"]))
            if child is not None:
                self._at[address] = child
            return
        machine = self._at.get(address)
        entered, taken = said.get("entered", []), said.get("transitions", [])
        if machine is None or not isinstance(entered, list) or not isinstance(taken, list):
            return
        self._entered.update((machine, state) for state in entered)
        self._taken.update((machine, each["from"], each["index"]) for each in taken)

    def tell(self) -> Iterable[MachineCoverage]:
        for node in self._network.machines:
            yield self._cover(node, node.path, "", self._component_of(self._network.scopes[node.scope]))
        found: dict[Child, str] = {}
        for scope in self._network.scopes:
            self._collect(scope.machines, self._component_of(scope), found)
        for child, component in found.items():
            yield self._cover(child, "", child.name, component)

    def _component_of(self, scope: NodeScope) -> str:
        """The outermost component that a scope is inside of; empty for the template's own."""
        use = ""
        while scope.outer is not None:
            use, scope = scope.use, self._network.scopes[scope.outer]
        return use

    def _collect(self, machines: Mapping[str, Child], component: str, found: dict[Child, str]) -> None:
        for child in machines.values():
            if child not in found:
                found[child] = component
                self._collect(child.machines, component, found)

    def _child_of(self, parent: str, use: str) -> Child | None:
        machine = self._at.get(parent)
        if isinstance(machine, MachineNode):
            return self._network.scopes[machine.scope].machines.get(use)
        return None if machine is None else machine.machines.get(use)

    def _cover(self, machine: _Machine, node: str, name: str, component: str) -> MachineCoverage:
        root = machine.machine
        states = [state for state in root.descendants() if state.id and not state.kind.is_history]
        transitions = [
            self._transition(machine, state, index, transition)
            for state in root.descendants()
            for index, transition in enumerate(state.transitions)
        ]
        return MachineCoverage(
            node,
            name,
            component,
            tuple((state.id, self._entered[machine, state.id]) for state in states),
            tuple(transitions),
        )

    def _transition(
        self, machine: _Machine, state: State, index: int, transition: Transition
    ) -> TransitionCoverage:
        return TransitionCoverage(
            state.id,
            index,
            transition.events,
            transition.targets,
            transition.guard,
            self._taken[machine, state.id, index],
        )
