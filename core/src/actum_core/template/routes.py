"""Follow edges from port to port, through the borders of components, to the machines that tokens come to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from actum_core.limits import EDGES_MAX
from actum_core.template.document import Address, Edge, Port
from actum_core.template.network import Target
from actum_core.template.reader import Reader, suggestion

#: A port of a node: the node's path, ``in`` or ``out``, and the port's name.
_End = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class NodePorts:
    """The ports of a node; None where they are not known."""

    inputs: tuple[Port, ...] | None
    outputs: tuple[Port, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Every edge of a template, those within components too, as ways from port to port."""

    ways: dict[_End, list[_End]] = field(default_factory=dict)

    def add_edges(
        self, edges: tuple[Edge, ...], path: str, nodes: Mapping[str, NodePorts], reader: Reader
    ) -> None:
        """Add the edges of one network; ``nodes`` has its nodes by name, and itself as ``""`` in a component."""
        for edge in edges:
            if reader.is_full:
                return
            source = _find_port(edge.source, nodes, edge.pointer + "/from", reader)
            target = _find_port(edge.target, nodes, edge.pointer + "/to", reader)
            if source is None or target is None:
                continue
            if None not in (source.type, target.type) and source.type != target.type:
                detail = f"tokens of type {source.type!r} do not fit a port for {target.type!r}"
                reader.report(edge.pointer, "port_type", detail)
            start, end = _end(edge.source, path, "from"), _end(edge.target, path, "to")
            self.ways.setdefault(start, []).append(end)

    def routes(self, machines: Mapping[str, int], reader: Reader) -> dict[Target, tuple[Target, ...]]:
        """Where each output port of each machine leads, in the order of edges."""
        found: dict[Target, tuple[Target, ...]] = {}
        steps = 0
        for start in self.ways:
            path, side, port = start
            if side != "out" or path not in machines:
                continue
            targets = []
            for step in self._follow(start):
                steps += 1
                if steps > EDGES_MAX:
                    reader.report("/edges", "too_many", f"written out there are more than {EDGES_MAX} edges")
                    return found
                if step is None:
                    reader.report(
                        "/edges", "edge_loop", f"edges lead from {path}.{port} round without a machine"
                    )
                    continue
                end_path, end_side, end_port = step
                if end_side == "in" and end_path in machines:
                    targets.append((machines[end_path], end_port))
            if targets:
                found[machines[path], port] = tuple(targets)
        return found

    def _follow(self, start: _End) -> Iterator[_End | None]:
        """Every port on the way from one, depth first; None where the way bites its own tail."""
        path = [start]
        waiting = [iter(self.ways[start])]
        passed = {start}
        while waiting:
            end = next(waiting[-1], None)
            if end is None:
                waiting.pop()
                passed.discard(path.pop())
            elif end in passed:
                yield None
            else:
                yield end
                path.append(end)
                passed.add(end)
                waiting.append(iter(self.ways.get(end, ())))


def _end(address: Address, path: str, side: str) -> _End:
    """A port as seen from outside its node: inside a component, edges begin at its inputs and end at its outputs."""
    if address.node:
        node = f"{path}/{address.node}" if path else address.node
        return node, "out" if side == "from" else "in", address.port
    return path, "in" if side == "from" else "out", address.port


def _find_port(address: Address, nodes: Mapping[str, NodePorts], pointer: str, reader: Reader) -> Port | None:
    """The port at one end of an edge, or None after telling what is wrong with it."""
    ports = nodes.get(address.node)
    if ports is None:
        if address.node:
            detail = f"there is no node {address.node[:64]!r}{suggestion(address.node, nodes)}"
        else:
            detail = "only a component has a border: name a node before the point"
        reader.report(pointer, "unknown_node", detail)
        return None
    # At its border, a component's inputs are where edges begin.
    begins = pointer.endswith("/from") == bool(address.node)
    listed, others = (ports.outputs, ports.inputs) if begins else (ports.inputs, ports.outputs)
    if listed is None:
        return Port(address.port)
    for port in listed:
        if port.name == address.port:
            return port
    word, other = ("output", "input") if begins else ("input", "output")
    owner = repr(address.node) if address.node else "the component"
    if any(port.name == address.port for port in others or ()):
        detail = f"{address.port!r} is an {other} of {owner}: an edge leads from an output to an input"
        reader.report(pointer, "wrong_direction", detail)
    else:
        known = [port.name for port in listed]
        detail = f"{owner} has no {word} {address.port[:64]!r}{suggestion(address.port, known)}"
        reader.report(pointer, "unknown_port", detail)
    return None
