"""Check what a document means: everything that can be known before it runs, as problems with pointers."""

from actum_core.errors import Problem
from actum_core.limits import EXPRESSIONS_SIZE_MAX
from actum_core.template.builtins import is_builtin_name
from actum_core.template.check_design import check_design
from actum_core.template.document import Component, Design, Do, Template
from actum_core.template.expand import expand
from actum_core.template.library import Find, Library, Sources, find_nothing, resolve
from actum_core.template.network import Network, NodeScope
from actum_core.template.parse import read_component, read_template
from actum_core.template.reader import Reader, Within
from actum_core.template.walk import content_of
from actum_core.template.warn_design import warn_design


def check_template(
    document: object, find_component: Find = find_nothing, find_template: Find = find_nothing
) -> tuple[Problem, ...]:
    """Every error and warning of a template document; never raises for a bad one.

    Errors of form hide those of meaning: names and expressions are looked at once the form is right.
    """
    reader = Reader()
    template = read_template(document, reader)
    if not reader.has_errors:
        check_read(template, Sources(find_component, find_template), reader)
    return tuple(reader.problems)


def check_component(
    document: object, find_component: Find = find_nothing, find_template: Find = find_nothing
) -> tuple[Problem, ...]:
    """Every error and warning of a component document, as ``check_template``."""
    reader = Reader()
    component = read_component(document, reader)
    if not reader.has_errors:
        check_read(component, Sources(find_component, find_template), reader)
    return tuple(reader.problems)


def check_read(design: Design, sources: Sources, reader: Reader) -> tuple[Library, Network]:
    """Check a document that has been read without errors.

    Its expressions stay compiled in the library that is answered, which with the network is what a program is
    made of; both are of use only when there was no error.
    """
    library = resolve(design, sources, reader)
    if isinstance(design, Component) and is_builtin_name(design.name):
        detail = f"{design.name!r} is a built-in component: give this one another name"
        reader.report("/name", "bad_name", detail)
    checked = check_design(design, "", library, reader)
    _check_used(library, reader)
    if library.tally.is_full:
        detail = f"all expressions together have more than {EXPRESSIONS_SIZE_MAX} operators and operands"
        reader.report("", "too_large", detail)
    network = expand(design, library, reader)
    if isinstance(design, Template):
        _check_actions(design, network, reader)
    if not reader.has_errors:
        warn_design(design, checked, network, reader)
    return library, network


def _check_used(library: Library, reader: Reader) -> None:
    """Whoever used them has published them, and so they have been checked; but nobody can be sure of that here."""
    for use, pointer in library.places.items():
        used = library.components.get(use) or library.templates.get(use)
        if used is not None:
            check_design(used, use, library, Within(reader, pointer, use))


def _check_actions(template: Template, network: Network, reader: Reader) -> None:
    """Components request actions by the names they are given: each must be one of the template."""
    known = {action.name for action in template.actions}
    pointers = {node.id: node.pointer for node in template.nodes}
    # Many nodes may use one component: its content is looked through once.
    requests: dict[tuple[str, str], set[str]] = {}
    for machine in network.machines:
        scope = network.scopes[machine.scope]
        if not scope.use:
            continue
        key = (scope.use, machine.path.removeprefix(scope.path))
        if key not in requests:
            requests[key] = {each.action for each in content_of(machine.machine) if isinstance(each, Do)}
        for action in sorted(requests[key]):
            name = _requested(action, scope)
            if name is None or (isinstance(name, str) and name in known) or reader.is_full:
                continue
            detail = f"the node requests the action {str(name)[:64]!r}, which is not declared"
            reader.report(pointers[machine.path.partition("/")[0]], "unknown_action", detail)


def _requested(action: str, scope: NodeScope) -> object:
    """The name of the action, or None where only the execution knows it."""
    if not action.startswith("="):
        return action
    return scope.constants.get(action[1:].strip().removeprefix("params."))
