"""The components and templates that a document uses, found by name and version and read once each.

Built-in components come first, so nobody can put another in their place. Everything that is found here becomes
part of the program, so that the program needs no library.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from actum_core.expression import DYN, Type, type_of_schema
from actum_core.limits import USES_MAX
from actum_core.template.builtins import find_builtin
from actum_core.template.document import (
    ChildMachine,
    Component,
    Design,
    NodeUse,
    Parameter,
    ParameterKind,
    Template,
)
from actum_core.template.expressions import Expressions, Tally
from actum_core.template.names import parse_use
from actum_core.template.parse import read_component, read_template
from actum_core.template.reader import Reader

#: Finds the document of a version by its name and number, or None when there is none.
Find = Callable[[str, int], object]


def find_nothing(name: str, version: int) -> object:
    """The library of somebody who has none."""
    return None


@dataclass(frozen=True, slots=True)
class Sources:
    """Where components and templates are looked for, beside those that are built in."""

    find_component: Find = find_nothing
    find_template: Find = find_nothing


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """What one document uses, itself and through what it uses, by ``name@version``."""

    components: dict[str, Component] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    #: For those that are not built in: where the document itself uses them, or what uses them.
    places: dict[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    _expressions: dict[str, Expressions] = field(default_factory=dict)

    def expressions(self, owner: Design | ChildMachine, place: str) -> Expressions:
        """The expressions of a document, or of a child machine in it: the same ones for all of its uses.

        ``place`` is what tells it from all others: see ``place_of`` and ``child_place``.
        """
        found = self._expressions.get(place)
        if found is None:
            parameters = None
            if isinstance(owner, Component):
                parameters = {each.name: _type_of(each) for each in owner.parameters}
            found = self._expressions[place] = Expressions(owner.variables, parameters, self.tally)
        return found


def place_of(design: Design, use: str) -> str:
    """What tells a document from the others of a library; ``use`` is empty for the one that uses them."""
    return f"{'component' if isinstance(design, Component) else 'template'} {use}"


def child_place(place: str, child: ChildMachine) -> str:
    """What tells a child machine of a document from all others."""
    return f"{place} {child.name}"


def _type_of(parameter: Parameter) -> Type:
    """What is known of a parameter's value; one that may be absent may be null."""
    is_sure = parameter.is_required or parameter.default is not None
    if parameter.kind is not ParameterKind.PLAIN or parameter.schema is None or not is_sure:
        return DYN
    return type_of_schema(parameter.schema.document, f"params.{parameter.name}")


def resolve(design: Design, sources: Sources, reader: Reader) -> Library:
    """Everything that a document uses. What cannot be found or read is a problem where it is used."""
    library = Library()
    _Resolver(library, sources, reader).resolve(design, "", ())
    return library


def uses_of(design: Design) -> Iterator[tuple[str, str]]:
    """The components that a document uses, each with the place of its name."""
    for node in design.nodes:
        if isinstance(node, NodeUse):
            yield node.use, node.pointer + "/use"


def invoked_by(design: Design) -> Iterator[tuple[str, str]]:
    """The templates that a document invokes by name, each with the place of its name."""
    for state in design.states():
        for invoke in state.invokes:
            if not invoke.use.startswith("=") and "@" in invoke.use:
                yield invoke.use, invoke.pointer + "/use"


class _Resolver:
    def __init__(self, library: Library, sources: Sources, reader: Reader) -> None:
        self._library = library
        self._sources = sources
        self._reader = reader
        #: What was looked for in vain, so that it is told at each place and sought once.
        self._failed: dict[str, tuple[str, str]] = {}

    def resolve(self, design: Design, place: str, path: tuple[str, ...]) -> None:
        """``place`` is where to report what lies within a document that is used; ``""`` for the document itself."""
        for use, pointer in uses_of(design):
            at = place or pointer
            if use in path:
                detail = f"a component cannot contain itself: {' contains '.join((*path, use))}"
                self._reader.report(at, "recursive_component", detail)
            elif use not in self._library.components:
                component = self._find_component(use, at)
                if component is not None:
                    self._library.components[use] = component
                    self.resolve(component, at, (*path, use))
            else:
                self._check_recursion(use, at, path)
        for use, pointer in invoked_by(design):
            at = place or pointer
            if use not in self._library.templates:
                template = self._find_template(use, at)
                if template is not None:
                    self._library.templates[use] = template
                    self.resolve(template, at, ())

    def _check_recursion(self, use: str, pointer: str, path: tuple[str, ...]) -> None:
        """A component that was met before may contain one of those that are being read."""
        waiting, seen = [use], {use}
        while waiting:
            for inner, _ in uses_of(self._library.components[waiting.pop()]):
                if inner in path:
                    detail = f"a component cannot contain itself: {inner} contains {use}, which contains it"
                    self._reader.report(pointer, "recursive_component", detail)
                    return
                if inner not in seen and inner in self._library.components:
                    seen.add(inner)
                    waiting.append(inner)

    def _find_component(self, use: str, pointer: str) -> Component | None:
        parsed = parse_use(use)
        if parsed is None:
            return None
        builtin = find_builtin(*parsed)
        if builtin is not None:
            return builtin
        inner = Reader()
        document = self._find(use, "component", self._sources.find_component, pointer)
        component = None if document is None else read_component(document, inner)
        self._library.places[use] = pointer
        return component if self._is_sound(use, inner, pointer) else None

    def _find_template(self, use: str, pointer: str) -> Template | None:
        inner = Reader()
        document = self._find(use, "template", self._sources.find_template, pointer)
        template = None if document is None else read_template(document, inner)
        self._library.places[use] = pointer
        if template is None or not self._is_sound(use, inner, pointer):
            return None
        if template.machine is None or template.rules:
            detail = f"{use} cannot be a child: it is a network, or has rules, which only events come to"
            self._reader.report(pointer, "unsupported", detail)
            return None
        return template

    def _find(self, use: str, what: str, find: Find, pointer: str) -> object:
        key = f"{what} {use}"
        if key in self._failed:
            self._reader.report(pointer, *self._failed[key])
            return None
        parsed = parse_use(use)
        if len(self._library.components) + len(self._library.templates) >= USES_MAX:
            failure = ("too_many", f"a template uses at most {USES_MAX} components and templates")
        else:
            document = None if parsed is None else find(*parsed)
            if document is not None:
                return document
            failure = (f"unknown_{what}", f"there is no {what} {use[:140]!r}")
        self._failed[key] = failure
        self._reader.report(pointer, *failure)
        return None

    def _is_sound(self, use: str, inner: Reader, pointer: str) -> bool:
        for problem in inner.problems:
            if problem.severity == "error":
                detail = f"in {use} at {problem.pointer or '(whole)'}: {problem.detail}"
                self._reader.report(pointer, problem.code, detail)
        return not inner.has_errors
