"""Split ECMAScript into tokens."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from actum_core.formats.ecmascript.syntax import CertainFailure, NotUnderstood


class TokenKind(Enum):
    NAME = "name"
    KEYWORD = "keyword"
    NUMBER = "number"
    TEXT = "text"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """``value`` is what a literal stands for; ``starts_line`` tells that a line ended before it."""

    kind: TokenKind
    text: str
    offset: int
    value: str | int | float | None = None
    starts_line: bool = False


#: ECMA-262, 12.7.2 "Keywords and Reserved Words", with those of strict mode.
KEYWORDS: Final = frozenset(
    {"await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do"}
    | {"else", "enum", "export", "extends", "false", "finally", "for", "function", "if", "import", "in"}
    | {"instanceof", "let", "new", "null", "return", "static", "super", "switch", "this", "throw", "true"}
    | {"try", "typeof", "var", "void", "while", "with", "yield"}
)

# As in the lexer of the expression language, every alternative fails at its first characters or consumes what
# it looked at.
_TOKEN: Final = re.compile(
    r"""(?P<space>(?:[ \t\v\f\u00a0\ufeff\n\r\u2028\u2029]+|//[^\n\r\u2028\u2029]*)+)
    | (?P<comment>/\*(?s:.*?)\*/)
    | (?P<text>"(?:[^"\\\n\r]|\\(?s:.))*"|'(?:[^'\\\n\r]|\\(?s:.))*')
    | (?P<hex>0[xX][0-9a-fA-F]+)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<symbol>>>>=|===|!==|>>>|<<=|>>=|\*\*=|&&=|\|\|=|\?\?=|\.\.\.
        |=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\+=|-=|\*=|/=|%=|&=|\|=|\^=|<<|>>|\*\*
        |[-+*/%!<>=?:.,;(){}\[\]&|^~])
    """,
    re.VERBOSE,
)

_ESCAPE: Final = re.compile(
    r"\\(?:x(?P<hex>[0-9a-fA-F]{2})|u(?P<short>[0-9a-fA-F]{4})|u\{(?P<long>[0-9a-fA-F]{1,6})\}"
    r"|(?P<line>\r\n|[\n\r\u2028\u2029])|(?P<plain>(?s:.)))"
)
_PLAIN: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_LINE_END: Final = re.compile(r"[\n\r\u2028\u2029]")


def tokenize(source: str) -> list[Token]:
    """All tokens and an END. Raises CertainFailure at a character that no token begins with."""
    tokens: list[Token] = []
    offset = 0
    starts_line = True
    while offset < len(source):
        match = _TOKEN.match(source, offset)
        if match is None:
            raise _unexpected(source, offset)
        offset = match.end()
        if match.lastgroup in ("space", "comment"):
            starts_line = starts_line or _LINE_END.search(match.group()) is not None
            continue
        tokens.append(_token(match, starts_line=starts_line))
        starts_line = False
    tokens.append(Token(TokenKind.END, "", len(source), None, True))
    return tokens


def _unexpected(source: str, offset: int) -> CertainFailure | NotUnderstood:
    if source[offset] == "`":
        return NotUnderstood("template literals are not translated", offset)
    if source[offset] in "'\"":
        return CertainFailure("this string does not end", offset)
    if source[offset].isalpha():
        return NotUnderstood("names with letters beyond ASCII are not translated", offset)
    return CertainFailure(f"{source[offset]!r} begins nothing", offset)


def _token(match: re.Match[str], *, starts_line: bool) -> Token:
    text, offset = match.group(), match.start()
    match match.lastgroup:
        case "text":
            return Token(TokenKind.TEXT, text, offset, _unescape(text[1:-1], offset), starts_line)
        case "hex":
            return Token(TokenKind.NUMBER, text, offset, int(text, 16), starts_line)
        case "number":
            if len(text) > 1 and text[0] == "0" and text.isdigit():
                raise NotUnderstood("octal numbers are not translated", offset)
            if len(text) > 400:
                raise NotUnderstood("numbers of so many digits are not translated", offset)
            number = int(text) if text.isdigit() else float(text)
            return Token(TokenKind.NUMBER, text, offset, number, starts_line)
        case "name":
            kind = TokenKind.KEYWORD if text in KEYWORDS else TokenKind.NAME
            return Token(kind, text, offset, None, starts_line)
    return Token(TokenKind.SYMBOL, text, offset, None, starts_line)


def _unescape(text: str, offset: int) -> str:
    if "\\" not in text:
        return text

    def character(match: re.Match[str]) -> str:
        code = match["hex"] or match["short"] or match["long"]
        if code is not None:
            number = int(code, 16)
            if number > 0x10FFFF or 0xD800 <= number < 0xE000:
                raise NotUnderstood("surrogates are not translated", offset)
            return chr(number)
        if match["line"] is not None:
            return ""
        plain = match["plain"]
        if plain in "123456789xu":
            raise CertainFailure(f"\\{plain} is no escape sequence", offset)
        return _PLAIN.get(plain, plain)

    return _ESCAPE.sub(character, text)
