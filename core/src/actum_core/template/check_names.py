"""Find in the text of expressions which states, variables and parameters they mention."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from actum_core.expression.parse import parse_expression
from actum_core.expression.syntax import Call, Literal, Node, children


@dataclass(frozen=True, slots=True)
class InStateCall:
    """One ``in_state(…)``; None for what no constant says, and for a node that is not named at all."""

    state: str | None
    node: str | None
    offset: int


def find_in_state_calls(source: str) -> Iterator[InStateCall]:
    """Every call of ``in_state`` whose node, if it has one, is a constant."""
    for node in _all_nodes(parse_expression(source)):
        if not isinstance(node, Call) or node.function != "in_state" or node.target is not None:
            continue
        texts = [part.value if isinstance(part, Literal) else None for part in node.arguments]
        state = texts[-1] if texts and isinstance(texts[-1], str) else None
        if len(texts) == 1:
            yield InStateCall(state, None, node.offset)
        elif isinstance(texts[0], str):
            yield InStateCall(state, texts[0], node.offset)


def find_members(sources: Iterable[str], root: str) -> set[str] | None:
    """The members of a variable that any of the expressions reads, or None when one may read any of them.

    By their text alone: a member named within a string counts too, which is no harm where the unused are sought.
    """
    read = re.compile(
        rf"\b{root}\s*\??\.\s*([A-Za-z_][A-Za-z0-9_]*)|\b{root}\s*\[\s*\??\s*(?:'([^']*)'|\"([^\"]*)\")\s*\]"
    )
    whole = re.compile(rf"\b{root}\b(?!\s*\??\.)(?!\s*\[\s*\??\s*['\"])")
    found: set[str] = set()
    for source in sources:
        if whole.search(source):
            return None
        for match in read.finditer(source):
            found.update(name for name in match.groups() if name)
    return found


def _all_nodes(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(children(node))
