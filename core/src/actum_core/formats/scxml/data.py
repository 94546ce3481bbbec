"""The data model of a chart, SCXML section 5: variables, and content that gives them their first values."""

from typing import Any

from actum_core.formats.formula import is_expression, literal_data, write_data
from actum_core.formats.scxml.chart import Chart, own_elements
from actum_core.formats.scxml.content import read_script
from actum_core.formats.scxml.languages import read_inline
from actum_core.formats.scxml.names import ACTUM
from actum_core.formats.scxml.payload import read_child, read_expression
from actum_core.formats.scxml.places import Place
from actum_core.formats.xml_reader import Element

Content = list[dict[str, Any]]


def read_data_model(chart: Chart) -> list[Content]:
    """Give the variables that are set at the start their values; answers what the machine does when entered.

    Values that the expression language cannot make before the machine runs (of other variables, say) are
    assigned in content, in document order, each in a block of its own: one that fails leaves the others alone.
    """
    blocks: list[Content] = []
    for model in _models(chart):
        is_top = any(model is child for child in chart.root.children)
        if chart.is_late and not is_top:
            continue
        for element in model.named("data"):
            blocks.extend(_declare(chart, element))
    for script in chart.root.named("script"):
        made = read_script(chart, script)
        for action in made:
            chart.library.origins.note(action, script)
        blocks.append(made)
    return [content for content in blocks if content]


def read_late_data(chart: Chart, state: Element, state_id: str) -> list[Content]:
    """What a state does before anything else when it is entered for the first time, with late binding (5.3.3)."""
    elements = [data for model in state.named("datamodel") for data in model.named("data")]
    if not chart.is_late or not elements:
        return []
    flag = f"entered_{len(chart.variables)}"
    chart.variables[flag] = {"type": "bool", "title": f"The state {state_id} has been entered before"}
    blocks: list[Content] = []
    for element in elements:
        own = chart.names.variables.get(element.get("id") or "")
        value = _value(chart, element)
        if own is not None and value is not None:
            assign = {"assign": {own: write_data(value).source}}
            once = {"if": f"!vars.{flag}", "then": [assign]}
            chart.library.origins.note(once, element)
            blocks.append([once])
    return [*blocks, [{"assign": {flag: "true"}}]]


def _models(chart: Chart) -> list[Element]:
    return [element for element in own_elements(chart.root) if element.name == "datamodel"]


def _declare(chart: Chart, element: Element) -> list[Content]:
    chart.report_unknown(element, ("id", "src", "expr"))
    source = element.get("id")
    if source is None:
        chart.reports.report(Place(element), "missing_attribute", "<data> has no id: it is left out")
        return []
    own = chart.names.variables[source]
    declared = chart.variables[own]
    kind = element.foreign.get(f"{ACTUM} type")
    if "initial" in declared:
        chart.reports.report(
            Place(element, "id"), "duplicate", f"{source!r} is declared twice: the first counts"
        )
        return []
    if kind is not None:
        declared["type"] = kind
    value = _value(chart, element)
    if value is None:
        return []
    if is_expression(value) and not chart.language.is_early(value[1:]):
        assign = {"assign": {own: value[1:]}}
        chart.library.origins.note(assign, element)
        return [[assign]]
    declared["initial"] = value
    chart.library.origins.note(declared, element)
    return []


def _value(chart: Chart, element: Element) -> Any:
    """The data of a ``data`` element; None when it has none."""
    source, uri = element.get("expr"), element.get("src")
    if source is not None:
        return read_expression(chart, element)
    if uri is not None:
        text = chart.library.find_source(uri)
        if text is None:
            detail = f"{uri!r} is not among the sources: the variable has no value"
            chart.reports.report(Place(element, "src"), "unresolved_source", detail)
            return None
        return literal_data(read_inline(text))
    if element.children or element.text.strip():
        return read_child(chart, element)
    return None
