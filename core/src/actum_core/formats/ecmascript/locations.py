"""Places that can be assigned to: a variable, or a member somewhere inside one."""

from dataclasses import dataclass
from typing import Any

from actum_core.formats.cel_text import Level, quoted
from actum_core.formats.ecmascript.operators import OperatorTranslator
from actum_core.formats.ecmascript.syntax import (
    CertainFailure,
    Expression,
    Index,
    Member,
    Name,
    NotUnderstood,
)
from actum_core.formats.formula import Formula, Yields, failing


@dataclass(frozen=True, slots=True)
class Location:
    """``keys`` lead from the variable to the member; expressions, a number for a place in a list."""

    variable: str
    keys: tuple[Formula, ...] = ()

    def value(self) -> str:
        """The expression for what is here."""
        return f"vars.{self.variable}" + "".join(f"[{key.source}]" for key in self.keys)

    def assign(self, value: Formula) -> dict[str, Any]:
        """The action that puts ``value`` here."""
        return {"assign": {self.variable: _replaced(f"vars.{self.variable}", self.keys, value).source}}


def _replaced(target: str, keys: tuple[Formula, ...], value: Formula) -> Formula:
    """The value of ``target`` with one member replaced, as it is put back as a whole."""
    if not keys:
        return value
    key = keys[0]
    inner = _replaced(f"{target}[{key.source}]", keys[1:], value).within(Level.OR)
    if key.yields is Yields.NUMBER:
        changed = f"{target}.transformList(_i, _v, _i == {key.within(Level.SUM)} ? {inner} : _v)"
        added = f"{target} + [{inner}]"
        reason = failing("there is no such place in the list")
        place = key.within(Level.SUM)
        source = f"{place} < size({target}) ? {changed} : ({place} == size({target}) ? {added} : {reason})"
        return Formula(source, Level.CHOICE, Yields.LIST)
    others = f"{target}.map(_k, _k).filter(_k, _k != {key.within(Level.SUM)})"
    chosen = f"_k == {key.within(Level.SUM)} ? {inner} : {target}[_k]"
    source = f"({others} + [{key.source}]).transformMapEntry(_i, _k, {{_k: {chosen}}})"
    return Formula(source, Level.MEMBER, Yields.MAP)


def find_location(node: Expression, translator: OperatorTranslator) -> Location:
    """What an expression on the left of an assignment means. Raises EcmascriptProblem."""
    keys: list[Formula] = []
    while not isinstance(node, Name):
        if isinstance(node, Member):
            keys.append(Formula(quoted(node.name), yields=Yields.TEXT))
        elif isinstance(node, Index):
            keys.append(translator.value(node.index))
        else:
            raise CertainFailure("this cannot be assigned to", node.offset)
        node = node.target
    if node.name not in translator.names.variables:
        if node.name in translator.names.formulas:
            raise NotUnderstood("a local variable that changes cannot be translated", node.offset)
        raise CertainFailure(f"nothing declares {node.name!r}", node.offset)
    return Location(translator.names.variables[node.name], tuple(reversed(keys)))
