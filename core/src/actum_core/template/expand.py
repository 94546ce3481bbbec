"""Lay a network flat: write out its components, down to machines, and give each what it shares with others."""

from dataclasses import dataclass, replace

from actum_core.expression import Meter
from actum_core.limits import (
    COMPONENT_NESTING_MAX,
    EXPRESSION_COST_BUDGET,
    NODES_MAX,
    STATES_MAX,
    TRANSITIONS_MAX,
)
from actum_core.template.arguments import Bound, Constants, bind_arguments, resolve_ports, unbound
from actum_core.template.children import Children
from actum_core.template.document import Component, Design, NodeMachine, NodeUse, Ports, State
from actum_core.template.expressions import Place
from actum_core.template.hearing import hear
from actum_core.template.library import Library, place_of
from actum_core.template.network import Argument, MachineNode, Network, NodeScope
from actum_core.template.reader import Reader, Within
from actum_core.template.routes import Links, NodePorts


def expand(design: Design, library: Library, reader: Reader) -> Network:
    """The network behind a document whose components are in the library.

    Reports everything about parameters, ports and edges. A component is laid flat as it stands by itself, with
    parameters that nobody has given.
    """
    return _Expander(library).expand(design, reader)


@dataclass(frozen=True, slots=True, eq=False)
class _Standing:
    """A document where it is used: ``within`` are the components around it, ``scope`` is its number."""

    design: Design
    use: str
    bound: Bound
    constants: Constants
    reader: Reader
    within: tuple[str, ...] = ()
    scope: int = 0


class _Expander:
    def __init__(self, library: Library) -> None:
        self._library = library
        self._meter = Meter(EXPRESSION_COST_BUDGET)
        self._scopes: list[NodeScope] = []
        self._machines: list[MachineNode] = []
        self._links = Links()
        self._children = Children(library)
        #: Machines whose messages have been put in, so that two like uses of a component share one.
        self._heard: dict[tuple[object, ...], State] = {}
        self._left = {"nodes": NODES_MAX, "states": STATES_MAX, "transitions": TRANSITIONS_MAX}

    def expand(self, design: Design, reader: Reader) -> Network:
        bound = unbound(design) if isinstance(design, Component) else Bound({}, {}, {}, {})
        standing = _Standing(design, "", bound, self._constants(design, "", bound), reader)
        self._add_scope(standing, "", None)
        self._add_design(standing, "")
        by_path = {machine.path: machine.index for machine in self._machines}
        routes = self._links.routes(by_path, reader)
        return Network(tuple(self._scopes), tuple(self._machines), by_path, routes)

    def _constants(self, design: Design, use: str, bound: Bound) -> Constants:
        expressions = self._library.expressions(design, place_of(design, use))
        return Constants(bound.values(), expressions, self._meter)

    def _add_scope(self, standing: _Standing, path: str, outer: int | None) -> None:
        index, bound = len(self._scopes), standing.bound
        own = standing.constants.expressions
        arguments = {name: Argument(data, index, own, Place.DEFAULT) for name, data in bound.own.items()}
        if outer is not None:
            around = self._scopes[outer].expressions
            for name, data in bound.late.items():
                arguments[name] = Argument(data, outer, around, Place.MACHINE)
        scope = NodeScope(
            path,
            outer,
            standing.use,
            standing.design.variables,
            bound.constants,
            arguments,
            own,
            self._children.of(standing.design, standing.use),
        )
        self._scopes.append(scope)

    def _add_design(self, standing: _Standing, path: str) -> NodePorts:
        """Add the machine of a document, or its nodes and edges; answers with its ports."""
        design = standing.design
        ports = NodePorts((), ())
        if isinstance(design, Component):
            ports = self._ports(design.ports, standing)
        if design.machine is not None:
            self._add_machine(design.machine, path, ports, standing)
        else:
            self._add_nodes(standing, ports)
        return ports

    def _add_nodes(self, standing: _Standing, own: NodePorts) -> None:
        design, scope = standing.design, self._scopes[standing.scope]
        if not self._has_left("nodes", len(design.nodes), standing.reader):
            return
        ports = {"": own} if isinstance(design, Component) else {}
        for node in design.nodes:
            if isinstance(node, NodeMachine):
                ports[node.id] = self._ports(node.ports, standing)
                self._add_machine(node.machine, scope.path_of(node.id), ports[node.id], standing)
            else:
                ports[node.id] = self._add_use(node, standing)
        self._links.add_edges(design.edges, scope.path, ports, standing.reader)

    def _add_use(self, node: NodeUse, around: _Standing) -> NodePorts:
        component = self._library.components.get(node.use)
        if component is None or node.use in around.within:
            return NodePorts(None, None)  # told of when it was looked for
        if len(around.within) >= COMPONENT_NESTING_MAX:
            detail = f"components may be nested {COMPONENT_NESTING_MAX} deep"
            around.reader.report(node.pointer, "too_deep", detail)
            return NodePorts(None, None)
        bound = bind_arguments(component, node, around.constants, around.reader)
        standing = _Standing(
            component,
            node.use,
            bound,
            self._constants(component, node.use, bound),
            Within(around.reader, node.pointer, node.use),
            (*around.within, node.use),
            len(self._scopes),
        )
        path = self._scopes[around.scope].path_of(node.id)
        self._add_scope(standing, path, around.scope)
        return self._add_design(standing, path)

    def _ports(self, ports: Ports, standing: _Standing) -> NodePorts:
        inputs, outputs = (
            resolve_ports(said, standing.constants, standing.reader, f"{ports.pointer}/{side}")
            for side, said in (("in", ports.inputs), ("out", ports.outputs))
        )
        return NodePorts(inputs, outputs)

    def _add_machine(self, machine: State, path: str, ports: NodePorts, standing: _Standing) -> None:
        states = list(machine.descendants())
        transitions = sum(len(state.transitions) for state in states)
        # The first is the machine itself.
        is_within = self._has_left("states", len(states) - 1, standing.reader)
        if not self._has_left("transitions", transitions, standing.reader) or not is_within:
            return
        node = MachineNode(
            index=len(self._machines),
            path=path,
            scope=standing.scope,
            machine=machine,
            inputs=ports.inputs or (),
            outputs=ports.outputs or (),
            hears=None,
        )
        if standing.use:
            messages = standing.bound.messages
            hears = dict.fromkeys(event for events in messages.values() for event in events)
            node = replace(node, machine=self._hear(node, standing), hears=tuple(hears))
        self._machines.append(node)

    def _hear(self, node: MachineNode, standing: _Standing) -> State:
        """The machine of a component's use, shared by the uses that listen to the same messages."""
        name = node.path.rpartition("/")[2] if standing.design.machine is None else ""
        key = (standing.use, name, tuple(sorted(standing.bound.messages.items())))
        found = self._heard.get(key)
        if found is None:
            found = self._heard[key] = hear(node.machine, standing.bound.messages)
        return found

    def _has_left(self, what: str, number: int, reader: Reader) -> bool:
        """Count, and report once when components written out are more than there may be."""
        before = self._left[what]
        self._left[what] -= number
        if before >= 0 > self._left[what]:
            reader.report("/nodes", "too_many", f"with its components written out it has too many {what}")
        return self._left[what] >= 0
