"""What a machine is run with: its states, and the variables it sees with how they are kept."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.engine.machine import Machine, Node, Value
from actum_core.template.document import StateKind, Variable, VariableType
from actum_core.template.names import prefixes
from actum_core.template.network import Child, MachineNode
from actum_core.template.program import Program
from actum_core.template.schema import Schema
from actum_core.template.variables import WRITE

if TYPE_CHECKING:
    from actum_core.engine.network import NetworkTables
    from actum_core.engine.rules import Rules

#: The machine of what has variables only: it has no states to be in.
NO_MACHINE: Final = Machine((Node("", 0, StateKind.COMPOUND, None),))

#: Configurations and microsteps of one program whose written forms are kept. Regions and names of events can make
#: very many; each takes a few hundred bytes.
KEPT_LEAST: Final = 1_024
KEPT_MOST: Final = 100_000

#: Makes the data of the first value of each variable.
Initials = tuple[tuple[str, Value], ...]


class Tables:
    """``kinds`` has the variables that the machine sees, in canonical order."""

    __slots__ = ("configurations", "frames", "kept_max", "keys", "kinds", "machine", "microsteps")

    def __init__(self, machine: Machine, variables: Iterable[Variable]) -> None:
        self.machine = machine
        self.kinds: dict[str, VariableType] = {each.name: each.type for each in variables}
        #: What is written before each variable's value, and its place in canonical order.
        self.keys: dict[str, tuple[bytes, int]] = {
            name: (f'"{name}":'.encode(), place) for place, name in enumerate(self.kinds)
        }
        #: How much of a kind is kept of what was met before: all that a machine without regions can do, within reason.
        self.kept_max = min(max(KEPT_LEAST, 2 * len(machine.transitions)), KEPT_MOST)
        #: The canonical form of configurations met before, by the numbers of their active states.
        self.frames: dict[tuple[int, ...], bytes] = {}
        self.configurations: dict[tuple[int, ...], str] = {}
        #: What is said of microsteps without levels, but for the variables they set.
        self.microsteps: dict[tuple[object, ...], bytes] = {}

    def write_variables(self, values: Mapping[str, Any]) -> dict[str, JsonValue]:
        """The JSON of these variables."""
        kinds = self.kinds
        written = {}
        for name, value in values.items():
            write = WRITE[kinds[name]]
            written[name] = value if write is None else write(value)
        return written


class ProgramTables(Tables):
    """Everything derived from a program: the template's own machine, if it is one, its rules and variables.

    ``network`` is there when a step has more to do than to move that machine: timers, messages between machines,
    requests, or several machines. ``has_…`` say whether any expression mentions these.
    """

    __slots__ = ("has_event", "has_now", "initials", "needs_context", "network", "program", "rules")

    def __init__(self, machine: Machine, program: Program, rules: "Rules") -> None:
        super().__init__(machine, program.template.variables)
        self.program = program
        self.rules = rules
        self.initials: Initials = ()
        self.network: NetworkTables | None = None
        self.has_event = False
        self.has_now = False
        #: Whether an expression asks for random numbers or for active states.
        self.needs_context = False


class CellTables(Tables):
    """What one address of a network is run with.

    ``owner`` is the address whose variables it sees, None when that is its own. ``scope`` is the number of its
    network's scope, None for a child machine. ``node`` is there when it is a machine of the network; ``children``
    are the machines that it can start, by what ``use`` says. ``path`` is the address, empty for children, of which
    several may run with one of these, and ``number`` its place among the nodes in the order of paths.
    """

    __slots__ = ("children", "initials", "input", "key", "node", "number", "owner", "path", "scope")

    def __init__(
        self, machine: Machine, variables: Iterable[Variable], children: Mapping[str, Child], path: str = ""
    ) -> None:
        super().__init__(machine, variables)
        self.children = children
        self.path = path
        #: What is written before its members among the nodes.
        self.key = f'"{path}":'.encode()
        self.number = 0
        self.initials: Initials = ()
        self.owner: str | None = None
        self.scope: int | None = None
        self.node: MachineNode | None = None
        self.input: Schema | None = None

    def may_hear(self, name: str) -> bool:
        """True when messages of this name from rules and events reach this machine and mean something to it."""
        assert self.node is not None, "only nodes hear what is said to all"
        hears, meant = self.node.hears, set(prefixes(name))
        return (hears is None or not meant.isdisjoint(hears)) and not meant.isdisjoint(
            self.machine.descriptors
        )
