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
from actum_core.limits import EDITOR_FORMULA_LENGTH_MAX, FOREIGN_EXPRESSION_HEIGHT_MAX

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
    return Returned(node, tuple(folder.others), parts_max - folder.left)


class _Folder:
    """Follows every way through a script. ``values`` are what its names stand for at the moment."""

    def __init__(self, parts_max: int) -> None:
        self.left = parts_max
        #: What was returned beside the value, by name.
        self.others: dict[str, None] = {}
        self._height = 0
        self._draws = 0

    def returned(self, body: tuple[Statement, ...], values: Values) -> Expression:
        for place, statement in enumerate(body):
            match statement:
                case Return(value=None) | Function():
                    break
                case Return(value=value) if value is not None:
                    return self._value_of(self.written(value, values))
                case Branch():
                    rest = body[place + 1 :]
                    self._go_down()
                    condition, draws = self._counted(statement.condition, values)
                    found = join(
                        condition,
                        self.returned(statement.then + rest, dict(values)),
                        self.returned(statement.otherwise + rest, dict(values)),
                        is_drawn=draws > 0,
                    )
                    self._height -= 1
                    return found
                case Assignment(target=Name(name=name)) if statement.is_declaration or name in values:
                    if not statement.is_bare or name not in values:
                        value, draws = self._counted(statement.value, values)
                        if draws:
                            raise Untranslatable("a random value that has a name would be drawn at each use")
                        values = {**values, name: value}
                case _:
                    raise Untranslatable("it does more than to compute a value")
        raise Untranslatable("it does not return a value on every way through it")

    def _value_of(self, node: Expression) -> Expression:
        """``data`` of a token that is returned whole, or what stands there in its place."""
        if isinstance(node, ObjectLiteral):
            members = dict(node.members)
            if members.keys() - _ABOUT == {"data"}:
                self.others.update((name, None) for name in members if name != "data")
                return members["data"]
        return node

    def _counted(self, node: Expression, values: Values) -> tuple[Expression, int]:
        """The expression, and how often something random is drawn in it."""
        before = self._draws
        return self.written(node, values), self._draws - before

    def _go_down(self) -> None:
        self._height += 1
        if self._height > FOREIGN_EXPRESSION_HEIGHT_MAX:
            raise Untranslatable("it is too deep when its names are written out")

    def written(self, node: Expression, values: Values) -> Expression:
        """The expression with what its names stand for. Raises Untranslatable when it grows too large."""
        self._go_down()
        made = self._written(node, values)
        self._height -= 1
        return made

    def _written(self, node: Expression, values: Values) -> Expression:
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
                if isinstance(callee, Name | Member) and callee.name == "random":
                    self._draws += 1
                return replace(node, callee=callee, arguments=self._all(node.arguments, values))
            case Unary():
                return replace(node, operand=self.written(node.operand, values))
            case Binary():
                return replace(
                    node, left=self.written(node.left, values), right=self.written(node.right, values)
                )
            case Conditional():
                condition, draws = self._counted(node.condition, values)
                return join(
                    condition,
                    self.written(node.then, values),
                    self.written(node.otherwise, values),
                    is_drawn=draws > 0,
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


def join(condition: Expression, then: Expression, otherwise: Expression, *, is_drawn: bool) -> Expression:
    """One of two expressions; objects with the same members are one, with a choice for each of them."""
    if isinstance(then, ObjectLiteral) and isinstance(otherwise, ObjectLiteral) and not is_drawn:
        first, second = dict(then.members), dict(otherwise.members)
        if first.keys() == second.keys():
            members = tuple(
                (name, join(condition, first[name], second[name], is_drawn=False)) for name in first
            )
            return replace(then, members=members)
    return Conditional(condition, then, otherwise, condition.offset)
