"""Where in an SCXML document something stands, and how problems are told of it."""

from dataclasses import dataclass

from actum_core.errors import Severity
from actum_core.formats.findings import Findings
from actum_core.formats.xml_reader import Element


@dataclass(frozen=True, slots=True)
class Place:
    """An element, or one of its attributes."""

    element: Element
    attribute: str = ""

    @property
    def path(self) -> str:
        return f"{self.element.path}/@{self.attribute}" if self.attribute else self.element.path


class Reports:
    """Tells problems with the path of the element, and its line and column."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def report(self, place: Place, code: str, detail: str, severity: Severity = "error") -> None:
        element = place.element
        self._findings.report(
            place.path, code, f"line {element.line}, column {element.column}: {detail}", severity
        )

    def warn(self, place: Place, code: str, detail: str) -> None:
        self.report(place, code, detail, "warning")
