"""Which words may name templates, states, events and variables."""

import re
from collections.abc import Iterator
from typing import Final

from actum_core.limits import ID_LENGTH_MAX, NAME_LENGTH_MAX, TEMPLATE_NAME_LENGTH_MAX

_TEMPLATE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STATE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NODE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_USE: Final = re.compile(r"([^@]+)@([1-9][0-9]{0,8})")
_EVENT: Final = re.compile(r"[^\s*\x00-\x1f\x7f]+")

#: Words of the expression language that are no identifiers (cel-spec, language definition, "Syntax").
_CEL_WORDS: Final = frozenset(
    {
        *(
            "as",
            "break",
            "const",
            "continue",
            "else",
            "false",
            "for",
            "function",
            "if",
            "import",
            "in",
            "let",
        ),
        *("loop", "namespace", "null", "package", "return", "true", "var", "void", "while"),
    }
)

#: The names every expression knows; a loop variable may not hide one of them.
ROOT_NAMES: Final = frozenset({"vars", "input", "event", "message", "now", "in_state"})

#: Events of these families come from the engine itself (SCXML, 3.13 and 5.9) and are never posted.
RESERVED_EVENTS: Final = ("error", "done")

#: The families of what timers of ``after`` say, and of what carries tokens; only engines of templates that have
#: these say them.
AFTER: Final = "after"
TOKEN: Final = "token"


def is_template_name(text: str) -> bool:
    return len(text) <= TEMPLATE_NAME_LENGTH_MAX and _TEMPLATE.fullmatch(text) is not None


def is_state_id(text: str) -> bool:
    return len(text) <= ID_LENGTH_MAX and _STATE.fullmatch(text) is not None


def is_rule_id(text: str) -> bool:
    return is_state_id(text)


def is_variable_name(text: str) -> bool:
    return len(text) <= ID_LENGTH_MAX and text not in _CEL_WORDS and _VARIABLE.fullmatch(text) is not None


def is_node_name(text: str) -> bool:
    """True for what may name a node or a port: one word, so that a point or a slash can stand between two."""
    return len(text) <= ID_LENGTH_MAX and _NODE.fullmatch(text) is not None


def parse_use(text: str) -> tuple[str, int] | None:
    """The name and version of a ``name@version``, or None when it is none."""
    found = _USE.fullmatch(text)
    return None if found is None or not is_template_name(found[1]) else (found[1], int(found[2]))


def is_event_name(text: str) -> bool:
    """True for the name of one event: tokens that points separate, such as ``meter.read``."""
    return len(text) <= NAME_LENGTH_MAX and _EVENT.fullmatch(text) is not None


def after_event(state: str, timer: int) -> str:
    """What the timer of an ``after`` says: points of the state's id would make it match other states' timers."""
    return f"{AFTER}.{state.replace('.', '/')}.{timer}"


def is_reserved_event(name: str) -> bool:
    """True for what only the engine may say, such as ``error.execution`` and ``done.state.x``."""
    return name.partition(".")[0] in RESERVED_EVENTS


def normal_descriptor(token: str) -> str | None:
    """One event descriptor in its shortest form (``a.*`` and ``a.`` are ``a``), or None when it is none."""
    if token == "*":
        return token
    token = token.removesuffix(".*").removesuffix(".")
    return token if token and is_event_name(token) else None


def is_match(descriptor: str, name: str) -> bool:
    """True when an event of this name is meant (SCXML, 3.12.1): equal, or a prefix of whole tokens, or ``*``."""
    return descriptor == "*" or name == descriptor or name.startswith(descriptor + ".")


def prefixes(name: str) -> Iterator[str]:
    """Every descriptor in shortest form that means an event of this name."""
    yield "*"
    yield name
    end = name.rfind(".")
    while end > 0:
        yield name[:end]
        end = name.rfind(".", 0, end)
