"""Import scenarios of the browser editor (version "3.0") as networks of the built-in components."""

from typing import Any, Final

from actum_core.errors import Invalid
from actum_core.formats.editor.machines import write_automaton, write_multiplexer
from actum_core.formats.editor.network import Network
from actum_core.formats.editor.processors import ActionWriter, find_fields, write_process, write_sink
from actum_core.formats.editor.queues import write_queue
from actum_core.formats.editor.scenario import Node, Scenario, is_scenario, read_scenario
from actum_core.formats.editor.sources import write_source
from actum_core.formats.editor.wiring import Wiring
from actum_core.formats.findings import Findings, plain_document
from actum_core.formats.naming import template_name
from actum_core.formats.result import Document, Imported

__all__ = ["import_editor", "is_scenario"]

_NAME: Final = "scenario"

_WRITERS: Final = {
    "DataSource": write_source,
    "Queue": write_queue,
    "ProcessNode": write_process,
    "Sink": write_sink,
    "FSMProcessNode": write_automaton,
    "EnhancedFSMProcessNode": write_automaton,
    "FSM": write_automaton,
    "StateMultiplexer": write_multiplexer,
    "Multiplexer": write_multiplexer,
}


def import_editor(document: object) -> Imported:
    """A scenario as a template: every node is a component or a machine, every connection an edge.

    Raises Invalid when there is no node that could be imported.
    """
    findings = Findings()
    value = plain_document(document, findings)
    if value is None:
        raise Invalid(findings.problems)
    scenario = read_scenario(value, findings)
    return Imported(_written(scenario, findings), tuple(findings.problems))


def _written(scenario: Scenario, findings: Findings) -> Document:
    network = Network(Wiring(scenario, findings), findings)
    nodes = [node for node in scenario.scope.walk() if node.kind != "Group"]
    for node in nodes:
        network.names.give(node.path)
        find_fields(network, node)
    actions = ActionWriter(network)
    for node in nodes:
        writer = _WRITERS.get(node.kind)
        if writer is not None:
            writer(network, node)
        elif node.kind == "ActionNode":
            actions.write(node)
        else:
            detail = f"nodes of the type {node.kind[:64]!r} are not known: it is left out"
            findings.report(node.pointer + "/type", "unknown_node", detail)
    if not network.nodes:
        findings.report("", "missing_field", "there is no node that could be imported")
        raise Invalid(findings.problems)
    found: Document = {"format": "actum/1", "name": template_name(scenario.name, _NAME)}
    if scenario.name and scenario.name != found["name"]:
        found["title"] = scenario.name[:200]
    if scenario.description:
        found["description"] = scenario.description[:2000]
    for name, members in (
        ("vars", network.variables),
        ("actions", network.actions),
        ("nodes", network.nodes),
    ):
        if members:
            found[name] = members
    found["edges"] = _edges(network)
    found["layout"] = _layout(scenario, nodes, network)
    return found


def _edges(network: Network) -> list[dict[str, str]]:
    found = dict.fromkeys(network.between)
    for wire in network.wiring.wires:
        source = network.exits.get((wire.source.path, wire.output))
        target = network.entrances.get((wire.target.path, wire.input))
        if source is None or target is None:
            missing = wire.output if source is None else wire.input
            detail = f"nothing stands for {missing[:64]!r}: the connection is left out"
            network.findings.report(wire.pointer, "unconnected", detail)
            continue
        found[source, target] = None
    return [{"from": source, "to": target} for source, target in found]


def _layout(scenario: Scenario, nodes: list[Node], network: Network) -> dict[str, Any]:
    """Where nodes stand, and in which groups, for the editor."""
    positions = {}
    for node in nodes:
        name = network.names.find(node.path)
        position = node.members.get("position")
        if name in network.nodes and isinstance(position, dict):
            positions[name] = {axis: position.get(axis, 0) for axis in ("x", "y")}
    found: dict[str, Any] = {"positions": positions}
    groups = []
    for node in scenario.scope.nodes.values():
        contained = node.members.get("containedNodes")
        if node.kind == "Group" and isinstance(contained, list):
            members = [scenario.scope.nodes[each] for each in contained if each in scenario.scope.nodes]
            names = [network.names.find(each.path) for each in members]
            groups.append({"name": node.members.get("groupName", node.title), "nodes": names})
    if groups:
        found["groups"] = groups
    return found
