"""Read a template or component: from untrusted JSON to a typed document, or every problem at once with its pointer."""

from typing import Any, Final

from actum_core.errors import Invalid
from actum_core.template import fields as known
from actum_core.template import names
from actum_core.template.document import Component, Template
from actum_core.template.parse_declarations import (
    ZERO_VALUES,
    parse_actions,
    parse_children,
    parse_events,
    parse_optional_schema,
    parse_parameters,
    parse_timers,
    parse_variables,
)
from actum_core.template.parse_machine import parse_machine
from actum_core.template.parse_network import parse_edges, parse_nodes, parse_ports
from actum_core.template.parse_rules import parse_rules
from actum_core.template.reader import Reader, normal_json

__all__ = [
    "FORMAT",
    "ZERO_VALUES",
    "parse_component",
    "parse_design",
    "parse_template",
    "read_component",
    "read_template",
]

FORMAT: Final = "actum/1"
_Members = dict[str, Any]


def parse_template(document: object) -> Template:
    """The typed template behind a JSON document.

    Only the form is read here: what names refer to and whether expressions are sound is for ``check_template``.
    Raises Invalid with every problem of form, up to PROBLEMS_MAX.
    """
    reader = Reader()
    template = read_template(document, reader)
    if reader.has_errors:
        raise Invalid(reader.problems)
    return template


def parse_component(document: object) -> Component:
    """The typed component behind a JSON document; as ``parse_template``."""
    reader = Reader()
    component = read_component(document, reader)
    if reader.has_errors:
        raise Invalid(reader.problems)
    return component


def parse_design(document: object) -> Template | Component:
    """Whichever of the two a document says that it is. Raises Invalid."""
    return parse_component(document) if is_component(document) else parse_template(document)


def is_component(document: object) -> bool:
    """True when a document says that it is a component."""
    return isinstance(document, dict) and document.get("kind") == "component"


def read_template(document: object, reader: Reader) -> Template:
    """Like ``parse_template``, but leaves the problems with the reader and answers with what could be read."""
    members = _read_members(document, known.TEMPLATE, "template", reader)
    if members is None:
        return Template("")
    unknown = members.get("unknown_events", "refuse")
    if unknown not in ("refuse", "ignore"):
        reader.report(
            "/unknown_events", "bad_value", "unknown events are refused (refuse) or ignored (ignore)"
        )
    return Template(
        **_read_design(members, reader),
        input=parse_optional_schema(members, "input", reader, ""),
        events=parse_events(members["events"], reader) if "events" in members else None,
        ignores_unknown_events=unknown == "ignore",
        rules=parse_rules(members.get("rules", []), reader),
        actions=parse_actions(members.get("actions", {}), reader),
        on_resume=parse_timers(members.get("timers", {}), reader),
    )


def read_component(document: object, reader: Reader) -> Component:
    """Like ``parse_component``, but leaves the problems with the reader and answers with what could be read."""
    members = _read_members(document, known.COMPONENT, "component", reader)
    if members is None:
        return Component("")
    return Component(
        **_read_design(members, reader),
        parameters=parse_parameters(members.get("params", {}), reader),
        ports=parse_ports(members, reader),
    )


def _read_members(document: object, fields: tuple[str, ...], kind: str, reader: Reader) -> _Members | None:
    value = normal_json(document, reader)
    if reader.has_errors:
        return None
    if isinstance(value, dict) and value.get("kind", "template") != kind:
        reader.report("/kind", "bad_value", f"a {kind} was expected")
        return None
    return reader.members(value, "", fields, known.LATER)


def _read_design(members: _Members, reader: Reader) -> _Members:
    """What templates and components have in common, as arguments of their types."""
    _check_head(members, reader)
    has_network = "nodes" in members
    if has_network and "machine" in members:
        reader.report("/machine", "bad_value", "a document has one 'machine', or 'nodes' and 'edges'")
    elif not has_network and "machine" not in members:
        reader.report("", "missing_field", "the field 'machine' is missing, or 'nodes' and 'edges'")
    if "edges" in members and not has_network:
        reader.report("/edges", "bad_value", "edges lead from node to node: there are no 'nodes'")
    return {
        "name": members["name"] if isinstance(members.get("name"), str) else "",
        "machine": None if has_network else parse_machine(members.get("machine", {}), reader, "/machine"),
        "nodes": parse_nodes(members["nodes"], reader) if has_network else (),
        "edges": parse_edges(members.get("edges", []), reader),
        "variables": parse_variables(members.get("vars", {}), reader, "/vars"),
        "machines": parse_children(members.get("machines", {}), reader, "/machines"),
        "title": _text(members, "title", reader),
        "description": _text(members, "description", reader),
    }


def _check_head(members: _Members, reader: Reader) -> None:
    for name in ("format", "name"):
        if name not in members:
            reader.report("", "missing_field", f"the field {name!r} is missing")
    if members.get("format", FORMAT) != FORMAT:
        reader.report("/format", "bad_value", f"the format must be {FORMAT!r}")
    named = reader.text(members.get("name", "unnamed"), "/name")
    if named is not None and not names.is_template_name(named):
        reader.report(
            "/name", "bad_name", "a name is lower-case letters, digits and single hyphens between them"
        )
    if "layout" in members:
        reader.mapping(members["layout"], "/layout")


def _text(members: _Members, name: str, reader: Reader) -> str:
    return reader.text(members.get(name, ""), f"/{name}") or ""
