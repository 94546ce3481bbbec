"""Drive one execution with a clock that only moves when it is told to, as the durable timer service would."""

from datetime import UTC, datetime, timedelta
from typing import Any

from actum_core.engine import Input, InputKind, State, step
from actum_core.template import Program, compile_template, load_program

_FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


class Execution:
    """An execution of a template document. After every input its state goes through its JSON form."""

    def __init__(self, document: dict[str, Any]) -> None:
        # What runs is what was stored of the program, never the object that the compiler happens to have.
        self.program: Program = load_program(compile_template(document).canonical)
        self.state = State.initial(self.program)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self._sequence = 0
        self._enter(InputKind.START, "", None, self.now)

    @property
    def configuration(self) -> list[str]:
        return sorted(self.state.configuration)

    def post(self, name: str, data: Any = None) -> None:
        """Post an event now."""
        self._enter(InputKind.EVENT, name, data, self.now)

    def wait(self, milliseconds: float) -> None:
        """Let time pass; what falls due meanwhile fires when it is due."""
        until = self.now + timedelta(milliseconds=milliseconds)
        while self.state.next_due is not None and _moment(self.state.next_due) <= until:
            self._fire_next()
        self.now = until

    def wait_until_quiet(self, timers: int) -> None:
        """Fire timer after timer until none is left, or that many have fired."""
        for _ in range(timers):
            if self.state.next_due is None or self.state.is_final:
                return
            self._fire_next()

    def _fire_next(self) -> None:
        waiting = self.state.timers
        key = min(waiting, key=lambda key: (waiting[key].due, [int(part) for part in key.split(".")]))
        self.now = max(self.now, _moment(waiting[key].due))
        self._enter(InputKind.TIMER, key, None, self.now)

    def _enter(self, kind: InputKind, name: str, data: Any, at: datetime) -> None:
        self._sequence += 1
        given = Input(kind, name, data, at.strftime(_FORM), self._sequence, "exe_conformance")
        state = step(self.program, self.state, given).state
        self.state = State.from_json(self.program, state.to_json())


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
