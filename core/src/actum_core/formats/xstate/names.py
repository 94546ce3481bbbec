"""What XState's JSON calls its parts, in version 5 (machine configuration) and 6 (machine JSON)."""

from typing import Final

EXPRESSION: Final = "@expr"
CODE: Final = "@code"
LANGUAGE: Final = "@lang"
EXPRESSION_LANGUAGE: Final = "@exprLang"
CEL: Final = "cel"

#: Names of version 4 and what they are called since.
RENAMED: Final = {"cond": "guard", "services": "invoke", "activities": "invoke", "data": "output"}

TARGETS: Final = ("target", "guard", "cond", "actions", "reenter", "internal", "in", "context")
TRANSITION: Final = (*TARGETS, "description", "meta", "input", "matches")
NODE: Final = (
    *("id", "key", "type", "initial", "states", "on", "always", "after", "entry", "exit", "invoke"),
    *("onDone", "onError", "output", "data", "history", "target", "context", "choice", "route"),
    *("timeout", "onTimeout", "description", "meta", "tags", "version", "input", "order"),
    *("activities", "strict", "delimiter", "predictableActionArguments", "preserveActionOrder", "tsTypes"),
    *("schema", "types", "schemas", "actions", "guards", "delays", "actors", "internalEvents"),
    *("actorSources", "transitions", EXPRESSION_LANGUAGE, "$schema", "_scxmlDonedata"),
)
INVOKE: Final = (
    *("id", "src", "input", "onDone", "onError", "onSnapshot", "systemId", "registryKey"),
    *("timeout", "onTimeout", "type", "description", "meta", "autoForward", "data"),
)

#: What says nothing about behaviour.
SILENT: Final = frozenset(
    {"meta", "tags", "version", "order", "strict", "delimiter", "predictableActionArguments", "systemId"}
    | {"preserveActionOrder", "tsTypes", "schema", "types", "internalEvents", "registryKey", "$schema"}
)
