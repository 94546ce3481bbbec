"""Make the JSON Schema that editors check documents by, from the tables that the parser reads by.

It says what a document looks like, not what it means: names that refer to nothing and unsound expressions are for
``check_template``. ``python -m actum_core.template.editor_schema`` writes it to its output.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from actum_core.limits import ATTEMPTS_MAX, ID_LENGTH_MAX, TEMPLATE_NAME_LENGTH_MAX
from actum_core.template import fields as known
from actum_core.template.document import VariableType

_Schema = dict[str, Any]

_TEXT: Final[_Schema] = {"type": "string"}
_TRUTH: Final[_Schema] = {"type": "boolean"}
_USE: Final = "^[a-z0-9]+(-[a-z0-9]+)*@[1-9][0-9]*$"


def make_schema() -> _Schema:
    """The schema of templates and components, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Actum template or component",
        "if": {"properties": {"kind": {"const": "component"}}, "required": ["kind"]},
        "then": _ref("component"),
        "else": _ref("template"),
        "$defs": _definitions(),
    }


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/$defs/{name}"}


def _either(*schemas: _Schema) -> _Schema:
    return {"anyOf": list(schemas)}


def _listed(schema: _Schema) -> _Schema:
    return {"type": "array", "items": schema}


def _one_or_more(schema: _Schema) -> _Schema:
    return _either(schema, _listed(schema))


def _named(schema: _Schema) -> _Schema:
    return {"type": "object", "additionalProperties": schema}


def _words(values: Iterable[str]) -> _Schema:
    return {"enum": list(values)}


def _object(fields: Iterable[str], members: Mapping[str, _Schema], required: Iterable[str] = ()) -> _Schema:
    """An object with exactly the fields of a table. Raises KeyError when one is not described."""
    texts = dict.fromkeys(known.TEXTS, _TEXT)
    properties = {name: {**texts, **members}[name] for name in fields}
    assert members.keys() <= properties.keys(), members.keys() - properties.keys()
    made: _Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": list(required)} if required else made


def _definitions() -> _Schema:
    return {**_words_and_values(), **_designs(), **_declarations(), **_nodes(), **_machines(), **_content()}


def _words_and_values() -> _Schema:
    return {
        "name": {
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
            "maxLength": TEMPLATE_NAME_LENGTH_MAX,
        },
        "id": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_.:-]*$", "maxLength": ID_LENGTH_MAX},
        "expression": {
            "description": "An expression of the Common Expression Language.",
            "type": ["string", "number", "boolean"],
            "pattern": "\\S",
        },
        "text": {
            "description": "A text; one that begins with = is an expression.",
            "type": "string",
            "minLength": 1,
        },
        "data": {"description": "JSON; a string that begins with = is an expression."},
        "delay": {
            "description": "A length of time such as 90s, 1h30m or 2d, or an expression after =.",
            "type": "string",
            "pattern": r"^(=.*|([0-9]+(\.[0-9]{1,9})?(d|h|m|s|ms|us|ns))+)$",
        },
        "descriptors": {"description": "Names of events, separated by spaces.", "type": "string"},
        "schema": {"description": "A JSON Schema.", "type": ["object", "boolean"]},
    }


def _designs() -> _Schema:
    both = {
        "format": {"const": "actum/1"},
        "name": _ref("name"),
        "vars": _named(_ref("variable")),
        "machine": _ref("machine"),
        "nodes": _either(_named(_ref("node")), _listed(_ref("node"))),
        "edges": _listed(_ref("edge")),
        "machines": _named(_ref("child")),
        "layout": {"type": "object"},
    }
    template = {
        **both,
        "kind": {"const": "template"},
        "input": _ref("schema"),
        "events": _named(_either(_ref("event"), {"type": "null"})),
        "unknown_events": _words(("refuse", "ignore")),
        "rules": _listed(_ref("rule")),
        "actions": _named(_ref("action")),
        "timers": _object(known.TIMERS, {"on_resume": _words(known.RESUME_POLICIES)}),
    }
    component = {
        **both,
        "kind": {"const": "component"},
        "params": _named(_either(_ref("parameter"), {"type": "null"})),
        "ports": _ref("ports"),
    }
    forms = [{"required": ["machine"]}, {"required": ["nodes"]}]
    return {
        "template": {**_object(known.TEMPLATE, template, ("format", "name")), "oneOf": forms},
        "component": {**_object(known.COMPONENT, component, ("format", "kind", "name")), "oneOf": forms},
    }


def _declarations() -> _Schema:
    emission = _either(_ref("text"), _ref("emission"))
    rule = {
        "id": _ref("id"),
        "kind": _words(known.RULE_KINDS),
        "on": _ref("descriptors"),
        "when": _ref("expression"),
        "extract": _named(_ref("extract")),
        "emit": _one_or_more(emission),
    }
    ai = {**rule, "kind": {"const": "ai"}, "model": _ref("id"), "prompt": _TEXT, "output": _ref("schema")}
    needed = ("id", "on", "emit")
    retry = {
        "attempts": {"type": "integer", "minimum": 1, "maximum": ATTEMPTS_MAX},
        "backoff": _words(known.BACKOFFS),
    }
    types = _words(kind.value for kind in VariableType)
    parameter = {
        "schema": _ref("schema"),
        "default": _ref("data"),
        **dict.fromkeys(("expression", "message", "required"), _TRUTH),
    }
    child = {"vars": _named(_ref("variable")), "input": _ref("schema"), "machine": _ref("machine")}
    extract = {"regex": _TEXT, "from": _ref("expression"), "group": {"type": "integer", "minimum": 0}}
    return {
        "variable": _object(known.VARIABLE, {"type": types, "initial": _ref("data")}),
        "event": _object(known.EVENT, {"schema": _ref("schema")}),
        "rule": {
            "if": {"properties": {"kind": {"const": "ai"}}, "required": ["kind"]},
            "then": _object(known.AI_RULE, ai, (*needed, "prompt", "output")),
            "else": _object(known.RULE, rule, needed),
        },
        "emission": _object(known.EMISSION, {"message": _ref("text"), "data": _ref("data")}, ("message",)),
        "extract": _object(known.EXTRACT, extract, ("regex", "from")),
        "action": {
            "type": "object",
            "properties": {"kind": _words(known.ACTION_KINDS), "retry": _object(known.RETRY, retry)},
            "required": ["kind"],
        },
        "parameter": _object(known.PARAMETER, parameter),
        "child": _object(known.CHILD, child, ("machine",)),
    }


def _nodes() -> _Schema:
    port = {"name": _TEXT, "type": _TEXT}
    side = _either({"type": "string", "pattern": "^="}, _listed(_either(_TEXT, _ref("port"))))
    use = {"id": _TEXT, "use": {"type": "string", "pattern": _USE}, "with": {"type": "object"}}
    machine = {"id": _TEXT, "machine": _ref("machine"), "ports": _ref("ports")}
    end = {"type": "string", "pattern": r"^([A-Za-z_][A-Za-z0-9_-]*)?\.[A-Za-z_][A-Za-z0-9_-]*$"}
    return {
        "node": {
            "if": {"required": ["use"]},
            "then": _object(known.NODE_USE, use, ("use",)),
            "else": _object(known.NODE_MACHINE, machine, ("machine",)),
        },
        "ports": _object(known.PORTS, {"in": side, "out": side}),
        "port": _object(known.PORT, port, ("name",)),
        "edge": _object(known.EDGE, {"from": end, "to": end}, ("from", "to")),
    }


def _machines() -> _Schema:
    targets = _one_or_more(_TEXT)
    transition = {
        "target": targets,
        "guard": _ref("expression"),
        "actions": _ref("block"),
        "internal": _TRUTH,
    }
    alternatives = _one_or_more(_either(_TEXT, _ref("transition")))
    states = _either(_named(_either(_ref("state"), {"type": "null"})), _listed(_ref("state")))
    initial = _either(
        targets, _object(known.INITIAL, {"target": targets, "actions": _ref("block")}, ("target",))
    )
    blocks = _either(_ref("block"), _listed(_ref("block")))
    active = {
        "initial": initial,
        "states": states,
        "on": _either(_named(alternatives), _listed(_ref("listed_transition"))),
        "always": alternatives,
        "entry": blocks,
        "exit": blocks,
    }
    timed = _object((*known.TRANSITION, "delay"), {**transition, "delay": _ref("delay")}, ("delay",))
    state = {
        **active,
        "id": _ref("id"),
        "type": _words(known.STATE_KINDS),
        "history": _words(("shallow", "deep")),
        "target": targets,
        "actions": _ref("block"),
        "output": _ref("data"),
        "after": _either({**_named(alternatives), "propertyNames": _ref("delay")}, _listed(timed)),
        "invoke": _one_or_more(_ref("invoke")),
    }
    heard = _object((*known.TRANSITION, "event"), {**transition, "event": _ref("descriptors")}, ("event",))
    return {
        "machine": _object(known.MACHINE, active),
        "state": _object(known.STATE, state),
        "transition": _object(known.TRANSITION, transition),
        "listed_transition": heard,
        "invoke": {
            **_object(known.INVOKE, _invoke()),
            "oneOf": [{"required": ["use"]}, {"required": ["template"]}],
        },
    }


def _invoke() -> dict[str, _Schema]:
    return {
        **dict.fromkeys(("id", "use"), _ref("text")),
        "id_to": _TEXT,
        "template": {"type": "string", "pattern": _USE},
        "with": _ref("data"),
        "autoforward": _TRUTH,
        "finalize": _ref("block"),
    }


def _content() -> _Schema:
    text, data = _ref("text"), _ref("data")
    send = {
        **dict.fromkeys(("event", "at", "id", "to"), text),
        "delay": _ref("delay"),
        "id_to": _TEXT,
        "data": data,
    }
    emit = {"value": data, "port": text, "type": text, "parents": _ref("expression")}
    drop = {"token": _ref("expression"), "port": text, "reason": text}
    loop = {"in": _ref("expression"), "as": _TEXT, "index": _TEXT, "do": _ref("block")}
    do = {"action": text, "with": data, "id": text}
    kinds: dict[str, _Schema] = {
        "assign": {**_named(_ref("expression")), "minProperties": 1},
        "raise": _either(text, _object(known.RAISE, {"event": text, "data": data}, ("event",))),
        "send": _either(text, _object(known.SEND, send, ("event",))),
        "cancel": text,
        "emit": _either({"not": {"type": "object"}}, _object(known.EMIT, emit, ("value",))),
        "drop": _either(_ref("expression"), _object(known.DROP, drop, ("token",))),
        "do": _either(text, _object(known.DO, do, ("action",))),
        "if": _ref("expression"),
        "for_each": _object(known.FOR_EACH, loop, ("in", "as", "do")),
        "log": data,
    }
    beside = {"then": _ref("block"), "else": _ref("block")}
    actions = [
        _object(
            (kind, *more),
            {kind: kinds[kind], **{name: beside[name] for name in more}},
            (kind, "then") if kind == "if" else (kind,),
        )
        for kind, more in known.CONTENT.items()
    ]
    return {"block": _listed(_ref("action_of_content")), "action_of_content": {"oneOf": actions}}


def write_schema() -> str:
    """The schema as it is published."""
    return json.dumps(make_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(write_schema())
