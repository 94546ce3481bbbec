"""Where one machine stands and what it remembers, as an immutable value with its written forms."""

from typing import Any

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.tables import Tables
from actum_core.engine.written import Written, commit_value
from actum_core.errors import Problem, pointer_of
from actum_core.expression import EvaluationError
from actum_core.template.variables import read_variable, write_variable


class Forms:
    """What is written of each variable, in canonical order and after its key: in full, and in a commitment."""

    __slots__ = ("canonical", "committed")

    def __init__(self, canonical: list[bytes], committed: list[bytes]) -> None:
        self.canonical = canonical
        self.committed = committed


class Standing:
    """Nothing in it MUST ever be changed; a step makes another that shares what it did not touch.

    ``vars`` are values of the expression language (see ``template.variables``); ``input`` is what it was started
    with; ``output`` is set when ``is_final``. Before its start, nothing is active.
    """

    __slots__ = (
        *("_forms", "_input_forms", "_stale", "_tables"),
        *("active", "history", "input", "is_final", "output", "vars"),
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
        # The forms of this state, but for the stale ones, which are still those of a state before it.
        self._forms: Forms | None = None
        self._stale: frozenset[str] = frozenset()
        self._input_forms: Written | None = None

    @property
    def tables(self) -> Tables:
        """What it is run with."""
        return self._tables

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
            if len(texts) >= self._tables.kept_max:
                texts.clear()
            text = texts[self.active] = canonical_json.encode(list(self.configuration)).decode()
        return text

    def frame(self) -> dict[str, JsonValue]:
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

    def written_variables(self) -> Forms:
        forms = self._forms
        if not self.vars:
            return Forms([], [])
        if forms is not None and not self._stale:
            return forms
        if forms is None:
            blank = [b""] * len(self.vars)
            forms, stale = Forms(blank, blank.copy()), frozenset(self.vars)
        else:
            forms, stale = Forms(forms.canonical.copy(), forms.committed.copy()), self._stale
        tables = self._tables
        for name in stale:
            canonical = canonical_json.encode(write_variable(tables.kinds[name], self.vars[name]))
            key, place = tables.keys[name]
            forms.canonical[place] = key + canonical
            forms.committed[place] = key + commit_value(canonical)
        self._forms, self._stale = forms, frozenset()
        return forms

    def written_input(self) -> Written:
        if self._input_forms is None:
            canonical = canonical_json.encode(self.input)
            self._input_forms = Written(canonical, commit_value(canonical))
        return self._input_forms


# --- Reading ------------------------------------------------------------------------------------------


class StandingReader:
    """Reads the members of one standing from its JSON; what is wrong with them it collects."""

    def __init__(self, tables: Tables, members: dict[str, Any], pointer: str = "") -> None:
        self._tables = tables
        self._members = members
        self._pointer = pointer
        self.problems: list[Problem] = []

    def active(self) -> tuple[int, ...]:
        """The numbers of all active states."""
        ids = self._members.get("configuration", [])
        pointer = self._pointer + "/configuration"
        before = len(self.problems)
        self._read_ids(ids, pointer)
        return () if len(self.problems) > before else self._tables.machine.activate(ids)

    def variables(self, *, is_started: bool) -> dict[str, Any]:
        """What every variable holds; before the start there are none."""
        tables, given = self._tables, self._members.get("vars", {})
        variables: dict[str, Any] = {}
        for name in tables.kinds if is_started else ():
            pointer = self._pointer + pointer_of("vars", name)
            if name not in given:
                self._report(pointer, "missing_field", f"the variable {name!r} is missing")
                continue
            try:
                variables[name] = read_variable(tables.kinds[name], given[name])
            except EvaluationError as error:
                self._report(pointer, error.code, error.message)
        for name in given:
            if name not in tables.kinds:
                pointer = self._pointer + pointer_of("vars", name)
                self._report(pointer, "unknown_variable", f"there is no variable {name!r}")
        return variables

    def history(self) -> dict[int, tuple[int, ...]]:
        """What history states remember, by their numbers."""
        history: dict[int, tuple[int, ...]] = {}
        for state_id, found in self._members.get("history", {}).items():
            pointer = self._pointer + pointer_of("history", state_id)
            for index in self._read_ids([state_id], pointer):
                history[index] = self._read_ids(found, pointer)
        return history

    def _read_ids(self, ids: Any, pointer: str) -> tuple[int, ...]:
        found = []
        for state_id in ids if isinstance(ids, list) else ():
            node = (
                self._tables.machine.by_id.get(state_id) if isinstance(state_id, str) and state_id else None
            )
            if node is None:
                self._report(pointer, "unknown_state", f"there is no state {state_id!r}")
            else:
                found.append(node.index)
        return tuple(found)

    def _report(self, pointer: str, code: str, detail: str) -> None:
        self.problems.append(Problem(pointer, code, detail))
