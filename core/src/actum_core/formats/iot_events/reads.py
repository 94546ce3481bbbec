"""What an expression of AWS IoT Events reads, and under which conditions it comes to read it."""

from collections.abc import Iterator

from actum_core.formats.iot_events.syntax import (
    LEVEL,
    Binary,
    Call,
    Literal,
    Node,
    Reference,
    Template,
    Unary,
)

#: Conditions that must hold, or with False must not hold, before a place is reached.
Way = tuple[tuple[Node, bool], ...]


def chain(node: Binary) -> tuple[Node, list[Binary]]:
    """The first operand of a chain of operators of one level, and the operators in the order of the text."""
    links = [node]
    level = LEVEL[node.operator]
    while isinstance(links[-1].left, Binary) and LEVEL[links[-1].left.operator] == level:
        links.append(links[-1].left)
    return links[-1].left, links[::-1]


def operands(node: Binary) -> list[Node]:
    """The operands of a chain of one operator."""
    first, links = chain(node)
    return [first, *(link.right for link in links)]


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Binary():
            return tuple(operands(node))
        case Unary():
            return (node.operand,)
        case Call():
            return node.arguments
        case Template():
            return node.parts
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(children(found)))


def references(node: Node) -> list[Reference]:
    """Every reference, once each, in the order of the text."""
    return list({found.path: found for found in walk(node) if isinstance(found, Reference)}.values())


def input_names(node: Node) -> set[str]:
    """The inputs that are read, or asked for with ``currentInput``."""
    found = {str(each.path[0]) for each in references(node) if each.root == "input"}
    for each in walk(node):
        if isinstance(each, Call) and each.function == "currentInput":
            found.update(text for text in map(literal_text, each.arguments) if text)
    return found


def variable_names(node: Node) -> set[str]:
    return {str(each.path[0]) for each in references(node) if each.root == "variable"}


def timer_names(node: Node) -> set[str]:
    """The timers that are asked for with ``timeout``."""
    calls = (each for each in walk(node) if isinstance(each, Call) and each.function == "timeout")
    return {text for call in calls for text in map(literal_text, call.arguments) if text}


def needed(node: Node) -> list[Reference]:
    """The references without which the expression has no value.

    An operand of ``||`` that has none is false, and to ask whether something is undefined needs nothing.
    """
    found: dict[tuple[str | int, ...], Reference] = {}
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Reference):
            found.setdefault((each.root, *each.path), each)
        is_lenient = isinstance(each, Binary) and each.operator == "||"
        if is_lenient or (isinstance(each, Call) and each.function == "isUndefined"):
            continue
        waiting.extend(reversed(children(each)))
    return list(found.values())


def literal_text(node: Node) -> str | None:
    """The text of a string literal."""
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None


def ways_to_timeout(node: Node, timer: str, before: Way = ()) -> list[Way]:
    """How evaluation, which leaves out what no longer matters, comes to each ``timeout`` of a timer."""
    if isinstance(node, Call) and node.function == "timeout":
        return [before] if timer_names(node) == {timer} else []
    found: list[Way] = []
    is_short = isinstance(node, Binary) and node.operator in ("&&", "||")
    for part in children(node):
        if timer in timer_names(part):
            found += ways_to_timeout(part, timer, before)
        if is_short:
            assert isinstance(node, Binary)
            before = (*before, (part, node.operator == "&&"))
    return found
