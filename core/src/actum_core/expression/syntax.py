"""The syntax tree of an expression: typed nodes, each with the offset of the text it came from.

Operators that chain from the left (``a + b - c``, ``a < b == c``) and the logical operators are one node for
the whole chain, so that a long sum is wide and not deep. Nobody changes a node; the classes are not frozen because
making a frozen one takes three times as long, and a template has tens of thousands.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Comprehended(Enum):
    """What a macro over a list or map computes; the value is its name in the source."""

    ALL = "all"
    EXISTS = "exists"
    EXISTS_ONE = "exists_one"
    MAP = "map"
    FILTER = "filter"
    TRANSFORM_LIST = "transformList"
    TRANSFORM_MAP = "transformMap"
    TRANSFORM_MAP_ENTRY = "transformMapEntry"


@dataclass(slots=True, eq=False)
class Node:
    """A part of the tree; ``offset`` is the 0-based character in the source."""

    offset: int


@dataclass(slots=True, eq=False)
class Literal(Node):
    value: object


@dataclass(slots=True, eq=False)
class Name(Node):
    """A variable or type; ``is_absolute`` when written with a leading dot."""

    name: str
    is_absolute: bool = False


@dataclass(slots=True, eq=False)
class Select(Node):
    operand: Node
    field: str
    is_optional: bool = False


@dataclass(slots=True, eq=False)
class Has(Node):
    """``has(operand.field)``: whether the field is there."""

    operand: Node
    field: str


@dataclass(slots=True, eq=False)
class Index(Node):
    operand: Node
    key: Node
    is_optional: bool = False


@dataclass(slots=True, eq=False)
class Call(Node):
    """A function, or with a target a member function; also ``!`` and unary ``-`` as ``!_`` and ``-_``."""

    function: str
    target: Node | None
    arguments: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Link:
    """One operator of a chain with the operand to its right."""

    operator: str
    offset: int
    operand: Node


@dataclass(slots=True, eq=False)
class Chain(Node):
    """Binary operators of one precedence, applied from the left."""

    first: Node
    links: tuple[Link, ...]


@dataclass(slots=True, eq=False)
class Logical(Node):
    """``&&`` or ``||`` over two or more terms."""

    operator: str
    terms: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Conditional(Node):
    """A chain of ``c1 ? r1 : c2 ? r2 : … : otherwise``."""

    cases: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(slots=True, eq=False)
class Element:
    """A list element; an optional one (``?x``) is left out when absent."""

    value: Node
    is_optional: bool = False


@dataclass(slots=True, eq=False)
class ListOf(Node):
    elements: tuple[Element, ...]


@dataclass(slots=True, eq=False)
class Entry:
    """A map entry; an optional one (``?k: v``) is left out when its value is absent."""

    key: Node
    value: Node
    is_optional: bool = False


@dataclass(slots=True, eq=False)
class MapOf(Node):
    entries: tuple[Entry, ...]


@dataclass(slots=True, eq=False)
class Message(Node):
    """``Name{field: value}``: parsed so that the checker can say that messages are not part of the language."""

    name: str
    values: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Comprehension(Node):
    """A macro over the elements of a list or map.

    With two variables the first is the index or key. ``condition`` selects; ``results`` are the transform
    (one, or none for the macros that only select).
    """

    kind: Comprehended
    target: Node
    variables: tuple[str, ...]
    condition: Node | None
    result: Node | None


@dataclass(slots=True, eq=False)
class Bind(Node):
    """``cel.bind(name, value, body)``, and each slot of ``cel.block``."""

    name: str
    value: Node
    body: Node


@dataclass(slots=True, eq=False)
class OptionalMap(Node):
    """``target.optMap(name, body)``; a flat one's body is itself optional."""

    target: Node
    name: str
    body: Node
    is_flat: bool


def qualified_name(node: Node) -> str | None:
    """The dotted name that a chain of plain selections spells, or None."""
    parts: list[str] = []
    while isinstance(node, Select) and not node.is_optional:
        parts.append(node.field)
        node = node.operand
    if not isinstance(node, Name):
        return None
    parts.append(("." if node.is_absolute else "") + node.name)
    return ".".join(reversed(parts))


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below, in source order."""
    match node:
        case Select() | Has():
            yield node.operand
        case Index():
            yield node.operand
            yield node.key
        case Call():
            if node.target is not None:
                yield node.target
            yield from node.arguments
        case Chain():
            yield node.first
            yield from (link.operand for link in node.links)
        case Logical():
            yield from node.terms
        case Conditional():
            for case, result in node.cases:
                yield case
                yield result
            yield node.otherwise
        case ListOf():
            yield from (element.value for element in node.elements)
        case MapOf():
            for entry in node.entries:
                yield entry.key
                yield entry.value
        case Message():
            yield from node.values
        case Comprehension():
            yield node.target
            yield from (part for part in (node.condition, node.result) if part is not None)
        case Bind():
            yield node.value
            yield node.body
        case OptionalMap():
            yield node.target
            yield node.body
