"""Everything the engine derives from a program, once: its machine, its rules, and how its variables are kept."""

from collections.abc import Mapping
from typing import Any

from actum_core.canonical_json import JsonValue
from actum_core.engine.build import build_machine
from actum_core.engine.content import ContentCompiler
from actum_core.engine.machine import Machine, Value
from actum_core.engine.rules import Rules
from actum_core.template.document import Template, VariableType
from actum_core.template.expressions import Place
from actum_core.template.program import Program
from actum_core.template.variables import WRITE


class Tables:
    """``kinds`` has the variables in canonical order; ``initials`` makes the data of their first values.

    ``has_event``, ``has_now`` and ``has_in_state`` say whether any expression mentions these.
    """

    __slots__ = (
        "configurations",
        "frames",
        "has_event",
        "has_in_state",
        "has_now",
        "initials",
        "keys",
        "kinds",
        "machine",
        "microsteps",
        "rules",
    )

    def __init__(self, program: Program) -> None:
        template = program.template
        expressions = program.expressions
        self.kinds: dict[str, VariableType] = {each.name: each.type for each in template.variables}
        self.machine: Machine = build_machine(
            template.machine, ContentCompiler(expressions, Place.MACHINE, self.kinds)
        )
        self.rules = Rules(template.rules, ContentCompiler(expressions, Place.RULE, self.kinds))
        self.initials = _initials(template, ContentCompiler(expressions, Place.INITIAL, self.kinds))
        #: What is written before each variable's value, and its place in canonical order.
        self.keys: dict[str, tuple[bytes, int]] = {
            name: (f'"{name}":'.encode(), place) for place, name in enumerate(self.kinds)
        }
        #: The canonical form of configurations met before, by the numbers of their active states.
        self.frames: dict[tuple[int, ...], bytes] = {}
        self.configurations: dict[tuple[int, ...], str] = {}
        #: What is said of microsteps without levels, but for the variables they set.
        self.microsteps: dict[tuple[object, ...], bytes] = {}
        self.has_event = expressions.mentions("event")
        self.has_now = expressions.mentions("now")
        self.has_in_state = expressions.mentions("in_state")

    def write_variables(self, values: Mapping[str, Any]) -> dict[str, JsonValue]:
        """The JSON of these variables."""
        kinds = self.kinds
        written = {}
        for name, value in values.items():
            write = WRITE[kinds[name]]
            written[name] = value if write is None else write(value)
        return written


def _initials(template: Template, compiler: ContentCompiler) -> tuple[tuple[str, Value], ...]:
    return tuple(
        (each.name, compiler.value(each.initial, f"/vars/{each.name}/initial")) for each in template.variables
    )


def load_tables(program: Program) -> Tables:
    """The tables of a program, made at the first call."""
    tables = program.derived.tables
    if tables is None:
        # Two threads may both come here; what they make is the same, so it does not matter whose stays.
        tables = program.derived.tables = Tables(program)
    assert isinstance(tables, Tables)
    return tables
