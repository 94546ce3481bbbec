"""The child machines of a state: SCXML, sections 6.4 and 6.5."""

from typing import Any, Final

from actum_core.formats.cel_text import quoted
from actum_core.formats.formula import failing, write_data
from actum_core.formats.scxml.chart import Chart
from actum_core.formats.scxml.communication import read_id, where_known
from actum_core.formats.scxml.content import read_content
from actum_core.formats.scxml.names import INVOKE_TYPES
from actum_core.formats.scxml.payload import read_pairs
from actum_core.formats.scxml.places import Place
from actum_core.formats.xml_reader import Element

Members = dict[str, Any]

_ATTRIBUTES: Final = (*("type", "typeexpr", "src", "srcexpr", "id", "idlocation", "namelist", "autoforward"),)


def read_invoke(chart: Chart, element: Element) -> Members:
    chart.report_unknown(element, _ATTRIBUTES)
    for child in element.children:
        chart.is_known(child, ("param", "finalize", "content"))
    machine, use = _use(chart, element)
    made: Members = {"use": _typed(chart, element, use), **read_id(chart, element)}
    given = read_pairs(chart, element)
    if given:
        chart.library.give(machine, set(given))
        made["with"] = given
    if element.get("autoforward") == "true":
        made["autoforward"] = True
    chart.library.origins.note(made, element)
    finalize = element.first("finalize")
    if finalize is not None:
        content = read_content(chart, finalize.children) if finalize.children else _returned(chart, element)
        if content:
            made["finalize"] = content
    return made


def _use(chart: Chart, element: Element) -> tuple[str | None, str]:
    """The machine, where it is known now, and what the template says of it."""
    content, source, uri = element.first("content"), element.get("srcexpr"), element.get("src")
    if uri is not None:
        name = chart.library.add_source(uri)
        if name is not None:
            return name, name
        detail = f"{uri!r} is not among the sources, or is no chart: invoking it fails"
        chart.reports.report(Place(element, "src"), "unresolved_source", detail)
        return "", f"={failing(uri)}"
    if source is not None:
        made = chart.language.value(source, Place(element, "srcexpr"))
        known = ", ".join(f"{quoted(key)}: {quoted(name)}" for key, name in chart.library.charts().items())
        return None, f"={{{known}}}[{made}]"
    if content is None:
        chart.reports.report(
            Place(element), "missing_attribute", "<invoke> says not what to invoke: it fails"
        )
        return "", f"={failing('nothing to invoke')}"
    if content.get("expr") is not None:
        made = chart.language.value(content.attributes["expr"], Place(content, "expr"))
        detail = (
            "the expression must come to the name of a machine, or to a chart that stands in this document"
        )
        chart.reports.warn(Place(content, "expr"), "note", detail)
        return None, f"={made}"
    root = content.first("scxml")
    if root is None:
        chart.reports.report(
            Place(content), "unsupported", "only a chart can be invoked: invoking this fails"
        )
        return "", f"={failing('content that is no chart')}"
    name = chart.library.add(root)
    return name, name


def _typed(chart: Chart, element: Element, use: str) -> str:
    source = element.get("typeexpr")
    if source is not None:
        kind = chart.language.value(source, Place(element, "typeexpr"))
        return f"={where_known(kind, INVOKE_TYPES, write_data(use).source, 'the type of the invoke')}"
    kind_text = element.get("type")
    if kind_text is None or kind_text in INVOKE_TYPES:
        return use
    detail = f"{kind_text[:64]!r} cannot be invoked: invoking it fails (error.execution)"
    chart.reports.report(Place(element, "type"), "unsupported", detail)
    return f"={failing(f'the type of the invoke, {kind_text}')}"


def _returned(chart: Chart, element: Element) -> list[Members]:
    """An empty ``finalize``: values that come back go where those that were given came from (6.5)."""
    places = {name.removeprefix("vars."): name for name in (element.get("namelist") or "").split()}
    for param in element.named("param"):
        if param.get("location") is not None and param.get("name") is not None:
            places[param.attributes["name"]] = param.attributes["location"]
    made: list[Members] = []
    for name, source in places.items():
        location = chart.language.location(source, Place(element))
        if location is not None and not location.keys:
            value = f"message.data[{quoted(name)}]"
            has = f"type(message.data) == map && {quoted(name)} in message.data"
            made.append({"if": has, "then": [{"assign": {location.variable: value}}]})
    return made
