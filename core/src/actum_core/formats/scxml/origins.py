"""Where in a chart the content of a template came from, for what an error event says of it.

SCXML leaves the data of error events open (5.10.1). SCION puts into them what failed: ``tagname``, ``line`` and
``column`` of the element, and the ``reason``. A chart that asks for these gets them from a table of places.
"""

from collections.abc import Iterator
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.formats import naming
from actum_core.formats.cel_text import Level, member
from actum_core.formats.ecmascript.names import Names
from actum_core.formats.formula import Formula
from actum_core.formats.xml_reader import Element
from actum_core.limits import ERROR_ORIGINS_MAX

Members = dict[str, Any]
_Origin = tuple[str, Element]

_TABLE: Final = "chart_places"
_OWN: Final = ("tagname", "line", "column")


class _This:
    """One part of a machine, which others may equal."""

    __slots__ = ("_part",)

    def __init__(self, part: object) -> None:
        self._part = part

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and self._part is other._part

    def __hash__(self) -> int:
        return id(self._part)


class Origins:
    """The elements that parts of machines were made of."""

    def __init__(self) -> None:
        self._elements: dict[_This, Element] = {}

    def note(self, part: Members, element: Element) -> None:
        """``part``, and what is in it, was made of ``element``."""
        self._elements[_This(part)] = element

    def table(self, machine: Members) -> Members | None:
        """By the place that an error event names: the element. None when there are too many."""
        found: Members = {}
        for place, element in self._states([{**machine, "id": ""}]):
            if len(found) == ERROR_ORIGINS_MAX:
                return None
            found[place] = {"tagname": element.name, "line": element.line, "column": element.column}
        return found

    def _states(self, states: list[Members]) -> Iterator[_Origin]:
        for state in states:
            place = pointer_of("states", state["id"]) if state["id"] else ""
            for index, transition in enumerate([*state.get("on", ()), *state.get("always", ())]):
                yield from self._transition(transition, f"{place}/transitions/{index}")
            for name in ("entry", "exit"):
                for index, block in enumerate(state.get(name, ())):
                    yield from self._block(block, f"{place}/{name}/{index}")
            initial = state if state.get("type") == "history" else state.get("initial")
            if isinstance(initial, dict):
                yield from self._block(initial.get("actions", []), f"{place}/initial/actions")
            for index, invoke in enumerate(state.get("invoke", ())):
                yield from self._data(invoke, f"{place}/invoke/{index}", self._element(invoke))
                yield from self._block(invoke.get("finalize", []), f"{place}/invoke/{index}/finalize")
            if "output" in state:
                yield from self._data(state["output"], f"{place}/output", self._element(state["output"]))
            yield from self._states(state.get("states", []))

    def _transition(self, transition: Members, place: str) -> Iterator[_Origin]:
        element = self._element(transition)
        if "guard" in transition and element is not None:
            yield place + "/guard", element
        yield from self._block(transition.get("actions", []), place + "/actions")

    def _block(self, block: list[Members], place: str, within: Element | None = None) -> Iterator[_Origin]:
        for index, action in enumerate(block):
            yield from self._action(action, f"{place}/{index}", self._element(action) or within)

    def _action(self, action: Members, place: str, element: Element | None) -> Iterator[_Origin]:
        """The places of one action, as the engine names them."""
        if element is None:
            return
        if "if" in action:
            yield place + "/if", element
            yield from self._block(action["then"], place + "/then", element)
            yield from self._block(action.get("else", []), place + "/else", element)
        elif "for_each" in action:
            yield place + "/for_each/in", element
            yield from self._block(action["for_each"]["do"], place + "/for_each/do", element)
        else:
            for kind, said in action.items():
                yield from self._data(said["value"] if kind == "log" else said, f"{place}/{kind}", element)

    def _data(self, data: object, place: str, element: Element | None) -> Iterator[_Origin]:
        if element is None:
            return
        yield place, element
        if isinstance(data, dict):
            for key, value in data.items():
                if key != "finalize":
                    yield from self._data(value, place + pointer_of(key), element)
        elif isinstance(data, list):
            for index, value in enumerate(data):
                yield from self._data(value, f"{place}/{index}", element)

    def _element(self, part: object) -> Element | None:
        return self._elements.get(_This(part))


def table_name(taken: Members) -> str:
    """The variable that the table of a chart is, beside those it has."""
    name = _TABLE
    while name in taken:
        name += "_"
    return naming.variable_name(name)


def error_members(names: Names, variable: str) -> dict[str, Formula]:
    """What an error event says of what failed. Any other event has such members only where its data does."""
    data = names.event["data"].source
    place = f"{member('vars', variable)}[?{data}.?place.orValue('')]"
    told = {name: f"{place}.?{name}" for name in _OWN} | {"reason": f"{data}.?message"}
    return {
        name: Formula(
            f"{data}.?{name}.or(message.kind == 'platform' ? {source} : optional.none()).orValue(null)",
            Level.MEMBER,
        )
        for name, source in told.items()
    }
