"""Executable content of SCXML, section 4, as content of a template."""

from typing import Any, Final

from actum_core.formats.ecmascript.script import ScriptTranslator
from actum_core.formats.ecmascript.statements import parse_script
from actum_core.formats.ecmascript.syntax import EcmascriptProblem
from actum_core.formats.formula import Formula, literal_text, write_data
from actum_core.formats.scxml.chart import Chart, declare, script_text
from actum_core.formats.scxml.communication import read_cancel, read_send
from actum_core.formats.scxml.languages import Cel, Ecmascript, report_untranslated
from actum_core.formats.scxml.names import ACTUM, CONTENT
from actum_core.formats.scxml.payload import fail, read_child, read_expression
from actum_core.formats.scxml.places import Place
from actum_core.formats.xml_reader import Element
from actum_core.template.names import ROOT_NAMES, is_event_name, is_variable_name

Content = list[dict[str, Any]]

_ATTRIBUTES: Final[dict[str, tuple[str, ...]]] = {
    "raise": ("event",),
    "if": ("cond",),
    "foreach": ("array", "item", "index"),
    "log": ("label", "expr"),
    "assign": ("location", "expr"),
    "script": ("src",),
}


def read_content(chart: Chart, elements: list[Element]) -> Content:
    """The actions that a sequence of elements stands for, in their order."""
    made: Content = []
    for element in elements:
        if not chart.is_known(element, tuple(CONTENT)):
            continue
        if element.name in _ATTRIBUTES:
            chart.report_unknown(element, _ATTRIBUTES[element.name])
        before = len(made)
        match element.name:
            case "raise":
                made.extend(_raise(chart, element))
            case "if":
                made.append(_if(chart, element))
            case "foreach":
                made.append(_for_each(chart, element))
            case "log":
                made.append(_log(chart, element))
            case "assign":
                action = _assign(chart, element)
                if f"{ACTUM} together" in element.foreign and made and "assign" in made[-1]:
                    made[-1]["assign"].update(action.get("assign", {}))
                else:
                    made.append(action)
            case "script":
                made.extend(read_script(chart, element))
            case "send":
                made.append(read_send(chart, element))
            case "cancel":
                made.append(read_cancel(chart, element))
        for action in made[before:]:
            chart.library.origins.note(action, element)
    return made


def _raise(chart: Chart, element: Element) -> Content:
    event = element.get("event")
    if event is None or not is_event_name(event):
        chart.reports.report(Place(element, "event"), "bad_name", f"{event!r} is not the name of an event")
        return []
    return [{"raise": literal_text(event)}]


def _if(chart: Chart, element: Element) -> dict[str, Any]:
    """The clauses of an ``if``, each the alternative of the one before it."""
    clauses: list[tuple[Element, list[Element]]] = [(element, [])]
    for child in element.children:
        if child.name in ("elseif", "else"):
            clauses.append((child, []))
        else:
            clauses[-1][1].append(child)
    otherwise: Content = []
    for clause, elements in reversed(clauses):
        content = read_content(chart, elements)
        if clause.name == "else":
            otherwise = content
            continue
        place = Place(clause, "cond")
        source = clause.get("cond")
        if source is None:
            chart.reports.report(
                place, "missing_attribute", f"<{clause.name}> has no condition: it never holds"
            )
        made: dict[str, Any] = {
            "if": "false" if source is None else chart.language.condition(source, place),
            "then": content,
        }
        if otherwise:
            made["else"] = otherwise
        otherwise = [made]
        chart.library.origins.note(made, clause)
    return otherwise[0]


def _for_each(chart: Chart, element: Element) -> dict[str, Any]:
    source = element.get("array")
    if source is None:
        chart.reports.report(Place(element), "missing_attribute", "<foreach> has no array")
        return fail("a loop without an array")
    array = chart.language.value(source, Place(element, "array"))
    if f"{ACTUM} local" in element.foreign and isinstance(chart.language, Cel):
        return _local_loop(chart, element, array)
    bound: dict[str, str] = {}
    for attribute in ("item", "index"):
        text = (element.get(attribute) or "").strip()
        if not text and attribute == "index":
            continue
        if not is_variable_name(text):
            chart.reports.warn(
                Place(element, attribute), "fails_when_run", f"{text!r} cannot be the name of a variable"
            )
            return fail(f"a loop over {text}")
        bound[attribute] = declare(chart, text, Place(element, attribute)) or text
    local = {attribute: _local_name(own) for attribute, own in bound.items()}
    assigned = {own: local[attribute] for attribute, own in bound.items()}
    body: Content = [{"assign": assigned}, *read_content(chart, element.children)]
    index = {"index": local["index"]} if "index" in local else {}
    return {"for_each": {"in": array, "as": local["item"], **index, "do": body}}


def _local_name(own: str) -> str:
    return f"{own}_" if own in ROOT_NAMES else own


def _local_loop(chart: Chart, element: Element, array: str) -> dict[str, Any]:
    """A loop that a template was exported with: its names are known inside it only."""
    language = chart.language
    assert isinstance(language, Cel)
    names = [element.attributes[name] for name in ("item", "index") if name in element.attributes]
    before, language.local = language.local, tuple(dict.fromkeys((*language.local, *names)))
    body = read_content(chart, element.children)
    language.local = before
    index = {"index": element.attributes["index"]} if "index" in element.attributes else {}
    return {"for_each": {"in": array, "as": element.attributes.get("item", ""), **index, "do": body}}


def _log(chart: Chart, element: Element) -> dict[str, Any]:
    label = element.get("label")
    value = read_expression(chart, element) if "expr" in element.attributes else None
    return {"log": {**({} if label is None else {"label": label}), "value": value}}


def _assign(chart: Chart, element: Element) -> dict[str, Any]:
    text = element.get("location")
    if text is None:
        chart.reports.report(Place(element), "missing_attribute", "<assign> has no location")
        return fail("an assignment to nothing")
    location = chart.language.location(text, Place(element, "location"))
    if location is None:
        return fail(f"an assignment to {text.strip()}")
    source = element.get("expr")
    if source is not None:
        return location.assign(Formula(chart.language.value(source, Place(element, "expr"))))
    return location.assign(write_data(read_child(chart, element)))


def read_script(chart: Chart, element: Element) -> Content:
    """A script as far as it assigns and decides; a problem and an error otherwise."""
    place = Place(element, "src" if "src" in element.attributes else "")
    if not isinstance(chart.language, Ecmascript):
        chart.reports.report(place, "script", "scripts are not part of this data model: replaced by an error")
        return [fail("script")]
    text = script_text(chart, element)
    if text is None:
        uri = element.attributes["src"]
        chart.reports.report(place, "unresolved_source", f"the script {uri!r} is not among the sources")
        return [fail(f"the script {uri}")]
    translator = ScriptTranslator(chart.language.names)
    try:
        made = translator.content(parse_script(text))
    except EcmascriptProblem as problem:
        report_untranslated(problem, text, place, chart.reports)
        return [fail("script")]
    for name in translator.declared:
        chart.variables.setdefault(name, {})
    for note in translator.notes:
        chart.reports.warn(place, "note", note)
    return made
