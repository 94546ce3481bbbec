"""The compiled, immutable form of a template: what executions are pinned to and the engine runs."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.errors import Problem
from actum_core.template import names
from actum_core.template.canonical import canonical_document
from actum_core.template.document import State, Template
from actum_core.template.expressions import Expressions
from actum_core.template.parse import parse_template
from actum_core.template.schema import Schema


class Derived:
    """One slot in which the engine keeps the tables it derives from a program, so that it does so once.

    Whatever is in it can be derived again at any time; nothing but the engine may look inside.
    """

    __slots__ = ("tables",)

    def __init__(self) -> None:
        self.tables: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """``canonical`` says everything that a step depends on; ``digest`` is its SHA-256 in 64 hex digits.

    Programs are equal when their digests are.
    """

    name: str
    digest: str
    canonical: bytes = field(repr=False)
    template: Template = field(repr=False)
    expressions: Expressions = field(repr=False)
    warnings: tuple[Problem, ...] = ()
    derived: Derived = field(default_factory=Derived, repr=False)
    _schemas: dict[str, Schema | None] = field(default_factory=dict, repr=False)
    _descriptors: frozenset[str] = field(default=frozenset(), repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def knows_event(self, name: str) -> bool:
        """True when events of this name may be posted.

        These are the declared ones; where a template declares none at all, every name that a rule or
        transition listens to. Names of the engine's own events (``error.…``, ``done.…``) never are.
        """
        if name in self._schemas:
            return True
        if self.template.events is not None or names.is_reserved_event(name) or not names.is_event_name(name):
            return False
        return any(prefix in self._descriptors for prefix in names.prefixes(name))

    def ignores_event(self, name: str) -> bool:
        """True when a step leaves events of this name alone: others are declared, and this is not."""
        return name not in self._schemas and self.template.events is not None

    def check_event(self, name: str, data: JsonValue) -> tuple[Problem, ...]:
        """Why an event is refused, with pointers into its data; nothing when it is welcome.

        An unknown name is no problem where the template ignores unknown events.
        """
        if not self.knows_event(name):
            if self.template.ignores_unknown_events:
                return ()
            return (Problem("", "unknown_event", f"the template knows no event {name[:255]!r}"),)
        schema = self._schemas.get(name)
        return () if schema is None else schema.check(data)

    def check_start(self, data: JsonValue) -> tuple[Problem, ...]:
        """Why an execution cannot be started with this input, with pointers into it."""
        schema = self.template.input
        return () if schema is None else schema.check(data)


def make_program(template: Template, expressions: Expressions, warnings: Iterable[Problem] = ()) -> Program:
    """Freeze a template that has been checked.

    Raises MalformedJson when its canonical form is nested deeper than JSON allows.
    """
    canonical = canonical_json.encode(canonical_document(template))
    return Program(
        name=template.name,
        digest=hashlib.sha256(canonical).hexdigest(),
        canonical=canonical,
        template=template,
        expressions=expressions,
        warnings=tuple(warnings),
        _schemas={each.name: each.schema for each in template.events or ()},
        _descriptors=frozenset(_descriptors(template)),
    )


def load_program(canonical: bytes) -> Program:
    """Rebuild a program from its canonical form, as ``Program.canonical`` was stored.

    The form is trusted to be what ``compile_template`` made; it is read but not checked again. Raises Invalid
    or MalformedJson when it is no template at all, and ExpressionInvalid, at the latest at the first step, when an
    expression is not sound.
    """
    template = parse_template(canonical_json.parse(canonical))
    return make_program(template, Expressions(template))


def _descriptors(template: Template) -> set[str]:
    found = {descriptor for rule in template.rules for descriptor in rule.on}
    states: list[State] = [template.machine]
    while states:
        state = states.pop()
        states.extend(state.states)
        for transition in state.transitions:
            found.update(transition.events)
    return found
