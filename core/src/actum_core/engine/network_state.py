"""The state of an execution that goes the long way: cells at their addresses, timers, requests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.cell import Cell, read_origin, write_cell, write_members
from actum_core.engine.network import NetworkTables
from actum_core.engine.nodes import Nodes
from actum_core.engine.requests import NO_REQUESTS, PendingRequest, Requests, read_requests
from actum_core.engine.standing import StandingReader
from actum_core.engine.state import MachineState, State
from actum_core.engine.tables import CellTables
from actum_core.engine.timers import NO_TIMERS, Timer, Timers, read_timers
from actum_core.engine.written import Collection
from actum_core.errors import Invalid, Problem, pointer_of
from actum_core.template.variables import measure

if TYPE_CHECKING:
    from actum_core.engine.exchange import Exchange


_NO_NODES: Final = Nodes((), (), ())
_NO_CHILDREN: Final[Collection[Cell]] = Collection({}, write_cell)


class NetworkState(State):
    """The ``root`` is the sole machine, or the variables of the template; in JSON its members are those of the state
    itself. ``nodes`` are the other cells of the network, ``children`` the child machines by their addresses.
    """

    __slots__ = (
        *("_tables", "child_set", "input", "is_final", "nodes", "output", "request_set", "root"),
        *("size", "timer_set", "vars"),
    )

    def __init__(self, tables: NetworkTables, root: Cell | None) -> None:
        self._tables = tables
        self.root = root
        self.vars: dict[str, Any] = {} if root is None else root.vars
        self.input: JsonValue = None if root is None else root.input
        self.nodes = _NO_NODES
        self.child_set: Collection[Cell] = _NO_CHILDREN
        self.timer_set: Timers = NO_TIMERS
        self.request_set: Requests = NO_REQUESTS
        self.is_final = False
        self.output: JsonValue = None
        self.size = 0

    @classmethod
    def before_start(cls, tables: NetworkTables) -> "NetworkState":
        """The state that takes an input of kind start."""
        return cls(tables, None)

    @classmethod
    def of_machine(cls, tables: NetworkTables, state: MachineState) -> "NetworkState":
        """The same state of a sole machine, for the long way."""
        if not state.is_started:
            return cls(tables, None)
        cell = Cell(tables.cells[""], state.input)
        cell.active, cell.vars, cell.history = state.active, state.vars, state.history
        cell.is_final, cell.output = state.is_final, state.output
        after = cls(tables, cell)
        after.is_final, after.output, after.size = state.is_final, state.output, state.size
        return after

    def as_machine(self, before: MachineState) -> MachineState:
        """The same state for the short way; ``before`` is of the same program."""
        cell = self.root
        assert cell is not None, "after a step there is a machine"
        after = MachineState(before.tables, cell.active, cell.vars, cell.history, cell.input)
        after.is_final, after.output, after.size = self.is_final, self.output, self.size
        return after

    @property
    def is_started(self) -> bool:
        return self.root is not None

    @property
    def configuration(self) -> tuple[str, ...]:
        if self.root is None:
            return ()
        if self._tables.is_single:
            return self.root.configuration
        return self.nodes.configuration

    @property
    def configuration_text(self) -> str:
        if self.root is None:
            return "[]"
        return self.root.configuration_text if self._tables.is_single else self.nodes.configuration_text()

    @property
    def timers(self) -> dict[str, Timer]:
        return self.timer_set.table.members

    @property
    def timer_order(self) -> Sequence[str]:
        return [key for _, _, key in self.timer_set.order]

    @property
    def first_timer(self) -> tuple[str, str] | None:
        order = self.timer_set.order
        return (order[0][2], order[0][0]) if order else None

    @property
    def requests(self) -> dict[str, PendingRequest]:
        return self.request_set.members

    def find_cell(self, address: str) -> Cell | None:
        """What stands at an address."""
        if "#" in address:
            return self.child_set.members.get(address)
        if not address:
            return self.root
        tables = self._tables.cells.get(address)
        return None if tables is None or not self.nodes else self.nodes[tables.number]

    def after(self, exchange: "Exchange") -> "NetworkState":
        """The state that a step has come to; this one when nothing changed."""
        root = self.root
        nodes: dict[int, Cell] = {}
        children: dict[str, Cell | None] = dict.fromkeys(exchange.removed)
        for address, run in exchange.runs.items():
            if not run.is_changed:
                continue
            cell = run.cell.after(run)
            if "#" in address:
                children[address] = cell
            elif address:
                nodes[cell.tables.number] = cell
            else:
                root = cell
        is_waiting = exchange.timers.is_changed or exchange.pending
        if root is self.root and not (nodes or children or is_waiting):
            return self
        after = self._copy(root)
        after.size = exchange.size
        if nodes and self.nodes:
            after.nodes = self.nodes.changed(nodes)
        elif nodes:
            after.nodes = Nodes.of([nodes[i] for i in sorted(nodes)], self._tables.machine_numbers)
        if children:
            after.child_set = self.child_set.changed(children)
        if exchange.timers.is_changed:
            after.timer_set = exchange.timers.finish()
        if exchange.pending:
            after.request_set = self.request_set.changed(exchange.pending)
        if self._tables.is_single and root is not None and root.is_final:
            after.is_final, after.output = True, root.output
        return after

    def without(self, *, timer: str = "", request: str = "") -> "NetworkState":
        """A copy that does not wait for one thing any more."""
        after = self._copy(self.root)
        if timer:
            after.size -= self.timers[timer].size
            after.timer_set = self.timer_set.without(timer)
        if request:
            after.size -= self.requests[request].size
            after.request_set = self.request_set.changed({request: None})
        return after

    def without_timers(self) -> "NetworkState":
        """A copy that waits for no moment."""
        after = self._copy(self.root)
        after.size -= sum(timer.size for timer in self.timers.values())
        after.timer_set = NO_TIMERS
        return after

    def put_off(self, nanoseconds: int) -> "NetworkState":
        """A copy whose timers are all due so much later."""
        after = self._copy(self.root)
        after.timer_set = self.timer_set.put_off(nanoseconds)
        return after

    def completed(self, output: JsonValue) -> "NetworkState":
        """A copy that is at its end."""
        after = self._copy(self.root)
        after.is_final, after.output = True, output
        return after

    def _copy(self, root: Cell | None) -> "NetworkState":
        after = NetworkState(self._tables, root)
        after.nodes, after.child_set = self.nodes, self.child_set
        after.timer_set, after.request_set = self.timer_set, self.request_set
        after.is_final, after.output, after.size = self.is_final, self.output, self.size
        return after

    def to_json(self) -> dict[str, JsonValue]:
        parsed = canonical_json.parse(self.canonical())
        assert isinstance(parsed, dict)
        return parsed

    def canonical(self) -> bytes:
        members = {} if self.root is None else self.root.members(is_committed=False)
        if not self._tables.is_single:
            members["nodes"] = self.nodes.canonical()
        for name, collection in self._collections():
            members[name] = collection.canonical()
        return self._assemble(members)

    def commitment(self) -> bytes:
        members = {} if self.root is None else self.root.members(is_committed=True)
        if not self._tables.is_single:
            members["nodes"] = self.nodes.committed()
        for name, collection in self._collections():
            members[name] = collection.committed()
        return self._assemble(members)

    def _collections(self) -> list[tuple[str, Collection[Any]]]:
        named: list[tuple[str, Collection[Any]]] = [
            ("children", self.child_set),
            ("requests", self.request_set),
            ("timers", self.timer_set.table),
        ]
        return [(name, collection) for name, collection in named if len(collection)]

    def _assemble(self, members: dict[str, bytes]) -> bytes:
        members.setdefault("vars", b"{}")
        if self._tables.is_single:
            members.setdefault("configuration", b"[]")
        elif self.is_final:
            members["final"] = b"true"
            members["output"] = canonical_json.encode(self.output)
        return write_members(members)


# --- Reading ------------------------------------------------------------------------------------------


def read_network_state(tables: NetworkTables, value: JsonValue) -> NetworkState:
    """The state that ``to_json`` described. Raises Invalid when it is none of this program."""
    try:
        return _StateReader(tables, value if isinstance(value, dict) else {}).read()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        detail = f"this is no state of this program: {type(error).__name__} {error}"
        raise Invalid([Problem("", "wrong_type", detail)]) from None


class _StateReader:
    def __init__(self, tables: NetworkTables, members: dict[str, Any]) -> None:
        self._tables = tables
        self._members = members
        self._problems: list[Problem] = []
        self._cells: dict[str, Cell] = {}

    def read(self) -> NetworkState:
        members, tables = self._members, self._tables
        place = "configuration" if tables.is_single else "nodes"
        if not isinstance(members.get(place), list | dict) or not isinstance(members.get("vars"), dict):
            raise Invalid([Problem("", "wrong_type", f"a state with {place} and vars was expected")])
        if not members[place]:
            if members["vars"]:
                raise Invalid([Problem("/vars", "unknown_variable", "before the start there are none")])
            return NetworkState.before_start(tables)
        self._read_cell("", tables.cells[""], members, "")
        nodes = {} if tables.is_single else members["nodes"]
        for path, cell_tables in tables.cells.items():
            pointer = pointer_of("nodes", path)
            if path and path not in nodes:
                self._problems.append(Problem(pointer, "missing_field", f"the node {path!r} is missing"))
            elif path:
                self._read_cell(path, cell_tables, nodes[path], pointer)
        for path in nodes:
            if path not in tables.cells:
                detail = f"there is no node {path!r}"
                self._problems.append(Problem(pointer_of("nodes", path), "unknown_node", detail))
        # Parents before their children.
        children = members.get("children", {})
        for address in sorted(children, key=lambda each: (each.count("#"), each)):
            self._read_child(address, children[address])
        if self._problems:
            raise Invalid(self._problems)
        return self._assemble()

    def _read_child(self, address: str, said: dict[str, Any]) -> None:
        above, _, child_id = address.rpartition("#")
        parent = self._cells[above]
        tables = self._tables.child(parent.tables.children[said["use"]])
        cell = self._read_cell(address, tables, said, pointer_of("children", address))
        cell.origin = read_origin(said)
        siblings = [*parent.children, child_id]
        parent.children = tuple(sorted(siblings, key=lambda each: self._place_of(parent, f"{above}#{each}")))

    def _place_of(self, parent: Cell, address: str) -> tuple[int, int, str]:
        origin = self._cells[address].origin
        assert origin is not None, "every child comes from somewhere"
        return parent.tables.machine.by_id[origin.state].index, origin.index, address

    def _read_cell(self, address: str, tables: CellTables, said: dict[str, Any], pointer: str) -> Cell:
        reader = StandingReader(tables, said, pointer)
        cell = self._cells[address] = Cell(tables, said.get("input"))
        cell.active = reader.active()
        if tables.owner is None:
            cell.vars = reader.variables(is_started=True)
        cell.history = reader.history()
        is_network = not address and not self._tables.is_single
        cell.is_final = said.get("final") is True and not is_network
        cell.output = None if is_network else said.get("output")
        self._problems += reader.problems
        return cell

    def _assemble(self) -> NetworkState:
        members = self._members
        state = NetworkState(self._tables, self._cells[""])
        state.nodes = Nodes.of(
            [self._cells[path] for path in self._tables.nodes], self._tables.machine_numbers
        )
        children = {address: cell for address, cell in self._cells.items() if "#" in address}
        state.child_set = _NO_CHILDREN.changed(children)
        state.timer_set = read_timers(members.get("timers", {}))
        state.request_set = read_requests(members.get("requests", {}))
        state.is_final, state.output = members.get("final") is True, members.get("output")
        state.size = sum(timer.size for timer in state.timers.values())
        state.size += sum(request.size for request in state.requests.values())
        for address, cell in self._cells.items():
            state.size += sum(map(measure, cell.vars.values()))
            state.size += measure(cell.input) if "#" in address else 0
        return state
