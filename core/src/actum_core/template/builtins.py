"""The built-in components as typed documents, each read once in a process."""

from functools import cache

from actum_core.components import BUILTINS, load_document
from actum_core.template.document import Component
from actum_core.template.parse import parse_component


@cache
def find_builtin(name: str, version: int) -> Component | None:
    """The built-in component of this version, or None when there is none."""
    if not 1 <= version <= BUILTINS.get(name, 0):
        return None
    return parse_component(load_document(name, version))


def is_builtin_name(name: str) -> bool:
    """True for the names that are taken: nobody's own component can have them."""
    return name in BUILTINS
