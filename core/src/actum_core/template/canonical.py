"""Write a typed document in its one normal form: what a program's digest is taken of.

The normal form is itself a document, in the array forms that keep the order of states, transitions and nodes
when keys are sorted. Shorthands are written out, defaults and everything without influence on a step (titles,
descriptions, layout, annotations of schemas) left out, so documents that differ in these only have the same digest.
"""

from collections.abc import Iterable
from typing import Any

from actum_core.canonical_json import JsonValue
from actum_core.template.canonical_machine import filled, machine_members
from actum_core.template.document import (
    ActionDeclaration,
    ChildMachine,
    Component,
    Design,
    Edge,
    Emission,
    Extract,
    Inference,
    Node,
    NodeUse,
    Parameter,
    ParameterKind,
    Port,
    Ports,
    Rule,
    Template,
    TimerPolicy,
    Variable,
)
from actum_core.template.parse import FORMAT

_Members = dict[str, Any]


def canonical_document(design: Design) -> JsonValue:
    """The normal form of a template or component; parsing it gives an equal one."""
    own = _component(design) if isinstance(design, Component) else {}
    own = _template(design) if isinstance(design, Template) else own
    return {
        "format": FORMAT,
        "name": design.name,
        **filled(
            vars=_variables(design.variables),
            nodes=[_node(node) for node in design.nodes],
            edges=[_edge(edge) for edge in design.edges],
            machines={child.name: _child(child) for child in design.machines},
        ),
        **({} if design.machine is None else {"machine": machine_members(design.machine)}),
        **own,
    }


def _template(template: Template) -> _Members:
    policy = None if template.on_resume is TimerPolicy.KEEP else {"on_resume": template.on_resume.value}
    return {
        **({} if template.input is None else {"input": template.input.document}),
        **({} if template.events is None else {"events": _events(template)}),
        **({"unknown_events": "ignore"} if template.ignores_unknown_events else {}),
        **filled(
            rules=[_rule(rule) for rule in template.rules],
            actions={each.name: _action(each) for each in template.actions},
            timers=policy,
        ),
    }


def _component(component: Component) -> _Members:
    parameters = {each.name: _parameter(each) for each in component.parameters}
    return {
        "kind": "component",
        **({"params": parameters} if parameters else {}),
        **filled(ports=_ports(component.ports)),
    }


def _variables(variables: Iterable[Variable]) -> _Members:
    return {each.name: {"type": each.type.value, "initial": each.initial} for each in variables}


def _events(template: Template) -> _Members:
    return {
        each.name: {} if each.schema is None else {"schema": each.schema.document}
        for each in template.events or ()
    }


def _rule(rule: Rule) -> _Members:
    emissions = [_emission(emission) for emission in rule.emissions]
    return {
        "id": rule.id,
        "on": " ".join(rule.on),
        **filled(when=rule.when, extract={each.name: _extract(each) for each in rule.extracts}),
        "emit": emissions,
        **({} if rule.inference is None else _inference(rule.inference)),
    }


def _extract(extract: Extract) -> _Members:
    return {"regex": extract.pattern, "from": extract.source, "group": extract.group}


def _inference(inference: Inference) -> _Members:
    parts = ("{{" + part + "}}" if place % 2 else part for place, part in enumerate(inference.prompt))
    return {
        "kind": "ai",
        "model": inference.model,
        "prompt": "".join(parts),
        "output": inference.output.document,
    }


def _emission(emission: Emission) -> _Members:
    return {"message": emission.message, **({} if emission.data is None else {"data": emission.data})}


def _action(action: ActionDeclaration) -> JsonValue:
    settings = action.settings if isinstance(action.settings, dict) else {}
    return {**settings, "kind": action.kind}


def _child(child: ChildMachine) -> _Members:
    return {
        **filled(vars=_variables(child.variables)),
        **({} if child.input is None else {"input": child.input.document}),
        "machine": machine_members(child.machine),
    }


def _node(node: Node) -> _Members:
    if isinstance(node, NodeUse):
        return {"id": node.id, "use": node.use, **filled(**{"with": dict(node.arguments)})}
    return {"id": node.id, "machine": machine_members(node.machine), **filled(ports=_ports(node.ports))}


def _ports(ports: Ports) -> _Members:
    """The sides that are not as for any node."""
    usual = Ports()
    return {
        **({} if ports.inputs == usual.inputs else {"in": _side(ports.inputs)}),
        **({} if ports.outputs == usual.outputs else {"out": _side(ports.outputs)}),
    }


def _side(ports: tuple[Port, ...] | str) -> JsonValue:
    if isinstance(ports, str):
        return ports
    return [port.name if port.type is None else {"name": port.name, "type": port.type} for port in ports]


def _edge(edge: Edge) -> _Members:
    return {"from": str(edge.source), "to": str(edge.target)}


def _parameter(parameter: Parameter) -> _Members:
    return {
        **({} if parameter.kind is ParameterKind.PLAIN else {parameter.kind.value: True}),
        **filled(required=parameter.is_required),
        **({} if parameter.schema is None else {"schema": parameter.schema.document}),
        **({} if parameter.default is None else {"default": parameter.default}),
    }
