"""The tree of state nodes of an XState machine: their ids here, and what a target means."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.formats import naming
from actum_core.formats.findings import Findings
from actum_core.limits import STATE_NESTING_MAX

Config = dict[str, Any]

#: Points separate the keys of a path, unless a backslash stands before them.
_PATH: Final = re.compile(r"((?:\\.|[^.\\])+)")


@dataclass(slots=True, eq=False)
class Node:
    """One state node. ``state`` is its id here; the root has none."""

    key: str
    config: Config
    pointer: str
    parent: "Node | None"
    kind: str
    state: str = ""
    children: dict[str, "Node"] = field(default_factory=dict)

    def descendants(self) -> Iterator["Node"]:
        """This node and all within it, in document order."""
        yield self
        for child in self.children.values():
            yield from child.descendants()

    def holds(self, other: "Node") -> bool:
        """True when ``other`` is a proper descendant."""
        around = other.parent
        while around is not None and around is not self:
            around = around.parent
        return around is self

    @property
    def path(self) -> list[str]:
        return [] if self.parent is None else [*self.parent.path, self.key]

    @property
    def has_effects(self) -> bool:
        """True when entering or leaving it can be seen."""
        return any(name in self.config for name in ("entry", "exit", "invoke", "after", "timeout"))


class Tree:
    """All state nodes of a machine, by the ids that XState gives them."""

    def __init__(self, config: Config, findings: Findings) -> None:
        self._findings = findings
        self._by_id: dict[str, Node] = {}
        label = config.get("id")
        self.label = label if isinstance(label, str) else "(machine)"
        self.root = self._read("", config, "", None, 0)
        self._name_states()

    def _read(self, key: str, config: Any, pointer: str, parent: Node | None, depth: int) -> Node:
        if not isinstance(config, dict):
            self._findings.wrong_type(pointer, "a state node", config)
            config = {}
        node = Node(key, config, pointer, parent, _kind(config))
        if depth > STATE_NESTING_MAX:
            self._findings.report(pointer, "too_deep", f"states may be nested {STATE_NESTING_MAX} deep")
            return node
        states = config.get("states")
        for name, child in (states if isinstance(states, dict) else {}).items():
            place = pointer + pointer_of("states", name)
            node.children[name] = self._read(name, child, place, node, depth + 1)
        return node

    def _name_states(self) -> None:
        """Each state is called by its own id, else by its key where no other state has it, else by its path."""
        keys = [node.key for node in self.root.descendants()]
        names = naming.Names(naming.state_id)
        for node in self.root.descendants():
            own = node.config.get("id")
            path = node.path
            self._by_id[own if isinstance(own, str) else ".".join([self.label, *path])] = node
            if node.parent is None:
                continue
            if isinstance(own, str) and own != ".".join([self.label, *path]):
                wanted = own
            else:
                wanted = node.key if keys.count(node.key) == 1 else "-".join(path)
            # A point would make done.state.a stand for done.state.a.b as well.
            node.state = names.make(wanted.replace(".", "-"))
            if wanted.replace(".", "-") != node.state:
                self._findings.warn(node.pointer, "renamed", f"this state is called {node.state!r} here")

    def find(self, target: str, source: Node, pointer: str) -> Node | None:
        """The node that a target means for a transition of ``source``; None, and a problem, when there is none."""
        found = self._find(target, source)
        if found is None:
            self._findings.report(pointer, "unknown_state", f"there is no state {target[:64]!r}")
        return found

    def find_id(self, state_id: str) -> Node | None:
        """The node of an id, which is its own or the path of its keys behind the machine's id."""
        if state_id in self._by_id:
            return self._by_id[state_id]
        parts = _split(state_id)
        for length in range(len(parts) - 1, 0, -1):
            start = self._by_id.get(".".join(parts[:length]))
            if start is not None:
                return _descend(start, parts[length:])
        return None

    def _find(self, target: str, source: Node) -> Node | None:
        if target.startswith("#"):
            return self.find_id(target[1:])
        if target.startswith("."):
            return _descend(source, _split(target[1:]))
        # Transitions of the root itself lead to its children; version 4 wrote them without a point.
        return _descend(source.parent or source, _split(target))


def _kind(config: Config) -> str:
    kind = config.get("type")
    if kind in ("parallel", "final", "history", "choice"):
        return str(kind)
    if config.get("parallel") is True:
        return "parallel"
    return "compound" if config.get("states") else "atomic"


def _split(path: str) -> list[str]:
    return [part.replace("\\.", ".") for part in _PATH.findall(path)]


def _descend(node: Node, path: list[str]) -> Node | None:
    found: Node | None = node
    for key in path:
        found = None if found is None else found.children.get(key)
    return found
