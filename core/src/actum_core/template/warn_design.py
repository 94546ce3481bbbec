"""Warn of what a document declares and never uses, and of what grows without end."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from actum_core.expression.parse import parse_expression
from actum_core.expression.syntax import Chain, Name, Select
from actum_core.template import names
from actum_core.template.check_design import Space
from actum_core.template.check_names import find_members
from actum_core.template.document import (
    Assign,
    Component,
    Design,
    Do,
    NodeMachine,
    NodeUse,
    Raise,
    Send,
    Template,
    VariableType,
)
from actum_core.template.expressions import Place
from actum_core.template.network import Network
from actum_core.template.reader import Reader
from actum_core.template.walk import content_of
from actum_core.template.warn_machine import constant_truth, warn_machine

#: Built-in components that keep what they are given, with the parameters of which one must bound them.
_KEEPERS: Final = {"queue@1": ("capacity", "count")}


def warn_design(design: Design, spaces: Sequence[Space], network: Network, reader: Reader) -> None:
    """Every warning about a document without errors; ``spaces`` are those that its check has found."""
    for space in spaces:
        truth = constant_truth(space.around.expressions, Place.MACHINE)
        for machine in space.machines:
            warn_machine(machine, truth, reader)
        _warn_unused(space, reader)
        _warn_growing(space, reader)
    sources = {source for space in spaces for source in space.mentions.sources}
    _warn_unused_parts(design, sources, reader)
    if isinstance(design, Template):
        _warn_rules(design, spaces[0], reader)
        _warn_unheard(design, reader)
    _warn_network(design, network, reader)


def _warn_rules(template: Template, space: Space, reader: Reader) -> None:
    truth = constant_truth(space.around.expressions, Place.RULE)
    for rule in template.rules:
        if not rule.extracts and truth(rule.when) is False:
            reader.warn(rule.pointer + "/when", "never_true", "the condition is never true, whatever happens")


def _warn_unused(space: Space, reader: Reader) -> None:
    """Variables that nothing reads or sets."""
    read = find_members(space.mentions.sources, "vars")
    for variable in space.variables if read is not None else ():
        if variable.name not in space.mentions.assigned and variable.name not in (read or ()):
            detail = f"the variable {variable.name!r} is never read or assigned"
            reader.warn(variable.pointer, "unused_variable", detail)


def _warn_unused_parts(design: Design, sources: Collection[str], reader: Reader) -> None:
    """Parameters, child machines and actions that nothing mentions."""
    if isinstance(design, Component):
        heard = {event for state in design.states() for each in state.transitions for event in each.events}
        texts = [*sources, *(event[1:] for event in heard if event.startswith("="))]
        read = find_members(texts, "params")
        for parameter in design.parameters if read is not None else ():
            if parameter.name not in (read or ()):
                detail = f"the parameter {parameter.name!r} is never read"
                reader.warn(parameter.pointer, "unused_parameter", detail)
    invoked = {invoke.use for state in design.states() for invoke in state.invokes}
    _warn_unnamed(((each.name, each.pointer) for each in design.machines), invoked, "machine", reader)
    if isinstance(design, Template):
        requested = {action.action for action in _content(design) if isinstance(action, Do)}
        requested.update(value for value in _constants(design) if isinstance(value, str))
        _warn_unnamed(((each.name, each.pointer) for each in design.actions), requested, "action", reader)


def _warn_unnamed(
    declared: Iterable[tuple[str, str]], used: Collection[str], what: str, reader: Reader
) -> None:
    if any(name.startswith("=") for name in used):
        return
    for name, pointer in declared:
        if name not in used:
            reader.warn(pointer, f"unused_{what}", f"the {what} {name!r} is never used")


def _constants(design: Design) -> Iterator[object]:
    """What components are given, one of which may be the name of an action."""
    for node in design.nodes:
        if isinstance(node, NodeUse):
            yield from (value for _, value in node.arguments)


def _content(design: Design) -> Iterator[object]:
    if design.machine is not None:
        yield from content_of(design.machine)
    for node in design.nodes:
        if isinstance(node, NodeMachine):
            yield from content_of(node.machine)
    for child in design.machines:
        yield from content_of(child.machine)


def _warn_unheard(template: Template, reader: Reader) -> None:
    """Descriptors that no event, message or raised event can ever match, where all of these are known."""
    if template.events is None:
        return
    known = {event.name for event in template.events}
    meant = _descriptors_of(known)
    for rule in template.rules:
        for descriptor in rule.on:
            if descriptor not in meant:
                detail = f"no declared event matches {descriptor!r}: the rule never applies"
                reader.warn(rule.pointer + "/on", "unheard", detail)
    for name in _yielded(template):
        if name.startswith("="):
            return
        known.add(name)
    meant = _descriptors_of(known)
    for state in template.states():
        timers = {timer.event for timer in state.after}
        for transition in state.transitions:
            for descriptor in transition.events:
                if descriptor not in timers and not _is_heard(descriptor, meant, template):
                    detail = f"nothing declared, emitted or raised matches {descriptor!r}"
                    reader.warn(transition.pointer, "unheard", detail)


def _descriptors_of(known: Collection[str]) -> set[str]:
    """Every descriptor, in shortest form, that means one of the names."""
    return {descriptor for name in known for descriptor in names.prefixes(name)}


def _is_heard(descriptor: str, meant: set[str], template: Template) -> bool:
    if template.nodes and descriptor.partition(".")[0] == names.TOKEN:
        return True
    return names.is_reserved_event(descriptor) or descriptor in meant


def _yielded(template: Template) -> Iterator[str]:
    """The names that rules emit and content raises or sends. A child of another template may say anything."""
    for rule in template.rules:
        for emission in rule.emissions:
            yield emission.message
    for action in _content(template):
        if isinstance(action, Raise | Send):
            yield action.event
    for state in template.states():
        for invoke in state.invokes:
            if invoke.use.startswith("=") or "@" in invoke.use:
                yield "="


def _warn_growing(space: Space, reader: Reader) -> None:
    """Lists that are only ever added to, and whose size nothing asks for."""
    grown: set[str] = set()
    other: set[str] = set()
    for machine in space.machines:
        for action in content_of(machine):
            if isinstance(action, Assign):
                for name, source in action.values:
                    (grown if _is_growth(name, source) else other).add(name)
    for variable in space.variables:
        name = variable.name
        if variable.type is not VariableType.LIST or name not in grown or name in other:
            continue
        if not any(_is_measured(source, name) for source in space.mentions.sources):
            detail = f"the list {name!r} is only ever added to, and nothing looks at its size"
            reader.warn(variable.pointer, "unbounded_list", detail)


def _is_measured(source: str, name: str) -> bool:
    """True when an expression asks for the size of a variable."""
    text = source.replace(" ", "")
    return f"size(vars.{name})" in text or f"vars.{name}.size()" in text


def _is_growth(name: str, source: str) -> bool:
    """True for ``vars.name + …`` and ``… + vars.name``."""
    tree = parse_expression(source)
    if not isinstance(tree, Chain) or any(link.operator != "+" for link in tree.links):
        return False
    operands = (tree.first, *(link.operand for link in tree.links))
    return any(
        isinstance(part, Select)
        and part.field == name
        and isinstance(part.operand, Name)
        and part.operand.name == "vars"
        for part in operands
    )


def _warn_network(design: Design, network: Network, reader: Reader) -> None:
    """Nodes that nothing can drive, and queues that nothing bounds."""
    fed = {edge.target.node for edge in design.edges}
    for node in design.nodes:
        if isinstance(node, NodeUse):
            bounds = _KEEPERS.get(node.use, ())
            if bounds and not any(name in bounds for name, value in node.arguments if value is not None):
                detail = f"nothing bounds what it holds: give it a {' or a '.join(bounds)}"
                reader.warn(node.pointer, "unbounded_queue", detail)
        if node.id not in fed and _needs_tokens(node.id, network):
            reader.warn(node.pointer, "unconnected_node", f"no edge leads to the node {node.id!r}")


def _needs_tokens(name: str, network: Network) -> bool:
    """True for a component with inputs that hears no message."""
    return any(
        machine.path == name and machine.hears == () and bool(machine.inputs) for machine in network.machines
    )
