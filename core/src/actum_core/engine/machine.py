"""The tables a machine runs on: states numbered in document order, transitions resolved, content compiled.

Nothing here changes after it is made, but for caches of what can be derived again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.template.document import StateKind
from actum_core.template.names import prefixes

if TYPE_CHECKING:
    from actum_core.engine.invoke import Invoke
    from actum_core.engine.run import Run

Content = Callable[["Run"], None]
Guard = Callable[["Run"], bool]
Value = Callable[["Run"], JsonValue]

#: Pairs of a state and an event name whose transitions are remembered, and the transitions of all of them together.
#: Names come from outside: beyond this many the memory starts anew.
_CANDIDATES_MAX: Final = 65_536
_CANDIDATES_HELD_MAX: Final = 500_000

#: Configurations whose names are remembered; parallel regions can make more than anyone will meet.
_CONFIGURATIONS_MAX: Final = 4_096


class Transition:
    """One transition with its source and targets as states. Order in ``Machine.transitions`` is document order."""

    __slots__ = (
        "content",
        "domain",
        "draft",
        "events",
        "guard",
        "index",
        "is_internal",
        "order",
        "source",
        "targets",
    )

    def __init__(self, source: "Node", index: int) -> None:
        self.source = source
        #: 0-based place among the transitions of the source.
        self.index = index
        self.events: tuple[str, ...] = ()
        self.targets: tuple[Node, ...] = ()
        self.guard: Guard | None = None
        self.content: Content | None = None
        self.is_internal = False
        #: The state within which it acts, where that does not depend on what a history remembers.
        self.domain: Node | None = None
        #: What a transition draft says of it.
        self.draft: dict[str, Any] = {}
        #: Place among all transitions of the machine in document order.
        self.order = 0


class Node:
    """One state of a machine. Number 0 is the machine itself; ``last`` is the largest number within the state."""

    __slots__ = (
        *("alone", "children", "depth", "entry", "exit", "histories", "id", "index", "initial_content"),
        *(
            "initial_targets",
            "invokes",
            "is_final",
            "is_history",
            "is_parallel",
            "kind",
            "last",
            "output",
            "parent",
            "transitions",
        ),
        "_by_event",
    )

    def __init__(self, state_id: str, index: int, kind: StateKind, parent: "Node | None") -> None:
        self.id = state_id
        self.index = index
        self.last = index
        self.kind = kind
        #: What is active when this state, of a machine without levels, is.
        self.alone = (0, index)
        self.is_final = kind is StateKind.FINAL
        self.is_history = kind.is_history
        self.is_parallel = kind is StateKind.PARALLEL
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        #: Without history states, which are never active.
        self.children: tuple[Node, ...] = ()
        self.histories: tuple[Node, ...] = ()
        self.initial_targets: tuple[Node, ...] = ()
        self.initial_content: Content | None = None
        self.transitions: tuple[Transition, ...] = ()
        #: The places of transitions by their descriptors, None for those without; made when first asked for.
        self._by_event: dict[str | None, list[int]] | None = None
        self.entry: tuple[Content, ...] = ()
        self.exit: tuple[Content, ...] = ()
        self.output: Value | None = None
        self.invokes: tuple[Invoke, ...] = ()

    @property
    def is_atomic(self) -> bool:
        return not self.children

    def holds(self, other: "Node") -> bool:
        """True when ``other`` is a proper descendant."""
        return self.index < other.index <= self.last

    def meant_by(self, descriptors: Iterable[str | None]) -> Iterator["Transition"]:
        """The transitions with one of the descriptors, or with none for None, in document order."""
        by_event = self._by_event
        if by_event is None:
            by_event = self._by_event = {}
            for place, transition in enumerate(self.transitions):
                for event in transition.events or (None,):
                    by_event.setdefault(event, []).append(place)
        places = {place for each in descriptors for place in by_event.get(each, ())}
        return (self.transitions[place] for place in sorted(places))


def find_domain(transition: Transition, targets: Sequence[Node]) -> Node:
    """getTransitionDomain (SCXML, appendix D) for the states that a transition really leads to.

    A transition of the machine itself acts within the machine, which is never left.
    """
    source = transition.source
    if source.parent is None:
        return source
    if transition.is_internal and source.kind is StateKind.COMPOUND and all(map(source.holds, targets)):
        return source
    node = source
    while node.parent is not None:
        node = node.parent
        if node.kind is StateKind.COMPOUND and all(map(node.holds, targets)):
            break
    return node


class Machine:
    """The states in document order, and what is looked up in every step."""

    def __init__(self, nodes: tuple[Node, ...], timer_events: frozenset[str] = frozenset()) -> None:
        self.nodes = nodes
        self.root = nodes[0]
        #: What the machine's own timers say. These enable the transitions of their ``after`` and nothing else: a
        #: wildcard within must not swallow a deadline without.
        self.timer_events = timer_events
        self.by_id: dict[str, Node] = {node.id: node for node in nodes}
        #: True when all states stand directly in the machine and none is a history: the short way applies.
        self.is_flat = all(node.parent is self.root and not node.is_history for node in nodes[1:])
        self._candidates: dict[tuple[int, str | None], tuple[Transition, ...]] = {}
        self._candidates_held = 0
        self._configurations: dict[tuple[int, ...], tuple[str, ...]] = {}
        #: Every descriptor of the machine; None until it is asked for.
        self._descriptors: frozenset[str] | None = None
        #: In document order.
        self.transitions: tuple[Transition, ...] = ()

    def finish(self) -> None:
        """Number the transitions once all are known, and prepare the short way."""
        self.transitions = tuple(transition for node in self.nodes for transition in node.transitions)
        for order, transition in enumerate(self.transitions):
            transition.order = order
            if transition.targets and not any(target.is_history for target in transition.targets):
                transition.domain = find_domain(transition, transition.targets)

    def candidates(self, state: int, event: str | None) -> tuple[Transition, ...]:
        """The transitions that an event may enable from an atomic state, in the order in which guards are tried.

        Its own in document order, then its parent's, and so on outwards. None stands for no event.
        """
        found = self._candidates.get((state, event))
        if found is None:
            found = self._find_candidates(self.nodes[state], event)
            self._candidates_held += len(found)
            if len(self._candidates) >= _CANDIDATES_MAX or self._candidates_held > _CANDIDATES_HELD_MAX:
                self._candidates.clear()
                self._candidates_held = len(found)
            self._candidates[state, event] = found
        return found

    def _find_candidates(self, node: Node | None, event: str | None) -> tuple[Transition, ...]:
        found: list[Transition] = []
        is_timer = event in self.timer_events
        descriptors = (event,) if event is None or is_timer else tuple(prefixes(event))
        while node is not None:
            for transition in node.meant_by(descriptors):
                if is_timer and transition.events != (event,):
                    continue
                found.append(transition)
                if transition.guard is None:
                    return tuple(found)  # nothing after it can be reached
            node = node.parent
        return tuple(found)

    def configuration(self, active: tuple[int, ...]) -> tuple[str, ...]:
        """The ids of the atomic states among the active ones, in document order."""
        found = self._configurations.get(active)
        if found is None:
            found = tuple(self.nodes[i].id for i in active if i and self.nodes[i].is_atomic)
            if len(self._configurations) >= _CONFIGURATIONS_MAX:
                self._configurations.clear()
            self._configurations[active] = found
        return found

    @property
    def descriptors(self) -> frozenset[str]:
        """What means the events that may enable a transition of some state, or are forwarded to a child."""
        if self._descriptors is None:
            found = {event for transition in self.transitions for event in transition.events}
            is_forwarding = any(invoke.is_forwarding for node in self.nodes for invoke in node.invokes)
            self._descriptors = frozenset({"*", *found} if is_forwarding else found)
        return self._descriptors

    def activate(self, ids: list[str]) -> tuple[int, ...]:
        """The numbers of the named states and of everything around them. Raises KeyError for an unknown id."""
        active: set[int] = set()
        for each in ids:
            node: Node | None = self.by_id[each]
            while node is not None:
                active.add(node.index)
                node = node.parent
        return tuple(sorted(active))
