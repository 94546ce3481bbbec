"""Expressions of XState's JSON: the same language, with other names for the same things.

| XState | here |
|---|---|
| ``context.x`` | ``vars.x`` |
| ``event.type`` | ``message.name`` |
| ``event.x`` | ``message.data.x`` |
| ``event.output``, ``event.error`` where something is done | ``message.data`` |
| ``input``, ``self`` | the same |
| ``params.x`` of a named action or guard | a local name |
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from actum_core.formats.cel_text import member, quoted

#: Enough of a lexer to tell names from what only looks like one: strings, comments, numbers.
_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\n\f\r]+|//[^\n]*)
    | (?P<text>[rRbB]{0,2}(?:\"\"\"(?s:(?:[^\\]|\\.)*?)\"\"\"|'''(?s:(?:[^\\]|\\.)*?)'''
        |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[a-zA-Z]*|0[xX][0-9a-fA-F]+[uU]?)
    | (?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
    | (?P<symbol>(?s:.))
    """,
    re.VERBOSE,
)
_CONSTANTS: Final = frozenset({"true", "false", "null", "in"})

_MACROS: Final = frozenset(
    {"all", "exists", "exists_one", "existsOne", "filter", "map", "transformList", "transformMap", "bind"}
    | {"transformMapEntry", "optMap", "optFlatMap"}
)


#: What stands for ``params``: a local name that has them all, or an expression for each.
Parameters = str | Mapping[str, str]


class Unmatched(Exception):
    """The expression says something that has no name on the other side."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A name that stands for a value, with the member that is taken of it, if one is. Places are offsets."""

    name: str
    member: str | None
    start: int
    end: int
    #: True where a member follows that is no plain name: ``a['b']``, ``a.?b``.
    is_indexed: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    offset: int
    is_name: bool


_END: Final = _Token("", 0, False)


def _tokens(source: str) -> list[_Token]:
    found = [
        _Token(match.group(), match.start(), match.lastgroup == "name" and match.group() not in _CONSTANTS)
        for match in _TOKEN.finditer(source)
        if match.lastgroup != "space"
    ]
    return [*found, _END, _END, _END, _END]


def _references(source: str) -> list[_Reference]:
    """Every name of the source that is no member, function or key."""
    tokens = _tokens(source)
    bound = _bound_names(tokens)
    found: list[_Reference] = []
    for place, token in enumerate(tokens):
        is_value = token.is_name and token.text not in bound and tokens[place + 1].text != "("
        if is_value and not _is_member(tokens, place):
            found.append(_reference(tokens, place))
    return found


def _is_member(tokens: list[_Token], place: int) -> bool:
    """True behind ``a.`` and ``a.?``; a question mark by itself is that of a choice."""
    before = tokens[place - 1].text if place else ""
    return before == "." or (before == "?" and place > 1 and tokens[place - 2].text == ".")


def _reference(tokens: list[_Token], place: int) -> _Reference:
    token, dot, name, after = tokens[place : place + 4]
    if dot.text == "." and name.is_name and after.text != "(":
        return _Reference(token.text, name.text, token.offset, name.offset + len(name.text))
    is_indexed = dot.text == "[" or (dot.text == "." and name.text == "?")
    return _Reference(token.text, None, token.offset, token.offset + len(token.text), is_indexed)


def _bound_names(tokens: list[_Token]) -> set[str]:
    """The names that macros bind; each is taken to be bound everywhere, which no sound expression minds."""
    bound: set[str] = set()
    for place, token in enumerate(tokens[:-4]):
        opening, first, comma, second = tokens[place + 1 : place + 5]
        if token.text in _MACROS and opening.text == "(" and first.is_name and comma.text == ",":
            bound.add(first.text)
            if second.is_name and tokens[place + 5].text == ",":
                bound.add(second.text)
    return bound


def _rewritten(source: str, rename: Callable[[_Reference], str | None]) -> str:
    parts: list[str] = []
    end = 0
    for reference in _references(source):
        made = rename(reference)
        if made is not None:
            parts.extend((source[end : reference.start], made))
            end = reference.end
    return "".join(parts) + source[end:]


def from_xstate(
    source: str, variables: dict[str, str], *, is_done: bool = False, parameters: Parameters | None = None
) -> str:
    """An expression of XState as one of a template. Raises Unmatched.

    ``variables`` are the names of the context here; ``is_done`` where the event is that something has ended;
    ``parameters`` are what takes the place of ``params``, where there are any.
    """

    def rename(found: _Reference) -> str | None:
        match found.name, found.member:
            case "context", None:
                return "vars"
            case "context", str(name):
                return member("vars", variables.get(name, name))
            case "event", "type":
                return "message.name"
            case "event", "output" | "error" if is_done:
                return "message.data"
            case "event", str(name):
                return member("message.data", name)
            case "event", None if found.is_indexed:
                return "message.data"
            case "event", None:
                raise Unmatched("an event as a whole, with its type among its members, is not known here")
            case "params", _:
                if parameters is None:
                    raise Unmatched("there are no parameters here")
                return _parameter(found, parameters)
            case "children", _:
                raise Unmatched("the children of a machine are not known here")
        return None

    return _rewritten(source, rename)


def with_parameters(source: str, parameters: Parameters) -> str:
    """An expression of a template with ``params`` written out."""
    return _rewritten(source, lambda found: _parameter(found, parameters) if found.name == "params" else None)


def _parameter(found: _Reference, parameters: Parameters) -> str:
    if isinstance(parameters, str):
        return parameters if found.member is None else member(parameters, found.member)
    if found.member is not None and found.member in parameters:
        return parameters[found.member]
    whole = ", ".join(f"{quoted(name)}: {source}" for name, source in parameters.items())
    return f"{{{whole}}}" if found.member is None else member(f"{{{whole}}}", found.member)


def to_xstate(source: str) -> str:
    """An expression of a template as one of XState. Raises Unmatched."""
    if re.search(r"\b(?:in_state|random|random_int)\s*\(", source):
        raise Unmatched("XState gives expressions no functions such as in_state and random")

    def rename(found: _Reference) -> str | None:
        match found.name, found.member:
            case "vars", None:
                return "context"
            case "vars", str(name):
                return member("context", name)
            case "message", "name":
                return "event.type"
            case "message", "data":
                if not re.match(r"\s*[.\[]", source[found.end :]):
                    raise Unmatched("XState has the data of an event among its members, never as a whole")
                return "event"
            case "message" | "event" | "now" | "token" | "params", _:
                what = found.name if found.member is None else f"{found.name}.{found.member}"
                raise Unmatched(f"XState gives expressions no {what}")
        return None

    return _rewritten(source, rename)
