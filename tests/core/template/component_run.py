"""Run one component between machines that feed it and time that only moves when told to."""

from datetime import UTC, datetime, timedelta
from typing import Any

from actum_core.engine import Input, InputKind, State, step
from actum_core.template import Program, compile_template, load_program

_FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


class ComponentRun:
    """One use of a component with the name ``part``; an event ``put`` gives a token to one of its inputs."""

    def __init__(self, use: str, arguments: dict[str, Any], inputs: tuple[str, ...] = ("in",)) -> None:
        feed = {
            "machine": {
                "initial": "ready",
                "states": {
                    "ready": {
                        "on": {
                            "put": {
                                "actions": [
                                    {"emit": {"port": "=message.data.port", "value": "=message.data.value"}}
                                ]
                            },
                            "put_all": {
                                "actions": [
                                    {
                                        "for_each": {
                                            "in": "message.data.values",
                                            "as": "each",
                                            "do": [
                                                {"emit": {"port": "=message.data.port", "value": "=each"}}
                                            ],
                                        }
                                    }
                                ]
                            },
                            "set": {"actions": [{"assign": {"mode": "message.data"}}]},
                            "go": "gone",
                        }
                    },
                    "gone": {"on": {"put": "ready"}},
                },
            },
            "ports": {"in": [], "out": list(inputs)},
        }
        value = {
            "format": "actum/1",
            "name": "run",
            "vars": {"mode": {"type": "any"}},
            "nodes": {"feed": feed, "part": {"use": use, "with": arguments}},
            "edges": [{"from": f"feed.{port}", "to": f"part.{port}"} for port in inputs],
            "actions": {"post": {"kind": "http"}},
        }
        self.program: Program = load_program(compile_template(value).canonical)
        self.state = State.initial(self.program)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.inputs = inputs
        self.emitted: list[Any] = []
        self.dropped = 0
        self.let_go: list[Any] = []
        self.errors: list[str] = []
        self.requested: list[Any] = []
        self._values: dict[str, Any] = {}
        self._sequence = 0
        self._enter(InputKind.START, "", None)

    def put(self, *values: Any, port: str = "") -> None:
        for value in values:
            self.post("put", {"port": port or self.inputs[0], "value": value})

    def put_all(self, values: list[Any]) -> None:
        """All within one input."""
        self.post("put_all", {"port": self.inputs[0], "values": values})

    def post(self, name: str, data: Any = None) -> None:
        self._enter(InputKind.EVENT, name, data)

    def wait(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self.state.next_due is not None and _moment(self.state.next_due) <= until:
            timers = self.state.timers
            key = min(timers, key=lambda key: (timers[key].due, [int(part) for part in key.split(".")]))
            self.now = _moment(timers[key].due)
            self._enter(InputKind.TIMER, key, None)
        self.now = until

    def answer(self, **data: Any) -> None:
        """The outcome of the request that has waited longest."""
        self._enter(InputKind.OUTCOME, next(iter(self.state.requests)), data)

    def take(self) -> list[Any]:
        """What was emitted since this was last asked: port and value, and the values of the parents."""
        found, self.emitted = self.emitted, []
        return found

    def _enter(self, kind: InputKind, name: str, data: Any) -> None:
        self._sequence += 1
        given = Input(kind, name, data, self.now.strftime(_FORM), self._sequence, "exe_component")
        result = step(self.program, self.state, given)
        self.state = State.from_json(self.program, result.state.to_json())
        for draft in result.drafts:
            said = draft.payload
            if draft.kind == "token":
                self._values[said["id"]] = said["value"]
                if said["node"] == "part":
                    parents = [self._values[each] for each in said.get("parents", [])]
                    self.emitted.append((said["port"], said["value"], parents))
            elif draft.kind == "dropped":
                self.dropped += 1
                self.let_go.append((self._values[said["token"]], said["reason"]))
            elif draft.kind == "error":
                self.errors.append(said["message"])
            elif draft.kind == "requested":
                self.requested.append(said.get("with"))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
