"""The components that are part of the language: documents like any other, whose names nobody else can give."""

from functools import cache
from importlib.resources import files
from typing import Final

from actum_core import canonical_json

#: The names and their versions; a version, once out, never changes.
BUILTINS: Final[dict[str, int]] = {
    "accumulator": 1,
    "action": 1,
    "gate": 1,
    "process": 1,
    "queue": 1,
    "router": 1,
    "sink": 1,
    "source": 1,
    "splitter": 1,
    "validator": 1,
}


@cache
def load_document(name: str, version: int) -> object:
    """The document of a built-in component."""
    return canonical_json.parse(files(__name__).joinpath(f"{name}-{version}.json").read_bytes())
