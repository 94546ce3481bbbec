"""The author's document with types: what parsing yields, what checking and compiling read.

Every node remembers the pointer it was read from, for problems only: two documents that mean the same are equal.
Expressions are source text here. ``Data`` is JSON in which a string that begins with ``=`` is an expression
and one that begins with ``==`` is the literal text after the first sign. ``Text`` is data that must come to a
string: a name, an id, an address.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from actum_core.canonical_json import JsonValue
from actum_core.template.schema import Schema
from actum_core.template.states import (
    Action,
    After,
    Assign,
    Block,
    Cancel,
    Data,
    Do,
    Drop,
    Emit,
    ForEach,
    If,
    Initial,
    Invoke,
    Log,
    Raise,
    Send,
    State,
    StateKind,
    Text,
    Transition,
)

__all__ = [
    "Action",
    "ActionDeclaration",
    "Address",
    "After",
    "Assign",
    "Block",
    "Cancel",
    "ChildMachine",
    "Component",
    "Data",
    "Design",
    "Do",
    "Drop",
    "Edge",
    "Emission",
    "Emit",
    "EventType",
    "Extract",
    "ForEach",
    "If",
    "Inference",
    "Initial",
    "Invoke",
    "Log",
    "Node",
    "NodeMachine",
    "NodeUse",
    "Parameter",
    "ParameterKind",
    "Port",
    "Ports",
    "Raise",
    "Rule",
    "Send",
    "State",
    "StateKind",
    "Template",
    "Text",
    "TimerPolicy",
    "Transition",
    "Variable",
    "VariableType",
]


class VariableType(StrEnum):
    """What a variable may hold; see ``variables`` for its values and their JSON forms."""

    INT = "int"
    UINT = "uint"
    DOUBLE = "double"
    STRING = "string"
    BOOL = "bool"
    BYTES = "bytes"
    TIMESTAMP = "timestamp"
    DURATION = "duration"
    LIST = "list"
    MAP = "map"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Variable:
    """``initial`` is data; its expressions may use the start input and the time, not other variables."""

    name: str
    type: VariableType
    initial: Data
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event that may be posted, and what its data must look like."""

    name: str
    schema: Schema | None = None
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Emission:
    """One message that a rule yields; ``message`` must come to a name."""

    message: Text
    data: Data = None
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Extract:
    """One value found in a text: what a group of a regular expression matched, null when it did not.

    ``source`` is an expression; group 0 is the whole match.
    """

    name: str
    pattern: str
    source: str
    group: int
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Inference:
    """What an ai rule asks a model.

    ``prompt`` is cut at its ``{{expressions}}``: the members at odd places are expressions, the others text.
    The answer is an output that ``output`` accepts.
    """

    model: str
    prompt: tuple[str, ...]
    output: Schema
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """What derives messages from an event; ``when`` without a value always applies.

    With an ``inference``, the messages are those of its outcome: their data knows ``output``. All expressions
    but those of ``extracts`` know ``extract``.
    """

    id: str
    on: tuple[str, ...]
    when: str | None
    emissions: tuple[Emission, ...]
    extracts: tuple[Extract, ...] = ()
    inference: Inference | None = None
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ChildMachine:
    """A machine that ``invoke`` can start, with variables and an input of its own."""

    name: str
    machine: State
    variables: tuple[Variable, ...] = ()
    input: Schema | None = None
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ActionDeclaration:
    """An action that ``do`` can request. ``settings`` are for whoever carries it out, ``kind`` is none of them."""

    name: str
    kind: str
    settings: JsonValue
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Port:
    """Where tokens enter or leave a node; with a ``type``, tokens of that type only."""

    name: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a node. In a component either may be an expression over ``params`` that gives their list."""

    inputs: tuple[Port, ...] | str = (Port("in"),)
    outputs: tuple[Port, ...] | str = (Port("out"),)
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class NodeMachine:
    """A node that is a machine, sharing the variables of its network."""

    id: str
    machine: State
    ports: Ports = Ports()
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class NodeUse:
    """A node that is a component, ``name@version``; ``arguments`` are what its parameters are given, by name."""

    id: str
    use: str
    arguments: tuple[tuple[str, Data], ...] = ()
    pointer: str = field(default="", compare=False)


Node = NodeMachine | NodeUse


@dataclass(frozen=True, slots=True)
class Address:
    """A port of a node; the node ``""`` is the border of the component itself."""

    node: str
    port: str

    def __str__(self) -> str:
        return f"{self.node}.{self.port}"


@dataclass(frozen=True, slots=True)
class Edge:
    source: Address
    target: Address
    pointer: str = field(default="", compare=False)


class ParameterKind(StrEnum):
    #: A constant of the program.
    PLAIN = "plain"
    #: Data of which the expressions are evaluated where they were written, whenever the component reads it.
    EXPRESSION = "expression"
    #: The name of a message that the component hears.
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: ParameterKind = ParameterKind.PLAIN
    schema: Schema | None = None
    #: None, which is also what an absent one is, when it need not be given.
    default: Data = None
    is_required: bool = False
    pointer: str = field(default="", compare=False)


class TimerPolicy(StrEnum):
    """What pausing an execution does to the timers it waits for."""

    #: They are due when they were; those overdue fire when it goes on.
    KEEP = "keep"
    #: They are put off by as long as it was paused.
    REMAINING = "remaining"


@dataclass(frozen=True, slots=True)
class Design:
    """What a template and a component have in common: one ``machine``, or ``nodes`` and ``edges``."""

    name: str
    machine: State | None = None
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    variables: tuple[Variable, ...] = ()
    machines: tuple[ChildMachine, ...] = ()
    title: str = field(default="", compare=False, kw_only=True)
    description: str = field(default="", compare=False, kw_only=True)

    def own_machines(self) -> Iterator[State]:
        """The machine, or those of the nodes: what shares the variables, in document order."""
        if self.machine is not None:
            yield self.machine
        yield from (node.machine for node in self.nodes if isinstance(node, NodeMachine))

    def states(self) -> Iterator[State]:
        """Every state written here, those of child machines too, in document order."""
        for machine in (*self.own_machines(), *(child.machine for child in self.machines)):
            yield from machine.descendants()


@dataclass(frozen=True, slots=True)
class Component(Design):
    """A part of networks, with parameters and ports of its own."""

    parameters: tuple[Parameter, ...] = ()
    ports: Ports = Ports()


@dataclass(frozen=True, slots=True)
class Template(Design):
    """A whole document. ``events`` is None when the author declared none: see ``Program.knows_event``."""

    input: Schema | None = None
    events: tuple[EventType, ...] | None = None
    ignores_unknown_events: bool = False
    rules: tuple[Rule, ...] = ()
    actions: tuple[ActionDeclaration, ...] = ()
    on_resume: TimerPolicy = TimerPolicy.KEEP
