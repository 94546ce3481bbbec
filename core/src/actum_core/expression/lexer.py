"""Split an expression's source into tokens (cel-spec, langdef "Syntax")."""

import re
from typing import Final

from actum_core.expression.errors import ExpressionInvalid, problem_at
from actum_core.expression.values import UINT_MAX, Uint

#: What the token is (a symbol's own text, or a word below), its text, its 0-based offset, and what a literal stands
#: for. An integer may be 2**63, for a minus before it. A plain tuple: thousands are made for one template.
Token = tuple[str, str, int, object]

NAME: Final = "name"
QUOTED_NAME: Final = "quoted name"
VALUE: Final = "value"
NUMBER: Final = "number"
END: Final = "end"

#: Reserved for other languages that embed CEL: not usable as variables, but fine as field names.
RESERVED: Final = frozenset(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import"}
    | {"let", "loop", "package", "namespace", "return", "var", "void", "while"}
)

_CONSTANTS: Final[dict[str, object]] = {"true": True, "false": False, "null": None}

# Space and comments, then one token. Every alternative either fails at its first characters or consumes what it looked
# at, so a scan of the source is linear; an unterminated string is looked at once, and ends the scan.
_TOKEN: Final = re.compile(
    r"""(?:[ \t\n\f\r]+|//[^\n]*)*(?:
      (?P<string>[bB]?(?:
          (?P<raw>[rR](?:\"\"\"(?s:.*?)\"\"\"|'''(?s:.*?)'''|"[^"\n\r]*"|'[^'\n\r]*'))
        | \"\"\"(?:[^\\]|\\(?s:.))*?\"\"\"
        | '''(?:[^\\]|\\(?s:.))*?'''
        | "(?:[^"\\\n\r]|\\.)*"
        | '(?:[^'\\\n\r]|\\.)*'))
    | (?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
    | (?P<double>[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
    | (?P<integer>(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?)
    | (?P<symbol>&&|\|\||[<>=!]=|[-+*/%!<>?:.,(){}\[\]])
    | `(?P<quoted>[a-zA-Z0-9_.\-/\ ]+)`
    | (?P<end>\Z)
    | (?P<wrong>(?s:.)))
    """,
    re.VERBOSE,
)

_ESCAPE: Final = re.compile(
    r"""\\(?:(?P<plain>[abfnrtv"'`\\?])|(?P<octal>[0-3][0-7]{2})|[xX](?P<hex>[0-9a-fA-F]{2})
    |u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<wrong>(?s:.?)))""",
    re.VERBOSE,
)

_PLAIN: Final = dict(zip("abfnrtv\"'`\\?", "\a\b\f\n\r\t\v\"'`\\?", strict=True))


def tokenize(source: str) -> list[Token]:
    """All tokens of the source and an END; raises ExpressionInvalid at the first character that fits nowhere."""
    tokens: list[Token] = []
    append = tokens.append
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup
        assert kind is not None
        text, offset = match[kind], match.start(kind)
        if kind == "name":
            if text == "in":
                append((text, text, offset, None))
            elif text in _CONSTANTS:
                append((VALUE, text, offset, _CONSTANTS[text]))
            else:
                append((NAME, text, offset, None))
        elif kind == "symbol":
            append((text, text, offset, None))
        elif kind == "string":
            append((VALUE, text, offset, _string(source, match)))
        elif kind == "integer":
            append((NUMBER, text, offset, _integer(source, text, offset)))
        elif kind == "double":
            append((NUMBER, text, offset, _double(source, text, offset)))
        elif kind == "quoted":
            append((QUOTED_NAME, text, offset - 1, None))
        elif kind == "end":
            append((END, "", offset, None))
            break
        else:
            raise _unexpected(source, offset)
    return tokens


def _invalid(source: str, offset: int, detail: str) -> ExpressionInvalid:
    return ExpressionInvalid(source, [problem_at(source, offset, "syntax", detail)])


def _unexpected(source: str, offset: int) -> ExpressionInvalid:
    if source[offset] in "\"'":
        return _invalid(source, offset, "this string is not closed")
    return _invalid(source, offset, f"the character {source[offset]!r} is not part of the language")


def _double(source: str, text: str, offset: int) -> float:
    number = float(text)
    if number == float("inf"):
        raise _invalid(source, offset, "this number is larger than a double can be")
    return number


def _integer(source: str, text: str, offset: int) -> int:
    digits = text.rstrip("uU")
    number = -1
    if len(digits) <= 64:
        number = int(digits, 16) if digits.startswith("0x") else int(digits)
    if text is not digits and len(text) != len(digits):
        if not 0 <= number <= UINT_MAX:
            raise _invalid(source, offset, "this number does not fit an unsigned 64-bit integer")
        return Uint(number)
    if not 0 <= number <= 2**63:
        raise _invalid(source, offset, "this number does not fit a 64-bit integer")
    return number


def _string(source: str, match: re.Match[str]) -> str | bytes:
    text = match["string"]
    is_bytes = text[0] in "bB"
    body = text[1:] if is_bytes else text
    is_raw = match["raw"] is not None
    if is_raw:
        body = body[1:]
    quotes = 3 if body[:3] in ('"""', "'''") and len(body) >= 6 else 1
    start = match.start("string") + len(text) - len(body) + quotes
    body = body[quotes:-quotes]
    if is_raw or "\\" not in body:
        return body.encode() if is_bytes else body
    if is_bytes:
        return _unescape_bytes(source, body, start)
    return _ESCAPE.sub(lambda escape: _character(source, escape, start), body)


def _code(source: str, escape: re.Match[str], start: int) -> int:
    """The number an escape stands for; the position is told in the source."""
    if escape["plain"] is not None:
        return ord(_PLAIN[escape["plain"]])
    if escape["octal"] is not None:
        return int(escape["octal"], 8)
    digits = escape["hex"] or escape["short"] or escape["long"]
    if digits is None:
        raise _invalid(source, start + escape.start(), f"the escape {escape.group()!r} is not known")
    return int(digits, 16)


def _character(source: str, escape: re.Match[str], start: int) -> str:
    code = _code(source, escape, start)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise _invalid(source, start + escape.start(), f"{escape.group()!r} is not a Unicode character")
    return chr(code)


def _unescape_bytes(source: str, body: str, start: int) -> bytes:
    parts: list[bytes] = []
    end = 0
    for escape in _ESCAPE.finditer(body):
        if escape["short"] is not None or escape["long"] is not None:
            raise _invalid(source, start + escape.start(), "a byte string has no \\u escapes; use \\x")
        parts.append(body[end : escape.start()].encode())
        parts.append(bytes([_code(source, escape, start)]))
        end = escape.end()
    parts.append(body[end:].encode())
    return b"".join(parts)
