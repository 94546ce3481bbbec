"""One guard on several evaluators of CEL, each compiled once and given the event anew every time, as it comes."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

from actum_core.expression import DYN, STRING, Meter, Scope, compile_expression, object_of
from benchmarks.engine.timing import Body

GUARD: Final = "event.data.amount > 1000 && vars.status == 'open' && event.data.tags.exists(t, t == 'vip')"
OURS: Final = "actum"

#: Lines of an order in the large payload: 45 KB of JSON.
_LINES: Final = 392


def activation(is_large: bool) -> dict[str, Any]:  # noqa: FBT001 -- the two payloads of the target
    """An event and variables for which the guard holds, at the last of three tags."""
    data: dict[str, Any] = {"amount": 1500, "tags": ["new", "retail", "vip"]}
    if is_large:
        data["lines"] = [
            {
                "sku": f"SKU-{number:06d}",
                "title": f"Article number {number} of the catalogue",
                "price": number,
            }
            | {"count": number % 9, "is_gift": number % 7 == 0}
            for number in range(_LINES)
        ]
    event = {"name": "order.placed", "data": data, "id": "e", "source": "bench", "occurred_at": None}
    return {"event": event, "vars": {"status": "open"}}


class Guard:
    """One evaluator with one payload."""

    def __init__(
        self, name: str, evaluate: Callable[[dict[str, Any]], object], given: dict[str, Any]
    ) -> None:
        self.name = name
        self._evaluate = evaluate
        self._given = given

    def run(self, times: int) -> None:
        evaluate, given = self._evaluate, self._given
        for _ in range(times):
            evaluate(given)

    def verify(self, times: int) -> None:
        closed = {**self._given, "vars": {"status": "closed"}}
        assert (bool(self._evaluate(self._given)), bool(self._evaluate(closed))) == (True, False), self.name


def _ours() -> Callable[[dict[str, Any]], object]:
    """The expression as a machine has it: the event's data may be anything, and every step has a meter."""
    event = object_of("event", {"name": STRING, "data": DYN, "id": STRING, "source": STRING})
    scope = Scope({"event": event, "vars": object_of("vars", {"status": STRING})})
    evaluate = compile_expression(GUARD, scope).evaluate
    return lambda given: evaluate(given, Meter())


def _official() -> Callable[[dict[str, Any]], object]:
    from cel_expr_python import cel

    environment = cel.NewEnv(variables={"event": cel.Type.DYN, "vars": cel.Type.DYN})
    compiled = environment.compile(GUARD)
    return lambda given: compiled.eval(data=given).value()


def _rust() -> Callable[[dict[str, Any]], object]:
    import cel

    execute: Callable[[dict[str, Any]], object] = cel.compile(GUARD).execute
    return execute


def _python() -> Callable[[dict[str, Any]], object]:
    import celpy

    environment = celpy.Environment()
    program = environment.program(environment.compile(GUARD))

    def evaluate(given: dict[str, Any]) -> object:
        return program.evaluate({name: celpy.json_to_cel(value) for name, value in given.items()})

    return evaluate


EVALUATORS: Final[dict[str, tuple[str, Callable[[], Callable[[dict[str, Any]], object]]]]] = {
    OURS: ("", _ours),
    "cel-expr-python": ("C++", _official),
    "common-expression-language": ("Rust", _rust),
    "cel-python": ("Python", _python),
}


def start_guards(is_large: bool) -> tuple[list[Body], dict[str, str]]:  # noqa: FBT001
    """The evaluators that are there, ours first, and for each that is not, why."""
    bodies: list[Body] = []
    missing = {}
    for name, (language, start) in EVALUATORS.items():
        try:
            evaluate = start()
        except ImportError as reason:
            missing[name] = str(reason)
        else:
            told = f"{name} {version(name)} ({language})" if language else name
            bodies.append(Guard(told, evaluate, activation(is_large)))
    return bodies, missing
