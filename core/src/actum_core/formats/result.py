"""What reading or writing another tool's format yields: a document or a text, and what could not be carried over."""

from dataclasses import dataclass
from typing import Any

from actum_core.errors import Problem

#: A template document as an author would write it; ``parse_template`` reads it.
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """A template document made from another format.

    ``problems`` point into the source: an RFC 6901 pointer for JSON, the path of the element for XML, ``""`` for
    plain text, whose ``detail`` begins with the line and column. A problem of severity ``error`` means that the
    document does not mean what the source means until somebody has decided; a warning, that nothing which the
    source does is lost. An importer MUST NOT leave anything out or choose a meaning without a problem.
    """

    document: Document
    problems: tuple[Problem, ...] = ()

    @property
    def is_complete(self) -> bool:
        """True when the document means what the source means."""
        return all(problem.severity != "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Exported:
    """A template written in another format; ``problems`` are RFC 6901 pointers into the template document.

    The severities mean the same as for what is imported.
    """

    text: str
    problems: tuple[Problem, ...] = ()

    @property
    def is_complete(self) -> bool:
        """True when the text means what the template means."""
        return all(problem.severity != "error" for problem in self.problems)
