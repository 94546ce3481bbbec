"""A standing at its address: the machine of a node, a child machine, or variables that machines share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.standing import Standing
from actum_core.engine.tables import NO_MACHINE, CellTables
from actum_core.engine.written import Written

if TYPE_CHECKING:
    from actum_core.engine.cell_run import CellRun


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a child machine comes from: what it is, and the ``invoke`` at ``index`` of a state of its parent."""

    use: str
    state: str
    index: int


class Cell(Standing):
    """``children`` are the ids of its child machines, in the order of the document that invokes them.

    ``vars`` are empty where the variables are another cell's.
    """

    __slots__ = ("_written", "children", "origin")

    _tables: CellTables

    def __init__(self, tables: CellTables, start_input: JsonValue, origin: Origin | None = None) -> None:
        super().__init__(tables, (), {}, {}, start_input)
        self.origin = origin
        self.children: tuple[str, ...] = ()
        self._written: Written | None = None

    @property
    def tables(self) -> CellTables:
        return self._tables

    @property
    def path_names(self) -> list[str]:
        """Its active atomic states as ``path/state``."""
        return [f"{self._tables.path}/{state}" for state in self.configuration]

    @property
    def _owns_variables(self) -> bool:
        return self._tables.owner is None and bool(self._tables.kinds)

    def after(self, run: "CellRun") -> "Cell":
        """What a step has made of it."""
        after = Cell(self._tables, self.input, self.origin)
        after.active = run.active
        after.vars = run.vars
        after.history = run.history
        after.children = run.children
        after.is_final = not run.is_running
        after.output = run.output
        after._forms = self._forms
        after._stale = self._stale | run.assigned
        after._input_forms = self._input_forms
        return after

    def written(self) -> Written:
        """The JSON of a node or a child."""
        if self._written is None:
            full, committed = self.members(is_committed=False), self.members(is_committed=True)
            self._written = Written(write_members(full), write_members(committed))
        return self._written

    def members(self, *, is_committed: bool) -> dict[str, bytes]:
        """What is written of it, in full or as it is committed to, by the names of its members."""
        members: dict[str, bytes] = {}
        if self._tables.machine is not NO_MACHINE:
            members["configuration"] = self.configuration_text.encode()
            if self.is_final or self.history:
                for name, value in self.frame().items():
                    members[name] = canonical_json.encode(value)
        if self.origin is not None:
            members["from"] = canonical_json.encode(self.origin.state)
            members["index"] = canonical_json.encode(self.origin.index)
            members["use"] = canonical_json.encode(self.origin.use)
        if self.input is not None:
            members["input"] = (
                self.written_input().committed if is_committed else self.written_input().canonical
            )
        if self._owns_variables:
            forms = self.written_variables()
            variables = forms.committed if is_committed else forms.canonical
            members["vars"] = b"{" + b",".join(variables) + b"}"
        return members


def write_cell(cell: Cell) -> Written:
    """A node's or a child's JSON."""
    return cell.written()


def write_members(members: dict[str, bytes]) -> bytes:
    """The canonical JSON object of members that are written already; their names are plain ASCII."""
    return b"{" + b",".join([b'"%s":%s' % (name.encode(), members[name]) for name in sorted(members)]) + b"}"


def read_origin(said: dict[str, Any]) -> Origin:
    """Where a child comes from. Raises KeyError when its JSON does not say so."""
    return Origin(said["use"], said["from"], said["index"])
