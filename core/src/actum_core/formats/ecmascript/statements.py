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
        #: Of the function that is being read: what `const` and `let` declare in each block that is open, by what it
        #: is called; its variables; its constants. Names of inner blocks are made unlike any other.
        self._blocks: list[dict[str, str]] = []
        self._variables: set[str] = set()
        self._constants: set[str] = set()
        self._inner = 0

    def name_of(self, text: str) -> str:
        return next((block[text] for block in reversed(self._blocks) if text in block), text)

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
                return self._declarations("var")
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
        self._blocks.append({})
        found: list[Statement] = []
        while not self.accept("}"):
            if self.token.kind is TokenKind.END:
                raise CertainFailure("'}' is expected here, the end is found", self.token.offset)
            found.extend(self._statement(is_inside=is_inside))
        self._blocks.pop()
        return tuple(found)

    def _end_statement(self) -> None:
        """A semicolon, or where ECMAScript puts one by itself (ECMA-262, 12.10)."""
        if not self.accept(";") and not self.is_at("}") and not self.token.starts_line:
            raise self.unexpected("the end of the statement is expected here")

    def _declarations(self, word: str) -> list[Statement]:
        found: list[Statement] = []
        while True:
            token = self.advance()
            if token.kind is not TokenKind.NAME:
                raise CertainFailure("the name of a variable is expected here", token.offset)
            value: Expression = Literal(UNDEFINED, token.offset)
            if self.accept("="):
                value = self.expression()
            name = token.text if word == "var" else self._declare(token, word)
            self._variables.add(name)
            found.append(Assignment(Name(name, token.offset), value, token.offset, True))
            if not self.accept(","):
                self._end_statement()
                return found

    def _declare(self, token: Token, word: str) -> str:
        """What a name is called that belongs to the block it is declared in."""
        block, name = self._blocks[-1], token.text
        if name in block or (len(self._blocks) == 1 and name in self._variables):
            raise CertainFailure(f"{name} is declared twice", token.offset)
        if len(self._blocks) > 1:
            self._inner += 1
            name = f"{name}'{self._inner}"
        block[token.text] = name
        if word == "const":
            self._constants.add(name)
        return name

    def _block_declarations(self, *, is_inside: bool) -> list[Statement]:
        word = self.advance()
        if not is_inside:
            raise NotUnderstood(f"{word.text} outside a function cannot be translated", word.offset)
        return self._declarations(word.text)

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
        self._blocks, self._variables, self._constants = [], set(parameters), set()
        return Function(name, tuple(parameters), self._body(is_inside=True), offset)

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
            return self._ended(Assignment(self._target(expression), self.expression(), token.offset))
        if self.token.text in _UPDATES:
            operator = _UPDATES[self.advance().text]
            value = Binary(operator, expression, self.expression(), token.offset)
            return self._ended(Assignment(self._target(expression), value, token.offset))
        if isinstance(expression, Call):
            return self._ended(Evaluate(expression, token.offset))
        if self.token.kind is TokenKind.SYMBOL and self.token.text not in (";", "}"):
            raise self.unexpected("the end of the statement is expected here")
        # A value that nothing is done with is evaluated all the same: it may fail.
        return self._ended(Evaluate(expression, token.offset))

    def _stepped(self, target: Expression, operator: str, offset: int) -> Assignment:
        return Assignment(
            self._target(target), Binary(operator[0], target, Literal(1, offset), offset), offset
        )

    def _target(self, expression: Expression) -> Expression:
        """What is assigned to."""
        if not isinstance(expression, Name | Member | Index):
            raise CertainFailure("this cannot be assigned to", expression.offset)
        if isinstance(expression, Name) and expression.name in self._constants:
            raise CertainFailure(f"{expression.name} is a constant", expression.offset)
        return expression

    def _ended(self, statement: Statement) -> Statement:
        self._end_statement()
        return statement
