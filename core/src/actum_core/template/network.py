"""A template's network laid flat: machines in document order, what they share, and where their tokens go.

This is what the engine reads of a program. A template of one machine is a network of one node with the path ``""``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from actum_core.canonical_json import JsonValue
from actum_core.template.document import Data, Port, State, Variable
from actum_core.template.expressions import Expressions, Place
from actum_core.template.schema import Schema


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """What an expression parameter was given: data whose expressions are found in ``expressions`` at ``place``.

    They are evaluated in the scope numbered ``scope``: the one the component is used in, or the component's own
    for what it says itself by default.
    """

    data: Data
    scope: int
    expressions: Expressions
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Child:
    """A machine that ``invoke`` can start. ``machines`` are those that it can start itself, by what ``use`` says."""

    name: str
    machine: State
    variables: tuple[Variable, ...]
    input: Schema | None
    expressions: Expressions
    machines: Mapping[str, "Child"]


@dataclass(frozen=True, slots=True, eq=False)
class NodeScope:
    """What the machines of one network see: the template itself (number 0), or one use of a component.

    ``path`` is ``""`` or the path of the node that uses the component, and the network's nodes have paths below
    it. ``constants`` and ``arguments`` are the parameters: known in the program, and read late (see ``late``);
    one that was not given and has no default is in neither.
    """

    path: str
    outer: int | None
    use: str
    variables: tuple[Variable, ...]
    constants: Mapping[str, JsonValue]
    arguments: Mapping[str, Argument]
    expressions: Expressions
    machines: Mapping[str, Child]

    def path_of(self, node: str) -> str:
        """The path of a node that is named in an expression, a ``send`` or an edge of this network."""
        return f"{self.path}/{node}" if self.path else node


@dataclass(frozen=True, slots=True, eq=False)
class MachineNode:
    """One machine. ``hears`` are the descriptors of messages that it gets from rules and events; None is all.

    Tokens, its own sends and what is sent to it it always gets.
    """

    index: int
    path: str
    scope: int
    machine: State
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    hears: tuple[str, ...] | None


#: An input port of a machine, by the machine's number.
Target = tuple[int, str]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """``machines`` in document order, with their numbers ``by_path``; ``routes`` from an output port to input ports.

    Those stand in the order of edges. A port that leads nowhere has no route.
    """

    scopes: tuple[NodeScope, ...]
    machines: tuple[MachineNode, ...]
    by_path: Mapping[str, int]
    routes: Mapping[Target, tuple[Target, ...]] = field(default_factory=dict)

    @property
    def is_single(self) -> bool:
        """True for a template of one ``machine``, which has no ports and no names for its nodes."""
        return len(self.machines) == 1 and not self.machines[0].path

    def find(self, scope: int, node: str) -> MachineNode | None:
        """The machine that a name stands for in a scope; None when there is none or it is itself a network."""
        index = self.by_path.get(self.scopes[scope].path_of(node))
        return None if index is None else self.machines[index]
