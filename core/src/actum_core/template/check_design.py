"""Check one document by itself: its machines, and each expression with the names that are known where it stands."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from actum_core.errors import pointer_of
from actum_core.expression import BOOL, DYN, STRING, Kind, Type, type_of_schema
from actum_core.template import names
from actum_core.template.arguments import source_data
from actum_core.template.check_expressions import ExpressionChecker, Mentions, Surroundings
from actum_core.template.check_machine import check_machine
from actum_core.template.check_names import find_members
from actum_core.template.document import (
    ChildMachine,
    Component,
    Design,
    Emission,
    NodeMachine,
    NodeUse,
    Parameter,
    ParameterKind,
    Ports,
    Rule,
    State,
    Template,
    Variable,
)
from actum_core.template.expressions import Place, event_type, message_type
from actum_core.template.hearing import PARAMETER_EVENT
from actum_core.template.library import Library, child_place, place_of
from actum_core.template.message_types import find_message_types
from actum_core.template.reader import Reader, suggestion
from actum_core.template.schema import Schema


@dataclass(frozen=True, slots=True)
class Space:
    """Variables, and all that is written with them in sight: those of a document, or of a child machine."""

    variables: tuple[Variable, ...]
    around: Surroundings
    machines: tuple[State, ...]
    mentions: Mentions = field(default_factory=Mentions)


def check_design(design: Design, use: str, library: Library, reader: Reader) -> tuple[Space, ...]:
    """Report every error of a document but those that show only when its components are written out.

    ``use`` is how the library names it, or empty.
    """
    return _DesignChecker(design, use, library, reader).check()


class _DesignChecker:
    def __init__(self, design: Design, use: str, library: Library, reader: Reader) -> None:
        self._design = design
        self._place = place_of(design, use)
        self._library = library
        self._reader = reader

    def check(self) -> tuple[Space, ...]:
        design = self._design
        for machine in _machines_of(design):
            check_machine(machine, self._reader)
        around = Surroundings(
            self._library.expressions(design, self._place),
            variables={variable.name: variable for variable in design.variables},
            find_states=self._find_states,
            children=self._children(),
            actions=self._actions(),
            declared=_declared(design),
        )
        own = tuple(machine for machine, _ in self._own_machines())
        space = Space(design.variables, around, own)
        self._check_variables(space)
        if isinstance(design, Component):
            self._check_component(design, space)
        if isinstance(design, Template):
            for rule in design.rules:
                self._check_rule(rule, space)
        messages = self._message_types(around)
        for machine, outputs in self._own_machines():
            inside = replace(around, states=_ids(machine), outputs=outputs, messages=messages)
            self._walk(space, Place.MACHINE, inside).check_machine(machine)
        for node in design.nodes:
            if isinstance(node, NodeUse) and node.use in self._library.components:
                self._check_use(node, self._library.components[node.use], space)
        self._check_reserved()
        return (space, *(self._check_child(child, around) for child in design.machines))

    # --- what may be named ---

    def _own_machines(self) -> list[tuple[State, Collection[str] | None]]:
        """The machines that share the variables of the document, each with its outputs where these are known."""
        design = self._design
        if design.machine is not None:
            ports = design.ports if isinstance(design, Component) else Ports((), ())
            return [(design.machine, _outputs(ports))]
        return [
            (node.machine, _outputs(node.ports)) for node in design.nodes if isinstance(node, NodeMachine)
        ]

    def _children(self) -> Mapping[str, Schema | None]:
        found = {child.name: child.input for child in self._design.machines}
        return {**found, **{use: template.input for use, template in self._library.templates.items()}}

    def _actions(self) -> Collection[str] | None:
        """None for a component, which names those of the template that uses it."""
        if isinstance(self._design, Template):
            return {action.name for action in self._design.actions}
        return None

    def _find_states(self, path: str) -> Collection[str] | None:
        """The states of a node, or of a node within the network that a node is."""
        design: Design = self._design
        parts = path.split("/")
        for place, part in enumerate(parts):
            node = next((node for node in design.nodes if node.id == part), None)
            is_last = place == len(parts) - 1
            if isinstance(node, NodeMachine):
                return _ids(node.machine) if is_last else None
            component = None if node is None else self._library.components.get(node.use)
            if component is None:
                return None
            if component.machine is not None:
                return _ids(component.machine) if is_last else None
            design = component
        return None

    # --- what is checked ---

    def _walk(self, space: Space, place: Place, around: Surroundings | None = None) -> ExpressionChecker:
        return ExpressionChecker(around or space.around, place, space.mentions, self._reader)

    def _message_types(self, around: Surroundings) -> Mapping[str, Type]:
        if not isinstance(self._design, Template):
            return {}
        found = find_message_types(self._design, around.expressions, around.declared)
        return {name: message_type(data) for name, data in found.items() if data.kind is not Kind.DYN}

    def _check_variables(self, space: Space) -> None:
        self._walk(space, Place.INITIAL).check_variables(space.variables)

    def _check_rule(self, rule: Rule, space: Space) -> None:
        extracts = {extract.name for extract in rule.extracts}
        local = ("extract",) if extracts else ()
        around = replace(space.around, declared={**space.around.declared, **self._event_type(rule)})
        mentions = Mentions()
        walk = ExpressionChecker(around, Place.RULE, mentions, self._reader)
        for extract in rule.extracts:
            walk.expression(extract.source, extract.pointer + "/from", STRING)
        if rule.when is not None:
            walk.expression(rule.when, rule.pointer + "/when", BOOL, local)
        for place, source in enumerate(rule.inference.prompt if rule.inference else ()):
            if place % 2:
                walk.expression(source, rule.pointer + "/prompt", DYN, local)
        told = (*local, "output") if rule.inference else local
        for emission in rule.emissions:
            self._check_emission(emission, walk, told)
        if extracts:
            for name in (find_members(mentions.sources, "extract") or set()) - extracts:
                detail = f"the rule extracts no {name[:64]!r}{suggestion(name, extracts)}"
                self._reader.report(rule.pointer, "unknown_extract", detail)
        space.mentions.sources.update(mentions.sources)

    def _check_emission(self, emission: Emission, walk: ExpressionChecker, local: tuple[str, ...]) -> None:
        walk.name(emission.message, emission.pointer + "/message", local)
        walk.data(emission.data, emission.pointer + "/data", local)

    def _event_type(self, rule: Rule) -> Mapping[str, Type]:
        """The type of ``event`` where all that can come to the rule has one schema."""
        design = self._design
        declared = design.events if isinstance(design, Template) else None
        if declared is None:
            return {}
        descriptors = set(rule.on)
        meant = [each for each in declared if not descriptors.isdisjoint(names.prefixes(each.name))]
        if len(meant) != 1 or meant[0].schema is None:
            return {}
        return {"event": event_type(type_of_schema(meant[0].schema.document, "event.data"))}

    def _check_component(self, component: Component, space: Space) -> None:
        for parameter in component.parameters:
            self._check_parameter(parameter, space)
        constant = self._walk(space, Place.CONSTANT)
        for side, listed in (("in", component.ports.inputs), ("out", component.ports.outputs)):
            if isinstance(listed, str):
                constant.data(listed, f"{component.ports.pointer}/{side}")
        messages = {each.name for each in component.parameters if each.kind is ParameterKind.MESSAGE}
        for state in component.states():
            for transition in state.transitions:
                for event in transition.events:
                    if event.startswith("=") and event.removeprefix(PARAMETER_EVENT) not in messages:
                        detail = f"{event[:64]!r} is no parameter for a message{suggestion(event, messages)}"
                        self._reader.report(transition.pointer, "unknown_parameter", detail)

    def _check_parameter(self, parameter: Parameter, space: Space) -> None:
        pointer = parameter.pointer + "/default"
        if parameter.kind is ParameterKind.EXPRESSION:
            self._walk(space, Place.DEFAULT).data(source_data(parameter.default), pointer)
        elif parameter.default is None:
            return
        elif parameter.kind is ParameterKind.MESSAGE:
            text = parameter.default if isinstance(parameter.default, str) else ""
            if not text.split() or any(names.normal_descriptor(each) is None for each in text.split()):
                detail = "the names of messages were expected, such as meter.read"
                self._reader.report(pointer, "bad_name", detail)
        elif parameter.schema is not None:
            for problem in parameter.schema.check(parameter.default, pointer):
                self._reader.report(problem.pointer, problem.code, problem.detail)

    def _check_use(self, node: NodeUse, component: Component, space: Space) -> None:
        kinds = {parameter.name: parameter.kind for parameter in component.parameters}
        for name, data in node.arguments:
            pointer = node.pointer + pointer_of("with", name)
            if kinds.get(name) is ParameterKind.EXPRESSION:
                self._walk(space, Place.MACHINE).data(source_data(data), pointer)
            elif name in kinds:
                self._walk(space, Place.CONSTANT).data(data, pointer)

    def _check_child(self, child: ChildMachine, around: Surroundings) -> Space:
        inside = Surroundings(
            self._library.expressions(child, child_place(self._place, child)),
            variables={variable.name: variable for variable in child.variables},
            states=_ids(child.machine),
            children=around.children,
            actions=around.actions,
            declared=_declared(child),
        )
        space = Space(child.variables, inside, (child.machine,))
        self._check_variables(space)
        self._walk(space, Place.MACHINE).check_machine(child.machine)
        return space

    def _check_reserved(self) -> None:
        """Nobody outside may say what a timer or a token says."""
        design = self._design
        if not isinstance(design, Template):
            return
        reserved = {names.TOKEN} if design.nodes else set()
        if any(state.after for state in design.states()):
            reserved.add(names.AFTER)
        for event in design.events or ():
            if event.name.partition(".")[0] in reserved:
                detail = f"events named {event.name.partition('.')[0]}.… come from the engine only"
                self._reader.report(event.pointer, "bad_name", detail)


def _machines_of(design: Design) -> Iterable[State]:
    if design.machine is not None:
        yield design.machine
    yield from (node.machine for node in design.nodes if isinstance(node, NodeMachine))
    yield from (child.machine for child in design.machines)


def _ids(machine: State) -> Collection[str]:
    return {state.id for state in machine.descendants()}


def _outputs(ports: Ports) -> Collection[str] | None:
    return None if isinstance(ports.outputs, str) else [port.name for port in ports.outputs]


def _declared(owner: Design | ChildMachine) -> Mapping[str, Type]:
    """The type of ``input``, where the document says what it is started with."""
    schema = None if isinstance(owner, Component) else getattr(owner, "input", None)
    return {"input": type_of_schema(schema.document, "input")} if isinstance(schema, Schema) else {}
