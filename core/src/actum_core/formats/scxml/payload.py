"""Values that stand in a chart as data: what messages carry, what final states yield, what elements hold."""

from typing import Any

from actum_core.formats.formula import failing, literal_data, literal_text, read_data, write_data
from actum_core.formats.scxml.chart import Chart
from actum_core.formats.scxml.languages import read_inline
from actum_core.formats.scxml.names import ACTUM
from actum_core.formats.scxml.places import Place
from actum_core.formats.xml_reader import Element

Members = dict[str, Any]


def fail(reason: str) -> Members:
    """An action that always fails: the place of one that could not be run (4.9: the rest is left out)."""
    return {"log": {"label": "error", "value": f"={failing(reason)}"}}


def read_payload(chart: Chart, element: Element) -> Any:
    """The data of a message or of a final state: ``content``, or ``namelist`` and ``param`` (6.2.2, 5.5)."""
    content = element.first("content")
    if content is not None:
        return read_body(chart, content)
    return read_pairs(chart, element) or None


def read_pairs(chart: Chart, element: Element) -> Members:
    """What ``namelist`` and ``param`` name, with their data."""
    pairs: Members = {}
    place = Place(element, "namelist")
    for name in (element.get("namelist") or "").split():
        pairs[name.removeprefix("vars.")] = f"={chart.language.stored(name, place)}"
    for param in element.named("param"):
        pair = read_param(chart, param)
        if pair is not None:
            if pair[0] in pairs:
                chart.reports.warn(
                    Place(param, "name"), "duplicate", f"the last {pair[0]!r} is the one that counts"
                )
            pairs[pair[0]] = pair[1]
    return pairs


def read_param(chart: Chart, param: Element) -> tuple[str, Any] | None:
    """The name and data of a ``param`` (5.7)."""
    chart.report_unknown(param, ("name", "expr", "location"))
    name, source = param.get("name"), param.get("location")
    if name is None or (source is None and param.get("expr") is None):
        chart.reports.report(Place(param), "missing_attribute", "<param> has a name and an expr or location")
        return None
    if source is None:
        return name, read_expression(chart, param)
    return name, f"={chart.language.stored(source, Place(param, 'location'))}"


def read_body(chart: Chart, content: Element) -> Any:
    """The data of a ``content`` (5.6)."""
    chart.report_unknown(content, ("expr",))
    return read_expression(chart, content) if "expr" in content.attributes else read_child(chart, content)


def read_expression(chart: Chart, element: Element) -> Any:
    """The data of an ``expr``; what we wrote ourselves says beside it which data it was."""
    source = element.attributes["expr"]
    made = chart.language.value(source, Place(element, "expr"))
    written = element.foreign.get(f"{ACTUM} data")
    if written is not None and made == source:
        data = read_inline(written)
        if write_data(data).source == source:
            return data
    return read_data(made)


def read_child(chart: Chart, element: Element) -> Any:
    """The data for what stands within an element."""
    if not element.children:
        return literal_data(read_inline(element.text))
    child = element.children[0]
    if len(element.children) == 1 and child.name == "scxml":
        return literal_text(chart.library.add(child))
    chart.reports.report(Place(child), "unsupported", "XML is no value here: it is replaced by an error")
    return f"={failing('XML as a value')}"
