"""Where an execution stands: an immutable value with a JSON form, a canonical form and a commitment form."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.standing import Standing, StandingReader
from actum_core.engine.tables import Tables
from actum_core.engine.written import COMMITTED_BYTES_MAX
from actum_core.errors import Invalid, Problem
from actum_core.template.program import Program
from actum_core.template.variables import measure

if TYPE_CHECKING:
    from actum_core.engine.requests import PendingRequest
    from actum_core.engine.run import Run
    from actum_core.engine.timers import Timer

__all__ = ["COMMITTED_BYTES_MAX", "MachineState", "State"]


class State:
    """An execution's state. Nothing in it MUST ever be changed; a step makes another that shares what it did not touch.

    ``vars`` are values of the expression language (see ``template.variables``), those of the template itself;
    ``input`` is what the execution was started with; ``output`` is set when ``is_final``. Before its start,
    nothing is active.
    """

    __slots__ = ()

    vars: dict[str, Any]
    input: JsonValue
    is_final: bool
    output: JsonValue
    #: An upper bound on the canonical bytes of all variables.
    size: int

    @staticmethod
    def initial(program: Program) -> "State":
        """The state before the start: the only one that takes an input of kind start."""
        # Both forms of state are kinds of this one, so they can only be imported when they are needed.
        from actum_core.engine.load import load_tables
        from actum_core.engine.network_state import NetworkState

        tables = load_tables(program)
        if tables.network is None:
            return MachineState(tables, (), {}, {}, None)
        return NetworkState.before_start(tables.network)

    @staticmethod
    def from_json(program: Program, value: JsonValue) -> "State":
        """The state that ``to_json`` described. Raises Invalid when it is none of this program."""
        from actum_core.engine.load import load_tables
        from actum_core.engine.network_state import read_network_state

        tables = load_tables(program)
        if tables.network is None:
            return _read_state(tables, value)
        return read_network_state(tables.network, value)

    @property
    def is_started(self) -> bool:
        raise NotImplementedError

    @property
    def configuration(self) -> tuple[str, ...]:
        """The ids of the active atomic states in document order; in a network, each as ``path/state``."""
        raise NotImplementedError

    @property
    def configuration_text(self) -> str:
        """The configuration as a canonical JSON array."""
        raise NotImplementedError

    @property
    def timers(self) -> "dict[str, Timer]":
        """The timers that it waits for, by their keys; MUST NOT be changed."""
        return {}

    @property
    def requests(self) -> "dict[str, PendingRequest]":
        """The requests whose outcome has not come, by their ids; MUST NOT be changed."""
        return {}

    @property
    def timer_order(self) -> Sequence[str]:
        """The keys of its timers as they fire: by when they are due, then in the order in which they were set."""
        return ()

    @property
    def first_timer(self) -> tuple[str, str] | None:
        """The key of the timer that fires first, and when it is due, as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``."""
        return None

    @property
    def next_due(self) -> str | None:
        """When the first of its timers is due."""
        first = self.first_timer
        return None if first is None else first[1]

    def to_json(self) -> dict[str, JsonValue]:
        """All of it: configuration or nodes, vars, and where there are any children, final, history, input, output,
        requests and timers."""
        raise NotImplementedError

    def commitment_json(self) -> dict[str, JsonValue]:
        """As ``to_json``, with ``{"$digest": …}`` for a variable or input longer than COMMITTED_BYTES_MAX.

        The digest is the SHA-256, in hex, of the value's canonical form, so a commitment to a large state costs
        what changed since the last one.
        """
        parsed = canonical_json.parse(self.commitment())
        assert isinstance(parsed, dict)
        return parsed

    def canonical(self) -> bytes:
        """The canonical form of ``to_json``; only what changed since the last state is written anew."""
        raise NotImplementedError

    def commitment(self) -> bytes:
        """The canonical form of ``commitment_json``; only what changed since the last state is written anew."""
        raise NotImplementedError


class MachineState(Standing, State):
    """The state of a template of one machine that waits for nothing but events."""

    __slots__ = ("size",)

    def __init__(
        self,
        tables: Tables,
        active: tuple[int, ...],
        variables: dict[str, Any],
        history: dict[int, tuple[int, ...]],
        start_input: JsonValue,
    ) -> None:
        # As a standing does it, written out: a state is made in every step.
        self._tables = tables
        self.active = active
        self.vars = variables
        self.history = history
        self.input = start_input
        self.is_final = False
        self.output: JsonValue = None
        self.size = 0
        self._forms = None
        self._stale = frozenset()
        self._input_forms = None

    @property
    def is_started(self) -> bool:
        return bool(self.active)

    def after(self, run: "Run") -> "MachineState":
        """The state that a step has come to; this one when nothing changed."""
        if run.active is self.active and run.vars is self.vars and run.history is self.history:
            return self
        after = MachineState(self._tables, run.active, run.vars, run.history, run.activation["input"])
        after.size = run.size
        after.is_final = not run.is_running
        after.output = run.output
        after._forms = self._forms
        after._stale = self._stale | run.assigned
        after._input_forms = self._input_forms if self.is_started else None
        return after

    def to_json(self) -> dict[str, JsonValue]:
        values: dict[str, JsonValue] = {"vars": self._tables.write_variables(self.vars)}
        if self.input is not None:
            values["input"] = self.input
        return {**self.frame(), **values}

    def canonical(self) -> bytes:
        return self._assemble(self.written_variables().canonical, self.written_input().canonical)

    def commitment(self) -> bytes:
        return self._assemble(self.written_variables().committed, self.written_input().committed)

    def _assemble(self, variables: list[bytes], start_input: bytes) -> bytes:
        # In canonical order: configuration, final, history, input, output, vars.
        text = self._written_frame()
        if self.input is not None:
            text += b',"input":' + start_input
        if self.is_final:
            text += b',"output":' + canonical_json.encode(self.output)
        return text + b',"vars":{' + b",".join(variables) + b"}}"

    def _written_frame(self) -> bytes:
        """What stands before the input, without the closing brace; kept for configurations met before."""
        if self.is_final or self.history:
            frame = self.frame()
            frame.pop("output", None)
            return canonical_json.encode(frame)[:-1]
        frames = self._tables.frames
        text = frames.get(self.active)
        if text is None:
            if len(frames) >= self._tables.kept_max:
                frames.clear()
            text = frames[self.active] = canonical_json.encode(self.frame())[:-1]
        return text


def _read_state(tables: Tables, value: JsonValue) -> MachineState:
    members = value if isinstance(value, dict) else {}
    if not isinstance(members.get("configuration"), list) or not isinstance(members.get("vars"), dict):
        raise Invalid([Problem("", "wrong_type", "a state with a configuration and vars was expected")])
    reader = StandingReader(tables, members)
    active = reader.active()
    variables = reader.variables(is_started=bool(active))
    history = reader.history()
    if reader.problems:
        raise Invalid(reader.problems)
    state = MachineState(tables, active, variables, history, members.get("input"))
    state.is_final = members.get("final") is True
    state.output = members.get("output")
    state.size = sum(map(measure, variables.values()))
    return state
