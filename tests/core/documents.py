"""Read YAML files of tests, and make small template documents."""

import re
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Reads only ``true`` and ``false`` as truths, as YAML 1.2 does: ``on`` is a key of templates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])


def load_yaml(path: Path) -> Any:
    """The documents of a file: one value, or a list of them when the file has several."""
    found = list(yaml.load_all(path.read_text(), _Loader))
    return found[0] if len(found) == 1 else found


def parse_yaml(text: str) -> Any:
    return yaml.load(text, _Loader)


def document(machine: str | dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """A template document around a machine, by default one with a single state."""
    if machine is None:
        machine = {"initial": "only", "states": {"only": {}}}
    elif isinstance(machine, str):
        machine = parse_yaml(machine)
    return {"format": "actum/1", "name": "test", "machine": machine, **members}
