"""Scripts of processors as one expression: what they return, with the names that they declare written out.

A script is the body of a function: declarations, conditions, and a ``return`` at the end of every way through it.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from actum_core.formats.ecmascript.statements import parse_script
from actum_core.formats.ecmascript.syntax import (
    Array,
    Assignment,
    Binary,
    Branch,
    Call,
    Conditional,
    EcmascriptProblem,
    Expression,
    Function,
    Index,
    Member,
    Name,
    ObjectLiteral,
    Return,
    Statement,
    Unary,
)
from actum_core.formats.editor.formulas import Untranslatable
from actum_core.limits import EDITOR_FORMULA_LENGTH_MAX

_HEAD: Final = "function returned() {\n"
#: Members of what a script returns that are about the token and not its value.
_ABOUT: Final = frozenset({"metadata", "timestamp", "id", "type"})

Values = dict[str, Expression]


class Returned(NamedTuple):
    """The value of the token that a script returns, and what else it says of the token.

    ``parts`` are those of the expression before what is unused is left out.
    """

    value: Expression
    others: tuple[str, ...]
    parts: int


def returned_by(source: str, parts_max: int) -> Returned:
    """What a script returns. Raises Untranslatable."""
    if len(source) > EDITOR_FORMULA_LENGTH_MAX:
        raise Untranslatable(f"a script has at most {EDITOR_FORMULA_LENGTH_MAX} characters")
    try:
        statements = parse_script(f"{_HEAD}{source}\n}}")
    except EcmascriptProblem as problem:
        raise Untranslatable(f"{problem.detail} (offset {problem.offset - len(_HEAD)})") from None
    function = statements[0] if len(statements) == 1 else None
    if not isinstance(function, Function):
        raise Untranslatable("it ends before its last line")
    folder = _Folder(parts_max)
    node = folder.returned(function.body, {})
    parts = parts_max - folder.left
    if isinstance(node, ObjectLiteral):
        members = dict(node.members)
        if members.keys() - _ABOUT == {"data"}:
            return Returned(members["data"], tuple(name for name in members if name != "data"), parts)
    return Returned(node, (), parts)


class _Folder:
    """Follows every way through a script. ``values`` are what its names stand for at the moment."""

    def __init__(self, parts_max: int) -> None:
        self.left = parts_max

    def returned(self, body: tuple[Statement, ...], values: Values) -> Expression:
        for place, statement in enumerate(body):
            match statement:
                case Return(value=None) | Function():
                    break
                case Return(value=value) if value is not None:
                    return self.written(value, values)
                case Branch():
                    rest = body[place + 1 :]
                    return join(
                        self.written(statement.condition, values),
                        self.returned(statement.then + rest, dict(values)),
                        self.returned(statement.otherwise + rest, dict(values)),
                    )
                case Assignment(target=Name(name=name)) if statement.is_declaration or name in values:
                    values = {**values, name: self.written(statement.value, values)}
                case _:
                    raise Untranslatable("it does more than to compute a value")
        raise Untranslatable("it does not return a value on every way through it")

    def written(self, node: Expression, values: Values) -> Expression:
        """The expression with what its names stand for. Raises Untranslatable when it grows too large."""
        self.left -= 1
        if self.left < 0:
            raise Untranslatable("it is too large when its names are written out")
        match node:
            case Name(name=name):
                return self.written(values[name], {}) if name in values else node
            case Member():
                target = self.written(node.target, values)
                if isinstance(target, ObjectLiteral) and node.name in dict(target.members):
                    return dict(target.members)[node.name]
                return replace(node, target=target)
            case Index():
                return replace(
                    node, target=self.written(node.target, values), index=self.written(node.index, values)
                )
            case Call():
                callee = node.callee if isinstance(node.callee, Name) else self.written(node.callee, values)
                return replace(node, callee=callee, arguments=self._all(node.arguments, values))
            case Unary():
                return replace(node, operand=self.written(node.operand, values))
            case Binary():
                return replace(
                    node, left=self.written(node.left, values), right=self.written(node.right, values)
                )
            case Conditional():
                return join(
                    self.written(node.condition, values),
                    self.written(node.then, values),
                    self.written(node.otherwise, values),
                )
            case Array():
                return replace(node, members=self._all(node.members, values))
            case ObjectLiteral():
                return replace(
                    node, members=tuple((name, self.written(each, values)) for name, each in node.members)
                )
        return node

    def _all(self, nodes: tuple[Expression, ...], values: Values) -> tuple[Expression, ...]:
        return tuple(self.written(each, values) for each in nodes)


def join(condition: Expression, then: Expression, otherwise: Expression) -> Expression:
    """One of two expressions; objects with the same members are one, with a choice for each."""
    if isinstance(then, ObjectLiteral) and isinstance(otherwise, ObjectLiteral):
        first, second = dict(then.members), dict(otherwise.members)
        if first.keys() == second.keys():
            members = tuple((name, join(condition, first[name], second[name])) for name in first)
            return replace(then, members=members)
    return then if then == otherwise else Conditional(condition, then, otherwise, condition.offset)
