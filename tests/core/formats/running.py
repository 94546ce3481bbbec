"""Run an imported document on a virtual clock: post events, let time pass, and look at what came of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from actum_core.engine import Draft, Input, InputKind, State, step
from actum_core.template import Program, compile_template

START = datetime(2026, 1, 1, tzinfo=UTC)


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Running:
    """One execution of a document, started at ``START``."""

    def __init__(self, document: dict[str, Any], data: Any = None, execution: str = "exe_formats") -> None:
        self.program: Program = compile_template(document)
        self.state: State = State.initial(self.program)
        self.now = START
        self.drafts: list[tuple[float, Draft]] = []
        self._execution = execution
        self._sequence = 0
        self._step(InputKind.START, "", data)

    @property
    def at(self) -> tuple[str, ...]:
        """The active states."""
        return self.state.configuration

    @property
    def variables(self) -> dict[str, Any]:
        return self._told_of_state("vars")

    @property
    def nodes(self) -> dict[str, Any]:
        """What is told of each node of a network."""
        return self._told_of_state("nodes")

    def _told_of_state(self, name: str) -> dict[str, Any]:
        found = self.state.to_json()[name]
        assert isinstance(found, dict)
        return found

    def post(self, name: str, data: Any = None) -> "Running":
        assert not self.program.check_event(name, data), self.program.check_event(name, data)
        self._step(InputKind.EVENT, name, data)
        return self

    def pass_time(self, seconds: float) -> "Running":
        """Let time pass; every timer fires when it is due."""
        until = self.now + timedelta(seconds=seconds)
        while self.state.next_due is not None and self.state.next_due <= moment(until):
            key = self.state.timer_order[0]
            due = self.state.timers[key].due
            self.now = datetime.strptime(due, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
            self._step(InputKind.TIMER, key, None)
        self.now = until
        return self

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of the drafts of one kind, with the seconds since the start."""
        return [{"after": after, **draft.payload} for after, draft in self.drafts if draft.kind == kind]

    def requested(self) -> list[str]:
        """The actions that were requested, in order."""
        return [payload["action"] for payload in self.told("requested")]

    def tokens(self, node: str) -> list[tuple[float, Any]]:
        """When a node made tokens, and their values."""
        return [(each["after"], each["value"]) for each in self.told("token") if each["node"] == node]

    def _step(self, kind: InputKind, name: str, data: Any) -> None:
        self._sequence += 1
        given = Input(kind, name, data, moment(self.now), self._sequence, self._execution)
        done = step(self.program, self.state, given)
        after = (self.now - START).total_seconds()
        self.drafts += [(after, draft) for draft in done.drafts]
        self.state = done.state
