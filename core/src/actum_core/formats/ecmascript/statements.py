"""Parse scripts made of assignments, conditions, calls and simple functions."""

from typing import Final

from actum_core.formats.ecmascript.lexer import Token, TokenKind, tokenize
from actum_core.formats.ecmascript.parse import ExpressionParser
from actum_core.formats.ecmascript.syntax import (
    UNDEFINED,
    Assignment,
    Binary,
    Branch,
    Call,
    CertainFailure,
    Evaluate,
    Expression,
    Function,
    Index,
    Literal,
    Member,
    Name,
    NotUnderstood,
    Return,
    Statement,
)
from actum_core.limits import FOREIGN_EXPRESSION_DEPTH_MAX

_UPDATES: Final = {"+=": "+", "-=": "-", "*=": "*", "/=": "/", "%=": "%"}
_BEYOND: Final = frozenset(
    {"for", "while", "do", "switch", "try", "throw", "class", "import", "export", "with", "debugger"}
    | {"break", "continue"}
)


def parse_script(source: str) -> tuple[Statement, ...]:
    """The statements of a script. Raises EcmascriptProblem."""
    parser = _StatementParser(tokenize(source))
    return parser.script()


class _StatementParser(ExpressionParser):
    _level = 0

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        #: What the function declares that is being read.
        self._declared: set[str] = set()

    def script(self) -> tuple[Statement, ...]:
        found: list[Statement] = []
        while self.token.kind is not TokenKind.END:
            found.extend(self._statement(is_inside=False))
        return tuple(found)

    def _statement(self, *, is_inside: bool) -> list[Statement]:
        """One statement; none for an empty one, several for a list of declarations."""
        token = self.token
        if self.accept(";"):
            return []
        self._level += 1
        if self._level > FOREIGN_EXPRESSION_DEPTH_MAX:
            raise NotUnderstood(f"nested deeper than {FOREIGN_EXPRESSION_DEPTH_MAX}", token.offset)
        try:
            if self.is_at("{"):
                return list(self._body(is_inside=is_inside))
            if self.accept("var"):
                return self._declarations()
            if self.is_at("const", "let"):
                return self._block_declarations(is_inside=is_inside)
            if self.accept("if"):
                return [self._branch(token.offset, is_inside=is_inside)]
            if self.is_at("function") and self.following.kind is TokenKind.NAME:
                if is_inside:
                    raise NotUnderstood("functions within functions cannot be translated", token.offset)
                return [self._function()]
            if is_inside and self.accept("return"):
                return [self._return(token.offset)]
            if token.kind is TokenKind.KEYWORD and token.text in _BEYOND:
                raise NotUnderstood(f"{token.text} cannot be translated", token.offset)
            return [self._simple()]
        finally:
            self._level -= 1

    def _body(self, *, is_inside: bool) -> tuple[Statement, ...]:
        """Statements between braces, or a single one."""
        if not self.accept("{"):
            return tuple(self._statement(is_inside=is_inside))
        found: list[Statement] = []
        while not self.accept("}"):
            if self.token.kind is TokenKind.END:
                raise CertainFailure("'}' is expected here, the end is found", self.token.offset)
            found.extend(self._statement(is_inside=is_inside))
        return tuple(found)

    def _end_statement(self) -> None:
        """A semicolon, or where ECMAScript puts one by itself (ECMA-262, 12.10)."""
        if not self.accept(";") and not self.is_at("}") and not self.token.starts_line:
            raise self.unexpected("the end of the statement is expected here")

    def _declarations(self) -> list[Statement]:
        found: list[Statement] = []
        while True:
            token = self.advance()
            if token.kind is not TokenKind.NAME:
                raise CertainFailure("the name of a variable is expected here", token.offset)
            self._declared.add(token.text)
            value: Expression = Literal(UNDEFINED, token.offset)
            if self.accept("="):
                value = self.expression()
            found.append(Assignment(Name(token.text, token.offset), value, token.offset, True))
            if not self.accept(","):
                self._end_statement()
                return found

    def _block_declarations(self, *, is_inside: bool) -> list[Statement]:
        """``const`` and ``let`` are as ``var`` where no other declaration of the function has the name."""
        word = self.advance()
        if not is_inside:
            raise NotUnderstood(f"{word.text} outside a function cannot be translated", word.offset)
        before = frozenset(self._declared)
        found = self._declarations()
        for statement in found:
            if isinstance(statement, Assignment) and _name_of(statement.target) in before:
                raise NotUnderstood("a name that is declared twice cannot be translated", statement.offset)
        return found

    def _branch(self, offset: int, *, is_inside: bool) -> Branch:
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        then = self._body(is_inside=is_inside)
        otherwise = self._body(is_inside=is_inside) if self.accept("else") else ()
        return Branch(condition, then, otherwise, offset)

    def _function(self) -> Function:
        offset = self.expect("function").offset
        name = self.advance().text
        self.expect("(")
        parameters: list[str] = []
        while not self.accept(")"):
            token = self.advance()
            if token.kind is not TokenKind.NAME:
                raise NotUnderstood("only plain parameters can be translated", token.offset)
            parameters.append(token.text)
            if not self.is_at(")"):
                self.expect(",")
        if not self.is_at("{"):
            raise self.unexpected("'{' is expected here")
        before, self._declared = self._declared, set(parameters)
        body = self._body(is_inside=True)
        self._declared = before
        return Function(name, tuple(parameters), body, offset)

    def _return(self, offset: int) -> Return:
        if self.is_at(";", "}") or self.token.starts_line:
            self.accept(";")
            return Return(None, offset)
        value = self.expression()
        self._end_statement()
        return Return(value, offset)

    def _simple(self) -> Statement:
        token = self.token
        if self.is_at("++", "--"):
            operator = self.advance().text
            return self._ended(self._stepped(self._postfix(), operator, token.offset))
        expression = self.expression()
        if self.is_at("++", "--") and not self.token.starts_line:
            return self._ended(self._stepped(expression, self.advance().text, token.offset))
        if self.accept("="):
            return self._ended(Assignment(_location(expression), self.expression(), token.offset))
        if self.token.text in _UPDATES:
            operator = _UPDATES[self.advance().text]
            value = Binary(operator, expression, self.expression(), token.offset)
            return self._ended(Assignment(_location(expression), value, token.offset))
        if isinstance(expression, Call):
            return self._ended(Evaluate(expression, token.offset))
        if self.token.kind is TokenKind.SYMBOL and self.token.text not in (";", "}"):
            raise self.unexpected("the end of the statement is expected here")
        # A value that nothing is done with is evaluated all the same: it may fail.
        return self._ended(Evaluate(expression, token.offset))

    def _stepped(self, target: Expression, operator: str, offset: int) -> Assignment:
        return Assignment(_location(target), Binary(operator[0], target, Literal(1, offset), offset), offset)

    def _ended(self, statement: Statement) -> Statement:
        self._end_statement()
        return statement


def _name_of(expression: Expression) -> str:
    return expression.name if isinstance(expression, Name) else ""


def _location(expression: Expression) -> Expression:
    if isinstance(expression, Name | Member | Index):
        return expression
    raise CertainFailure("this cannot be assigned to", expression.offset)
