"""What the documents of the built-in components say of themselves: their ports and parameters."""

import json
from functools import partial
from typing import Any, Final

from actum_core.components import BUILTINS, load_document


def _describe(name: str) -> str:
    document: Any = load_document(name, BUILTINS[name])
    ports = {"in": ["in"], "out": ["out"], **document.get("ports", {})}
    lines = [
        document["description"],
        "",
        f"Inputs: {_ports(ports['in'])}. Outputs: {_ports(ports['out'])}.",
        "",
        "| parameter | what is given | when it is not given | |",
        "|---|---|---|---|",
    ]
    for parameter, said in document["params"].items():
        default = (
            _code(said["default"]) if "default" in said else "must be given" if said.get("required") else ""
        )
        text = said["description"].replace("|", "\\|")
        lines.append(f"| `{parameter}` | {_kind(said)} | {default} | {text} |")
    return "\n".join(lines) + "\n"


def _ports(listed: Any) -> str:
    if isinstance(listed, str):
        return f"as `{listed.removeprefix('=')}` gives them"
    return ", ".join(f"`{port}`" for port in listed) or "none"


def _kind(said: dict[str, Any]) -> str:
    if said.get("expression"):
        return "data, evaluated for every token"
    if said.get("message"):
        return "the name of a message"
    schema = said.get("schema", {})
    if "enum" in schema:
        return " or ".join(_code(each) for each in schema["enum"])
    kinds = schema.get("type", "anything")
    told = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    if "items" in schema:
        told = f"an array of {schema['items']['type']}s"
    bounds = [
        f"{word} {schema[key]:,}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema
    ]
    return ", ".join([told, " ".join(bounds)] if bounds else [told])


def _code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


PARTS: Final = {name: partial(_describe, name) for name in BUILTINS}
