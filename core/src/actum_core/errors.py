"""The root of every error the core raises, and the form in which faults of a document are told."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault found in a document or a request, with its place.

    ``pointer`` is an RFC 6901 JSON pointer into what was examined; ``""`` is the whole of it.
    ``code`` is stable and may be matched on; ``detail`` is one sentence for a person.
    """

    pointer: str
    code: str
    detail: str
    severity: Severity = "error"


def pointer_of(*parts: str | int) -> str:
    """Join object keys and array indexes into an RFC 6901 JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class ActumError(Exception):
    """Something was refused; the message says what to do about it.

    Every subclass has a stable ``code``; its docstring's first line is the advice shown to people.
    """

    code: ClassVar[str] = "actum_error"


class Invalid(ActumError):
    """Correct what the problems name and send it again."""

    code: ClassVar[str] = "invalid"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self._summary())

    def _summary(self) -> str:
        shown = "; ".join(f"{p.pointer or '(whole)'}: {p.detail}" for p in self.problems[:3])
        more = len(self.problems) - 3
        return shown + (f"; and {more} more" if more > 0 else "")


class MalformedJson(Invalid):
    """Send well-formed I-JSON (RFC 7493): the problem names the place that is not."""

    code: ClassVar[str] = "malformed_json"
