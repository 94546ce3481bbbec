"""Where a token came from and where it went, from the ledger's entries alone.

Every token's entry names its parents, so the tokens of an execution are a directed acyclic graph whose edges point
backwards in the ledger; a token without parents came from the input whose entries hold it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

from actum_core.errors import ActumError


class TokenUnknown(ActumError):
    """Take a token's id from the execution's tokens: no entry of this execution has this one."""

    code: ClassVar[str] = "token_unknown"


class TokenEntry(NamedTuple):
    """One ``token`` or ``dropped`` entry: its place, the input that caused it, and what it says."""

    sequence: int
    input_sequence: int
    kind: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it was made: ``to`` are the places ``node.port`` it went to, ``dropped`` says where nobody took it."""

    id: str
    type: str
    value: Any
    node: str
    port: str
    parents: tuple[str, ...]
    to: tuple[str, ...]
    sequence: int
    input_sequence: int
    dropped: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """All that led to a token and all that it led to, each in the order of the ledger.

    ``inputs`` are the sequences of the inputs that the token and its ancestors were made in: the events, timers
    and outcomes it came from. ``sinks`` are the descendants, or the token itself, that no other token was made of.
    """

    token: Token
    ancestors: tuple[Token, ...]
    descendants: tuple[Token, ...]
    inputs: tuple[int, ...]
    sinks: tuple[Token, ...]


@dataclass(slots=True)
class Tokens:
    """The tokens of one execution, taken in from its entries in any portions, in the order of the ledger."""

    _tokens: dict[str, Token] = field(default_factory=dict)
    _children: dict[str, list[str]] = field(default_factory=dict)
    _dropped: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._tokens)

    def add(self, entries: Iterable[TokenEntry]) -> None:
        """Take in entries of the kinds ``token`` and ``dropped``; others are left alone."""
        for entry in entries:
            if entry.kind == "token":
                token = read_token(entry)
                self._tokens[token.id] = token
                for parent in token.parents:
                    self._children.setdefault(parent, []).append(token.id)
            elif entry.kind == "dropped":
                said = {name: value for name, value in entry.payload.items() if name != "token"}
                self._dropped.setdefault(entry.payload["token"], []).append(said)

    def find(self, token_id: str) -> Token:
        """A token with where it was dropped. Raises TokenUnknown."""
        token = self._tokens.get(token_id)
        if token is None:
            raise TokenUnknown(f"no token {token_id[:64]!r} was made in this execution")
        return replace(token, dropped=tuple(self._dropped.get(token_id, ())))

    def trace(self, token_id: str) -> Lineage:
        """Follow a token both ways. Raises TokenUnknown."""
        token = self.find(token_id)
        ancestors = self._reach(token_id, lambda each: self._tokens[each].parents)
        descendants = self._reach(token_id, lambda each: self._children.get(each, ()))
        inputs = {each.input_sequence for each in (token, *ancestors)}
        ends = tuple(each for each in (token, *descendants) if each.id not in self._children)
        return Lineage(token, ancestors, descendants, tuple(sorted(inputs)), ends)

    def _reach(self, start: str, neighbours: Callable[[str], Sequence[str]]) -> tuple[Token, ...]:
        seen = {start}
        waiting = [start]
        while waiting:
            for each in neighbours(waiting.pop()):
                # A parent that is no token of this execution is named, and not followed.
                if each not in seen and each in self._tokens:
                    seen.add(each)
                    waiting.append(each)
        seen.discard(start)
        return tuple(sorted((self.find(each) for each in seen), key=lambda token: token.sequence))


def read_token(entry: TokenEntry) -> Token:
    """What a ``token`` entry says."""
    said = entry.payload
    return Token(
        id=said["id"],
        type=said.get("type", ""),
        value=said.get("value"),
        node=said.get("node", ""),
        port=said["port"],
        parents=tuple(said.get("parents", ())),
        to=tuple(said.get("to", ())),
        sequence=entry.sequence,
        input_sequence=entry.input_sequence,
    )
