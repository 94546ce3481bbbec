"""Named SQL: every slice keeps its statements in a `queries.sql` beside its `store.py`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

_HEADING = re.compile(r"^-- ([a-z][a-z0-9_]*) --\s*$", re.MULTILINE)
_COMMENT = re.compile(r"^--(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Query:
    """One statement: `text` takes `$1` parameters, `sentence` says what it guarantees."""

    name: str
    text: str
    sentence: str = ""


class Queries:
    """The statements of one file. An unknown name raises, so a misspelt one fails at import.

    QUERIES = sql.load("actum.executions")
    LOCK_EXECUTIONS = QUERIES["lock_executions"]
    """

    def __init__(self, origin: str, queries: Mapping[str, Query]) -> None:
        self._origin = origin
        self._queries = dict(queries)

    def __getitem__(self, name: str) -> Query:
        try:
            return self._queries[name]
        except KeyError:
            known = ", ".join(self._queries)
            raise LookupError(f"{self._origin} has no query named {name!r}; it has: {known}") from None

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, in the file's order."""
        return tuple(self._queries)


def load(package: str, file: str = "queries.sql") -> Queries:
    """Read a package's named statements; works from a directory and from an installed wheel."""
    text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    return parse(text, origin=f"{package}/{file}")


def parse(text: str, origin: str) -> Queries:
    """Split a file into its statements: a `-- name --` line, a comment sentence, one statement."""
    headings = list(_HEADING.finditer(text))
    preamble = text[: headings[0].start()] if headings else text
    if _COMMENT.sub("", preamble).strip():
        raise ValueError(f"{origin}: SQL before the first `-- name --` line")
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    queries: dict[str, Query] = {}
    for heading, end in zip(headings, ends, strict=True):
        query = _parse_block(heading.group(1), text[heading.end() : end], origin)
        if query.name in queries:
            raise ValueError(f"{origin}: two queries are named {query.name!r}")
        queries[query.name] = query
    return Queries(origin, queries)


def _parse_block(name: str, block: str, origin: str) -> Query:
    lines = block.strip().splitlines()
    comment: list[str] = []
    while lines and lines[0].startswith("--"):
        comment.append(lines.pop(0)[2:].strip())
    statement = "\n".join(lines).strip().removesuffix(";").rstrip()
    if not comment:
        raise ValueError(f"{origin}: {name} lacks the sentence that says what it guarantees")
    if not statement:
        raise ValueError(f"{origin}: {name} has no statement")
    return Query(name=name, text=statement, sentence=" ".join(comment))
