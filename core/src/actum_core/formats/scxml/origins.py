"""Where in a chart the content of a template came from, for what an error event says of it.

SCXML leaves the data of error events open (5.10.1). SCION puts into them what failed: ``tagname``, ``line`` and
``column`` of the element, and the ``reason``. A chart that asks for these gets them from a table of places.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.formats.cel_text import Level, member
from actum_core.formats.ecmascript.names import Names
from actum_core.formats.formula import Formula, is_expression
from actum_core.formats.xml_reader import Element
from actum_core.limits import ERROR_ORIGINS_BYTES_MAX

Members = dict[str, Any]
_Origin = tuple[str, Element]

_TABLE: Final = "chart_places"
#: What an error event says of the element that failed.
PLACED: Final = frozenset({"tagname", "line", "column"})
#: Bytes of a member of the table beside its place and its tag: names, numbers and punctuation.
_MEMBER_BYTES: Final = 48


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
        self._outputs: dict[_This, Element] = {}

    def note(self, part: Members, element: Element) -> None:
        """``part``, and what is in it, was made of ``element``."""
        self._elements[_This(part)] = element

    def note_output(self, state: Members, element: Element) -> None:
        """The output of ``state`` was made of ``element``."""
        self._outputs[_This(state)] = element

    def table(self, machine: Members, variables: Members) -> Members | None:
        """By the place that an error event names: the element. None when it would be too large."""
        found: Members = {}
        size = 0
        for place, element in (*self._initials(variables), *self._states([{**machine, "id": ""}])):
            found[place] = {"tagname": element.name, "line": element.line, "column": element.column}
            size += len(place) + len(element.name) + _MEMBER_BYTES
            if size > ERROR_ORIGINS_BYTES_MAX:
                return None
        return found

    def _initials(self, variables: Members) -> Iterator[_Origin]:
        for name, declared in variables.items():
            element = self._element(declared)
            if element is not None and is_expression(declared.get("initial")):
                yield f"/vars/{name}/initial", element

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
                said = {name: data for name, data in invoke.items() if name != "finalize"}
                yield from self._data(said, f"{place}/invoke/{index}", self._element(invoke))
                yield from self._block(invoke.get("finalize", []), f"{place}/invoke/{index}/finalize")
            yield from self._data(state.get("output"), f"{place}/output", self._outputs.get(_This(state)))
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
        """The places of data: those of its expressions, and its own."""
        if element is None:
            return
        yield place, element
        inner: Iterable[tuple[str, object]] = ()
        if isinstance(data, dict):
            inner = ((pointer_of(key), value) for key, value in data.items())
        elif isinstance(data, list):
            inner = ((pointer_of(index), value) for index, value in enumerate(data))
        for way, value in inner:
            if isinstance(value, dict | list) or is_expression(value) or place.endswith("/assign"):
                yield from self._data(value, place + way, element)

    def _element(self, part: object) -> Element | None:
        return self._elements.get(_This(part))


def table_name(taken: Members) -> str:
    """The variable that the table of a chart is, beside those it has."""
    name = _TABLE
    while name in taken:
        name += "_"
    return name


def error_members(names: Names, variable: str) -> dict[str, Formula]:
    """What an error event says of what failed. Any other event has such members only where its data does."""
    data = names.event["data"].source
    place = f"{member('vars', variable)}[?{data}.?place.orValue('')]"
    told = {name: f"{place}.?{name}" for name in sorted(PLACED)} | {"reason": f"{data}.?message"}
    return {
        name: Formula(
            f"{data}.?{name}.or(message.kind == 'platform' ? {source} : optional.none()).orValue(null)",
            Level.MEMBER,
        )
        for name, source in told.items()
    }
