"""States, transitions and executable content with types: the part of a document that is one statechart.

``document`` has the rest, and says what ``Data`` and ``Text`` are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from actum_core.canonical_json import JsonValue

Data = JsonValue
Text = str


@dataclass(frozen=True, slots=True)
class Assign:
    """Set variables at once: every expression sees the values from before."""

    values: tuple[tuple[str, str], ...]
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Raise:
    """Put an event on the internal queue; ``event`` must come to a name."""

    event: Text
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


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message: now, or a ``delay`` after now or after the moment ``at``.

    ``delay`` is a length of time in seconds such as ``90s``, or an expression that gives a duration, a number of
    seconds or a text such as ``1d12h``; ``at`` an RFC 3339 text or an expression that gives a timestamp. Without
    ``to`` it goes to the external queue of the machine that sends; else to ``#_internal``, ``#_parent``,
    ``#_<invoke id>``, an address, or a node of the same network. ``id_to`` names a variable that is set to the id.
    """

    event: Text
    data: Data = None
    delay: Text | None = None
    at: Text | None = None
    id: Text | None = None
    to: Text | None = None
    id_to: str | None = None
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take back what this machine sent under an id and has not arrived."""

    id: Text
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Emit:
    """Put a token on an output port. ``parents`` is an expression for token ids; without it the driving token."""

    value: Data
    port: Text = "out"
    type: Text | None = None
    parents: str | None = None
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """Say that a token which was taken is let go: ``token`` is an expression for its id, ``port`` where it came in."""

    token: str
    port: Text = "in"
    reason: Text = "let_go"
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Do:
    """Request a declared action. ``id`` is the author's name for the request, told in its entry and outcome."""

    action: Text
    data: Data = None
    id: Text | None = None
    pointer: str = field(default="", compare=False)


Action = Assign | Raise | If | ForEach | Log | Send | Cancel | Emit | Drop | Do
Block = tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Initial:
    """Where a compound or history state leads by default, and what is run on the way."""

    targets: tuple[str, ...]
    actions: Block = ()
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class After:
    """A timer that runs while its state is active; ``event`` is what it says when it is due.

    The transitions that it enables are among those of its state, with this event and nothing else in ``events``.
    ``delay`` is as in ``Send``.
    """

    delay: Text
    event: str
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Invoke:
    """A child machine that runs while its state is active.

    ``use`` names one of the machines declared beside this one, or a version of a template (``name@3``). Without
    an ``id`` the engine makes one; ``id_to`` names a variable that is set to it. ``data`` is the child's input.
    """

    use: Text
    id: Text | None = None
    id_to: str | None = None
    data: Data = None
    is_forwarding: bool = False
    finalize: Block = ()
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Transition:
    """No ``events`` means eventless; no ``targets`` means that no state is left or entered.

    In a component an event may be ``=params.p``; in a program it never is.
    """

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
    after: tuple[After, ...] = ()
    invokes: tuple[Invoke, ...] = ()
    pointer: str = field(default="", compare=False)

    def descendants(self) -> Iterator["State"]:
        """This state and all within it, in document order."""
        yield self
        for state in self.states:
            yield from state.descendants()
