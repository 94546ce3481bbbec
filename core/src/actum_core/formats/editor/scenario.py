"""Read a scenario of the browser editor (version "3.0"): its nodes with their ends, in one flat list.

Modules are opened: their nodes stand among the others under a longer name. Groups only say how a drawing looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from actum_core.formats.findings import Findings
from actum_core.limits import COMPONENT_NESTING_MAX, NODES_MAX, PORTS_MAX

VERSION: Final = "3.0"

#: Between the id of a module and that of a node in it, so that no other id is the same.
_WITHIN: Final = "\x1f"

#: What only says how a node looks, or when it was saved.
LOOKS: Final = (
    *(
        "position",
        "x",
        "y",
        "width",
        "height",
        "tags",
        "groupId",
        "isCollapsed",
        "isExpanded",
        "style",
        "color",
    ),
    *("_isGrouped", "selected", "dragging", "zIndex"),
)
COMMON: Final = ("nodeId", "displayName", "description", "type", "inputs", "outputs", *LOOKS)
_INPUT: Final = (
    "name",
    "nodeId",
    "sourceOutputName",
    "interface",
    "alias",
    "required",
    "type",
    "description",
)
_OUTPUT: Final = (
    *("name", "destinationNodeId", "destinationInputName", "interface", "transformation", "formula", "type"),
    "description",
)
_BORDER: Final = ("internalNodeId", "internalInputName", "internalOutputName")
_MODULE: Final = (*("subGraph", "moduleDescription", "moduleVersion", "isLibraryModule", "libraryCategory"),)
_SCENARIO: Final = ("version", "nodes", "edges", "groups", "id", "name", "description", "metadata")
_TEMPLATE: Final = (
    *("id", "name", "description", "version", "scenario", "isDefault", "createdAt", "updatedAt", "createdBy"),
    *("tags", "category"),
)


@dataclass(frozen=True, slots=True)
class End:
    """An input or output of a node: ``node`` and ``port`` are what it says it is connected to."""

    name: str
    node: str
    port: str
    members: dict[str, Any]
    pointer: str


@dataclass(eq=False, slots=True)
class Node:
    """A node; two nodes are the same only when they are one object."""

    id: str
    kind: str
    members: dict[str, Any]
    inputs: list[End]
    outputs: list[End]
    pointer: str
    #: What the ids that this node mentions stand for.
    scope: "Scope"
    #: The id with those of the modules around it.
    path: str
    #: What stands within a module.
    inner: "Scope | None" = None

    @property
    def title(self) -> str:
        value = self.members.get("displayName")
        return value if isinstance(value, str) else ""


@dataclass(eq=False, slots=True)
class Scope:
    """The nodes that stand beside each other, in the scenario or in a module."""

    nodes: dict[str, Node] = field(default_factory=dict)
    module: Node | None = None
    #: Outputs of the nodes in a module that lead out of it, or say nothing.
    loose: list[tuple[Node, End]] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """Every node in document order, those of modules in the place of the module."""
        for node in self.nodes.values():
            if node.inner is None:
                yield node
            else:
                yield from node.inner.walk()


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    description: str
    scope: Scope
    #: Connections that a document lists beside its nodes: where each stands.
    edges: list[tuple[dict[str, Any], str]]
    groups: dict[str, Any]


def is_scenario(value: Any) -> bool:
    """True for what ``read_scenario`` makes sense of."""
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("scenario"), dict):
        return is_scenario(value["scenario"])
    nodes = value.get("nodes")
    return isinstance(nodes, list) and any(isinstance(node, dict) and "nodeId" in node for node in nodes)


def read_scenario(document: dict[str, Any], findings: Findings) -> Scenario:
    """The scenario of a document, or of the template that one is kept in."""
    value, pointer = document, ""
    if isinstance(document.get("scenario"), dict):
        value, pointer = document["scenario"], "/scenario"
        for name in document:
            if name not in _TEMPLATE:
                findings.unknown("", name, _TEMPLATE)
    for name in value:
        if name not in _SCENARIO:
            findings.unknown(pointer, name, _SCENARIO)
    version = value.get("version", VERSION)
    if version != VERSION:
        detail = f"scenarios of version {VERSION} are read; this one says {str(version)[:40]!r}"
        findings.report(pointer + "/version", "version", detail)
    reader = _Reader(findings)
    scope = reader.scope(value.get("nodes"), pointer + "/nodes", None, 0)
    groups = value.get("groups")
    edges = value.get("edges")
    return Scenario(
        name=_text(document, "name") or _text(value, "name"),
        description=_text(document, "description") or _text(value, "description"),
        scope=scope,
        edges=[
            (each, f"{pointer}/edges/{index}")
            for index, each in enumerate(edges if isinstance(edges, list) else [])
            if isinstance(each, dict)
        ],
        groups=groups if isinstance(groups, dict) else {},
    )


def _text(members: dict[str, Any], name: str) -> str:
    value = members.get(name)
    return value if isinstance(value, str) else ""


class _Reader:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._count = 0

    def scope(self, value: object, pointer: str, module: Node | None, depth: int) -> Scope:
        found = Scope(module=module)
        if depth > COMPONENT_NESTING_MAX:
            self._findings.report(pointer, "too_deep", f"modules may be nested {COMPONENT_NESTING_MAX} deep")
            return found
        for index, each in enumerate(self._findings.array(value, pointer) or []):
            place = f"{pointer}/{index}"
            members = self._findings.mapping(each, place)
            if members is not None and (node := self._node(members, place, found, depth)):
                found.nodes[node.id] = node
        return found

    def _node(self, members: dict[str, Any], pointer: str, scope: Scope, depth: int) -> Node | None:
        identity, kind = members.get("nodeId"), members.get("type")
        if not isinstance(identity, str) or not identity or not isinstance(kind, str):
            self._findings.report(pointer, "missing_field", "a node has a nodeId and a type: it is left out")
            return None
        if identity in scope.nodes:
            self._findings.report(
                pointer + "/nodeId", "duplicate", "another node has this id: it is left out"
            )
            return None
        self._count += 1
        if self._count == NODES_MAX + 1:
            self._findings.report(pointer, "too_many", f"a network has at most {NODES_MAX} nodes")
        if self._count > NODES_MAX:
            return None
        path = identity if scope.module is None else f"{scope.module.path}{_WITHIN}{identity}"
        node = Node(identity, kind, members, [], [], pointer, scope, path)
        border = _BORDER if kind == "Module" else ()
        node.inputs += self._ends(members.get("inputs"), pointer + "/inputs", (*_INPUT, *border))
        node.outputs += self._ends(members.get("outputs"), pointer + "/outputs", (*_OUTPUT, *border))
        if kind == "Module":
            self._open(node, depth)
        return node

    def _open(self, node: Node, depth: int) -> None:
        """Read what stands within a module."""
        for name in node.members:
            if name not in (*COMMON, *_MODULE):
                self._findings.unknown(node.pointer, name, (*COMMON, *_MODULE))
        place = node.pointer + "/subGraph"
        inner = self._findings.mapping(node.members.get("subGraph"), place) or {}
        node.inner = self.scope(inner.get("nodes", []), place + "/nodes", node, depth + 1)

    def _ends(self, value: object, pointer: str, known: tuple[str, ...]) -> Iterator[End]:
        is_output = pointer.endswith("outputs")
        listed = [] if value is None else self._findings.array(value, pointer) or []
        self._findings.is_within(len(listed), PORTS_MAX, pointer, "ports")
        for index, each in enumerate(listed[:PORTS_MAX]):
            place = f"{pointer}/{index}"
            if isinstance(each, str):
                yield End(each, "", "", {}, place)
                continue
            members = self._findings.mapping(each, place)
            if members is None:
                continue
            for name in members:
                if name not in known:
                    self._findings.unknown(place, name, known)
            usual = "output" if is_output else "input"
            name = _text(members, "name") or (usual if index == 0 else f"{usual}{index + 1}")
            node = _text(members, "destinationNodeId" if is_output else "nodeId")
            port = _text(members, "destinationInputName" if is_output else "sourceOutputName")
            yield End(name, node, port, members, place)
