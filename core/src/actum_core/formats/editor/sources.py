"""Write the sources of a scenario: a token every interval, of which a generator makes the value."""

from typing import Any, Final, TypeGuard

from actum_core.formats.editor.formulas import Path, Untranslatable, text_of
from actum_core.formats.editor.network import Network
from actum_core.formats.editor.scenario import Node

_GENERATION: Final = (
    *(
        "type",
        "valueMin",
        "valueMax",
        "value",
        "startValue",
        "start",
        "increment",
        "step",
        "values",
        "formula",
    ),
)
_SEQUENCES: Final = ("sequence", "sequential", "counter", "increment")
_COUNT: Final = "message.data.count"


def write_source(network: Network, node: Node) -> None:
    network.check_members(node, ("interval", "generation"))
    interval = node.members.get("interval")
    arguments: dict[str, Any] = {}
    if is_number(interval) and interval > 0:
        arguments["interval"] = interval
    else:
        detail = "a source has an interval in seconds, more than 0: this one makes nothing"
        network.findings.report(node.pointer + "/interval", "bad_value", detail)
    arguments["value"] = _Generator(network, node.pointer + "/generation").data(
        node.members.get("generation")
    )
    name = network.add(node, {"use": "source@1", "with": arguments})
    network.leave(node, f"{name}.out")


def is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Generator:
    def __init__(self, network: Network, place: str) -> None:
        self._network = network
        self._findings = network.findings
        self._place = place

    def data(self, value: object) -> Any:
        """The value of each token, as data."""
        members = self._findings.mapping(value, self._place) or {}
        self._network.check_known(members, self._place, _GENERATION)
        kind = members.get("type", "random")
        low, high = members.get("valueMin"), members.get("valueMax")
        if kind == "random" and is_number(low) and is_number(high):
            return self._random(low, high)
        if kind == "constant" and ("value" in members or ("valueMin" in members and low == high)):
            value = members.get("value", low)
            # A text that is given to an expression parameter is an expression, with or without the sign.
            return f"={text_of(value)}" if isinstance(value, str) else literal(value)
        if kind in _SEQUENCES:
            return self._sequence(members)
        values = members.get("values")
        if kind in ("list", "values", "cycle") and isinstance(values, list) and values:
            if all(is_number(each) or isinstance(each, str) for each in values):
                return f"=[{', '.join(map(text_of, values))}][{_COUNT} % {len(values)}]"
        elif kind in ("formula", "expression"):
            return self._network.formula(
                members.get("formula"), _resolve_count, self._place + "/formula"
            ).data
        detail = f"how {str(kind)[:64]!r} makes values is not known: every token is null"
        self._findings.report(self._place, "generation", detail)
        return None

    def _random(self, low: float, high: float) -> str:
        """Whole numbers with both ends when the ends are whole, as the editor draws them."""
        if low > high:
            detail = "valueMin is more than valueMax: they are exchanged"
            self._findings.report(self._place, "bad_value", detail)
            low, high = high, low
        if float(low).is_integer() and float(high).is_integer():
            return f"=random_int({int(low)}, {int(high)})"
        detail = "the editor draws whole steps from valueMin; here every number between the two comes"
        self._findings.warn(self._place, "generation", detail)
        return f"={text_of(low)} + random() * {text_of(high - low)}"

    def _sequence(self, members: dict[str, Any]) -> str:
        start = members.get("startValue", members.get("start", members.get("valueMin", 0)))
        step = members.get("increment", members.get("step", 1))
        last = members.get("valueMax")
        if not is_number(start) or not is_number(step):
            detail = "a sequence has a number to begin with and a step"
            self._findings.report(self._place, "bad_value", detail)
            start, step = 0, 1
        count = _COUNT
        if is_number(last) and step > 0 and start <= last and (last - start) / step < 2**53:
            self._findings.warn(self._place, "generation", f"after {text_of(last)} the sequence begins again")
            count = f"({count} % {int((last - start) // step) + 1})"
        return f"={text_of(start)} + {count}" + ("" if step == 1 else f" * {text_of(step)}")


def literal(value: Any) -> Any:
    """A value as data without expressions."""
    if isinstance(value, str):
        return f"={value}" if value.startswith("=") else value
    if isinstance(value, dict):
        return {key: literal(each) for key, each in value.items()}
    return [literal(each) for each in value] if isinstance(value, list) else value


def _resolve_count(path: Path) -> str:
    if path in (("count",), ("n",), ("i",), ("index",)):
        return _COUNT
    raise Untranslatable(f"{str(path[0])[:64]!r} is nothing that a source knows, but count is")
