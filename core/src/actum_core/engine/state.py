"""Where an execution stands: an immutable value with a JSON form, a canonical form and a commitment form."""

import hashlib
from typing import TYPE_CHECKING, Any, Final

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.tables import Tables, load_tables
from actum_core.errors import Invalid, Problem, pointer_of
from actum_core.expression import EvaluationError
from actum_core.template.program import Program
from actum_core.template.variables import measure, read_variable, write_variable

if TYPE_CHECKING:
    from actum_core.engine.run import Run

#: Bytes of a value's canonical form up to which a commitment holds the value itself: a digest is longer.
COMMITTED_BYTES_MAX: Final = 64

#: Configurations of one program whose canonical form is kept; regions may make very many.
FRAMES_MAX: Final = 1_024


class _Forms:
    """What is written of each variable, in canonical order and after its key: in full, and in a commitment."""

    __slots__ = ("canonical", "committed")

    def __init__(self, canonical: list[bytes], committed: list[bytes]) -> None:
        self.canonical = canonical
        self.committed = committed


def _commit(canonical: bytes) -> bytes:
    """What stands for a value in a commitment."""
    if len(canonical) <= COMMITTED_BYTES_MAX:
        return canonical
    return b'{"$digest":"%s"}' % hashlib.sha256(canonical).hexdigest().encode()


class State:
    """An execution's state. Nothing in it MUST ever be changed; a step makes another that shares what it did not touch.

    ``vars`` are values of the expression language (see ``template.variables``); ``input`` is what the
    execution was started with; ``output`` is set when ``is_final``. Before its start, nothing is active.
    """

    __slots__ = (
        *("_forms", "_input_forms", "_stale", "_tables"),
        *("active", "history", "input", "is_final", "output", "size", "vars"),
    )

    def __init__(
        self,
        tables: Tables,
        active: tuple[int, ...],
        variables: dict[str, Any],
        history: dict[int, tuple[int, ...]],
        start_input: JsonValue,
    ) -> None:
        self._tables = tables
        #: Numbers of all active states, ascending, for the interpreter.
        self.active = active
        self.vars = variables
        self.history = history
        self.input = start_input
        self.is_final = False
        self.output: JsonValue = None
        #: An upper bound on the canonical bytes of all variables.
        self.size = 0
        # The forms of this state, but for the stale ones, which are still those of a state before it.
        self._forms: _Forms | None = None
        self._stale: frozenset[str] = frozenset()
        self._input_forms: tuple[bytes, bytes] | None = None

    @classmethod
    def initial(cls, program: Program) -> "State":
        """The state before the start: the only one that takes an input of kind start."""
        return cls(load_tables(program), (), {}, {}, None)

    @classmethod
    def from_json(cls, program: Program, value: JsonValue) -> "State":
        """The state that ``to_json`` described. Raises Invalid when it is none of this program."""
        return _read_state(load_tables(program), value)

    @property
    def is_started(self) -> bool:
        return bool(self.active)

    @property
    def configuration(self) -> tuple[str, ...]:
        """The ids of the active atomic states, in document order."""
        return self._tables.machine.configuration(self.active)

    @property
    def configuration_text(self) -> str:
        """The configuration as a canonical JSON array; kept for configurations met before."""
        texts = self._tables.configurations
        text = texts.get(self.active)
        if text is None:
            if len(texts) >= FRAMES_MAX:
                texts.clear()
            text = texts[self.active] = canonical_json.encode(list(self.configuration)).decode()
        return text

    def after(self, run: "Run") -> "State":
        """The state that a step has come to; this one when nothing changed."""
        if run.active is self.active and run.vars is self.vars and run.history is self.history:
            return self
        after = State(self._tables, run.active, run.vars, run.history, run.activation["input"])
        after.size = run.size
        after.is_final = not run.is_running
        after.output = run.output
        after._forms = self._forms
        after._stale = self._stale | run.assigned
        after._input_forms = self._input_forms if self.is_started else None
        return after

    def to_json(self) -> dict[str, JsonValue]:
        """configuration, vars, and where there are any: input, history, final, output."""
        written = self._tables.write_variables(self.vars)
        return {**self._frame(), **self._values(written, self.input)}

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
        return self._assemble(self._written().canonical, self._written_input()[0])

    def commitment(self) -> bytes:
        """The canonical form of ``commitment_json``; only what changed since the last state is written anew."""
        return self._assemble(self._written().committed, self._written_input()[1])

    def _values(self, variables: dict[str, JsonValue], start_input: JsonValue) -> dict[str, JsonValue]:
        values: dict[str, JsonValue] = {"vars": variables}
        if start_input is not None:
            values["input"] = start_input
        return values

    def _frame(self) -> dict[str, JsonValue]:
        """Everything but the variables and the input."""
        nodes = self._tables.machine.nodes
        frame: dict[str, JsonValue] = {"configuration": list(self.configuration)}
        if self.is_final:
            frame["final"] = True
            frame["output"] = self.output
        if self.history:
            frame["history"] = {
                nodes[i].id: [nodes[k].id for k in found] for i, found in self.history.items()
            }
        return frame

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
            frame = self._frame()
            frame.pop("output", None)
            return canonical_json.encode(frame)[:-1]
        frames = self._tables.frames
        text = frames.get(self.active)
        if text is None:
            if len(frames) >= FRAMES_MAX:
                frames.clear()
            text = frames[self.active] = canonical_json.encode(self._frame())[:-1]
        return text

    def _written(self) -> _Forms:
        forms = self._forms
        if not self.vars:
            return _Forms([], [])
        if forms is not None and not self._stale:
            return forms
        if forms is None:
            blank = [b""] * len(self.vars)
            forms, stale = _Forms(blank, blank.copy()), frozenset(self.vars)
        else:
            forms, stale = _Forms(forms.canonical.copy(), forms.committed.copy()), self._stale
        tables = self._tables
        for name in stale:
            canonical = canonical_json.encode(write_variable(tables.kinds[name], self.vars[name]))
            key, place = tables.keys[name]
            forms.canonical[place] = key + canonical
            forms.committed[place] = key + _commit(canonical)
        self._forms, self._stale = forms, frozenset()
        return forms

    def _written_input(self) -> tuple[bytes, bytes]:
        if self._input_forms is None:
            canonical = canonical_json.encode(self.input)
            self._input_forms = (canonical, _commit(canonical))
        return self._input_forms


def _read_state(tables: Tables, value: JsonValue) -> State:
    problems: list[Problem] = []
    members = value if isinstance(value, dict) else {}
    if not isinstance(members.get("configuration"), list) or not isinstance(members.get("vars"), dict):
        raise Invalid([Problem("", "wrong_type", "a state with a configuration and vars was expected")])
    active = _read_states(tables, members["configuration"], "/configuration", problems)
    variables: dict[str, Any] = {}
    for name in tables.kinds if active else ():
        pointer = pointer_of("vars", name)
        if name not in members["vars"]:
            problems.append(Problem(pointer, "missing_field", f"the variable {name!r} is missing"))
            continue
        try:
            variables[name] = read_variable(tables.kinds[name], members["vars"][name])
        except EvaluationError as error:
            problems.append(Problem(pointer, error.code, error.message))
    for name in members["vars"]:
        if name not in tables.kinds:
            problems.append(
                Problem(pointer_of("vars", name), "unknown_variable", f"there is no variable {name!r}")
            )
    history: dict[int, tuple[int, ...]] = {}
    for state_id, found in members.get("history", {}).items():
        pointer = pointer_of("history", state_id)
        for index in _read_ids(tables, [state_id], pointer, problems):
            history[index] = _read_ids(tables, found, pointer, problems)
    if problems:
        raise Invalid(problems)
    state = State(tables, active, variables, history, members.get("input"))
    state.is_final = members.get("final") is True
    state.output = members.get("output")
    state.size = sum(map(measure, variables.values()))
    return state


def _read_states(tables: Tables, ids: list[Any], pointer: str, problems: list[Problem]) -> tuple[int, ...]:
    _read_ids(tables, ids, pointer, problems)
    return () if problems else tables.machine.activate(ids)


def _read_ids(tables: Tables, ids: Any, pointer: str, problems: list[Problem]) -> tuple[int, ...]:
    found = []
    for state_id in ids if isinstance(ids, list) else ():
        node = tables.machine.by_id.get(state_id) if isinstance(state_id, str) and state_id else None
        if node is None:
            problems.append(Problem(pointer, "unknown_state", f"there is no state {state_id!r}"))
        else:
            found.append(node.index)
    return tuple(found)
