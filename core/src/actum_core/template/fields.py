"""Which fields each object of a document has: what the parser reads by, and what the schema for editors is made of."""

from typing import Final

#: For people; they have no influence on what a document does.
TEXTS: Final = ("title", "description")

_DESIGN: Final = (
    *("format", "kind", "name", *TEXTS),
    *("vars", "machine", "nodes", "edges", "machines", "layout"),
)
TEMPLATE: Final = (*_DESIGN, "input", "events", "unknown_events", "rules", "actions", "timers")
COMPONENT: Final = (*_DESIGN, "params", "ports")

VARIABLE: Final = ("type", "initial", *TEXTS)
EVENT: Final = ("schema", *TEXTS)
RULE: Final = ("id", "kind", "on", "when", "extract", "emit", *TEXTS)
AI_RULE: Final = (*RULE, "model", "prompt", "output")
EXTRACT: Final = ("regex", "from", "group")
EMISSION: Final = ("message", "data")
ACTION: Final = ("kind", "retry")
RETRY: Final = ("attempts", "backoff")
TIMERS: Final = ("on_resume",)

NODE_MACHINE: Final = ("id", "machine", "ports", *TEXTS)
NODE_USE: Final = ("id", "use", "with", *TEXTS)
EDGE: Final = ("from", "to", *TEXTS)
PORTS: Final = ("in", "out")
PORT: Final = ("name", "type", *TEXTS)
PARAMETER: Final = ("schema", "default", "expression", "message", "required", *TEXTS)
CHILD: Final = ("vars", "input", "machine", *TEXTS)

_ACTIVE: Final = ("on", "always", "entry", "exit")
_OUTER: Final = (*_ACTIVE, "after", "invoke")
MACHINE: Final = ("initial", "states", *_ACTIVE, *TEXTS)
#: What means something in each kind of state, beside ``id``, ``type`` and the texts.
STATE_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "atomic": (*_OUTER, "states"),
    "compound": ("initial", "states", *_OUTER),
    "parallel": ("states", *_OUTER),
    "final": ("entry", "exit", "output"),
    "history": ("history", "target", "actions"),
}
STATE: Final = (
    *("id", "type"),
    *dict.fromkeys(name for names in STATE_KINDS.values() for name in names),
    *TEXTS,
)
INITIAL: Final = ("target", "actions")
TRANSITION: Final = ("target", "guard", "actions", "internal", *TEXTS)
INVOKE: Final = ("id", "id_to", "use", "template", "with", "autoforward", "finalize", *TEXTS)

RAISE: Final = ("event", "data")
SEND: Final = ("event", "data", "delay", "at", "id", "id_to", "to")
EMIT: Final = ("value", "port", "type", "parents")
DROP: Final = ("token", "port", "reason")
DO: Final = ("action", "with", "id")
FOR_EACH: Final = ("in", "as", "index", "do")
LOG: Final = ("label", "value")
#: The kinds of executable content, with the fields beside the one that names the kind.
CONTENT: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("assign", "raise", "send", "cancel", "emit", "drop", "do"), ()),
    "if": ("then", "else"),
    **dict.fromkeys(("for_each", "log"), ()),
}

#: What is part of the language and cannot be run yet, with what to tell about it.
LATER: Final = {"tokens": "token types are not supported yet"}
CONTENT_LATER: Final = ("mint", "transfer", "burn", "hold", "post", "void")

RESUME_POLICIES: Final = ("keep", "remaining")
RULE_KINDS: Final = ("cel", "ai")
ACTION_KINDS: Final = ("webhook", "email", "http", "infer", "chain", "log")
BACKOFFS: Final = ("exponential", "fixed")
