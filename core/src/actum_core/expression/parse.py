"""Read an expression's source into a syntax tree; the grammar of cel-spec with its macros and optional syntax."""

import re
from typing import Final, NoReturn

from actum_core.expression.errors import ExpressionInvalid, problem_at
from actum_core.expression.lexer import RESERVED, Token, TokenKind, tokenize
from actum_core.expression.macros import MacroError, expand_macro
from actum_core.expression.syntax import (
    Call,
    Chain,
    Conditional,
    Element,
    Entry,
    Index,
    Link,
    ListOf,
    Literal,
    Logical,
    MapOf,
    Message,
    Name,
    Node,
    Select,
    children,
    qualified_name,
)
from actum_core.expression.values import INT_MAX, Uint
from actum_core.limits import (
    EXPRESSION_DEPTH_MAX,
    EXPRESSION_HEIGHT_MAX,
    EXPRESSION_LENGTH_MAX,
    EXPRESSION_NODES_MAX,
)

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

#: Binary operators by how tightly they bind; all chain from the left.
_LEVELS: Final = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(["==", "!=", "<", "<=", ">", ">=", "in"], 3),
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}


def parse_expression(source: str) -> Node:
    """The syntax tree of the source; raises ExpressionInvalid with the first fault."""
    if len(source) > EXPRESSION_LENGTH_MAX:
        detail = f"the expression is longer than {EXPRESSION_LENGTH_MAX} characters"
        raise ExpressionInvalid(source[:80], [problem_at("", 0, "too_long", detail)])
    surrogate = _SURROGATE.search(source)
    if surrogate is not None:
        detail = "half of a surrogate pair is not a character"
        raise ExpressionInvalid(source, [problem_at(source, surrogate.start(), "syntax", detail)])
    return _Parser(source).parse()


class _OpenChain:
    """A chain of operators of one precedence that still waits for its last operand."""

    __slots__ = ("first", "level", "links", "operator")

    operator: Token

    def __init__(self, level: int, first: Node) -> None:
        self.level = level
        self.first = first
        self.links: list[Link] = []

    def add(self, operand: Node) -> None:
        """The operand of the operator that came last."""
        self.links.append(Link(self.operator.text, self.operator.offset, operand))

    def close(self, operand: Node) -> Node:
        """The finished chain."""
        self.add(operand)
        start = self.links[0]
        if start.operator in ("&&", "||"):
            return Logical(start.offset, start.operator, (self.first, *(link.operand for link in self.links)))
        return Chain(start.offset, self.first, tuple(self.links))


class _Parser:
    """One pass over the tokens; recursion is bounded by EXPRESSION_DEPTH_MAX."""

    __slots__ = ("_depth", "_place", "_source", "_token", "_tokens")

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokenize(source)
        self._place = 0
        self._token = self._tokens[0]
        self._depth = 0

    def parse(self) -> Node:
        root = self._expression()
        if self._token.kind is not TokenKind.END:
            self._fail(f"{self._token.text!r} is not expected here")
        self._check_size(root)
        return root

    def _check_size(self, root: Node) -> None:
        """Refuse a tree that is too large or too high to recurse over."""
        nodes = 0
        pending = [(root, 1)]
        while pending:
            node, height = pending.pop()
            nodes += 1
            if height > EXPRESSION_HEIGHT_MAX:
                self._refuse(node.offset, "too_deep", f"nested more than {EXPRESSION_HEIGHT_MAX} levels deep")
            if nodes > EXPRESSION_NODES_MAX:
                self._refuse(
                    node.offset, "too_long", f"more than {EXPRESSION_NODES_MAX} operators and operands"
                )
            pending.extend((child, height + 1) for child in children(node))

    def _refuse(self, offset: int, code: str, detail: str) -> NoReturn:
        raise ExpressionInvalid(self._source, [problem_at(self._source, offset, code, detail)])

    def _fail(self, detail: str) -> NoReturn:
        if self._token.kind is TokenKind.END:
            detail = "the expression ends too early"
        self._refuse(self._token.offset, "syntax", detail)

    def _advance(self) -> Token:
        token = self._token
        self._place += 1
        self._token = self._tokens[self._place]
        return token

    def _is_symbol(self, text: str) -> bool:
        return self._token.kind is TokenKind.SYMBOL and self._token.text == text

    def _accept(self, text: str) -> bool:
        if self._is_symbol(text):
            self._advance()
            return True
        return False

    def _expect(self, text: str) -> Token:
        if not self._is_symbol(text):
            self._fail(f"{text!r} is expected here, not {self._token.text!r}")
        return self._advance()

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > EXPRESSION_DEPTH_MAX:
            detail = f"nested more than {EXPRESSION_DEPTH_MAX} levels deep"
            self._refuse(self._token.offset, "too_deep", detail)
        offset = self._token.offset
        cases: list[tuple[Node, Node]] = []
        node = self._binary()
        while self._is_symbol("?"):
            mark = self._advance()
            if not cases:
                offset = mark.offset
            result = self._binary()
            self._expect(":")
            cases.append((node, result))
            node = self._binary()
        self._depth -= 1
        return Conditional(offset, tuple(cases), node) if cases else node

    def _binary(self) -> Node:
        """Operands and binary operators; one loop for all precedences, so that they add nothing to the depth."""
        open_chains: list[_OpenChain] = []
        while True:
            left = self._unary()
            level = _LEVELS.get(self._token.text, 0) if self._token.kind is TokenKind.SYMBOL else 0
            while open_chains and open_chains[-1].level > level:
                left = open_chains.pop().close(left)
            if level == 0:
                return left
            if open_chains and open_chains[-1].level == level:
                open_chains[-1].add(left)
            else:
                open_chains.append(_OpenChain(level, left))
            open_chains[-1].operator = self._advance()

    def _unary(self) -> Node:
        first = self._token
        if not (self._is_symbol("!") or self._is_symbol("-")):
            return self._member(self._primary())
        count = 0
        while self._is_symbol(first.text):
            last = self._advance()
            count += 1
        if first.text == "-" and self._token.kind is TokenKind.NUMBER:
            node = self._member(self._number(last))
            count -= 1
        elif self._is_symbol("!") or self._is_symbol("-"):
            self._fail(f"{self._token.text!r} is not expected here")
        else:
            node = self._member(self._primary())
        # Twice is the same as four times: a row of operators is at most two levels deep.
        for _ in range(2 - count % 2 if count else 0):
            node = Call(first.offset, first.text + "_", None, (node,))
        return node

    def _number(self, minus: Token | None) -> Node:
        token = self._advance()
        value = token.value
        if minus is None:
            if type(value) is int and value > INT_MAX:
                self._refuse(token.offset, "syntax", "this number does not fit a 64-bit integer")
            return Literal(token.offset, value)
        if type(value) is Uint:
            self._refuse(token.offset, "syntax", "an unsigned integer cannot be negative")
        assert isinstance(value, int | float)
        return Literal(minus.offset, -value)

    def _primary(self) -> Node:
        token = self._token
        if token.kind is TokenKind.NUMBER:
            return self._number(None)
        if token.kind is TokenKind.VALUE:
            self._advance()
            return Literal(token.offset, token.value)
        if token.kind is TokenKind.NAME or self._is_symbol("."):
            return self._name()
        if self._accept("("):
            node = self._expression()
            self._expect(")")
            return node
        if self._accept("["):
            return ListOf(token.offset, self._elements())
        if not self._accept("{"):
            self._fail(f"a value is expected here, not {token.text!r}")
        return MapOf(token.offset, self._entries())

    def _name(self) -> Node:
        is_absolute = self._accept(".")
        token = self._token
        if token.kind is not TokenKind.NAME:
            self._fail(f"a name is expected here, not {token.text!r}")
        if token.text in RESERVED:
            self._fail(f"{token.text!r} is a reserved word")
        self._advance()
        if self._is_symbol("("):
            arguments = self._arguments()
            name = ("." if is_absolute else "") + token.text
            return self._call(token, name, None, arguments)
        return Name(token.offset, token.text, is_absolute)

    def _member(self, node: Node) -> Node:
        while self._token.kind is TokenKind.SYMBOL:
            token = self._token
            if token.text == ".":
                node = self._selection(node)
            elif token.text == "[":
                self._advance()
                is_optional = self._accept("?")
                key = self._expression()
                self._expect("]")
                node = Index(token.offset, node, key, is_optional)
            elif token.text == "{" and (name := qualified_name(node)) is not None:
                self._advance()
                node = Message(node.offset, name, self._fields())
            else:
                break
        return node

    def _selection(self, operand: Node) -> Node:
        dot = self._advance()
        is_optional = self._accept("?")
        token = self._token
        if token.kind not in (TokenKind.NAME, TokenKind.QUOTED_NAME) and token.text != "in":
            self._fail(f"a field name is expected here, not {token.text!r}")
        self._advance()
        if not is_optional and token.kind is TokenKind.NAME and self._is_symbol("("):
            return self._call(token, token.text, operand, self._arguments())
        return Select(dot.offset, operand, token.text, is_optional)

    def _call(self, token: Token, function: str, target: Node | None, arguments: tuple[Node, ...]) -> Node:
        call = Call(token.offset, function, target, arguments)
        try:
            return expand_macro(call)
        except MacroError as fault:
            self._refuse(fault.offset, "syntax", fault.detail)

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        arguments: list[Node] = []
        if not self._is_symbol(")"):
            arguments.append(self._expression())
            while self._accept(","):
                arguments.append(self._expression())
        self._expect(")")
        return tuple(arguments)

    def _elements(self) -> tuple[Element, ...]:
        elements: list[Element] = []
        if self._accept(","):
            self._expect("]")
            return ()
        while not self._is_symbol("]"):
            is_optional = self._accept("?")
            elements.append(Element(self._expression(), is_optional))
            if not self._accept(","):
                break
        self._expect("]")
        return tuple(elements)

    def _entries(self) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        if self._accept(","):
            self._expect("}")
            return ()
        while not self._is_symbol("}"):
            is_optional = self._accept("?")
            key = self._expression()
            self._expect(":")
            entries.append(Entry(key, self._expression(), is_optional))
            if not self._accept(","):
                break
        self._expect("}")
        return tuple(entries)

    def _fields(self) -> tuple[Node, ...]:
        values: list[Node] = []
        while not self._is_symbol("}"):
            self._accept("?")
            if self._token.kind not in (TokenKind.NAME, TokenKind.QUOTED_NAME):
                self._fail(f"a field name is expected here, not {self._token.text!r}")
            self._advance()
            self._expect(":")
            values.append(self._expression())
            if not self._accept(","):
                break
        self._expect("}")
        return tuple(values)
