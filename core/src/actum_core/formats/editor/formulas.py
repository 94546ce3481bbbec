"""Translate the formulas of the editor to the expression language.

They are JavaScript expressions without statements. Numbers of JavaScript are doubles, so a division is one of
doubles here too. What a name stands for depends on the node: the caller says.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from actum_core.expression import DYN, TIMESTAMP, ExpressionInvalid, Scope, compile_expression
from actum_core.expression.step_functions import STEP_FUNCTIONS
from actum_core.formats.cel_text import Cel, Level, member, quoted
from actum_core.formats.ecmascript.parse import parse_expression
from actum_core.formats.ecmascript.syntax import (
    Array,
    Binary,
    Call,
    Conditional,
    EcmascriptProblem,
    Expression,
    Index,
    Literal,
    Member,
    Name,
    ObjectLiteral,
    Unary,
    Undefined,
)
from actum_core.formats.formula import failing, number_formula
from actum_core.limits import (
    EDITOR_FORMULA_LENGTH_MAX,
    EXPRESSION_LENGTH_MAX,
    FOREIGN_EXPRESSION_HEIGHT_MAX,
)

Path = tuple[str | int, ...]
#: The text that a path stands for. Raises Untranslatable for one that stands for nothing.
Resolve = Callable[[Path], str]

_SCOPE: Final = Scope(
    {"vars": DYN, "message": DYN, "token": DYN, "event": DYN, "input": DYN, "now": TIMESTAMP}, STEP_FUNCTIONS
)
_WORDS: Final = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?<![.\w$])(and|or|not)(?![\w$:])""")
_OPERATORS: Final = {"and": "&&", "or": "||", "not": "!"}

_LEVELS: Final = {
    "||": Level.OR,
    "&&": Level.AND,
    **dict.fromkeys(("==", "===", "!=", "!==", "<", "<=", ">", ">="), Level.RELATION),
    **dict.fromkeys(("+", "-"), Level.SUM),
    **dict.fromkeys(("*", "/", "%"), Level.PRODUCT),
}
#: Functions of one number, by their names in Math and in the formula library.
_OF_NUMBER: Final = {
    "abs": "math.abs({0})",
    "floor": "math.floor(double({0}))",
    "ceil": "math.ceil(double({0}))",
    "trunc": "math.trunc(double({0}))",
    "sqrt": "math.sqrt({0})",
    "sign": "math.sign({0})",
    # Halves go up, also those of negative numbers.
    "round": "math.floor(double({0}) + 0.5)",
}
_OF_MANY: Final = {"min": "math.least", "max": "math.greatest"}
_OF_TEXT: Final = {
    "includes": "contains",
    "startsWith": "startsWith",
    "endsWith": "endsWith",
    "toUpperCase": "upperAscii",
    "toLowerCase": "lowerAscii",
    "trim": "trim",
    "replace": "replace",
    "split": "split",
    "indexOf": "indexOf",
}


class Untranslatable(Exception):
    """What a formula says has no counterpart; the message is one sentence about it."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A translated formula; ``fields`` when it is an object: the texts of its members."""

    text: str
    kind: str = ""
    fields: tuple[tuple[str, str], ...] | None = None

    @property
    def data(self) -> Any:
        """The formula as data of a template: an object has an expression for each member."""
        if self.fields is None:
            return f"={self.text}"
        return {name: f"={text}" for name, text in self.fields}


def translate_formula(source: str, resolve: Resolve) -> Formula:
    """The translation of a formula. Raises Untranslatable."""
    return translate_tree(parse_formula(source), resolve)


def translate_tree(node: Expression, resolve: Resolve) -> Formula:
    """The translation of a formula that has been read. Raises Untranslatable."""
    try:
        writer = _Writer(resolve)
        written = writer.write(node)
        fields = None
        if isinstance(node, ObjectLiteral):
            fields = tuple((name, writer.write(each).cel.text) for name, each in node.members)
        compile_expression(written.cel.text, _SCOPE)
    except ExpressionInvalid as invalid:
        raise Untranslatable(str(invalid)) from None
    return Formula(written.cel.text, written.kind, fields)


def parse_formula(source: str) -> Expression:
    """The syntax tree of a formula. Raises Untranslatable."""
    if len(source) > EDITOR_FORMULA_LENGTH_MAX:
        raise Untranslatable(f"a formula has at most {EDITOR_FORMULA_LENGTH_MAX} characters")
    text = _WORDS.sub(lambda match: match[1] or f" {_OPERATORS[match[2]]} ", source)
    try:
        tree = parse_expression(text.strip().removesuffix(";"))
        _check_height(tree)
        return tree
    except EcmascriptProblem as problem:
        raise Untranslatable(f"{problem.detail} (offset {problem.offset})") from None


def _check_height(tree: Expression) -> None:
    """See that whatever follows the tree may call itself for each level. Raises Untranslatable."""
    waiting = [(tree, 1)]
    while waiting:
        node, height = waiting.pop()
        if height > FOREIGN_EXPRESSION_HEIGHT_MAX:
            raise Untranslatable("so deep a formula cannot be translated")
        waiting.extend((each, height + 1) for each in _inner(node))


def _inner(node: Expression) -> tuple[Expression, ...]:
    match node:
        case Member():
            return (node.target,)
        case Index():
            return (node.target, node.index)
        case Call():
            return (node.callee, *node.arguments)
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Conditional():
            return (node.condition, node.then, node.otherwise)
        case Array():
            return node.members
        case ObjectLiteral():
            return tuple(each for _, each in node.members)
    return ()


def failing_text(reason: str) -> str:
    """An expression that always fails and says why: what stands for a formula that could not be translated."""
    return failing(reason[:200])


def path_of(node: Expression) -> Path | None:
    """``a.b[0]`` as a path; None when it is something else."""
    keys: list[str | int] = []
    while not isinstance(node, Name):
        if isinstance(node, Member):
            keys.append(node.name)
            node = node.target
        elif isinstance(node, Index) and isinstance(node.index, Literal):
            key = node.index.value
            if isinstance(key, bool) or not isinstance(key, str | int):
                return None
            keys.append(key)
            node = node.target
        else:
            return None
    return (node.name, *reversed(keys))


@dataclass(frozen=True, slots=True)
class _Written:
    cel: Cel
    kind: str = ""


class _Writer:
    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    def write(self, node: Expression) -> _Written:
        written = self._write(node)
        if len(written.cel.text) > EXPRESSION_LENGTH_MAX:
            raise Untranslatable("it is too large when it is written out")
        return written

    def _write(self, node: Expression) -> _Written:
        match node:
            case Literal():
                return _literal(node)
            case Name() | Member() | Index():
                return self._reference(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Conditional():
                return self._choice(node.condition, node.then, node.otherwise)
            case Call():
                return self._call(node)
            case Array():
                parts = ", ".join(self.write(each).cel.text for each in node.members)
                return _Written(Cel(f"[{parts}]"), "list")
            case ObjectLiteral():
                members = (f"{quoted(name)}: {self.write(each).cel.text}" for name, each in node.members)
                return _Written(Cel(f"{{{', '.join(members)}}}"), "map")

    def _reference(self, node: Expression) -> _Written:
        if isinstance(node, Name) and node.name in ("undefined", "NaN", "Infinity"):
            if node.name == "undefined":
                return _Written(Cel("null"), "null")
            raise Untranslatable(f"{node.name} is no value here")
        path = path_of(node)
        if path is None:
            raise Untranslatable("a member can only be read of a name")
        if path[0] == "Math" and len(path) == 2:
            constants = {"PI": "3.141592653589793", "E": "2.718281828459045"}
            if path[1] in constants:
                return _Written(Cel(constants[str(path[1])]), "number")
        if path[-1] == "length" and len(path) > 1:
            return _Written(Cel(f"size({self._resolve(path[:-1])})"), "number")
        return _Written(Cel(self._resolve(path)))

    def _unary(self, node: Unary) -> _Written:
        operand = self.write(node.operand)
        if node.operator == "!":
            return _Written(Cel(f"!{operand.cel.within(Level.MEMBER)}", Level.UNARY), "truth")
        if node.operator == "-":
            return _Written(Cel(f"-{operand.cel.within(Level.MEMBER)}", Level.UNARY), "number")
        if node.operator == "+":
            return _Written(Cel(f"double({operand.cel.text})"), "number")
        raise Untranslatable(f"there is no operator {node.operator!r}")

    def _binary(self, node: Binary) -> _Written:
        level = _LEVELS.get(node.operator)
        if level is None:
            raise Untranslatable(f"there is no operator {node.operator!r}")
        left, right = self.write(node.left), self.write(node.right)
        if node.operator in ("&&", "||"):
            if {left.kind, right.kind} & {"number", "text", "null", "list", "map"}:
                raise Untranslatable(f"{node.operator} is between truths here, not between other values")
            text = f"{left.cel.within(level)} {node.operator} {right.cel.within(level)}"
            return _Written(Cel(text, level), "truth")
        if node.operator == "+" and "text" in (left.kind, right.kind):
            return _Written(Cel(f"{_as_text(left)} + {_as_text(right)}", level), "text")
        if node.operator == "/":
            divisor = right.cel.within(Level.UNARY)
            if isinstance(node.right, Literal):
                divisor = divisor if "." in divisor or "e" in divisor else f"{divisor}.0"
            else:
                divisor = f"double({right.cel.text})"
            return _Written(Cel(f"{left.cel.within(level)} / {divisor}", level), "number")
        operator = {"===": "==", "!==": "!="}.get(node.operator, node.operator)
        tighter = Level(level + 1)
        first = left.cel.within(tighter if level == Level.RELATION else level)
        text = f"{first} {operator} {right.cel.within(tighter)}"
        return _Written(Cel(text, level), "truth" if level == Level.RELATION else "number")

    def _choice(self, condition: Expression, then: Expression, otherwise: Expression) -> _Written:
        first, second = self.write(then), self.write(otherwise)
        is_same = first.kind == second.kind == "text"
        parts = [
            each.cel.within(Level.OR) if is_same else f"dyn({each.cel.text})" for each in (first, second)
        ]
        if is_same and isinstance(otherwise, Conditional):
            parts[1] = second.cel.text
        text = f"{self.write(condition).cel.within(Level.OR)} ? {parts[0]} : {parts[1]}"
        return _Written(Cel(text, Level.CHOICE), "text" if is_same else "")

    def _call(self, node: Call) -> _Written:
        callee = node.callee
        if isinstance(callee, Name):
            return self._function(callee.name, node.arguments)
        if isinstance(callee, Member):
            if isinstance(callee.target, Name) and callee.target.name == "Math":
                return self._function(callee.name, node.arguments)
            if callee.name in _OF_TEXT:
                target = self.write(callee.target).cel.within(Level.MEMBER)
                arguments = ", ".join(self.write(each).cel.text for each in node.arguments)
                kind = "truth" if callee.name in ("includes", "startsWith", "endsWith") else ""
                return _Written(Cel(f"{target}.{_OF_TEXT[callee.name]}({arguments})"), kind)
            if callee.name == "toString" and not node.arguments:
                return _Written(Cel(f"string({self.write(callee.target).cel.text})"), "text")
            raise Untranslatable(f"there is no function {callee.name[:64]!r}")
        raise Untranslatable("only functions with a name can be called")

    def _function(self, name: str, arguments: tuple[Expression, ...]) -> _Written:
        texts = [self.write(each).cel.text for each in arguments]
        if name in _OF_NUMBER and len(texts) == 1:
            return _Written(Cel(_OF_NUMBER[name].format(texts[0])), "number")
        if name in _OF_MANY and texts:
            inner = ", ".join(texts)
            return _Written(Cel(f"{_OF_MANY[name]}({inner})"), "number")
        if name == "pow" and len(texts) == 2 and texts[1] in ("2", "3"):
            operand = self.write(arguments[0]).cel.within(Level.UNARY)
            return _Written(Cel(" * ".join([operand] * int(texts[1])), Level.PRODUCT), "number")
        if name == "random" and not texts:
            return _Written(Cel("random()"), "number")
        if name == "if" and len(arguments) == 3:
            return self._choice(*arguments)
        single = {"Number": ("double", "number"), "String": ("string", "text"), "length": ("size", "number")}
        if name in single and len(texts) == 1:
            function, kind = single[name]
            return _Written(Cel(f"{function}({texts[0]})"), kind)
        raise Untranslatable(f"there is no function {name[:64]!r} of {len(texts)} values")


def _literal(node: Literal) -> _Written:
    value = node.value
    if isinstance(value, bool):
        return _Written(Cel("true" if value else "false"), "truth")
    if isinstance(value, int | float):
        made = number_formula(value)
        return _Written(Cel(made.source, made.level), "number")
    if isinstance(value, str):
        return _Written(Cel(quoted(value)), "text")
    assert value is None or isinstance(value, Undefined)
    return _Written(Cel("null"), "null")


def _as_text(written: _Written) -> str:
    if written.kind == "text":
        return written.cel.within(Level.SUM)
    return f"string({written.cel.text})"


def read_member(text: str, path: Path) -> str:
    """``text`` with the members of a path."""
    for key in path:
        text = member(text, key)
    return text


def text_of(value: float | str) -> str:
    """A number or a string as a literal of the expression language."""
    return quoted(value) if isinstance(value, str) else number_formula(value).source
