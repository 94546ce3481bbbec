"""Read a template or component as the parts it is compared by; states and nodes may be given other names for it."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from actum_core.template.diff_parts import Body, Fact, Part, PartKind, PartList, fact, facts_of, meaning_of
from actum_core.template.diff_states import Ids, read_states
from actum_core.template.document import (
    ActionDeclaration,
    ChildMachine,
    Component,
    Design,
    Edge,
    Node,
    NodeMachine,
    Rule,
    Template,
)

#: Machines that are compared on their own: the template's, one of a node, one that can be invoked.
Scope = tuple[str, str]
OWN: Final[Scope] = ("", "")


@dataclass(frozen=True, slots=True)
class NewNames:
    """The names to compare parts under that have another one in their document."""

    nodes: Ids = field(default_factory=dict)
    states: Mapping[Scope, Ids] = field(default_factory=dict)


_AS_WRITTEN: Final = NewNames()
#: Fields of a design that are lists of parts, or parts themselves.
_LISTS: Final = (
    *("machine", "nodes", "edges", "variables", "machines"),
    *("parameters", "rules", "actions", "events"),
)


def read_design(design: Design, names: NewNames = _AS_WRITTEN) -> Part:
    """The whole of a template or component as one part."""
    inner = {
        "vars": _named(PartKind.VARIABLE, design.variables),
        "states": read_states(design.machine, "", names.states.get(OWN, {})),
        "nodes": PartList(tuple(read_node(each, names) for each in design.nodes)),
        "edges": PartList(tuple(read_edge(each, names.nodes) for each in design.edges)),
        "machines": PartList(tuple(_child(each, names) for each in design.machines), is_ordered=False),
    }
    facts = {"kind": fact(type(design).__name__.lower()), **facts_of(design, without=_LISTS)}
    if isinstance(design, Component):
        inner["params"] = _named(PartKind.PARAMETER, design.parameters)
    elif isinstance(design, Template):
        inner["rules"] = PartList(tuple(_rule(rule) for rule in design.rules), is_renamable=True)
        inner["actions"] = PartList(tuple(_action(each) for each in design.actions), is_ordered=False)
        inner["events"] = _named(PartKind.EVENT, design.events or ())
        # That events are declared at all has a meaning: no others are known then.
        facts["events"] = Fact(design.events is not None, None)
    return Part(PartKind.DOCUMENT, design.name, "", None, lambda: Body(facts, inner))


def read_node(node: Node, names: NewNames = _AS_WRITTEN) -> Part:
    """One node of a network."""
    facts = facts_of(node, without=("id", "machine", "arguments"))
    inner: dict[str, PartList] = {}
    if isinstance(node, NodeMachine):
        ids = names.states.get(("node", node.id), {})
        inner["states"] = read_states(node.machine, node.id + "/", ids)
    else:
        facts |= {f"with/{name}": fact(data) for name, data in node.arguments}
    key, body = names.nodes.get(node.id, node.id), Body(facts, inner)
    return Part(PartKind.NODE, node.id, node.pointer, _said(body), lambda: body, key, node.id)


def edge_ends(edge: Edge, names: Ids) -> tuple[tuple[str, str], tuple[str, str]]:
    """Node and port from which an edge leads, and those to which it does."""
    source, target = (names.get(end.node, end.node) for end in (edge.source, edge.target))
    return (source, edge.source.port), (target, edge.target.port)


def read_edge(edge: Edge, names: Ids) -> Part:
    """One edge; the order of those from one port is the order in which its tokens arrive."""
    source, target = ends = edge_ends(edge, names)
    facts = {"from": fact(".".join(source)), "to": fact(".".join(target))}
    body = Body(facts, likeness=(("from", source), ("to", target)))
    return Part(PartKind.EDGE, f"{edge.source} → {edge.target}", edge.pointer, ends, lambda: body)


def _child(child: ChildMachine, names: NewNames) -> Part:
    ids, path = names.states.get(("machine", child.name), {}), child.name + "/"
    inner = {
        "vars": _named(PartKind.VARIABLE, child.variables, path),
        "states": read_states(child.machine, path, ids),
    }
    body = Body(facts_of(child, without=("name", "machine", "variables")), inner)
    return Part(PartKind.MACHINE, child.name, child.pointer, _said(body), lambda: body, child.name)


def _action(action: ActionDeclaration) -> Part:
    """Its settings are free: they are told as a whole, with its kind."""
    meaning = (action.kind, meaning_of(action.settings))
    body = Body({"": Fact(meaning, None)})
    return Part(PartKind.ACTION, action.name, action.pointer, meaning, lambda: body, action.name)


def _rule(rule: Rule) -> Part:
    facts = facts_of(rule, without=("id", "inference"))
    facts["kind"] = fact("cel" if rule.inference is None else "ai")
    if rule.inference is not None:
        facts |= facts_of(rule.inference)
    body = Body(facts)
    return Part(PartKind.RULE, rule.id, rule.pointer, _said(body), lambda: body, rule.id, rule.id)


def _named(kind: PartKind, parts: Iterable[Any], path: str = "") -> PartList:
    """Parts whose order means nothing."""
    return PartList(tuple(_part_named(kind, each, path) for each in parts), is_ordered=False)


def _part_named(kind: PartKind, part: Any, path: str) -> Part:
    body = Body(facts_of(part, without=("name",)))
    return Part(kind, path + part.name, part.pointer, _said(body), lambda: body, part.name)


def _said(body: Body) -> Hashable:
    """The meaning of a part that is all in its body."""
    facts = tuple((name, each.meaning) for name, each in sorted(body.facts.items()))
    return facts, *(_listed(place, each) for place, each in sorted(body.inner.items()))


def _listed(place: str, found: PartList) -> Hashable:
    said = [(part.key, part.parent, part.meaning) for part in found.parts]
    return (place, *(said if found.is_ordered else sorted(said, key=lambda each: str(each[0]))))
