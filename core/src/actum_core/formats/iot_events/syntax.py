"""Read the expressions of AWS IoT Events detector models to syntax trees.

The grammar is that of the service's developer guide, "Expressions": literals, operators, functions, references to
inputs and variables, and strings in single quotes with ``${…}`` in them. Operators bind as in C, which the guide
leaves open.
"""

import re
from dataclasses import dataclass
from typing import Final

from actum_core.limits import (
    FOREIGN_EXPRESSION_DEPTH_MAX,
    FOREIGN_EXPRESSION_HEIGHT_MAX,
    IOT_EXPRESSION_LENGTH_MAX,
)


class Unreadable(Exception):
    """The text is no expression of the service's language, or has no meaning here."""

    def __init__(self, offset: int, detail: str) -> None:
        super().__init__(f"{detail} (offset {offset})")
        self.offset = offset
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, string or truth; ``text`` keeps how a number was written: 20.0 is a decimal, 20 is none."""

    value: int | float | str | bool
    text: str
    offset: int
    height: int = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """``$input.Name.path`` or ``$variable.name``; ``path`` begins with the name."""

    root: str
    path: tuple[str | int, ...]
    offset: int
    height: int = 0


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: "Node"
    offset: int
    height: int


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Node"
    right: "Node"
    offset: int
    height: int


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Node", ...]
    offset: int
    height: int


@dataclass(frozen=True, slots=True)
class Template:
    """A string with expressions in it, in order."""

    parts: tuple["Node", ...]
    offset: int
    height: int


Node = Literal | Reference | Unary | Binary | Call | Template

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<decimal>\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
      | (?P<integer>\d+)
      | (?P<root>\$(?:input|variable)\b)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<quoted>`[^`]*`)
      | (?P<string>'|")
      | (?P<operator>\|\||&&|==|!=|<=|>=|[-+*/<>!~|&^().,\[\]])
    """,
    re.VERBOSE,
)

#: How tightly each binary operator binds; those of one level are read from the left.
LEVEL: Final = {
    operator: level
    for level, row in enumerate(("||", "&&", "|", "^", "&", "== !=", "< <= > >=", "+ -", "* /"))
    for operator in row.split()
}

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def parse_iot_expression(source: str) -> Node:
    """The tree of one expression. Raises Unreadable."""
    if len(source) > IOT_EXPRESSION_LENGTH_MAX:
        raise Unreadable(0, f"an expression has at most {IOT_EXPRESSION_LENGTH_MAX} characters")
    parser = _Parser(source, 0, 0)
    node = parser.expression()
    parser.expect_end()
    return node


def _above(nodes: list[Node]) -> int:
    return 1 + max((node.height for node in nodes), default=0)


class _Parser:
    """Reads from ``start``; the expressions within strings have parsers of their own on the same text."""

    def __init__(self, source: str, start: int, depth: int) -> None:
        self._source = source
        self._place = start
        self._depth = depth
        self._kind = ""
        self._text = ""
        self._offset = start
        self._advance()

    def expect_end(self) -> None:
        if self._kind:
            raise Unreadable(self._offset, f"{self._text[:20]!r} was not expected here")

    def expression(self, loosest: int = 0) -> Node:
        """Operands and the operators between them that bind at least this tightly."""
        self._depth += 1
        if self._depth > FOREIGN_EXPRESSION_DEPTH_MAX:
            raise self._too_deep()
        node = self._unary()
        while self._kind == "operator":
            operator, offset = self._text, self._offset
            level = LEVEL.get(operator, -1)
            if level < loosest:
                break
            self._advance()
            node = self._binary(operator, node, self.expression(level + 1), offset)
        self._depth -= 1
        return node

    def _binary(self, operator: str, left: Node, right: Node, offset: int) -> Binary:
        """A chain of operators of one level is one level of the tree, however long it is."""
        is_chain = isinstance(left, Binary) and LEVEL[left.operator] == LEVEL[operator]
        height = max(left.height + (0 if is_chain else 1), right.height + 1)
        if height > FOREIGN_EXPRESSION_HEIGHT_MAX:
            raise self._too_deep()
        return Binary(operator, left, right, offset, height)

    def _too_deep(self) -> Unreadable:
        return Unreadable(self._offset, "the expression is nested too deep")

    def _unary(self) -> Node:
        operators: list[tuple[str, int]] = []
        while self._kind == "operator" and self._text in ("!", "-", "~"):
            operators.append((self._text, self._offset))
            self._advance()
        node = self._primary()
        for operator, offset in reversed(operators):
            node = Unary(operator, node, offset, node.height + 1)
        if node.height > FOREIGN_EXPRESSION_HEIGHT_MAX:
            raise self._too_deep()
        return node

    def _primary(self) -> Node:
        kind, text, offset = self._kind, self._text, self._offset
        if kind == "string":
            return self._string()
        if kind == "operator" and text == "(":
            self._advance()
            node = self.expression()
            self._expect(")")
            return node
        if kind not in ("integer", "decimal", "root", "name"):
            shown = "the end" if not kind else repr(text[:20])
            raise Unreadable(offset, f"a value was expected, {shown} was found")
        self._advance()
        if kind == "integer":
            return Literal(int(text) if len(text) < 20 else 2**64, text, offset)
        if kind == "decimal":
            return Literal(float(text), text, offset)
        if kind == "root":
            return self._reference(text, offset)
        return self._word(text, offset)

    def _word(self, text: str, offset: int) -> Node:
        if text.lower() in ("true", "false"):
            return Literal(text.lower() == "true", text, offset)
        if not (self._kind == "operator" and self._text == "("):
            hint = " (a name with other characters is written in backticks)" if text != "null" else ""
            raise Unreadable(offset, f"{text[:64]!r} is no value{hint}")
        self._advance()
        arguments: list[Node] = []
        while not (self._kind == "operator" and self._text == ")"):
            if arguments:
                self._expect(",")
            arguments.append(self._argument(text, len(arguments)))
        self._expect(")")
        return Call(text, tuple(arguments), offset, _above(arguments))

    def _argument(self, function: str, index: int) -> Node:
        """``convert`` takes the keyword of a type, with or without quotes."""
        if function == "convert" and index == 0 and self._kind == "name":
            word, offset = self._text, self._offset
            if word in ("String", "Boolean", "Decimal"):
                self._advance()
                return Literal(word, word, offset)
        return self.expression()

    def _reference(self, root: str, offset: int) -> Node:
        path: list[str | int] = []
        while self._kind == "operator" and self._text in (".", "["):
            if len(path) > FOREIGN_EXPRESSION_DEPTH_MAX:
                raise Unreadable(self._offset, "the reference is too long")
            is_member = self._text == "."
            self._advance()
            if is_member and self._kind in ("name", "quoted"):
                path.append(self._text.strip("`"))
                self._advance()
            elif not is_member and self._kind == "integer" and len(self._text) < 10:
                path.append(int(self._text))
                self._advance()
                self._expect("]")
            else:
                expected = "a name" if is_member else "a whole number"
                raise Unreadable(self._offset, f"{expected} was expected after {root}…")
        if not path or not isinstance(path[0], str):
            raise Unreadable(offset, f"{root} needs a name: {root}.name")
        return Reference(root[1:], tuple(path), offset)

    def _string(self) -> Node:
        """A string; in single quotes it may have ``${expression}`` in it."""
        quote, start = self._text, self._offset
        parts: list[Node] = []
        written: list[str] = []
        place = start + 1
        while True:
            if place >= len(self._source):
                raise Unreadable(start, "the string has no end")
            character = self._source[place]
            if character == quote:
                break
            if character == "\\" and place + 1 < len(self._source):
                following = self._source[place + 1]
                written.append(_ESCAPES.get(following, following))
                place += 2
            elif quote == "'" and self._source.startswith("${", place):
                parts.append(Literal("".join(written), "", place))
                written = []
                node, place = self._embedded(place + 2)
                parts.append(node)
            else:
                written.append(character)
                place += 1
        self._place = place + 1
        self._advance()
        last = Literal("".join(written), "", start)
        if not parts:
            return Literal(last.value, "", start)
        kept = [part for part in (*parts, last) if not (isinstance(part, Literal) and part.value == "")]
        return Template(tuple(kept), start, _above(kept))

    def _embedded(self, start: int) -> tuple[Node, int]:
        """The expression of a ``${…}`` and the place after its brace."""
        inner = _Parser(self._source, start, self._depth + 1)
        node = inner.expression()
        if inner._kind != "brace":
            raise Unreadable(inner._offset, "'}' was expected")
        return node, inner._offset + 1

    def _expect(self, text: str) -> None:
        if self._kind != "operator" or self._text != text:
            raise Unreadable(self._offset, f"{text!r} was expected")
        self._advance()

    def _advance(self) -> None:
        while True:
            self._offset = self._place
            if self._place >= len(self._source):
                self._kind, self._text = "", ""
                return
            match = _TOKEN.match(self._source, self._place)
            if match is None:
                self._kind, self._text = "brace" if self._source[self._place] == "}" else "odd", "}"
                if self._kind == "odd":
                    shown = self._source[self._place]
                    raise Unreadable(self._place, f"the character {shown!r} was not expected")
                return
            self._place = match.end()
            if match.lastgroup != "space":
                self._kind, self._text = str(match.lastgroup), match.group()
                return
