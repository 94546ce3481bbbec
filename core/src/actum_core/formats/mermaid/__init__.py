"""Import Mermaid state diagrams as drafts, and draw every template."""

from actum_core.errors import Invalid
from actum_core.formats.findings import Findings
from actum_core.formats.mermaid.build import Builder
from actum_core.formats.mermaid.read import read_diagram
from actum_core.formats.mermaid.write import export_mermaid
from actum_core.formats.naming import template_name
from actum_core.formats.result import Document, Imported
from actum_core.limits import IMPORT_DIAGRAM_CHARACTERS_MAX

__all__ = ["export_mermaid", "import_mermaid"]

_NAME = "mermaid-draft"


def import_mermaid(source: str) -> Imported:
    """A state diagram as a template: a draft, because a drawing leaves open what a machine must know.

    Labels are read as UML has them, ``event [guard] / action``. Raises Invalid when it is no state diagram, or one
    without a state.
    """
    findings = Findings()
    if len(source) > IMPORT_DIAGRAM_CHARACTERS_MAX:
        findings.report_at((1, 1), "too_many", f"at most {IMPORT_DIAGRAM_CHARACTERS_MAX} characters are read")
        raise Invalid(findings.problems)
    top, title = read_diagram(source, findings)
    builder = Builder(findings)
    machine = builder.machine(top)
    found: Document = {"format": "actum/1", "name": template_name(title, _NAME)}
    if title:
        found["title"] = title[:200]
    if builder.variables:
        found["vars"] = builder.variables
    if builder.declared:
        found["actions"] = builder.declared
    found["machine"] = machine
    return Imported(found, tuple(findings.problems))
