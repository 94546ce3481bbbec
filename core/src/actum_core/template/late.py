"""Maps of which some members are made when they are read: how expressions see the parameters of a component."""

from collections.abc import Callable, ItemsView, ValuesView
from typing import Any

from actum_core.template.document import Data

#: Makes the value of one expression, by its source.
Evaluate = Callable[[str], Any]


class _Late:
    """In the place of a member: how to make it."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class LateMap(dict[str, Any]):
    """A map for expressions. A member that is late is made anew at every reading; a missing one is null.

    ``in``, and so ``has`` of an expression, says whether a member was given, without making it.
    """

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        value = dict.__getitem__(self, key)
        return value.make() if type(value) is _Late else value

    def __missing__(self, key: str) -> None:
        return None

    def get(self, key: str, default: Any = None) -> Any:
        if key in self:
            return self[key]
        return default

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        return {key: self[key] for key in self}.values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        return {key: self[key] for key in self}.items()

    def add_late(self, key: str, data: Data, evaluate: Evaluate) -> None:
        """Add a member that data describes; its expressions are evaluated when they are come to."""
        value = _late(data, evaluate)
        self[key] = value


def _late(data: Data, evaluate: Evaluate) -> Any:
    """Constant data as it is; an expression, alone or as a member of a map, waits until it is read."""
    if isinstance(data, str) and data.startswith("="):
        return data[1:] if data.startswith("==") else _Late(lambda: evaluate(data[1:]))
    if isinstance(data, dict):
        made = LateMap()
        for key, value in data.items():
            made[key] = _late(value, evaluate)
        return made
    if isinstance(data, list):
        members = [_late(value, evaluate) for value in data]
        if any(type(member) is _Late for member in members):
            return _Late(lambda: [m.make() if type(m) is _Late else m for m in members])
        return members
    return data
