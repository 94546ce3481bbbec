"""The author's document with types: what parsing yields, what checking and compiling read.

Every node remembers the pointer it was read from, for problems only: two documents that mean the same are equal.
Expressions are source text here. ``Data`` is JSON in which a string that begins with ``=`` is an expression
and one that begins with ``==`` is the literal text after the first sign.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from actum_core.canonical_json import JsonValue
from actum_core.template.schema import Schema

Data = JsonValue


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
    """One message that a rule yields; ``message`` is data that must come to a name."""

    message: str
    data: Data = None
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """What derives messages from an event; ``when`` without a value always applies."""

    id: str
    on: tuple[str, ...]
    when: str | None
    emissions: tuple[Emission, ...]
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Assign:
    """Set variables at once: every expression sees the values from before."""

    values: tuple[tuple[str, str], ...]
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Raise:
    """Put an event on the internal queue; ``event`` is data that must come to a name."""

    event: str
    data: Data = None
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class If:
    condition: str
    then: "Block"
    otherwise: "Block" = ()
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ForEach:
    """Run ``body`` once per member of a list, its value and place under names of their own."""

    members: str
    name: str
    index: str | None
    body: "Block"
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Log:
    label: str | None
    value: Data = None
    pointer: str = field(default="", compare=False)


Action = Assign | Raise | If | ForEach | Log
Block = tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Initial:
    """Where a compound or history state leads by default, and what is run on the way."""

    targets: tuple[str, ...]
    actions: Block = ()
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Transition:
    """No ``events`` means eventless; no ``targets`` means that no state is left or entered."""

    events: tuple[str, ...]
    targets: tuple[str, ...]
    guard: str | None = None
    actions: Block = ()
    is_internal: bool = False
    pointer: str = field(default="", compare=False)


class StateKind(StrEnum):
    ATOMIC = "atomic"
    COMPOUND = "compound"
    PARALLEL = "parallel"
    FINAL = "final"
    SHALLOW_HISTORY = "shallow"
    DEEP_HISTORY = "deep"

    @property
    def is_history(self) -> bool:
        return self in (StateKind.SHALLOW_HISTORY, StateKind.DEEP_HISTORY)


@dataclass(frozen=True, slots=True)
class State:
    """One state with what stands inside it, in document order. The machine itself is a state with the id ``""``."""

    id: str
    kind: StateKind
    initial: Initial | None = None
    states: tuple["State", ...] = ()
    transitions: tuple[Transition, ...] = ()
    entry: tuple[Block, ...] = ()
    exit: tuple[Block, ...] = ()
    output: Data = None
    pointer: str = field(default="", compare=False)

    def descendants(self) -> Iterator["State"]:
        """This state and all within it, in document order."""
        yield self
        for state in self.states:
            yield from state.descendants()


@dataclass(frozen=True, slots=True)
class Template:
    """A whole document. ``events`` is None when the author declared none: see ``Program.knows_event``."""

    name: str
    machine: State
    input: Schema | None = None
    variables: tuple[Variable, ...] = ()
    events: tuple[EventType, ...] | None = None
    ignores_unknown_events: bool = False
    rules: tuple[Rule, ...] = ()
    title: str = field(default="", compare=False)
    description: str = field(default="", compare=False)
