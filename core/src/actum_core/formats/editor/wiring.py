"""Find out which output of a scenario leads to which input: through modules, into groups, and from either side."""

import re
from dataclasses import dataclass
from typing import Any, Final

from actum_core.formats.editor.scenario import End, Node, Scenario, Scope
from actum_core.formats.findings import Findings
from actum_core.limits import EDGES_MAX

#: What a connection to a collapsed group calls the input that it means.
_GROUPED: Final = re.compile(r"input-(.+)\.(.+)")


@dataclass(frozen=True, slots=True)
class Wire:
    source: Node
    output: str
    target: Node
    input: str
    pointer: str


class Wiring:
    """The connections of a scenario; what cannot be connected is told once."""

    def __init__(self, scenario: Scenario, findings: Findings) -> None:
        self._findings = findings
        self.wires: list[Wire] = []
        self._known: set[tuple[str, ...]] = set()
        self._into: dict[str, list[Wire]] = {}
        self._out_of: dict[str, list[Wire]] = {}
        nodes = [node for node in self._nodes(scenario.scope) if node.kind != "Group"]
        for node in nodes:
            self._from_outputs(node)
        for node in nodes:
            if node.inner is None:
                self._from_inputs(node)
        for node in nodes:
            if node.inner is not None:
                self._from_module(node)
        for members, pointer in scenario.edges:
            self._listed(members, pointer, scenario.scope)

    def into(self, node: Node) -> list[Wire]:
        return self._into.get(node.path, [])

    def out_of(self, node: Node) -> list[Wire]:
        return self._out_of.get(node.path, [])

    def _nodes(self, scope: Scope) -> list[Node]:
        found: list[Node] = []
        for node in scope.nodes.values():
            found.append(node)
            if node.inner is not None:
                found += self._nodes(node.inner)
        return found

    def _from_outputs(self, node: Node) -> None:
        for end in node.outputs:
            module = node.scope.module
            if not end.node or (
                module is not None and end.node == module.id and module.id not in node.scope.nodes
            ):
                node.scope.loose.append((node, end))
            elif node.inner is None:
                self._connect(node, end)

    def _connect(self, node: Node, end: End) -> None:
        for target, port in self._targets(node.scope, end.node, end.port, end.pointer):
            self._add(node, end.name, target, port, end.pointer)

    def _from_inputs(self, node: Node) -> None:
        """Connections that only the receiving side tells of."""
        for end in node.inputs:
            if not end.node:
                continue
            source = node.scope.nodes.get(end.node)
            module = node.scope.module
            if source is None and module is not None and end.node == module.id:
                continue
            if source is None:
                detail = f"there is no node {end.node[:64]!r}: the input is not connected"
                self._findings.report(end.pointer + "/nodeId", "unknown_node", detail)
                continue
            if (source.path, node.path, end.name) in self._known:
                continue
            names = [each.name for each in source.outputs]
            output = end.port or (names[0] if len(names) == 1 else "")
            if not output:
                detail = f"which output of {end.node[:64]!r} is meant is not said: the input is not connected"
                self._findings.report(end.pointer, "unconnected", detail)
            for origin, name in self._sources(source, output, end.pointer) if output else []:
                self._add(origin, name, node, end.name, end.pointer)

    def _from_module(self, module: Node) -> None:
        """What leads out of a module, from the node within that makes it."""
        for end in module.outputs:
            if not end.node:
                continue
            for source, output in self._sources(module, end.name, end.pointer):
                for target, port in self._targets(module.scope, end.node, end.port, end.pointer):
                    self._add(source, output, target, port, end.pointer)

    def _listed(self, members: dict[str, Any], pointer: str, scope: Scope) -> None:
        """A connection of the list beside the nodes; what the nodes say already is not said again."""
        source_id, target_id = members.get("source"), members.get("target")
        source = scope.nodes.get(source_id) if isinstance(source_id, str) else None
        if source is None or not isinstance(target_id, str):
            self._findings.report(pointer, "unknown_node", "the connection has no such ends: it is left out")
            return
        target = scope.nodes.get(target_id)
        if target is not None and (source.path, target.path) in self._known:
            return
        output = members.get("sourceHandle") or (source.outputs[0].name if source.outputs else "output")
        port = members.get("targetHandle") or ""
        for node, name in self._targets(scope, target_id, str(port), pointer):
            for origin, made in self._sources(source, str(output), pointer):
                self._add(origin, made, node, name, pointer)

    def _targets(self, scope: Scope, node_id: str, port: str, pointer: str) -> list[tuple[Node, str]]:
        """The inputs that a node and a port name, within modules and groups."""
        node = scope.nodes.get(node_id)
        if node is None:
            self._findings.report(
                pointer, "unknown_node", f"there is no node {node_id[:64]!r}: not connected"
            )
            return []
        if node.kind == "Group":
            return self._grouped(node, port, pointer)
        if node.inner is not None:
            return self._into_module(node, port, pointer)
        names = [end.name for end in node.inputs]
        if names and port not in names:
            if len(names) > 1 or port not in ("", "input", "in"):
                detail = f"{node_id[:64]!r} has no input {port[:64]!r}: {names[0]!r} is taken"
                self._findings.report(pointer, "unknown_port", detail)
            return [(node, names[0])]
        return [(node, port or "input")]

    def _grouped(self, group: Node, port: str, pointer: str) -> list[tuple[Node, str]]:
        """The node in a collapsed group that a connection to the group means."""
        contained = group.members.get("containedNodes")
        match = _GROUPED.fullmatch(port)
        if match is not None and isinstance(contained, list):
            for identity in contained:
                node = group.scope.nodes.get(identity) if isinstance(identity, str) else None
                if node is not None and match[1] in (node.title, node.id):
                    return self._targets(group.scope, node.id, match[2], pointer)
        detail = f"which node of the group {group.id[:64]!r} is meant is not said: not connected"
        self._findings.report(pointer, "unconnected", detail)
        return []

    def _into_module(self, module: Node, port: str, pointer: str) -> list[tuple[Node, str]]:
        """Where what comes to a module goes within it."""
        assert module.inner is not None
        border = next((end for end in module.inputs if end.name == port), None)
        if border is None and len(module.inputs) == 1:
            border = module.inputs[0]
        named = border.members.get("internalNodeId") if border else None
        if isinstance(named, str):
            inner = border.members.get("internalInputName") if border else ""
            return self._targets(module.inner, named, str(inner or ""), pointer)
        name = border.name if border else port
        ends = [(node, end) for node in module.inner.nodes.values() for end in node.inputs]
        told = [(node, end) for node, end in ends if end.node == module.id and end.port in ("", name)]
        free = [(node, end) for node, end in ends if not end.node and not self._is_fed(node, end)]
        found = (
            told
            or [(node, end) for node, end in free if end.name == name]
            or (free if len(free) == 1 else [])
        )
        if not found:
            detail = (
                f"where {name[:64]!r} goes within the module {module.id[:64]!r} is not said: not connected"
            )
            self._findings.report(pointer, "unconnected", detail)
        made = [self._targets(module.inner, node.id, end.name, pointer) for node, end in found]
        return [each for each_made in made for each in each_made]

    def _is_fed(self, node: Node, end: End) -> bool:
        """Whether a node beside it leads to an input."""
        return any(
            each.node == node.id and each.port in (end.name, "")
            for other in node.scope.nodes.values()
            for each in other.outputs
        )

    def _sources(self, node: Node, output: str, pointer: str) -> list[tuple[Node, str]]:
        """The outputs that a node and an output name, within modules."""
        if node.inner is None:
            return [(node, output)]
        border = next((end for end in node.outputs if end.name == output), None)
        named = border.members.get("internalNodeId") if border else None
        inner = node.inner.nodes.get(named) if isinstance(named, str) else None
        if inner is not None and border is not None:
            name = border.members.get("internalOutputName")
            return self._sources(
                inner, str(name or (inner.outputs[0].name if inner.outputs else "output")), pointer
            )
        loose = node.inner.loose
        found = [(each, end) for each, end in loose if output in (end.name, end.port)] or loose
        if len(found) != 1:
            detail = f"where {output[:64]!r} comes from within the module {node.id[:64]!r} is not said"
            self._findings.report(pointer, "unconnected", f"{detail}: not connected")
            return []
        return self._sources(found[0][0], found[0][1].name, pointer)

    def _add(self, source: Node, output: str, target: Node, port: str, pointer: str) -> None:
        key = (source.path, output, target.path, port)
        if key in self._known:
            return
        if len(self.wires) == EDGES_MAX:
            self._findings.report(pointer, "too_many", f"a network has at most {EDGES_MAX} edges")
            return
        self._known |= {key, (source.path, target.path), (source.path, target.path, port)}
        wire = Wire(source, output, target, port, pointer)
        self.wires.append(wire)
        self._out_of.setdefault(source.path, []).append(wire)
        self._into.setdefault(target.path, []).append(wire)
