"""Collect what an importer could not carry over, in the order in which it was met."""

from typing import Any

from actum_core.canonical_json import JsonValue
from actum_core.errors import Problem, Severity, pointer_of
from actum_core.limits import IMPORT_PROBLEMS_MAX
from actum_core.template.reader import Reader, normal_json, suggestion


class Findings(Reader):
    """A reader for foreign documents: its list of problems is long, and is never cut without a word."""

    @property
    def is_full(self) -> bool:
        return len(self.problems) > IMPORT_PROBLEMS_MAX

    def report(self, pointer: str, code: str, detail: str, severity: Severity = "error") -> None:
        """Keep one problem; the last one kept says that there are more."""
        if len(self.problems) == IMPORT_PROBLEMS_MAX:
            self.problems.append(Problem("", "too_many", f"more than {IMPORT_PROBLEMS_MAX} problems"))
        elif not self.is_full:
            self.problems.append(Problem(pointer, code, detail, severity))

    def report_at(self, place: tuple[int, int], code: str, detail: str, severity: Severity = "error") -> None:
        """A problem in a text that is not JSON, at a line and column, both counted from 1."""
        self.report("", code, f"line {place[0]}, column {place[1]}: {detail}", severity)

    def leave_out(self, pointer: str, names: list[str], why: str) -> None:
        """Warn about members that have no meaning outside the tool that wrote them."""
        for name in names:
            self.warn(pointer + pointer_of(name), "left_out", f"{name[:64]!r} is left out: {why}")

    def unknown(self, pointer: str, name: str, known: tuple[str, ...]) -> None:
        """A member that this importer does not know: what it means is lost."""
        detail = f"{name[:64]!r} is not known here and is left out{suggestion(name, known)}"
        self.report(pointer + pointer_of(name), "unknown_field", detail)


def plain_document(document: object, findings: Findings) -> dict[str, Any] | None:
    """A foreign document as plain JSON, or None with a problem when it is no object."""
    value: JsonValue = normal_json(document, findings)
    if findings.has_errors and not isinstance(value, dict):
        return None
    return findings.mapping(value, "")
