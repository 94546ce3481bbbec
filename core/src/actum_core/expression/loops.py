"""Closures of the macros over lists and maps.

Every loop is paid for before it starts: the length of what it ranges over times the lump of its body. What the
body pays beyond its lump comes on top, as it runs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from actum_core.expression.branches import not_bool
from actum_core.expression.code import FAILURE_COST, Code, Run, pay
from actum_core.expression.construct import MapBuilder, ordered_keys
from actum_core.expression.errors import CostExceeded, EvaluationError
from actum_core.expression.overloads import kind_of
from actum_core.expression.sizes import check_list_size
from actum_core.expression.syntax import Comprehended
from actum_core.expression.types import Kind


@dataclass(frozen=True, slots=True)
class Loop:
    """The parts of a compiled macro; ``places`` are where its one or two variables live in the state."""

    kind: Comprehended
    target: Run
    places: tuple[int, ...]
    condition: Run | None
    result: Run | None
    lump: int
    offset: int


#: Units for one round over a map, on top of those over a list: its keys are put in order.
MAP_RANGE_COST: Final = 4

#: Pays for the loop and gives what the variables take, one after the other.
Range = Callable[[Mapping[str, Any], list[Any]], Iterable[Any]]


def _range(loop: Loop) -> Range:
    target, lump, offset = loop.target, loop.lump, loop.offset
    is_pair = len(loop.places) == 2
    is_building = loop.kind not in (Comprehended.ALL, Comprehended.EXISTS, Comprehended.EXISTS_ONE)

    def elements(activation: Mapping[str, Any], state: list[Any]) -> Iterable[Any]:
        items = target(activation, state)
        kind = Kind.LIST if type(items) is list else kind_of(items)
        if kind is not Kind.LIST and kind is not Kind.MAP:
            detail = f"{loop.kind.value} needs a list or map, not a {kind.value}"
            raise EvaluationError("no_such_overload", detail, offset)
        meter = state[0]
        meter.left -= len(items) * (lump if kind is Kind.LIST else lump + MAP_RANGE_COST)
        if meter.left < 0:
            raise CostExceeded(meter.budget)
        if is_building:
            check_list_size(len(items))
        if not is_pair:
            return items if kind is Kind.LIST else ordered_keys(items)
        return enumerate(items) if kind is Kind.LIST else ((key, items[key]) for key in ordered_keys(items))

    return elements


def run_loop(loop: Loop) -> Run:
    """The closure of the macro."""
    return _RUNS[loop.kind](loop, _range(loop), _setter(loop.places))


Setter = Callable[[list[Any], Any], None]


def _setter(places: tuple[int, ...]) -> Setter:
    def set_one(state: list[Any], item: Any) -> None:
        state[first] = item

    def set_two(state: list[Any], item: Any) -> None:
        state[first], state[second] = item

    first = places[0]
    second = places[-1]
    return set_one if len(places) == 1 else set_two


def _quantified(loop: Loop, elements: Range, set_variables: Setter) -> Run:
    """``all`` and ``exists``: one deciding element decides, whatever fails for the others."""
    body = loop.condition
    assert body is not None
    deciding = loop.kind is Comprehended.EXISTS
    neutral = not deciding
    name, offset = loop.kind.value, loop.offset

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        failure: EvaluationError | None = None
        for item in elements(activation, state):
            set_variables(state, item)
            try:
                value = body(activation, state)
            except EvaluationError as error:
                failure = failure or error
                pay(state, FAILURE_COST)
                continue
            if value is deciding:
                return deciding
            if value is not neutral:
                failure = failure or not_bool(name, value, offset)
        if failure is not None:
            raise failure
        return neutral

    return run


def _selected(loop: Loop) -> Callable[[Mapping[str, Any], list[Any]], bool]:
    """Whether the condition holds for the element whose variables are set."""
    condition, name, offset = loop.condition, loop.kind.value, loop.offset
    if condition is None:
        return lambda activation, state: True

    def selected(activation: Mapping[str, Any], state: list[Any]) -> bool:
        value = condition(activation, state)
        if value is True or value is False:
            return bool(value)
        raise not_bool(name, value, offset)

    return selected


def _exists_one(loop: Loop, elements: Range, set_variables: Setter) -> Run:
    selected = _selected(loop)

    def run(activation: Mapping[str, Any], state: list[Any]) -> bool:
        count = 0
        for item in elements(activation, state):
            set_variables(state, item)
            if selected(activation, state):
                count += 1
        return count == 1

    return run


def _filter(loop: Loop, elements: Range, set_variables: Setter) -> Run:
    selected = _selected(loop)

    def run(activation: Mapping[str, Any], state: list[Any]) -> list[Any]:
        found = []
        for item in elements(activation, state):
            set_variables(state, item)
            if selected(activation, state):
                found.append(item)
        return found

    return run


def _map(loop: Loop, elements: Range, set_variables: Setter) -> Run:
    result, selected = loop.result, _selected(loop)
    assert result is not None

    def run(activation: Mapping[str, Any], state: list[Any]) -> list[Any]:
        made = []
        for item in elements(activation, state):
            set_variables(state, item)
            if selected(activation, state):
                made.append(result(activation, state))
        return made

    return run


def _transform_map(loop: Loop, elements: Range, set_variables: Setter) -> Run:
    result, selected, offset = loop.result, _selected(loop), loop.offset
    assert result is not None

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        made = MapBuilder(offset)
        for item in elements(activation, state):
            set_variables(state, item)
            if selected(activation, state):
                made.add(item[0], result(activation, state))
        return made.finish()

    return run


def _transform_map_entry(loop: Loop, elements: Range, set_variables: Setter) -> Run:
    result, selected, offset = loop.result, _selected(loop), loop.offset
    assert result is not None

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        made = MapBuilder(offset)
        for item in elements(activation, state):
            set_variables(state, item)
            if not selected(activation, state):
                continue
            entries = result(activation, state)
            if kind_of(entries) is not Kind.MAP:
                raise EvaluationError(
                    "no_such_overload", "transformMapEntry needs a map with one entry", offset
                )
            for key, value in entries.items():
                made.add(key, value)
        return made.finish()

    return run


_RUNS: Final[Mapping[Comprehended, Callable[[Loop, Range, Setter], Run]]] = {
    Comprehended.ALL: _quantified,
    Comprehended.EXISTS: _quantified,
    Comprehended.EXISTS_ONE: _exists_one,
    Comprehended.FILTER: _filter,
    Comprehended.MAP: _map,
    Comprehended.TRANSFORM_LIST: _map,
    Comprehended.TRANSFORM_MAP: _transform_map,
    Comprehended.TRANSFORM_MAP_ENTRY: _transform_map_entry,
}


def quick_exists(loop: Loop, wanted: str) -> Run:
    """``list.exists(x, x == 'constant')``: Python's own search, since a string equals nothing but strings.

    The target MUST be a plain path, because it is read again when it is not a list.
    """
    target, lump, fallback = loop.target, loop.lump, run_loop(loop)

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        items = target(activation, state)
        if type(items) is not list:
            return fallback(activation, state)
        meter = state[0]
        meter.left -= len(items) * lump
        if meter.left < 0:
            raise CostExceeded(meter.budget)
        return wanted in items

    return run


_ENTRY_COST: Final = 4


def body_lump(kind: Comprehended, *parts: Code | None) -> int:
    """What one round of a loop always costs: the bodies, one unit for the round, more where a map is built."""
    is_map = kind in (Comprehended.TRANSFORM_MAP, Comprehended.TRANSFORM_MAP_ENTRY)
    return 1 + (_ENTRY_COST if is_map else 0) + sum(part.lump for part in parts if part is not None)
