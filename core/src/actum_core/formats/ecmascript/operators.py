"""Tell ECMAScript expressions in the expression language, or why that cannot be done.

What differs between the two languages is made explicit: truth of any value, members that are not there (which
are ``null`` here), division, adding to a string. Where that is not possible, evaluating must fail rather than
give another value. ``undefined`` is ``null`` throughout.
"""

from typing import Final

from actum_core.formats.cel_text import Level, member, quoted
from actum_core.formats.ecmascript.names import GLOBALS, Names
from actum_core.formats.ecmascript.syntax import (
    Array,
    Assignment,
    Binary,
    Branch,
    Call,
    CertainFailure,
    Conditional,
    Expression,
    Function,
    Index,
    Literal,
    Member,
    Name,
    NotUnderstood,
    ObjectLiteral,
    Return,
    Statement,
    Unary,
)
from actum_core.formats.ecmascript.values import (
    as_double,
    as_text,
    check_drawn_once,
    choose,
    infix,
    literal,
    loose,
    negate,
    truth_of,
)
from actum_core.formats.formula import (
    FALSE,
    NULL,
    TRUE,
    Formula,
    Yields,
    select_optional,
)
from actum_core.limits import (
    EXPRESSION_LENGTH_MAX,
    FOREIGN_EXPRESSION_HEIGHT_MAX,
    SCRIPT_CALL_DEPTH_MAX,
)

_OBJECTS: Final = {"Array": "== list", "Object": "in [map, list]"}
_TYPES: Final = {
    "string": ("string",),
    "number": ("int", "double"),
    "boolean": ("bool",),
    "object": ("map", "list"),
    "function": (),
}


class OperatorTranslator:
    """Translates the expressions of one place; ``notes`` collects what a reader should know of.

    ``functions.Translator`` adds what calls mean.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.notes: list[str] = []
        self._height = 0
        self._calls = 0

    def value(self, node: Expression) -> Formula:
        """The value of an expression. Raises EcmascriptProblem."""
        self._height += 1
        if self._height > FOREIGN_EXPRESSION_HEIGHT_MAX:
            raise NotUnderstood("so deep an expression cannot be translated", node.offset)
        made = self._value(node)
        self._height -= 1
        if len(made.source) > EXPRESSION_LENGTH_MAX:
            raise NotUnderstood("so long an expression cannot be translated", node.offset)
        return made

    def truth(self, node: Expression) -> Formula:
        """Whether an expression's value counts as true (ECMA-262, 7.1.2 ToBoolean)."""
        if isinstance(node, Binary) and node.operator in ("&&", "||"):
            return self._join(node, self.truth(node.left), self.truth(node.right))
        if isinstance(node, Unary) and node.operator == "!":
            return negate(self.truth(node.operand))
        return truth_of(self.value(node))

    def call(self, node: Call) -> Formula:
        """The value of a call. Raises EcmascriptProblem."""
        raise NotUnderstood("calls cannot be translated here", node.offset)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _value(self, node: Expression) -> Formula:
        match node:
            case Literal():
                return literal(node)
            case Name():
                return self._name(node)
            case Member():
                return self._member(node)
            case Index():
                return self._index(node)
            case Call():
                return self.call(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Conditional():
                then, otherwise = self.value(node.then), self.value(node.otherwise)
                return choose(self.truth(node.condition), then, otherwise)
            case Array():
                members = ", ".join(self.value(each).source for each in node.members)
                return Formula(f"[{members}]", yields=Yields.LIST)
            case ObjectLiteral():
                pairs = ", ".join(
                    f"{quoted(key)}: {self.value(value).source}" for key, value in dict(node.members).items()
                )
                return Formula(f"{{{pairs}}}", yields=Yields.MAP)

    # --- Names and members ----------------------------------------------------------------------------

    def _name(self, node: Name) -> Formula:
        found = self.names.formulas.get(node.name)
        if found is not None:
            return found
        if node.name in self.names.variables:
            return Formula(member("vars", self.names.variables[node.name]))
        if node.name in GLOBALS:
            raise NotUnderstood(f"{node.name} cannot be translated", node.offset)
        if node.name in self.names.functions:
            raise NotUnderstood("functions as values cannot be translated", node.offset)
        raise CertainFailure(f"nothing declares {node.name!r}", node.offset)

    def _member(self, node: Member) -> Formula:
        event = self._event_member(node)
        if event is not None:
            return event
        target = self.target(node.target)
        told = self._error_member(target, node.name)
        if told is not None:
            return told
        if node.name == "length" and target.yields is not Yields.MAP:
            return Formula(f"size({target.source})", yields=Yields.NUMBER)
        return Formula(select_optional(loose(target), node.name))

    def target(self, node: Expression) -> Formula:
        """What a member is taken of: where it has no value itself, taking one fails in both languages."""
        if isinstance(node, Member) and self._event_member(node) is None and node.name != "length":
            target = self.target(node.target)
            told = self._error_member(target, node.name)
            return told or Formula(member(target.within(Level.MEMBER), node.name))
        if isinstance(node, Index):
            target, index = self.target(node.target), self.value(node.index)
            return Formula(f"{target.within(Level.MEMBER)}[{index.source}]")
        return self.value(node)

    def _event_member(self, node: Member) -> Formula | None:
        if isinstance(node.target, Name) and node.target.name == "_event" and self.names.event:
            return self.names.event.get(node.name, NULL)
        return None

    def _error_member(self, target: Formula, name: str) -> Formula | None:
        if name not in self.names.error_data or target != self.names.event.get("data"):
            return None
        self.names.mentioned.add(name)
        return self.names.error_data[name]

    def _index(self, node: Index) -> Formula:
        target, index = self.target(node.target), self.value(node.index)
        if isinstance(node.index, Literal) and isinstance(node.index.value, str):
            told = self._error_member(target, node.index.value)
            if told is not None:
                return told
        if target.yields is Yields.TEXT:
            raise NotUnderstood("the characters of a string by number cannot be translated", node.offset)
        return Formula(f"{loose(target)}[?{index.source}].orValue(null)")

    # --- Operators ------------------------------------------------------------------------------------

    def _unary(self, node: Unary) -> Formula:
        if node.operator == "!":
            return negate(self.truth(node.operand))
        if node.operator == "void":
            return NULL
        if node.operator == "typeof":
            raise NotUnderstood("typeof is only translated where it is compared with a string", node.offset)
        operand = self.value(node.operand)
        if node.operator == "-":
            return Formula(f"-{operand.within(Level.MEMBER)}", Level.UNARY, Yields.NUMBER)
        if operand.yields is Yields.NUMBER:
            return operand
        return Formula(f"double({operand.source})", yields=Yields.NUMBER)

    def _binary(self, node: Binary) -> Formula:
        operator = node.operator
        if operator in ("===", "!==", "==", "!="):
            return self._equality(node)
        left = self.value(node.left)
        if operator == "in":
            return self._membership(node, left)
        if operator == "instanceof":
            return self._type_of_object(node, left)
        right = self.value(node.right)
        if operator in ("&&", "||"):
            if left.yields is right.yields is Yields.BOOL:
                return self._join(node, left, right)
            check_drawn_once(left, node.offset)
            pair = (right, left) if operator == "&&" else (left, right)
            return choose(truth_of(left), *pair)
        if operator == "+":
            return self._sum(node, left, right)
        if Yields.LIST in (left.yields, right.yields) or Yields.MAP in (left.yields, right.yields):
            raise NotUnderstood(f"{operator} of a list or an object cannot be translated", node.offset)
        if operator in ("<", ">", "<=", ">="):
            return infix(left, operator, right, Level.RELATION, Yields.BOOL)
        if operator == "-":
            return infix(left, operator, right, Level.SUM, Yields.NUMBER)
        if operator == "/":
            # Integers are divided to integers here, never there.
            left, right = as_double(left), as_double(right)
        return infix(left, operator, right, Level.PRODUCT, Yields.NUMBER)

    def _join(self, node: Binary, left: Formula, right: Formula) -> Formula:
        level = Level.AND if node.operator == "&&" else Level.OR
        source = f"{left.within(level)} {node.operator} {right.within(level)}"
        return Formula(source, level, Yields.BOOL)

    def _sum(self, node: Binary, left: Formula, right: Formula) -> Formula:
        kinds = (left.yields, right.yields)
        if Yields.TEXT in kinds:
            return infix(as_text(left), "+", as_text(right), Level.SUM, Yields.TEXT)
        if not {Yields.LIST, Yields.MAP, Yields.BOOL, Yields.NULL}.isdisjoint(kinds):
            raise NotUnderstood("adding anything but numbers and strings cannot be translated", node.offset)
        yields = Yields.NUMBER if Yields.NUMBER in kinds else Yields.UNKNOWN
        return infix(left, "+", right, Level.SUM, yields)

    def _equality(self, node: Binary) -> Formula:
        is_negated = node.operator.startswith("!")
        for asked, answer in ((node.left, node.right), (node.right, node.left)):
            if isinstance(asked, Unary) and asked.operator == "typeof":
                if not isinstance(answer, Literal) or not isinstance(answer.value, str):
                    raise NotUnderstood("typeof is only translated beside a string", node.offset)
                found = self._type_test(asked.operand, answer.value)
                return negate(found) if is_negated else found
        left, right = self.value(node.left), self.value(node.right)
        kinds = {left.yields, right.yields}
        if len(node.operator) == 2 and len(kinds) == 2 and Yields.NULL not in kinds:
            self.note(
                f"{node.operator} converts values before it compares them; here they are compared as they are"
            )
        if len(kinds) == 2 and Yields.UNKNOWN not in kinds:
            left = Formula(f"dyn({left.source})")
        return infix(left, "!=" if is_negated else "==", right, Level.RELATION, Yields.BOOL)

    def _type_test(self, operand: Expression, word: str) -> Formula:
        if word == "undefined":
            return self._is_undefined(operand)
        if word not in _TYPES:
            return FALSE
        value, types = self.value(operand), _TYPES[word]
        if not types:
            return FALSE
        test = f"== {types[0]}" if len(types) == 1 else f"in [{', '.join(types)}]"
        return Formula(f"type({value.source}) {test}", Level.RELATION, Yields.BOOL)

    def _is_undefined(self, operand: Expression) -> Formula:
        if isinstance(operand, Name):
            if operand.name not in self.names.variables and operand.name not in self.names.formulas:
                return TRUE
        elif isinstance(operand, Member) and self._event_member(operand) is None:
            target = self.target(operand.target)
            if self._error_member(target, operand.name) is None:
                source = f"!has({member(target.within(Level.MEMBER), operand.name)})"
                return Formula(source, Level.UNARY, Yields.BOOL)
        value = self.value(operand)
        return Formula(f"{value.within(Level.SUM)} == null", Level.RELATION, Yields.BOOL)

    def _type_of_object(self, node: Binary, left: Formula) -> Formula:
        """Only what data can be an instance of: texts, numbers and truths as such are of nothing."""
        name = node.right.name if isinstance(node.right, Name) else ""
        if name not in _OBJECTS or name in self.names.formulas or name in self.names.variables:
            raise NotUnderstood("only instances of Array and Object can be asked for", node.offset)
        test = f"type({left.source}) {_OBJECTS[name]}"
        return Formula(test, Level.RELATION, Yields.BOOL)

    def _membership(self, node: Binary, left: Formula) -> Formula:
        if isinstance(node.right, Name) and node.right.name == "_event" and self.names.event:
            if isinstance(node.left, Literal):
                return TRUE if node.left.value in self.names.event else FALSE
            raise NotUnderstood("only literal names of fields of _event can be translated", node.offset)
        if left.yields is Yields.NUMBER:
            raise NotUnderstood("asking a list for a place with 'in' cannot be translated", node.offset)
        return infix(left, "in", self.value(node.right), Level.RELATION, Yields.BOOL)

    # --- Functions of the script ----------------------------------------------------------------------

    def apply(self, function: Function, arguments: list[Formula], offset: int) -> Formula:
        """What a function returns, written out in place of its call."""
        self._calls += 1
        if self._calls > SCRIPT_CALL_DEPTH_MAX:
            raise NotUnderstood("functions that call each other so deeply cannot be translated", offset)
        outer = self.names
        padded = [*arguments, *[NULL] * (len(function.parameters) - len(arguments))]
        bound = dict(zip(function.parameters, padded, strict=False))
        for value in bound.values():
            check_drawn_once(value, offset)
        # A function sees what is global and its parameters, never the local variables of its caller.
        self.names = (outer.outside or outer).with_local(bound)
        try:
            return self._returned(function.body, offset)
        finally:
            self.names = outer
            self._calls -= 1

    def _returned(self, body: tuple[Statement, ...], offset: int) -> Formula:
        for place, statement in enumerate(body):
            match statement:
                case Return(value=value):
                    return NULL if value is None else self.value(value)
                case Branch():
                    rest = body[place + 1 :]
                    before = self.names
                    then = self._returned(statement.then + rest, offset)
                    self.names = before
                    return choose(
                        self.truth(statement.condition),
                        then,
                        self._returned(statement.otherwise + rest, offset),
                    )
                case Assignment(target=Name(name=name)) if (
                    statement.is_declaration or name in self.names.formulas
                ):
                    if not statement.is_bare or name not in self.names.formulas:
                        made = self.value(statement.value)
                        check_drawn_once(made, statement.offset)
                        self.names = self.names.with_local({name: made})
                case _:
                    raise NotUnderstood("a function with a value may do nothing else", statement.offset)
        return NULL
