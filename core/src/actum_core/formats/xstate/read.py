"""Import XState: the configuration of a machine of version 5, or the machine JSON of version 6."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

from actum_core.canonical_json import parse
from actum_core.errors import Invalid, Problem, pointer_of
from actum_core.formats import naming
from actum_core.formats.findings import Findings, plain_document
from actum_core.formats.result import Document, Imported
from actum_core.formats.xstate.content import Bindings, Reader, Where
from actum_core.formats.xstate.invoke import InvokeReader
from actum_core.formats.xstate.names import EXPRESSION, EXPRESSION_LANGUAGE
from actum_core.formats.xstate.nodes import Tree
from actum_core.formats.xstate.states import StateReader
from actum_core.limits import CHILD_MACHINES_MAX
from actum_core.template.names import is_event_name, is_reserved_event
from actum_core.template.parse import FORMAT

Members = dict[str, Any]

_NO_BINDINGS: Final[Bindings] = MappingProxyType({})
_TYPES: Final = {
    "integer": "int",
    "number": "double",
    "string": "string",
    "boolean": "bool",
    "array": "list",
    "object": "map",
}
#: Where the schema of a context says which of our types a value has, which JSON Schema has no words for.
TYPE_KEYWORD: Final = "x-actum-type"


def import_xstate(
    source: str | bytes | Members, name: str = "", bindings: Bindings = _NO_BINDINGS
) -> Imported:
    """The template of an XState machine, as text or as parsed JSON.

    Guards, actions, delays and actors of version 5 are names. ``bindings`` says what they mean: for a guard the
    text of an expression (``params.x`` reads its parameters), for an action content of a template, for a delay
    its length, for an actor ``{"template": "name@1"}`` or the JSON of another machine. A key is the name, or
    ``guards.name`` and the like where one name means several things. Names that are not bound are problems.
    Raises Invalid when the text is no JSON, or no machine at all.
    """
    findings = Findings()
    text = source.encode() if isinstance(source, str) else source
    value = parse(text) if isinstance(text, bytes) else text
    config = plain_document(value, findings)
    if config is None or findings.has_errors:
        raise Invalid(findings.problems or [Problem("", "wrong_type", "a machine is an object")])
    importer = _Importer(bindings, findings)
    document = importer.template(config, name)
    return Imported(document, tuple(findings.problems))


class _Importer:
    def __init__(self, bindings: Bindings, findings: Findings) -> None:
        self._bindings = bindings
        self._findings = findings
        self._machines: Members = {}
        self._names = naming.Names(naming.state_id)

    def template(self, config: Members, name: str) -> Document:
        label = config.get("id")
        label = name or (label if isinstance(label, str) else "")
        own = naming.template_name(label, "machine")
        if own != label:
            self._findings.warn("/id", "renamed", f"the template is called {own!r}")
        machine, variables, tree = self._machine(config)
        schemas = config.get("schemas")
        schemas = schemas if isinstance(schemas, dict) else {}
        document: Document = {"format": FORMAT, "name": own}
        for field in ("title", "description"):
            if isinstance(config.get(field), str):
                document[field] = config[field]
        if isinstance(schemas.get("input"), dict):
            document["input"] = schemas["input"]
        if variables:
            document["vars"] = variables
        events = self._events(schemas, tree)
        if events is not None:
            document |= {"events": events, "unknown_events": "ignore"}
        if self._machines:
            document["machines"] = self._machines
        document["machine"] = machine
        return document

    def _machine(self, config: Members) -> tuple[Members, Members, Tree]:
        tree = Tree(config, self._findings)
        variables, names = self._variables(config)
        language = config.get(EXPRESSION_LANGUAGE)
        reader = Reader(
            config, tree, names, self._bindings, self._findings, language if isinstance(language, str) else ""
        )
        for value, pointer in variables.values():
            value["initial"] = reader.value(value["initial"], pointer, Where())
        invokes = InvokeReader(reader, self._add_machine)
        states = StateReader(reader, invokes, has_wildcards=any(_is_wild(each) for each in _events_of(tree)))
        states.report_left_out(tree.root)
        inner = states.inside(tree.root)
        machine = self._rooted(tree, inner, reader)
        return machine, {own: value for own, (value, _) in variables.items()}, tree

    def _add_machine(self, source: str, config: Members) -> str:
        """The machine that the name of an actor is bound to, as one beside the template's."""
        name = self._names.find(source)
        if name is not None:
            return name
        name = self._names.give(source)
        if len(self._machines) >= CHILD_MACHINES_MAX:
            self._findings.report("", "too_many", f"a template has at most {CHILD_MACHINES_MAX} machines")
            return name
        self._machines[name] = {}
        machine, variables, _ = self._machine(config)
        self._machines[name] = {**({"vars": variables} if variables else {}), "machine": machine}
        return name

    def _rooted(self, tree: Tree, inner: Members, reader: Reader) -> Members:
        """The machine. What a machine cannot have itself, a state around everything has."""
        output = tree.root.config.get("output")
        data = None if output is None else reader.value(output, "/output", Where())
        if tree.root.kind == "compound" and not {"invoke", "after"} & inner.keys():
            if data is not None:
                for state in inner["states"]:
                    if state.get("type") == "final":
                        state["output"] = data
            return inner
        if tree.root.kind == "atomic":
            inner |= {"states": [{"id": "machine"}], "initial": ["machine"]}
            return inner
        taken = naming.Names(naming.state_id, [node.state for node in tree.root.descendants()])
        whole, ended = taken.make("machine"), taken.make("ended")
        on = [*inner.pop("on", []), {"event": f"done.state.{whole}", "target": [ended]}]
        final: Members = {"id": ended, "type": "final", "output": "=message.data" if data is None else data}
        return {"initial": [whole], "states": [{"id": whole, **inner, "on": on}, final]}

    # --- Declarations ---------------------------------------------------------------------------------

    def _variables(self, config: Members) -> tuple[dict[str, tuple[Members, str]], dict[str, str]]:
        """Variables with the pointers of their values, and their names here."""
        context = config.get("context")
        if context is None:
            return {}, {}
        if not isinstance(context, dict) or EXPRESSION in context or "@code" in context:
            self._findings.report(
                "/context", "unsupported", "a context that is computed as a whole is left out"
            )
            return {}, {}
        schemas = config.get("schemas")
        schema = schemas.get("context") if isinstance(schemas, dict) else None
        properties = schema.get("properties") if isinstance(schema, dict) else None
        variables: dict[str, tuple[Members, str]] = {}
        names = naming.Names(naming.variable_name)
        for name, value in context.items():
            pointer = pointer_of("context", name)
            own = names.give(name)
            if own != name:
                self._findings.warn(pointer, "renamed", f"the variable {name[:64]!r} is called {own!r} here")
            kind = _type_of(properties.get(name) if isinstance(properties, dict) else None)
            variables[own] = ({**({"type": kind} if kind else {}), "initial": value}, pointer)
        return variables, {name: names.give(name) for name in context}

    def _events(self, schemas: Members, tree: Tree) -> Members | None:
        """Every event by its whole name, so that none is taken for another; None where any may come."""
        declared = schemas.get("events")
        declared = declared if isinstance(declared, dict) else {}
        known = list(_events_of(tree))
        if not declared and any(map(_is_wild, known)):
            return None
        found: Members = {}
        for event in [*declared, *known]:
            is_own = not is_reserved_event(event) and not event.startswith("xstate.")
            if is_event_name(event) and is_own and not _is_wild(event):
                schema = declared.get(event)
                found.setdefault(event, {"schema": schema} if isinstance(schema, dict) and schema else {})
        return found or None


def _events_of(tree: Tree) -> Iterator[str]:
    for node in tree.root.descendants():
        on = node.config.get("on")
        if isinstance(on, dict):
            yield from on


def _is_wild(event: str) -> bool:
    return event == "*" or event.endswith(".*")


def _type_of(schema: Any) -> str | None:
    if not isinstance(schema, dict):
        return None
    own = schema.get(TYPE_KEYWORD)
    return own if isinstance(own, str) else _TYPES.get(str(schema.get("type")))
