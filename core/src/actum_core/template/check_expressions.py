"""Check every expression of a document where it stands: syntax, names, and the type that its place needs."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from actum_core.errors import pointer_of
from actum_core.expression import (
    BOOL,
    DOUBLE,
    DURATION,
    DYN,
    STRING,
    TIMESTAMP,
    CostEstimate,
    EvaluationError,
    ExpressionInvalid,
    Type,
    is_assignable,
    list_of,
)
from actum_core.limits import STEP_COST_MAX
from actum_core.template.check_names import find_in_state_calls
from actum_core.template.document import (
    Action,
    Assign,
    Block,
    Cancel,
    Data,
    Do,
    Drop,
    Emit,
    ForEach,
    If,
    Invoke,
    Log,
    Raise,
    Send,
    State,
    Text,
    Transition,
    Variable,
    VariableType,
)
from actum_core.template.expressions import TYPES, Expressions, Place
from actum_core.template.reader import Reader, suggestion
from actum_core.template.schema import Schema
from actum_core.template.variables import read_variable

Local = tuple[str, ...]

#: What a length of time may be: a duration, a number of seconds, or a text as it stands in documents.
_LENGTHS: Final = (DURATION, DOUBLE, STRING)


def no_states(node: str) -> Collection[str] | None:
    """The nodes of a document without a network."""
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What may be named where an expression or an action stands.

    ``states`` are those of the machine itself; ``find_states`` gives those of a node, or None when there is no such
    node. ``children`` are the machines that can be invoked, with what they are started with; ``actions`` and
    ``outputs`` are None where they are not known. ``declared`` are the types that schemas give to names, and
    ``messages`` those of ``message`` by the one event of a transition.
    """

    expressions: Expressions
    variables: Mapping[str, Variable] = field(default_factory=dict)
    states: Collection[str] = ()
    find_states: Callable[[str], Collection[str] | None] = no_states
    children: Mapping[str, Schema | None] = field(default_factory=dict)
    actions: Collection[str] | None = ()
    outputs: Collection[str] | None = ()
    declared: Mapping[str, Type] = field(default_factory=dict)
    messages: Mapping[str, Type] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mentions:
    """The text of every expression met, and the variables that content sets."""

    sources: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)


class ExpressionChecker:
    """Walks one machine, or whatever else has expressions; what it compiles stays in its ``Expressions``."""

    def __init__(self, around: Surroundings, place: Place, mentions: Mentions, reader: Reader) -> None:
        self._around = around
        self._place = place
        self._mentions = mentions
        self._reader = reader
        self._declared = around.declared

    def check_machine(self, machine: State) -> None:
        for state in machine.descendants():
            if self._reader.is_full:
                return
            self._check_state(state)

    def check_variables(self, variables: Collection[Variable]) -> None:
        for variable in variables:
            pointer = variable.pointer + "/initial"
            if has_expression(variable.initial):
                self.data(variable.initial, pointer)
                continue
            try:
                read_variable(variable.type, literal(variable.initial))
            except EvaluationError as error:
                detail = f"this is no value of type {variable.type.value}: {error.message}"
                self._reader.report(pointer, "wrong_type", detail)

    def _check_state(self, state: State) -> None:
        for transition in state.transitions:
            self._check_transition(transition)
        if state.initial is not None:
            self._block(state.initial.actions, ())
        for block in (*state.entry, *state.exit):
            self._block(block, ())
        for timer in state.after:
            self._text(timer.delay, timer.pointer, _LENGTHS)
        for invoke in state.invokes:
            self._check_invoke(invoke)
        self.data(state.output, state.pointer + "/output")

    def _check_transition(self, transition: Transition) -> None:
        if self._reader.is_full:
            return
        known = self._around.messages.get(transition.events[0]) if len(transition.events) == 1 else None
        if known is not None:
            self._declared = {**self._around.declared, "message": known}
        if transition.guard is not None:
            self.expression(transition.guard, transition.pointer + "/guard", BOOL)
        self._block(transition.actions, ())
        self._declared = self._around.declared

    def _check_invoke(self, invoke: Invoke) -> None:
        pointer = invoke.pointer
        self._text(invoke.use, pointer + "/use", (STRING,))
        self._text(invoke.id, pointer + "/id", (STRING,))
        self._set_id(invoke.id_to, pointer + "/id_to")
        self.data(invoke.data, pointer + "/with")
        self._block(invoke.finalize, ())
        if invoke.use.startswith("=") or ("@" in invoke.use and invoke.use not in self._around.children):
            return  # known at run time only, or told of when the template was looked for
        children = self._around.children
        if invoke.use not in children:
            detail = f"there is no machine {invoke.use[:64]!r}{suggestion(invoke.use, children)}"
            self._reader.report(pointer + "/use", "unknown_machine", detail)
            return
        schema = children[invoke.use]
        if schema is not None and not has_expression(invoke.data):
            given = {} if invoke.data is None else literal(invoke.data)
            for problem in schema.check(given, pointer + "/with"):
                self._reader.report(problem.pointer, problem.code, problem.detail)

    def _block(self, block: Block, local: Local) -> None:
        for action in block:
            self._action(action, local)

    def _action(self, action: Action, local: Local) -> None:
        if self._reader.is_full:
            return
        pointer = action.pointer
        match action:
            case Assign():
                for name, source in action.values:
                    self._assignment(name, source, pointer + pointer_of("assign", name), local)
            case Raise():
                self._text(action.event, pointer + "/raise/event", (STRING,), local)
                self.data(action.data, pointer + "/raise/data", local)
            case If():
                self.expression(action.condition, pointer + "/if", BOOL, local)
                self._block(action.then, local)
                self._block(action.otherwise, local)
            case ForEach():
                self.expression(action.members, pointer + "/for_each/in", list_of(DYN), local)
                bound = (action.name,) if action.index is None else (action.name, action.index)
                self._block(action.body, tuple(dict.fromkeys((*local, *bound))))
            case Log():
                self.data(action.value, pointer + "/log", local)
            case Send():
                self._check_send(action, pointer + "/send", local)
            case Cancel():
                self._text(action.id, pointer + "/cancel", (STRING,), local)
            case Emit():
                self._check_emit(action, pointer + "/emit", local)
            case Drop():
                self.expression(action.token, pointer + "/drop/token", STRING, local)
                self._text(action.port, pointer + "/drop/port", (STRING,), local)
                self._text(action.reason, pointer + "/drop/reason", (STRING,), local)
            case Do():
                self._check_do(action, pointer + "/do", local)

    def _check_send(self, send: Send, pointer: str, local: Local) -> None:
        self._text(send.event, pointer + "/event", (STRING,), local)
        self.data(send.data, pointer + "/data", local)
        self._text(send.delay, pointer + "/delay", _LENGTHS, local)
        self._text(send.at, pointer + "/at", (TIMESTAMP,), local)
        self._text(send.id, pointer + "/id", (STRING,), local)
        self._text(send.to, pointer + "/to", (STRING,), local)
        self._set_id(send.id_to, pointer + "/id_to")
        to = send.to or "#_"
        if to.startswith(("=", "#_", "/")):
            return
        if self._around.find_states(to) is None:
            detail = f"there is no node {to[:64]!r} to send to; other addresses begin with #_ or /"
            self._reader.report(pointer + "/to", "unknown_node", detail)

    def _check_emit(self, emit: Emit, pointer: str, local: Local) -> None:
        self.data(emit.value, pointer + "/value", local)
        self._text(emit.port, pointer + "/port", (STRING,), local)
        self._text(emit.type, pointer + "/type", (STRING,), local)
        if emit.parents is not None:
            self.expression(emit.parents, pointer + "/parents", list_of(DYN), local)
        outputs = self._around.outputs
        if outputs is None or emit.port.startswith("=") or emit.port in outputs:
            return
        detail = f"there is no output {emit.port[:64]!r} here{suggestion(emit.port, outputs)}"
        if not outputs:
            detail = "only nodes of a network have outputs that tokens can be put on"
        self._reader.report(pointer + "/port", "unknown_port", detail)

    def _check_do(self, do: Do, pointer: str, local: Local) -> None:
        self._text(do.action, pointer + "/action", (STRING,), local)
        self.data(do.data, pointer + "/with", local)
        self._text(do.id, pointer + "/id", (STRING,), local)
        known = self._around.actions
        if known is not None and not do.action.startswith("=") and do.action not in known:
            detail = f"there is no action {do.action[:64]!r}{suggestion(do.action, known)}"
            self._reader.report(pointer + "/action", "unknown_action", detail)

    def _assignment(self, name: str, source: str, pointer: str, local: Local) -> None:
        if self._reader.is_full:
            return
        variable = self._variable(name, pointer)
        self.expression(source, pointer, DYN if variable is None else TYPES[variable.type], local)

    def _variable(self, name: str, pointer: str) -> Variable | None:
        """The variable that is to be set, or None after telling that there is none."""
        self._mentions.assigned.add(name)
        variable = self._around.variables.get(name)
        if variable is None:
            detail = f"there is no variable {name[:64]!r}{suggestion(name, self._around.variables)}"
            self._reader.report(pointer, "unknown_variable", detail)
        return variable

    def _set_id(self, name: str | None, pointer: str) -> None:
        variable = None if name is None else self._variable(name, pointer)
        if variable is not None and variable.type not in (VariableType.STRING, VariableType.ANY):
            detail = f"an id is a string, and the variable {variable.name!r} has type {variable.type.value}"
            self._reader.report(pointer, "wrong_type", detail)

    def _text(self, data: Text | None, pointer: str, allowed: tuple[Type, ...], local: Local = ()) -> None:
        """Text that may be an expression for one of the types."""
        if data is None or not data.startswith("=") or data.startswith("=="):
            return
        source = data[1:]
        found = self._compiled(source, pointer, local)
        if found is not None and not any(is_assignable(each, found) for each in allowed):
            self._wrong(" or ".join(map(str, allowed)), found, pointer)

    def name(self, data: Text, pointer: str, local: Local = ()) -> None:
        """A name, literal or made by an expression."""
        self._text(data, pointer, (STRING,), local)

    def data(self, data: Data, pointer: str, local: Local = ()) -> None:
        """Data with expressions anywhere in it."""
        if isinstance(data, str):
            if data.startswith("=") and not data.startswith("=="):
                self.expression(data[1:], pointer, DYN, local)
        elif isinstance(data, dict):
            for key, value in data.items():
                self.data(value, pointer + pointer_of(key), local)
        elif isinstance(data, list):
            for index, value in enumerate(data):
                self.data(value, f"{pointer}/{index}", local)

    def expression(self, source: str, pointer: str, expected: Type, local: Local = ()) -> None:
        """One expression, and whether its value suits its place."""
        found = self._compiled(source, pointer, local)
        if found is not None and not is_assignable(expected, found):
            self._wrong(str(expected), found, pointer)

    def _wrong(self, expected: str, found: Type, pointer: str) -> None:
        detail = f"a value of type {expected} is needed here, the expression has type {found} (offset 0)"
        self._reader.report(pointer, "expression_type", detail)

    def _compiled(self, source: str, pointer: str, local: Local) -> Type | None:
        """The type of an expression, or None after telling what is wrong with it."""
        self._mentions.sources.add(source)
        expressions, declared = self._around.expressions, self._declared
        if expressions.tally.is_full:
            return None  # told of once, for the whole document
        try:
            expression = expressions.find(source, self._place, local)
            found = expression.result_type
            if any(name in source for name in declared):
                found = expressions.check(source, self._place, local, declared)
        except ExpressionInvalid as invalid:
            for problem in invalid.problems:
                place = f"line {problem.line}, column {problem.column}, offset {problem.offset}"
                self._reader.report(pointer, f"expression_{problem.code}", f"{problem.detail} ({place})")
            return None
        self._check_cost(expression.cost_estimate, pointer)
        if "in_state" in source:
            self._check_states(source, pointer)
        return found

    def _check_cost(self, estimate: CostEstimate, pointer: str) -> None:
        """Warns where an expression alone may spend more than a step has, as far as that is known beforehand."""
        if estimate.maximum is not None and estimate.maximum > STEP_COST_MAX:
            detail = f"this may cost {estimate.maximum} units, and a step {STEP_COST_MAX} at most"
            self._reader.warn(pointer, "expression_cost", detail)

    def _check_states(self, source: str, pointer: str) -> None:
        """The states and nodes that are asked for by a constant must be there."""
        for call in find_in_state_calls(source):
            known: Collection[str] | None = self._around.states
            if call.node is not None:
                known = self._around.find_states(call.node)
                if known is None:
                    detail = f"there is no node {call.node[:64]!r} (offset {call.offset})"
                    self._reader.report(pointer, "unknown_node", detail)
                    continue
            assert known is not None
            if call.state is not None and (call.state not in known or not call.state):
                hint = suggestion(call.state, known)
                if call.node is None and not known:
                    hint = ": no machine stands here, so name a node before the state"
                detail = f"there is no state {call.state[:64]!r}{hint} (offset {call.offset})"
                self._reader.report(pointer, "unknown_state", detail)


def has_expression(data: Data) -> bool:
    """True when data is not the value that it describes."""
    if isinstance(data, str):
        return data.startswith("=") and not data.startswith("==")
    if isinstance(data, dict):
        return any(map(has_expression, data.values()))
    return isinstance(data, list) and any(map(has_expression, data))


def literal(data: Data) -> Data:
    """Data without expressions as the value that it is."""
    if isinstance(data, str):
        return data[1:] if data.startswith("==") else data
    if isinstance(data, dict):
        return {key: literal(value) for key, value in data.items()}
    return [literal(value) for value in data] if isinstance(data, list) else data
