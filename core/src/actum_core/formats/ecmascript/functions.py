"""Calls in ECMAScript: what of its library has a counterpart in the expression language."""

from collections.abc import Callable
from typing import Final

from actum_core.formats.cel_text import Level, quoted
from actum_core.formats.ecmascript.names import GLOBALS
from actum_core.formats.ecmascript.operators import OperatorTranslator
from actum_core.formats.ecmascript.syntax import (
    Call,
    CertainFailure,
    Expression,
    Literal,
    Member,
    Name,
    NotUnderstood,
)
from actum_core.formats.ecmascript.values import as_text, choose, truth_of
from actum_core.formats.formula import FALSE, Formula, Yields

#: Math.pow with a literal exponent up to this is written as a product.
_EXPONENT_MAX: Final = 8

Arguments = list[Formula]


class Translator(OperatorTranslator):
    """Translates expressions with the calls in them."""

    def call(self, node: Call) -> Formula:
        return _translate_call(self, node)


def _translate_call(translator: OperatorTranslator, node: Call) -> Formula:
    callee = node.callee
    if isinstance(callee, Name):
        if callee.name == "In" and len(node.arguments) == 1:
            return _is_in(translator, node.arguments[0])
        function = translator.names.functions.get(callee.name)
        arguments = [translator.value(argument) for argument in node.arguments]
        if function is not None:
            return translator.apply(function, arguments, node.offset)
        if callee.name in _GLOBAL:
            return _checked(node, callee.name, _GLOBAL[callee.name], translator, arguments)
        if callee.name in GLOBALS or callee.name in translator.names.variables:
            raise NotUnderstood(f"a call of {callee.name} cannot be translated", node.offset)
        raise CertainFailure(f"nothing declares the function {callee.name!r}", node.offset)
    if not isinstance(callee, Member):
        raise NotUnderstood("a call of a value cannot be translated", node.offset)
    if isinstance(callee.target, Name) and callee.target.name in ("Math", "JSON", "Array", "Number"):
        return _library(translator, node, f"{callee.target.name}.{callee.name}")
    method = _METHODS.get(callee.name)
    if method is None:
        raise NotUnderstood(f"the method {callee.name} cannot be translated", node.offset)
    target = translator.target(callee.target)
    arguments = [translator.value(argument) for argument in node.arguments]
    return _checked(node, callee.name, method, translator, [target, *arguments])


def _is_in(translator: OperatorTranslator, argument: Expression) -> Formula:
    if isinstance(argument, Literal):
        state = translator.names.states.get(str(argument.value))
        if state is not None:
            return Formula(f"in_state({quoted(state)})", yields=Yields.BOOL)
        translator.note(f"there is no state {argument.value!r}, so it is never active")
        return FALSE
    return Formula(f"in_state({translator.value(argument).source})", yields=Yields.BOOL)


_Rule = tuple[int, int, Callable[[OperatorTranslator, Arguments], Formula]]


def _checked(
    node: Call, name: str, rule: _Rule, translator: OperatorTranslator, arguments: Arguments
) -> Formula:
    least, most, make = rule
    if not least <= len(arguments) <= most:
        raise NotUnderstood(f"{name} with this number of arguments cannot be translated", node.offset)
    return make(translator, arguments)


def _library(translator: OperatorTranslator, node: Call, name: str) -> Formula:
    if name == "Math.pow":
        return _power(translator, node)
    rule = _LIBRARY.get(name)
    if rule is None:
        raise NotUnderstood(f"{name} cannot be translated", node.offset)
    arguments = [translator.value(argument) for argument in node.arguments]
    return _checked(node, name, rule, translator, arguments)


def _power(translator: OperatorTranslator, node: Call) -> Formula:
    exponent = node.arguments[1] if len(node.arguments) == 2 else None
    if isinstance(exponent, Literal) and type(exponent.value) is int and 1 <= exponent.value <= _EXPONENT_MAX:
        base = translator.value(node.arguments[0]).within(Level.UNARY)
        level = Level.PRODUCT if exponent.value > 1 else Level.UNARY
        return Formula(" * ".join([base] * exponent.value), level, Yields.NUMBER)
    raise NotUnderstood(
        f"Math.pow is translated for a literal exponent from 1 to {_EXPONENT_MAX}", node.offset
    )


def _call(name: str, yields: Yields) -> Callable[[OperatorTranslator, Arguments], Formula]:
    return lambda translator, arguments: Formula(
        f"{name}({', '.join(argument.source for argument in arguments)})", yields=yields
    )


def _of_double(name: str) -> Callable[[OperatorTranslator, Arguments], Formula]:
    return lambda translator, arguments: Formula(
        f"{name}(double({arguments[0].source}))", yields=Yields.NUMBER
    )


def _member(name: str, yields: Yields, note: str = "") -> Callable[[OperatorTranslator, Arguments], Formula]:
    def make(translator: OperatorTranslator, arguments: Arguments) -> Formula:
        if note:
            translator.note(note)
        target, *rest = arguments
        listed = ", ".join(argument.source for argument in rest)
        return Formula(f"{target.within(Level.MEMBER)}.{name}({listed})", yields=yields)

    return make


def _round(translator: OperatorTranslator, arguments: Arguments) -> Formula:
    # ECMAScript rounds halves upwards, the expression language away from zero.
    return Formula(f"math.floor(double({arguments[0].source}) + 0.5)", yields=Yields.NUMBER)


def _random(translator: OperatorTranslator, arguments: Arguments) -> Formula:
    translator.note("Math.random is drawn from the generator of the execution, so that it can be replayed")
    return Formula("random()", yields=Yields.NUMBER)


def _stringify(translator: OperatorTranslator, arguments: Arguments) -> Formula:
    translator.note("JSON.stringify gives the text form of the expression language, which is close to JSON")
    return Formula(f"'%s'.format([{arguments[0].source}])", yields=Yields.TEXT)


def _is_nan(translator: OperatorTranslator, arguments: Arguments) -> Formula:
    translator.note("isNaN does not convert what it is asked about")
    source = f"!(type({arguments[0].source}) in [int, double])"
    return Formula(source, Level.UNARY, Yields.BOOL)


def _is_list(translator: OperatorTranslator, arguments: Arguments) -> Formula:
    return Formula(f"type({arguments[0].source}) == list", Level.RELATION, Yields.BOOL)


def _concat(translator: OperatorTranslator, arguments: Arguments) -> Formula:
    if all(argument.yields in (Yields.TEXT, Yields.NUMBER) for argument in arguments):
        parts = [as_text(argument).within(Level.PRODUCT) for argument in arguments]
        return Formula(" + ".join(parts), Level.SUM, Yields.TEXT)
    parts = [_as_list(argument) for argument in arguments]
    return Formula(" + ".join(parts), Level.SUM, Yields.LIST)


def _as_list(made: Formula) -> str:
    if made.yields is Yields.LIST:
        return made.within(Level.PRODUCT)
    if made.yields is Yields.UNKNOWN:
        return f"(type({made.source}) == list ? {made.within(Level.OR)} : [{made.source}])"
    return f"[{made.source}]"


def _includes(translator: OperatorTranslator, arguments: Arguments) -> Formula:
    target, sought = arguments
    in_list = Formula(
        f"{sought.within(Level.SUM)} in {target.within(Level.SUM)}", Level.RELATION, Yields.BOOL
    )
    part = sought.source if sought.yields is Yields.TEXT else f"dyn({sought.source})"
    in_text = Formula(f"{target.within(Level.MEMBER)}.contains({part})", yields=Yields.BOOL)
    if target.yields is Yields.LIST:
        return in_list
    if target.yields is Yields.TEXT:
        return in_text
    is_list = Formula(f"type({target.source}) == list", Level.RELATION, Yields.BOOL)
    return choose(is_list, in_list, in_text)


def _has_member(translator: OperatorTranslator, arguments: Arguments) -> Formula:
    target, name = arguments
    source = f"{name.within(Level.SUM)} in {target.within(Level.SUM)}"
    return Formula(source, Level.RELATION, Yields.BOOL)


_ASCII: Final = "only the letters from a to z change their case"

_GLOBAL: Final[dict[str, _Rule]] = {
    "String": (1, 1, lambda translator, arguments: as_text(arguments[0])),
    "Number": (1, 1, _call("double", Yields.NUMBER)),
    "Boolean": (1, 1, lambda translator, arguments: truth_of(arguments[0])),
    "isNaN": (1, 1, _is_nan),
}

_LIBRARY: Final[dict[str, _Rule]] = {
    "Math.floor": (1, 1, _of_double("math.floor")),
    "Math.ceil": (1, 1, _of_double("math.ceil")),
    "Math.trunc": (1, 1, _of_double("math.trunc")),
    "Math.round": (1, 1, _round),
    "Math.abs": (1, 1, _call("math.abs", Yields.NUMBER)),
    "Math.sign": (1, 1, _call("math.sign", Yields.NUMBER)),
    "Math.sqrt": (1, 1, _call("math.sqrt", Yields.NUMBER)),
    "Math.min": (1, 16, _call("math.least", Yields.NUMBER)),
    "Math.max": (1, 16, _call("math.greatest", Yields.NUMBER)),
    "Math.random": (0, 0, _random),
    "JSON.stringify": (1, 1, _stringify),
    "Array.isArray": (1, 1, _is_list),
    "Number.isNaN": (1, 1, lambda translator, arguments: Formula("false", yields=Yields.BOOL)),
}

_METHODS: Final[dict[str, _Rule]] = {
    "concat": (1, 17, _concat),
    "includes": (2, 2, _includes),
    "startsWith": (2, 2, _member("startsWith", Yields.BOOL)),
    "endsWith": (2, 2, _member("endsWith", Yields.BOOL)),
    "indexOf": (2, 2, _member("indexOf", Yields.NUMBER)),
    "lastIndexOf": (2, 2, _member("lastIndexOf", Yields.NUMBER)),
    "charAt": (2, 2, _member("charAt", Yields.TEXT)),
    "trim": (1, 1, _member("trim", Yields.TEXT)),
    "split": (2, 2, _member("split", Yields.LIST)),
    "join": (2, 2, _member("join", Yields.TEXT)),
    "toLowerCase": (1, 1, _member("lowerAscii", Yields.TEXT, _ASCII)),
    "toUpperCase": (1, 1, _member("upperAscii", Yields.TEXT, _ASCII)),
    "toString": (1, 1, lambda translator, arguments: as_text(arguments[0])),
    "hasOwnProperty": (2, 2, _has_member),
}
