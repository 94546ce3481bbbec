"""The compiled, immutable form of a template: what executions are pinned to and the engine runs."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.errors import Invalid, MalformedJson, Problem
from actum_core.limits import JSON_BYTES_MAX
from actum_core.template import names
from actum_core.template.canonical import canonical_document
from actum_core.template.document import Component, Design, Template
from actum_core.template.expand import expand
from actum_core.template.expressions import Expressions
from actum_core.template.library import Library, invoked_by, uses_of
from actum_core.template.names import parse_use
from actum_core.template.network import Network
from actum_core.template.parse import parse_component, parse_template
from actum_core.template.reader import Reader
from actum_core.template.schema import Schema


class Derived:
    """One slot in which the engine keeps the tables it derives from a program, so that it does so once.

    Whatever is in it can be derived again at any time; nothing but the engine may look inside.
    """

    __slots__ = ("tables",)

    def __init__(self) -> None:
        self.tables: object = None


@dataclass(frozen=True, slots=True)
class ComponentUse:
    """A version of a component that a program is made with."""

    name: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class ComponentVersion:
    """What is published of a component: ``canonical`` has everything that it uses, ``digest`` is its SHA-256."""

    name: str
    digest: str
    canonical: bytes = field(repr=False)
    component: Component = field(repr=False)
    components: tuple[ComponentUse, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """``canonical`` says everything that a step depends on; ``digest`` is its SHA-256 in 64 hex digits.

    Programs are equal when their digests are.
    """

    name: str
    digest: str
    canonical: bytes = field(repr=False)
    template: Template = field(repr=False)
    network: Network = field(repr=False)
    #: Those of the template itself; components and child machines have their own.
    expressions: Expressions = field(repr=False)
    components: tuple[ComponentUse, ...] = ()
    warnings: tuple[Problem, ...] = ()
    derived: Derived = field(default_factory=Derived, repr=False)
    _schemas: dict[str, Schema | None] = field(default_factory=dict, repr=False)
    _descriptors: frozenset[str] = field(default=frozenset(), repr=False)
    _reserved: frozenset[str] = field(default=frozenset(), repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def knows_event(self, name: str) -> bool:
        """True when events of this name may be posted.

        These are the declared ones; where a template declares none at all, every name that a rule or
        transition listens to. Names of the engine's own events (``error.…``, ``done.…``,
        ``after.…`` and ``token.…`` where there are such) never are.
        """
        if name in self._schemas:
            return True
        if self.template.events is not None or not names.is_event_name(name):
            return False
        if name.partition(".")[0] in self._reserved:
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


def make_program(
    template: Template, library: Library, network: Network, warnings: Iterable[Problem] = ()
) -> Program:
    """Freeze a template that has been checked.

    Raises MalformedJson when its canonical form is nested deeper than JSON allows, or too long to be read.
    """
    canonical = _encode(template, library)
    return Program(
        name=template.name,
        digest=hashlib.sha256(canonical).hexdigest(),
        canonical=canonical,
        template=template,
        network=network,
        expressions=network.scopes[0].expressions,
        components=tuple(_component_uses(library)),
        warnings=tuple(warnings),
        _schemas={each.name: each.schema for each in template.events or ()},
        _descriptors=frozenset(_descriptors(template, network)),
        _reserved=frozenset(_reserved(template)),
    )


def make_component(
    component: Component, library: Library, warnings: Iterable[Problem] = ()
) -> ComponentVersion:
    """Freeze a component that has been checked. Raises MalformedJson as ``make_program`` does."""
    canonical = _encode(component, library)
    return ComponentVersion(
        name=component.name,
        digest=hashlib.sha256(canonical).hexdigest(),
        canonical=canonical,
        component=component,
        components=tuple(_component_uses(library)),
        warnings=tuple(warnings),
    )


def load_program(canonical: bytes) -> Program:
    """Rebuild a program from its canonical form, as ``Program.canonical`` was stored.

    The form is trusted to be what ``compile_template`` made; it is read but not checked again. Raises Invalid
    or MalformedJson when it is no template at all, and ExpressionInvalid, at the latest at the first step, when an
    expression is not sound.
    """
    document = canonical_json.parse(canonical)
    members: dict[str, Any] = document if isinstance(document, dict) else {}
    components: dict[str, object] = members.pop("components", {})
    templates: dict[str, object] = members.pop("templates", {})
    library = Library(
        {use: parse_component(each) for use, each in components.items()},
        {use: parse_template(each) for use, each in templates.items()},
    )
    template = parse_template(document)
    reader = Reader()
    network = expand(template, library, reader)
    if reader.has_errors:
        raise Invalid(reader.problems)
    return make_program(template, library, network)


def _encode(design: Design, library: Library) -> bytes:
    document = canonical_document(design)
    assert isinstance(document, dict)
    uses: dict[str, Mapping[str, Design]] = {"components": library.components, "templates": library.templates}
    for name, used in uses.items():
        if used:
            document[name] = {use: canonical_document(each) for use, each in used.items()}
    canonical = canonical_json.encode(document)
    if len(canonical) > JSON_BYTES_MAX:
        detail = f"{len(canonical)} bytes with all that it uses are more than {JSON_BYTES_MAX}"
        raise MalformedJson([Problem("", "too_large", detail)])
    return canonical


def _component_uses(library: Library) -> Iterable[ComponentUse]:
    """Each component used, with the digest that it was published under."""
    for use in sorted(library.components):
        component = library.components[use]
        canonical = _encode(component, _part_of(library, component))
        name, version = parse_use(use) or (use, 0)
        yield ComponentUse(name, version, hashlib.sha256(canonical).hexdigest())


def _part_of(library: Library, design: Design) -> Library:
    """As much of a library as one of its documents uses."""
    part = Library()
    waiting = [design]
    while waiting:
        each = waiting.pop()
        for use, _ in uses_of(each):
            if use not in part.components:
                part.components[use] = library.components[use]
                waiting.append(library.components[use])
        for use, _ in invoked_by(each):
            if use not in part.templates:
                part.templates[use] = library.templates[use]
                waiting.append(library.templates[use])
    return part


def _reserved(template: Template) -> Iterable[str]:
    """The families of events that nobody outside may post."""
    yield from names.RESERVED_EVENTS
    if template.nodes:
        yield names.TOKEN
    if any(state.after for state in template.states()):
        yield names.AFTER


def _descriptors(template: Template, network: Network) -> Iterable[str]:
    """What the rules and the machines listen to; a child machine hears its parent only."""
    for rule in template.rules:
        yield from rule.on
    for node in network.machines:
        if node.hears is not None:
            yield from node.hears
            continue
        for state in node.machine.descendants():
            for transition in state.transitions:
                yield from transition.events
