"""Everything derived from a program that has more to do than to move one machine: its machines and how they reach
each other.

An address names a place in an execution: the path of a node (empty for the sole machine, and for what the template's
own machines share), then ``#`` and the id for every child machine on the way.
"""

from collections.abc import Iterable
from typing import Final

from actum_core.engine.build import build_machine
from actum_core.engine.content import ContentCompiler
from actum_core.engine.initials import compile_initials
from actum_core.engine.machine import Machine
from actum_core.engine.tables import NO_MACHINE, CellTables, ProgramTables
from actum_core.template.document import State, Variable
from actum_core.template.expressions import Expressions, Place
from actum_core.template.names import prefixes
from actum_core.template.network import Child, MachineNode, NodeScope
from actum_core.template.program import Program

#: Message names whose hearers are remembered; names come from outside.
_NAMES_MAX: Final = 4_096

#: An input port of a machine, by the machine's address.
Target = tuple[str, str]


class NetworkTables:
    """What the long way through a program needs; everything is found by address."""

    __slots__ = (
        *(
            "_children",
            "_hearers",
            "_listeners",
            "_machines",
            "actions",
            "cells",
            "endable",
            "has_details",
            "inputs",
        ),
        *(
            "is_single",
            "machine_numbers",
            "machines",
            "nodes",
            "outputs",
            "owners",
            "program",
            "routes",
            "rules",
            "scopes",
        ),
    )

    def __init__(self, program: Program, tables: ProgramTables, *, has_details: bool) -> None:
        network = program.network
        self.program = program
        self.rules = tables.rules
        self.scopes = network.scopes
        self.is_single = network.is_single
        #: Whether messages tell more than their name and data.
        self.has_details = has_details
        self.actions = frozenset(each.name for each in program.template.actions)
        self._machines: dict[Expressions, list[tuple[State, Machine]]] = {}
        if program.template.machine is not None:
            self._machines[program.expressions] = [(program.template.machine, tables.machine)]
        self._children: dict[Child, CellTables] = {}
        self._hearers: dict[str, tuple[str, ...]] = {}
        #: Places in ``machines`` by the descriptors of what the machine there listens to.
        self._listeners: dict[str, list[int]] = {}
        self.cells: dict[str, CellTables] = {}
        #: Addresses of what has variables, outer ones first; of all machines, in document order; and of those that
        #: must reach a final state before the execution is at its end.
        self.owners = tuple(scope.path for scope in network.scopes if scope.variables or not scope.path)
        self.machines = tuple(node.path for node in network.machines)
        for number, scope in enumerate(network.scopes):
            self._add_scope(number, scope)
        for node in network.machines:
            self._add_machine(node)
        for place, path in enumerate(self.machines):
            for meant in self.cells[path].machine.descriptors:
                self._listeners.setdefault(meant, []).append(place)
        #: Everything but the root, in the order of paths.
        self.nodes = tuple(sorted(path for path in self.cells if path))
        for number, path in enumerate(self.nodes):
            self.cells[path].number = number
        #: The numbers of all machines, in document order.
        self.machine_numbers = tuple(self.cells[path].number for path in self.machines)
        self.endable = tuple(
            node.path
            for node in network.machines
            if node.scope == 0 and _can_end(self.cells[node.path].machine)
        )
        paths = self.machines
        self.routes: dict[Target, tuple[Target, ...]] = {
            (paths[source], port): tuple((paths[target], into) for target, into in targets)
            for (source, port), targets in network.routes.items()
        }
        #: The types that ports ask of their tokens, where they do; a port that is not here does not exist.
        self.inputs = {(node.path, port.name): port.type for node in network.machines for port in node.inputs}
        self.outputs = {
            (node.path, port.name): port.type for node in network.machines for port in node.outputs
        }

    def child(self, child: Child) -> CellTables:
        """What a child machine is run with, made when one is first started."""
        found = self._children.get(child)
        if found is None:
            machine = self._build(child.machine, child.expressions, child.variables)
            found = self._children[child] = CellTables(machine, child.variables, child.machines)
            found.initials = compile_initials(child.variables, child.expressions, found.kinds)
            found.input = child.input
        return found

    def hearers(self, name: str) -> tuple[str, ...]:
        """The addresses of the machines that get a message from a rule or an event, in document order.

        A sole machine gets all of them, since each is a chance to look at its eventless transitions again.
        """
        if self.is_single:
            return self.machines
        found = self._hearers.get(name)
        if found is None:
            if len(self._hearers) >= _NAMES_MAX:
                self._hearers.clear()
            numbers = {each for meant in prefixes(name) for each in self._listeners.get(meant, ())}
            listening = (self.machines[number] for number in sorted(numbers))
            found = self._hearers[name] = tuple(path for path in listening if self.cells[path].may_hear(name))
        return found

    def find(self, scope: int | None, node: str) -> str | None:
        """The address of the machine that a name stands for in a scope."""
        if scope is None or self.is_single:
            return None
        path = self.scopes[scope].path_of(node)
        tables = self.cells.get(path)
        return None if tables is None or tables.node is None else path

    def _add_scope(self, number: int, scope: NodeScope) -> None:
        if not scope.variables and scope.path:
            return
        tables = CellTables(NO_MACHINE, scope.variables, scope.machines, scope.path)
        tables.initials = compile_initials(scope.variables, scope.expressions, tables.kinds)
        tables.scope = number
        self.cells[scope.path] = tables

    def _add_machine(self, node: MachineNode) -> None:
        scope = self.scopes[node.scope]
        machine = self._build(node.machine, scope.expressions, scope.variables)
        # Where there are no variables to share, a machine has as many of its own.
        owner = scope.path if scope.path in self.cells and scope.path != node.path else None
        tables = CellTables(machine, scope.variables, scope.machines, node.path)
        tables.owner, tables.scope, tables.node = owner, node.scope, node
        if node.path in self.cells:
            tables.initials = self.cells[node.path].initials
        self.cells[node.path] = tables

    def _build(self, state: State, expressions: Expressions, variables: Iterable[Variable]) -> Machine:
        """The machine behind a document; uses of one component share it."""
        built = self._machines.setdefault(expressions, [])
        for known, machine in built:
            if known is state:
                return machine
        kinds = {each.name: each.type for each in variables}
        machine = build_machine(state, ContentCompiler(expressions, Place.MACHINE, kinds))
        built.append((state, machine))
        return machine


def _can_end(machine: Machine) -> bool:
    return any(node.is_final for node in machine.root.children)
