"""Tell a script as executable content: assignments, conditions and calls of functions that only do such things."""

from typing import Any, Final

from actum_core.formats.cel_text import Level
from actum_core.formats.ecmascript.functions import Translator
from actum_core.formats.ecmascript.locations import Location, find_location
from actum_core.formats.ecmascript.names import Names
from actum_core.formats.ecmascript.syntax import (
    Array,
    Assignment,
    Branch,
    Call,
    CertainFailure,
    Evaluate,
    Expression,
    Function,
    Member,
    Name,
    NotUnderstood,
    Return,
    Statement,
)
from actum_core.formats.formula import NULL, Formula
from actum_core.limits import SCRIPT_CALL_DEPTH_MAX
from actum_core.template import names as naming

Content = list[dict[str, Any]]

#: What does nothing that a chart could see, by the name of what it is called on.
_SILENT: Final = frozenset({"console"})


class ScriptTranslator:
    """Translates the statements of one script.

    ``names`` is what the script can see; functions that it declares, and variables that nothing declared
    before, are added to it. ``declared`` lists the latter.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.declared: list[str] = []
        self.notes: list[str] = []
        self._calls = 0

    def content(self, statements: tuple[Statement, ...]) -> Content:
        """What the script does. Raises EcmascriptProblem."""
        for statement in statements:
            if isinstance(statement, Function):
                self.names.functions[statement.name] = statement
        return self._content(statements, self.names, is_inside=False)

    def _content(self, statements: tuple[Statement, ...], names: Names, *, is_inside: bool) -> Content:
        made: Content = []
        for place, statement in enumerate(statements):
            match statement:
                case Function():
                    pass
                case Branch():
                    made.append(self._branch(statement, names, is_inside=is_inside))
                case Evaluate(expression=expression):
                    made.extend(self._evaluate(expression, names))
                case Assignment(target=Name(name=name)) if statement.is_bare and (
                    name in (names.formulas if is_inside else names.variables)
                ):
                    pass
                case Assignment(target=Name(name=name), is_declaration=True) if is_inside:
                    pair = (name, self._value(statement.value, names).source)
                    rest = statements[place + 1 :]
                    return [*made, *self._bind([pair], rest, names, statement.offset)]
                case Assignment():
                    made.append(self._assign(statement, names))
                case Return() if place < len(statements) - 1 or not is_inside:
                    raise NotUnderstood("a return before the end cannot be translated", statement.offset)
        return made

    def _bind(
        self, pairs: list[tuple[str, str]], body: tuple[Statement, ...], names: Names, offset: int
    ) -> Content:
        """Content that sees local names. They keep their values, as the member of a list of one does."""
        if not pairs:
            return self._content(body, names, is_inside=True)
        (name, value), *rest = pairs
        if not naming.is_variable_name(name) or name in naming.ROOT_NAMES:
            raise NotUnderstood(f"a local variable named {name} cannot be translated", offset)
        inner = names.with_local({name: Formula(name)})
        return [{"for_each": {"in": f"[{value}]", "as": name, "do": self._bind(rest, body, inner, offset)}}]

    def _branch(self, statement: Branch, names: Names, *, is_inside: bool) -> dict[str, Any]:
        translator = Translator(names)
        condition = translator.truth(statement.condition).source
        self._keep_notes(translator)
        then = self._content(statement.then, names, is_inside=is_inside)
        otherwise = self._content(statement.otherwise, names, is_inside=is_inside)
        return {"if": condition, "then": then, **({"else": otherwise} if otherwise else {})}

    def _evaluate(self, expression: Expression, names: Names) -> Content:
        if isinstance(expression, Call):
            callee = expression.callee
            if isinstance(callee, Name) and callee.name in names.functions:
                return self._call(names.functions[callee.name], expression, names)
            if (
                isinstance(callee, Member)
                and isinstance(callee.target, Name)
                and callee.target.name in _SILENT
            ):
                values = [f"={self._value(each, names).source}" for each in expression.arguments]
                return [{"log": {"label": callee.name, "value": values}}]
            if isinstance(callee, Member) and callee.name == "push" and len(expression.arguments) == 1:
                added = self._value(Array(expression.arguments, expression.offset), names)
                location = self._location(callee.target, names)
                listed = Translator(names).target(callee.target).within(Level.SUM)
                return [location.assign(Formula(f"{listed} + {added.source}", Level.SUM))]
        # Evaluated only because it may fail.
        return [{"log": {"label": "script", "value": f"={self._value(expression, names).source}"}}]

    def _call(self, function: Function, call: Call, names: Names) -> Content:
        self._calls += 1
        if self._calls > SCRIPT_CALL_DEPTH_MAX:
            raise NotUnderstood("functions that call each other so deeply cannot be translated", call.offset)
        if not names.formulas.keys().isdisjoint(function.parameters):
            raise NotUnderstood("parameters that hide local variables cannot be translated", call.offset)
        given = [self._value(argument, names).source for argument in call.arguments]
        given += [NULL.source] * (len(function.parameters) - len(given))
        pairs = list(zip(function.parameters, given, strict=False))
        # A function sees what is global and its parameters, never the local variables of its caller.
        made = self._bind(pairs, function.body, self.names, call.offset)
        self._calls -= 1
        return made

    def _assign(self, statement: Assignment, names: Names) -> dict[str, Any]:
        target = statement.target
        value = self._value(statement.value, names)
        if isinstance(target, Name) and target.name not in names.variables:
            if target.name in names.formulas:
                raise NotUnderstood("a local variable that changes cannot be translated", target.offset)
            if target.name.startswith("_") or not naming.is_variable_name(target.name):
                raise CertainFailure(f"{target.name} cannot be assigned to", target.offset)
            self.declared.append(target.name)
            self.names.variables[target.name] = names.variables[target.name] = target.name
        return self._location(target, names).assign(value)

    def _location(self, target: Expression, names: Names) -> Location:
        return find_location(target, Translator(names))

    def _value(self, node: Expression, names: Names) -> Formula:
        translator = Translator(names)
        made = translator.value(node)
        self._keep_notes(translator)
        return made

    def _keep_notes(self, translator: Translator) -> None:
        self.notes.extend(note for note in translator.notes if note not in self.notes)
