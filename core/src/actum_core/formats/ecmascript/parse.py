"""Parse ECMAScript expressions and the simplest of its statements.

Binary operators are by precedence (ECMA-262, 13.5 to 13.14). What is ECMAScript but not understood here raises
NotUnderstood, what is not ECMAScript at all CertainFailure; where the two cannot be told apart, the former.
"""

from typing import Final

from actum_core.formats.ecmascript.lexer import Token, TokenKind, tokenize
from actum_core.formats.ecmascript.syntax import (
    UNDEFINED,
    Array,
    Binary,
    Call,
    CertainFailure,
    Conditional,
    Expression,
    Index,
    Literal,
    Member,
    Name,
    NotUnderstood,
    ObjectLiteral,
    Unary,
)
from actum_core.limits import FOREIGN_EXPRESSION_DEPTH_MAX

_PRECEDENCE: Final = {
    **dict.fromkeys(("||",), 1),
    **dict.fromkeys(("&&",), 2),
    **dict.fromkeys(("|",), 3),
    **dict.fromkeys(("^",), 4),
    **dict.fromkeys(("&",), 5),
    **dict.fromkeys(("==", "!=", "===", "!=="), 6),
    **dict.fromkeys(("<", ">", "<=", ">=", "in", "instanceof"), 7),
    **dict.fromkeys(("<<", ">>", ">>>"), 8),
    **dict.fromkeys(("+", "-"), 9),
    **dict.fromkeys(("*", "/", "%"), 10),
}
_UNSUPPORTED: Final = frozenset({"|", "^", "&", "<<", ">>", ">>>"})
_UNARY: Final = frozenset({"!", "-", "+", "typeof", "void"})
_CONSTANTS: Final = {"true": True, "false": False, "null": None}

#: Keywords that begin an expression which exists, but is not understood.
_BEYOND: Final = {
    "function": "functions as values",
    "new": "objects made with new",
    "class": "classes",
    "this": "this",
    "async": "asynchronous code",
    "await": "asynchronous code",
    "delete": "delete",
    "super": "classes",
    "yield": "generators",
}
_SYMBOLS_BEYOND: Final = {
    "?.": "optional chaining",
    "??": "the operator ??",
    "**": "the operator **",
    "=>": "functions as values",
    "...": "spreading",
    "/": "regular expressions",
    "~": "the operator ~",
    "++": "++ within an expression",
    "--": "-- within an expression",
    "=": "an assignment within an expression",
}


def parse_expression(source: str) -> Expression:
    """The tree of one expression. Raises EcmascriptProblem."""
    parser = ExpressionParser(tokenize(source))
    found = parser.expression()
    parser.expect_end()
    return found


class ExpressionParser:
    """Recursive descent; ``StatementParser`` builds on it."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._place]

    @property
    def following(self) -> Token:
        return self._tokens[min(self._place + 1, len(self._tokens) - 1)]

    def name_of(self, text: str) -> str:
        """What a name that stands here is called: another where a block has a name of its own."""
        return text

    def advance(self) -> Token:
        token = self.token
        if token.kind is not TokenKind.END:
            self._place += 1
        return token

    def is_at(self, *texts: str) -> bool:
        return self.token.kind in (TokenKind.SYMBOL, TokenKind.KEYWORD) and self.token.text in texts

    def accept(self, text: str) -> bool:
        if self.is_at(text):
            self.advance()
            return True
        return False

    def expect(self, text: str) -> Token:
        if not self.is_at(text):
            raise self.unexpected(f"{text!r} is expected here")
        return self.advance()

    def expect_end(self) -> None:
        if self.token.kind is not TokenKind.END:
            raise self.unexpected("nothing more is expected here")

    def unexpected(self, wanted: str) -> CertainFailure | NotUnderstood:
        """Why parsing cannot go on at this token."""
        token = self.token
        if token.kind is TokenKind.SYMBOL and token.text in _SYMBOLS_BEYOND:
            return NotUnderstood(f"{_SYMBOLS_BEYOND[token.text]} cannot be translated", token.offset)
        if token.kind is TokenKind.KEYWORD and token.text in _BEYOND:
            return NotUnderstood(f"{_BEYOND[token.text]} cannot be translated", token.offset)
        found = repr(token.text) if token.text else "the end"
        return CertainFailure(f"{wanted}, {found} is found", token.offset)

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > FOREIGN_EXPRESSION_DEPTH_MAX:
            raise NotUnderstood(f"nested deeper than {FOREIGN_EXPRESSION_DEPTH_MAX}", self.token.offset)
        condition = self._binary(1)
        found: Expression = condition
        if self.is_at("?"):
            offset = self.advance().offset
            then = self.expression()
            self.expect(":")
            found = Conditional(condition, then, self.expression(), offset)
        self._depth -= 1
        return found

    def _binary(self, least: int) -> Expression:
        left = self._unary()
        while self.token.kind in (TokenKind.SYMBOL, TokenKind.KEYWORD):
            operator = self.token.text
            precedence = _PRECEDENCE.get(operator, 0)
            if precedence < least:
                break
            if operator in _UNSUPPORTED:
                raise NotUnderstood(f"the operator {operator} cannot be translated", self.token.offset)
            offset = self.advance().offset
            left = Binary(operator, left, self._binary(precedence + 1), offset)
        return left

    def _unary(self) -> Expression:
        operators: list[Token] = []
        while self.is_at(*_UNARY):
            operators.append(self.advance())
            if len(operators) > FOREIGN_EXPRESSION_DEPTH_MAX:
                raise NotUnderstood("so many operators cannot be translated", self.token.offset)
        found = self._postfix()
        for token in reversed(operators):
            found = Unary(token.text, found, token.offset)
        return found

    def _postfix(self) -> Expression:
        found = self._primary()
        chained = 0
        while True:
            chained += 1
            if chained > FOREIGN_EXPRESSION_DEPTH_MAX:
                raise NotUnderstood("so long a chain cannot be translated", self.token.offset)
            if self.accept("."):
                token = self.advance()
                if token.kind not in (TokenKind.NAME, TokenKind.KEYWORD):
                    raise CertainFailure("a name is expected after the point", token.offset)
                found = Member(found, token.text, token.offset)
            elif self.is_at("["):
                offset = self.advance().offset
                found = Index(found, self.expression(), offset)
                self.expect("]")
            elif self.is_at("("):
                offset = self.advance().offset
                found = Call(found, self._listed(")"), offset)
            else:
                return found

    def _listed(self, end: str) -> tuple[Expression, ...]:
        """Expressions between commas, up to the symbol that ends them; the last comma may be superfluous."""
        found: list[Expression] = []
        while not self.accept(end):
            found.append(self.expression())
            if not self.is_at(end):
                self.expect(",")
        return tuple(found)

    def _primary(self) -> Expression:
        token = self.token
        if token.kind in (TokenKind.NUMBER, TokenKind.TEXT):
            self.advance()
            return Literal(token.value, token.offset)
        if token.kind is TokenKind.NAME:
            self.advance()
            if self.is_at("=>"):
                raise self.unexpected("")
            return (
                Literal(UNDEFINED, token.offset)
                if token.text == "undefined"
                else Name(self.name_of(token.text), token.offset)
            )
        if token.kind is TokenKind.KEYWORD and token.text in _CONSTANTS:
            self.advance()
            return Literal(_CONSTANTS[token.text], token.offset)
        if self.accept("("):
            if self.is_at(")"):
                raise NotUnderstood("functions as values cannot be translated", token.offset)
            found = self.expression()
            if self.is_at(","):
                raise NotUnderstood("the comma operator cannot be translated", self.token.offset)
            self.expect(")")
            return found
        if self.accept("["):
            return Array(self._listed("]"), token.offset)
        if self.accept("{"):
            return self._object(token.offset)
        raise self.unexpected("a value is expected here")

    def _object(self, offset: int) -> Expression:
        members: list[tuple[str, Expression]] = []
        while not self.accept("}"):
            members.append(self._property())
            if not self.is_at("}"):
                self.expect(",")
        return ObjectLiteral(tuple(members), offset)

    def _property(self) -> tuple[str, Expression]:
        token = self.advance()
        match token.kind:
            case TokenKind.TEXT:
                key = str(token.value)
            case TokenKind.NUMBER if isinstance(token.value, int):
                key = str(token.value)
            case TokenKind.NAME | TokenKind.KEYWORD:
                key = token.text
                if token.kind is TokenKind.NAME and self.is_at(",", "}"):
                    return key, Name(self.name_of(key), token.offset)
            case TokenKind.SYMBOL if token.text in ("[", "..."):
                raise NotUnderstood("computed and spread members cannot be translated", token.offset)
            case _:
                raise CertainFailure("the name of a member is expected here", token.offset)
        if self.is_at("("):
            raise NotUnderstood("functions as values cannot be translated", token.offset)
        self.expect(":")
        return key, self.expression()
