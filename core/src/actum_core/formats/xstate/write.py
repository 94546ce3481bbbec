"""Export a template of one machine as XState: machine JSON of version 6 with CEL, or a configuration of version 5."""

import json
from enum import Enum
from typing import Any, Final

from actum_core.errors import Invalid, pointer_of
from actum_core.formats.findings import Findings
from actum_core.formats.result import Exported
from actum_core.formats.sound import parse_sound
from actum_core.formats.xstate.names import CEL, EXPRESSION_LANGUAGE
from actum_core.formats.xstate.read import TYPE_KEYWORD
from actum_core.formats.xstate.write_content import ContentWriter
from actum_core.formats.xstate.write_transitions import TransitionWriter, Tree
from actum_core.template.canonical import canonical_document

Members = dict[str, Any]

_LOST: Final = {
    "rules": "rules",
    "actions": "declarations of actions",
    "timers": "policy for resuming",
    "machines": "machines beside the machine",
}
_TYPES: Final = {
    "int": "integer",
    "uint": "integer",
    "double": "number",
    "string": "string",
    "bool": "boolean",
    "bytes": "string",
    "timestamp": "string",
    "duration": "string",
    "list": "array",
    "map": "object",
}
_PLAIN: Final = frozenset({"int", "double", "string", "bool", "list", "map"})


class XStateVersion(Enum):
    """Which XState is to read it."""

    V5 = "5"
    V6 = "6"


def export_xstate(document: object, version: XStateVersion = XStateVersion.V6) -> Exported:
    """The XState machine of a template document, as JSON text. Problems point into the template's normal form.

    In version 6, expressions are ``@expr`` of the language ``cel``. Version 5 has names only: guards are of type
    ``cel`` and actions of types ``cel.assign`` and the like, with their expressions as parameters, and whoever
    uses them implements these few. Raises Invalid when the document is no template, or one of several nodes.
    """
    template = parse_sound(document)
    findings = Findings()
    if template.machine is None:
        findings.report("/nodes", "not_in_xstate", "XState has one machine and no nodes: choose one of them")
        raise Invalid(findings.problems)
    normal = canonical_document(template)
    assert isinstance(normal, dict)
    for name, what in _LOST.items():
        if name in normal:
            findings.report(f"/{name}", "not_in_xstate", f"XState has no {what}: left out")
    made = _Writer(normal, version is XStateVersion.V6, findings).machine()
    text = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    return Exported(text, tuple(findings.problems))


class _Writer:
    def __init__(self, normal: Members, has_expressions: bool, findings: Findings) -> None:  # noqa: FBT001
        self._normal = normal
        self._findings = findings
        self._has_expressions = has_expressions
        self._tree = Tree(normal["machine"], normal["name"])
        self._content = ContentWriter(has_expressions, findings)
        known = [*normal.get("events", {})] if "events" in normal else None
        self._transitions = TransitionWriter(self._content, self._tree, known, findings)

    def machine(self) -> Members:
        normal, machine = self._normal, self._normal["machine"]
        made: Members = {"id": normal["name"]}
        if self._has_expressions:
            made = {EXPRESSION_LANGUAGE: CEL, **made}
        if normal.get("vars"):
            made["context"] = {
                name: self._content.value(declared["initial"], "/vars" + pointer_of(name, "initial"))
                for name, declared in normal["vars"].items()
            }
        schemas = self._schemas()
        if schemas and self._has_expressions:
            made["schemas"] = schemas
        elif schemas:
            self._findings.warn(
                "/vars", "left_out", "version 5 has no schemas in its JSON: types are left out"
            )
        made |= self._inside(machine, "/machine")
        if self._content.delays:
            made["delays"] = self._content.delays
        return made

    def _schemas(self) -> Members:
        normal, made = self._normal, dict[str, Any]()
        properties = {}
        for name, declared in normal.get("vars", {}).items():
            kind = declared["type"]
            if kind in _TYPES:
                own = {} if kind in _PLAIN else {TYPE_KEYWORD: kind}
                properties[name] = {"type": _TYPES[kind], **own}
        if properties:
            made["context"] = {"type": "object", "properties": properties}
        if "events" in normal:
            made["events"] = {name: each.get("schema", {}) for name, each in normal["events"].items()}
        if "input" in normal:
            made["input"] = normal["input"]
        return made

    def _inside(self, state: Members, pointer: str) -> Members:
        made: Members = {}
        if "initial" in state:
            made["initial"] = self._initial(state, pointer)
        for name in ("entry", "exit"):
            blocks = state.get(name, [])
            if len(blocks) > 1:
                detail = "several blocks become one: an action that fails ends them all"
                self._findings.warn(f"{pointer}/{name}", "different", detail)
            actions = [
                action
                for index, block in enumerate(blocks)
                for action in self._content.actions(block, f"{pointer}/{name}/{index}")
            ]
            if actions:
                made[name] = actions
        made |= self._transitions.outgoing(state, pointer)
        if "invoke" in state:
            self._findings.report(f"{pointer}/invoke", "not_in_xstate", "child machines are left out")
        if "output" in state:
            made["output"] = self._content.value(state["output"], pointer + "/output")
        if "states" in state:
            made["states"] = {
                each["id"]: self._state(each, f"{pointer}/states/{index}")
                for index, each in enumerate(state["states"])
            }
        return made

    def _state(self, state: Members, pointer: str) -> Members:
        made: Members = {"id": state["id"]}
        if "type" in state:
            made["type"] = state["type"]
        if state.get("type") == "history":
            made["history"] = state["history"]
            targets = [f"#{self._tree.escaped(target)}" for target in state["target"]]
            made["target"] = targets[0] if len(targets) == 1 else targets
            if state.get("actions"):
                self._findings.report(
                    pointer + "/actions", "not_in_xstate", "content on the way into a history is left out"
                )
            return made
        return made | self._inside(state, pointer)

    def _initial(self, state: Members, pointer: str) -> str:
        initial = state["initial"]
        targets = initial if isinstance(initial, list) else initial["target"]
        if not isinstance(initial, list):
            self._findings.report(
                f"{pointer}/initial/actions", "not_in_xstate", "content on the way into a state is left out"
            )
        children = [each["id"] for each in state["states"]]
        around = [self._tree.child_around(target, children) for target in targets]
        if len(targets) > 1 or targets[0] not in children:
            detail = "XState begins in a state directly within: what it begins in there may be another"
            self._findings.report(f"{pointer}/initial", "not_in_xstate", detail)
        return around[0]
