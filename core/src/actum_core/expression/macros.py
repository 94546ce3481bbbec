"""Turn calls that are macros (``has``, ``list.exists(x, …)``, ``cel.bind`` …) into the nodes they stand for."""

from typing import Final

from actum_core.expression.syntax import (
    Bind,
    Call,
    Comprehended,
    Comprehension,
    Element,
    Has,
    ListOf,
    Literal,
    Name,
    Node,
    OptionalMap,
    Select,
)

#: How many variables and how many expressions each macro takes; a call with another number is an ordinary call.
SHAPES: Final[dict[str, tuple[Comprehended, dict[int, tuple[int, bool]]]]] = {
    # number of arguments: (variables, whether a condition stands before the result)
    "all": (Comprehended.ALL, {2: (1, True), 3: (2, True)}),
    "exists": (Comprehended.EXISTS, {2: (1, True), 3: (2, True)}),
    "exists_one": (Comprehended.EXISTS_ONE, {2: (1, True), 3: (2, True)}),
    "existsOne": (Comprehended.EXISTS_ONE, {2: (1, True), 3: (2, True)}),
    "filter": (Comprehended.FILTER, {2: (1, True)}),
    "map": (Comprehended.MAP, {2: (1, False), 3: (1, True)}),
    "transformList": (Comprehended.TRANSFORM_LIST, {3: (2, False), 4: (2, True)}),
    "transformMap": (Comprehended.TRANSFORM_MAP, {3: (2, False), 4: (2, True)}),
    "transformMapEntry": (Comprehended.TRANSFORM_MAP_ENTRY, {3: (2, False), 4: (2, True)}),
}


class MacroError(Exception):
    """A macro whose arguments have the wrong form."""

    def __init__(self, offset: int, detail: str) -> None:
        super().__init__(detail)
        self.offset = offset
        self.detail = detail


def expand_macro(call: Call) -> Node:
    """The node that the call stands for, or the call itself when it is not a macro; raises MacroError."""
    if call.target is None:
        return _has(call) if call.function == "has" and len(call.arguments) == 1 else call
    if isinstance(call.target, Name) and call.target.name == "cel":
        return _namespaced(call)
    if isinstance(call.target, Name) and call.target.name == "math" and len(call.arguments) > 2:
        return _of_many(call)
    if call.function in ("optMap", "optFlatMap") and len(call.arguments) == 2:
        name, body = call.arguments
        return OptionalMap(call.offset, call.target, _variable(name), body, call.function == "optFlatMap")
    if call.function in SHAPES:
        return _comprehension(call, call.target)
    return call


def _has(call: Call) -> Node:
    argument = call.arguments[0]
    if not isinstance(argument, Select) or argument.is_optional:
        raise MacroError(argument.offset, "has() takes a field, as in has(a.b)")
    return Has(call.offset, argument.operand, argument.field)


def _variable(node: Node) -> str:
    if not isinstance(node, Name) or node.is_absolute:
        raise MacroError(node.offset, "a simple variable name is expected here")
    if node.name == "__result__":
        raise MacroError(node.offset, "__result__ cannot be a variable")
    return node.name


def _comprehension(call: Call, target: Node) -> Node:
    kind, shapes = SHAPES[call.function]
    if len(call.arguments) not in shapes:
        return call
    count, has_condition = shapes[len(call.arguments)]
    variables = tuple(map(_variable, call.arguments[:count]))
    if len(set(variables)) < count:
        raise MacroError(call.arguments[1].offset, "the two variables need different names")
    rest = list(call.arguments[count:])
    condition = rest.pop(0) if has_condition else None
    return Comprehension(call.offset, kind, target, variables, condition, rest[0] if rest else None)


def _namespaced(call: Call) -> Node:
    arguments = call.arguments
    match call.function, len(arguments):
        case "bind", 3:
            return Bind(call.offset, _variable(arguments[0]), arguments[1], arguments[2])
        case "block", 2:
            return _block(call)
        case "index", 1:
            return Name(call.offset, f"@index:{_number(arguments[0])}")
        case (("iterVar" | "accuVar"), 2):
            depth, place = map(_number, arguments)
            return Name(call.offset, f"@{call.function}:{depth}:{place}")
        case _:
            return call


def _of_many(call: Call) -> Node:
    """``math.greatest`` and ``math.least`` of three or more are those of a list."""
    if call.function not in ("greatest", "least"):
        return call
    listed = ListOf(call.arguments[0].offset, tuple(map(Element, call.arguments)))
    return Call(call.offset, call.function, call.target, (listed,))


def _number(node: Node) -> int:
    if not isinstance(node, Literal) or type(node.value) is not int or node.value < 0:
        raise MacroError(node.offset, "a literal number is expected here")
    return node.value


def _block(call: Call) -> Node:
    slots, body = call.arguments
    if not isinstance(slots, ListOf) or any(element.is_optional for element in slots.elements):
        raise MacroError(slots.offset, "cel.block() takes a list of expressions")
    for place in range(len(slots.elements) - 1, -1, -1):
        value = slots.elements[place].value
        body = Bind(value.offset, f"@index:{place}", value, body)
    return body
