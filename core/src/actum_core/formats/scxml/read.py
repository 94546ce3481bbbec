"""Import SCXML: a chart becomes a template with one machine, the charts that it invokes become machines beside it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from actum_core.errors import Invalid, Problem
from actum_core.formats import naming
from actum_core.formats.findings import Findings
from actum_core.formats.formula import literal_data
from actum_core.formats.result import Document, Imported
from actum_core.formats.scxml.chart import Library, Part
from actum_core.formats.scxml.machine import read_chart
from actum_core.formats.scxml.names import SCXML
from actum_core.formats.scxml.places import Place, Reports
from actum_core.formats.xml_reader import Element, parse_xml
from actum_core.limits import IMPORT_CHARACTERS_MAX
from actum_core.template.parse import FORMAT

_NO_SOURCES: Final[Mapping[str, str]] = MappingProxyType({})


def import_scxml(text: str, name: str = "", sources: Mapping[str, str] = _NO_SOURCES) -> Imported:
    """The template of an SCXML 1.0 document.

    ``name`` is what the template is called; by default the chart's own name. ``sources`` are the texts of other
    documents that the chart refers to, by what it calls them: nothing is fetched. Expressions are those of the
    data models ``cel``, ``null`` and, as far as they can be translated, ``ecmascript``. Raises Invalid when the
    text is no SCXML at all.
    """
    root = parse_xml(text)
    if root.name != "scxml" or root.namespace not in (SCXML, ""):
        detail = f"line {root.line}, column {root.column}: <{root.name}> is no chart: <scxml> is expected"
        raise Invalid([Problem(root.path, "not_scxml", detail)])
    if sum(map(len, sources.values())) > IMPORT_CHARACTERS_MAX:
        raise Invalid(
            [Problem("", "too_large", f"the sources are more than {IMPORT_CHARACTERS_MAX} characters")]
        )
    findings = Findings()
    reports = Reports(findings)
    library = Library(sources, read_chart, reports)
    part = read_chart(root, library)
    label = name or root.get("name") or ""
    own = naming.template_name(label, "chart")
    if own != label:
        reports.warn(Place(root, "name"), "renamed", f"the template is called {own!r}")
    _tell_origins(root, part, library)
    machines = library.finish()
    document: Document = {
        "format": FORMAT,
        "name": own,
        **({"title": label} if label and own != label else {}),
        **({"vars": part.variables} if part.variables else {}),
        **({"machines": machines} if machines else {}),
        "machine": part.machine,
    }
    return Imported(document, tuple(findings.problems))


def _tell_origins(root: Element, part: Part, library: Library) -> None:
    """Give the charts that ask what failed their tables of places."""
    for asking in (part, *library.parts.values()):
        if asking is None or not asking.table:
            continue
        places = library.origins.table(asking.machine, asking.variables)
        if places is None:
            detail = "so large a chart has no table of its elements: error events do not say where they arose"
            library.reports.report(Place(root), "unsupported", detail)
        title = "Where in the chart content came from, by the place that an error names"
        asking.variables[asking.table] = {
            "type": "any",
            "title": title,
            "initial": literal_data(places or {}),
        }
