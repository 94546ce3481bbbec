"""Read an expression's source into a syntax tree; the grammar of cel-spec with its macros and optional syntax."""

import re
from typing import Final, NoReturn

from actum_core.expression.errors import ExpressionInvalid, problem_at
from actum_core.expression.lexer import END, NAME, NUMBER, QUOTED_NAME, RESERVED, VALUE, Token, tokenize
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

    def __init__(self, level: int, first: Node, operator: Token) -> None:
        self.level = level
        self.first = first
        self.operator = operator
        self.links: list[Link] = []

    def add(self, operand: Node) -> None:
        """The operand of the operator that came last."""
        self.links.append(Link(self.operator[0], self.operator[2], operand))

    def close(self, operand: Node) -> Node:
        """The finished chain."""
        self.add(operand)
        start = self.links[0]
        if start.operator in ("&&", "||"):
            return Logical(start.offset, start.operator, (self.first, *(link.operand for link in self.links)))
        return Chain(start.offset, self.first, tuple(self.links))


class _Parser:
    """One pass over the tokens; recursion is bounded by EXPRESSION_DEPTH_MAX.

    ``_mark`` says what the token at hand is: a symbol's text, or what kind of token (see ``lexer.Token``).
    """

    __slots__ = ("_depth", "_mark", "_place", "_source", "_token", "_tokens")

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokenize(source)
        self._place = 0
        self._token = self._tokens[0]
        self._mark = self._token[0]
        self._depth = 0

    def parse(self) -> Node:
        root = self._expression()
        if self._mark != END:
            self._fail(f"{self._token[1]!r} is not expected here")
        # Every node takes at least one token: few tokens are neither many nodes nor many levels.
        if len(self._tokens) > EXPRESSION_HEIGHT_MAX:
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
        if self._mark == END:
            detail = "the expression ends too early"
        self._refuse(self._token[2], "syntax", detail)

    def _advance(self) -> Token:
        token = self._token
        self._place += 1
        self._token = following = self._tokens[self._place]
        self._mark = following[0]
        return token

    def _accept(self, symbol: str) -> bool:
        if self._mark == symbol:
            self._advance()
            return True
        return False

    def _expect(self, symbol: str) -> Token:
        if self._mark != symbol:
            self._fail(f"{symbol!r} is expected here, not {self._token[1]!r}")
        return self._advance()

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > EXPRESSION_DEPTH_MAX:
            detail = f"nested more than {EXPRESSION_DEPTH_MAX} levels deep"
            self._refuse(self._token[2], "too_deep", detail)
        node = self._binary()
        if self._mark == "?":
            node = self._cases(node)
        self._depth -= 1
        return node

    def _cases(self, condition: Node) -> Node:
        offset = self._token[2]
        cases: list[tuple[Node, Node]] = []
        while self._accept("?"):
            result = self._binary()
            self._expect(":")
            cases.append((condition, result))
            condition = self._binary()
        return Conditional(offset, tuple(cases), condition)

    def _binary(self) -> Node:
        """Operands and binary operators; one loop for all precedences, so that they add nothing to the depth."""
        left = self._unary()
        level = _LEVELS.get(self._mark, 0)
        if level == 0:
            return left
        open_chains: list[_OpenChain] = []
        while True:
            while open_chains and open_chains[-1].level > level:
                left = open_chains.pop().close(left)
            if level == 0:
                return left
            if open_chains and open_chains[-1].level == level:
                open_chains[-1].add(left)
                open_chains[-1].operator = self._advance()
            else:
                open_chains.append(_OpenChain(level, left, self._advance()))
            left = self._unary()
            level = _LEVELS.get(self._mark, 0)

    def _unary(self) -> Node:
        symbol, _, offset, _ = first = self._token
        if symbol not in ("!", "-"):
            return self._member(self._primary())
        count = 0
        last = first
        while self._mark == symbol:
            last = self._advance()
            count += 1
        if symbol == "-" and self._mark == NUMBER:
            node = self._member(self._number(last))
            count -= 1
        elif self._mark in ("!", "-"):
            self._fail(f"{self._token[1]!r} is not expected here")
        else:
            node = self._member(self._primary())
        # Twice is the same as four times: a row of operators is at most two levels deep.
        for _ in range(2 - count % 2 if count else 0):
            node = Call(offset, symbol + "_", None, (node,))
        return node

    def _number(self, minus: Token | None) -> Node:
        _, _, offset, value = self._advance()
        if minus is None:
            if type(value) is int and value > INT_MAX:
                self._refuse(offset, "syntax", "this number does not fit a 64-bit integer")
            return Literal(offset, value)
        if type(value) is Uint:
            self._refuse(offset, "syntax", "an unsigned integer cannot be negative")
        assert isinstance(value, int | float)
        return Literal(minus[2], -value)

    def _primary(self) -> Node:
        mark, text, offset, value = self._token
        if mark == NAME or mark == ".":
            return self._name()
        if mark == VALUE:
            self._advance()
            return Literal(offset, value)
        if mark == NUMBER:
            return self._number(None)
        if self._accept("("):
            node = self._expression()
            self._expect(")")
            return node
        if self._accept("["):
            return ListOf(offset, self._elements())
        if not self._accept("{"):
            self._fail(f"a value is expected here, not {text!r}")
        return MapOf(offset, self._entries())

    def _name(self) -> Node:
        is_absolute = self._accept(".")
        mark, text, offset, _ = self._token
        if mark != NAME:
            self._fail(f"a name is expected here, not {text!r}")
        if text in RESERVED:
            self._fail(f"{text!r} is a reserved word")
        self._advance()
        if self._mark == "(":
            arguments = self._arguments()
            return self._call(offset, ("." if is_absolute else "") + text, None, arguments)
        return Name(offset, text, is_absolute)

    def _member(self, node: Node) -> Node:
        while True:
            mark = self._mark
            if mark == ".":
                node = self._selection(node)
            elif mark == "[":
                offset = self._advance()[2]
                is_optional = self._accept("?")
                key = self._expression()
                self._expect("]")
                node = Index(offset, node, key, is_optional)
            elif mark == "{" and (name := qualified_name(node)) is not None:
                self._advance()
                node = Message(node.offset, name, self._fields())
            else:
                return node

    def _selection(self, operand: Node) -> Node:
        dot = self._advance()[2]
        is_optional = self._accept("?")
        mark, text, offset, _ = self._token
        if mark not in (NAME, QUOTED_NAME) and text != "in":
            self._fail(f"a field name is expected here, not {text!r}")
        self._advance()
        if self._mark == "(" and mark == NAME and not is_optional:
            return self._call(offset, text, operand, self._arguments())
        return Select(dot, operand, text, is_optional)

    def _call(self, offset: int, function: str, target: Node | None, arguments: tuple[Node, ...]) -> Node:
        call = Call(offset, function, target, arguments)
        try:
            return expand_macro(call)
        except MacroError as fault:
            self._refuse(fault.offset, "syntax", fault.detail)

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        arguments: list[Node] = []
        if self._mark != ")":
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
        while self._mark != "]":
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
        while self._mark != "}":
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
        while self._mark != "}":
            self._accept("?")
            if self._mark not in (NAME, QUOTED_NAME):
                self._fail(f"a field name is expected here, not {self._token[1]!r}")
            self._advance()
            self._expect(":")
            values.append(self._expression())
            if not self._accept(","):
                break
        self._expect("}")
        return tuple(values)
