"""Check every expression of a template where it stands: syntax, names, and the type that its place needs."""

import re
from typing import Final

from actum_core.errors import pointer_of
from actum_core.expression import (
    BOOL,
    DYN,
    STRING,
    EvaluationError,
    Expression,
    ExpressionInvalid,
    Type,
    is_assignable,
    list_of,
)
from actum_core.template.document import (
    Action,
    Assign,
    Block,
    Data,
    ForEach,
    If,
    Log,
    Raise,
    Rule,
    State,
    Template,
    Variable,
)
from actum_core.template.expressions import TYPES, Expressions, Place
from actum_core.template.reader import Reader, suggestion
from actum_core.template.variables import read_variable

_IN_STATE: Final = re.compile(r"\bin_state\s*\(\s*(?:'([^'\\]*)'|\"([^\"\\]*)\")\s*\)")

Local = tuple[str, ...]


class ExpressionChecker:
    """Walks a template; what it compiles stays in the ``Expressions`` it was given."""

    def __init__(self, template: Template, expressions: Expressions, reader: Reader) -> None:
        self._template = template
        self._expressions = expressions
        self._reader = reader
        self._variables = {variable.name: variable for variable in template.variables}
        self._states = {state.id for state in template.machine.descendants()}
        self._place = Place.MACHINE
        #: The text of every expression met, and the variables that content assigns.
        self.sources: set[str] = set()
        self.assigned: set[str] = set()

    def check(self) -> None:
        self._place = Place.INITIAL
        for variable in self._template.variables:
            self._check_variable(variable)
        self._place = Place.RULE
        for rule in self._template.rules:
            self._check_rule(rule)
        self._place = Place.MACHINE
        for state in self._template.machine.descendants():
            if self._reader.is_full:
                return
            self._check_state(state)

    def _check_variable(self, variable: Variable) -> None:
        pointer = variable.pointer + "/initial"
        if _has_expression(variable.initial):
            self._data(variable.initial, pointer, ())
            return
        try:
            read_variable(variable.type, _literal(variable.initial))
        except EvaluationError as error:
            detail = f"this is no value of type {variable.type.value}: {error.message}"
            self._reader.report(pointer, "wrong_type", detail)

    def _check_rule(self, rule: Rule) -> None:
        if rule.when is not None:
            self._expression(rule.when, rule.pointer + "/when", BOOL, ())
        for emission in rule.emissions:
            self._name(emission.message, emission.pointer + "/message", ())
            self._data(emission.data, emission.pointer + "/data", ())

    def _check_state(self, state: State) -> None:
        for transition in state.transitions:
            if transition.guard is not None:
                self._expression(transition.guard, transition.pointer + "/guard", BOOL, ())
            self._block(transition.actions, ())
        if state.initial is not None:
            self._block(state.initial.actions, ())
        for block in (*state.entry, *state.exit):
            self._block(block, ())
        self._data(state.output, state.pointer + "/output", ())

    def _block(self, block: Block, local: Local) -> None:
        for action in block:
            self._action(action, local)

    def _action(self, action: Action, local: Local) -> None:
        pointer = action.pointer
        match action:
            case Assign():
                for name, source in action.values:
                    self._assignment(name, source, pointer + pointer_of("assign", name), local)
            case Raise():
                self._name(action.event, pointer + "/raise/event", local)
                self._data(action.data, pointer + "/raise/data", local)
            case If():
                self._expression(action.condition, pointer + "/if", BOOL, local)
                self._block(action.then, local)
                self._block(action.otherwise, local)
            case ForEach():
                self._expression(action.members, pointer + "/for_each/in", list_of(DYN), local)
                bound = (action.name,) if action.index is None else (action.name, action.index)
                self._block(action.body, tuple(dict.fromkeys((*local, *bound))))
            case Log():
                self._data(action.value, pointer + "/log", local)

    def _assignment(self, name: str, source: str, pointer: str, local: Local) -> None:
        self.assigned.add(name)
        variable = self._variables.get(name)
        if variable is None:
            detail = f"there is no variable {name[:64]!r}{suggestion(name, self._variables)}"
            self._reader.report(pointer, "unknown_variable", detail)
        self._expression(source, pointer, DYN if variable is None else TYPES[variable.type], local)

    def _name(self, data: str, pointer: str, local: Local) -> None:
        if data.startswith("="):
            self._expression(data[1:], pointer, STRING, local)

    def _data(self, data: Data, pointer: str, local: Local) -> None:
        if isinstance(data, str):
            if data.startswith("=") and not data.startswith("=="):
                self._expression(data[1:], pointer, DYN, local)
        elif isinstance(data, dict):
            for key, value in data.items():
                self._data(value, pointer + pointer_of(key), local)
        elif isinstance(data, list):
            for index, value in enumerate(data):
                self._data(value, f"{pointer}/{index}", local)

    def _expression(self, source: str, pointer: str, expected: Type, local: Local) -> None:
        self.sources.add(source)
        self._check_states(source, pointer)
        try:
            expression: Expression = self._expressions.find(source, self._place, local)
        except ExpressionInvalid as invalid:
            for problem in invalid.problems:
                place = f"line {problem.line}, column {problem.column}, offset {problem.offset}"
                self._reader.report(pointer, f"expression_{problem.code}", f"{problem.detail} ({place})")
            return
        found = expression.result_type
        if not is_assignable(expected, found):
            detail = f"a value of type {expected} is needed here, the expression has type {found} (offset 0)"
            self._reader.report(pointer, "expression_type", detail)

    def _check_states(self, source: str, pointer: str) -> None:
        for match in _IN_STATE.finditer(source):
            name = match.group(1) if match.group(1) is not None else match.group(2)
            if name not in self._states or not name:
                detail = f"there is no state {name[:64]!r}{suggestion(name, self._states)} (offset {match.start()})"
                self._reader.report(pointer, "unknown_state", detail)


def _has_expression(data: Data) -> bool:
    if isinstance(data, str):
        return data.startswith("=") and not data.startswith("==")
    if isinstance(data, dict):
        return any(map(_has_expression, data.values()))
    return isinstance(data, list) and any(map(_has_expression, data))


def _literal(data: Data) -> Data:
    """Data without expressions as the value that it is."""
    if isinstance(data, str):
        return data[1:] if data.startswith("==") else data
    if isinstance(data, dict):
        return {key: _literal(value) for key, value in data.items()}
    return [_literal(value) for value in data] if isinstance(data, list) else data
