"""What a chart sends and cancels: SCXML, sections 6.2 and 6.3."""

from typing import Any, Final

from actum_core.formats.cel_text import quoted
from actum_core.formats.formula import failing, literal_text, write_data
from actum_core.formats.scxml.chart import Chart
from actum_core.formats.scxml.languages import read_delay
from actum_core.formats.scxml.names import ACTUM, ADDRESS, INTERNAL, SEND_TYPES
from actum_core.formats.scxml.payload import read_payload
from actum_core.formats.scxml.places import Place
from actum_core.formats.xml_reader import Element
from actum_core.template.names import is_event_name, is_state_id

Members = dict[str, Any]

_SEND: Final = (
    *("event", "eventexpr", "target", "targetexpr", "type", "typeexpr", "id", "idlocation"),
    *("delay", "delayexpr", "namelist"),
)


def read_send(chart: Chart, element: Element) -> Members:
    chart.report_unknown(element, _SEND)
    for child in element.children:
        chart.is_known(child, ("param", "content"))
    event = _event(chart, element)
    made: Members = {"event": _typed(chart, element, event)}
    data = read_payload(chart, element)
    if data is not None:
        made["data"] = data
    to = _target(chart, element)
    timed = {"id", "idlocation", "delay", "delayexpr"} & element.attributes.keys()
    if to == INTERNAL and not timed and (not chart.is_own or f"{ACTUM} raise" in element.foreign):
        return {"raise": made}
    if to is not None:
        made["to"] = to
    made |= read_id(chart, element)
    delay, moment = _delay(chart, element), element.foreign.get(f"{ACTUM} at")
    if moment is not None and chart.is_own:
        made["at"] = moment
    elif delay is not None:
        made["delay"] = delay
    return {"send": made}


def read_cancel(chart: Chart, element: Element) -> Members:
    chart.report_unknown(element, ("sendid", "sendidexpr"))
    if "sendidexpr" in element.attributes:
        source = element.attributes["sendidexpr"]
        return {"cancel": f"={chart.language.value(source, Place(element, 'sendidexpr'))}"}
    sent = element.get("sendid")
    if sent is None:
        chart.reports.report(Place(element), "missing_attribute", "<cancel> says not what to cancel")
        return {"cancel": f"={failing('nothing to cancel')}"}
    return {"cancel": _literal_id(sent)}


def _event(chart: Chart, element: Element) -> str:
    source = element.get("eventexpr")
    if source is not None:
        return f"={chart.language.value(source, Place(element, 'eventexpr'))}"
    event = element.get("event")
    if event is None or not is_event_name(event):
        detail = f"{event!r} is not the name of an event: sending fails"
        chart.reports.report(Place(element, "event"), "bad_name", detail)
        return f"={failing('an event without a name')}"
    return literal_text(event)


def _typed(chart: Chart, element: Element, event: str) -> str:
    """The event, where the type of the send is one that there is; else what fails (6.2.4: error.execution)."""
    source = element.get("typeexpr")
    if source is not None:
        kind = chart.language.value(source, Place(element, "typeexpr"))
        return f"={where_known(kind, SEND_TYPES, write_data(event).source, 'the type of the send')}"
    kind_text = element.get("type")
    if kind_text is None or kind_text in SEND_TYPES:
        return event
    detail = f"messages cannot be sent by {kind_text[:64]!r}: sending fails (error.execution)"
    chart.reports.report(Place(element, "type"), "unsupported", detail)
    return f"={failing(f'the type of the send, {kind_text}')}"


def where_known(source: str, known: tuple[str, ...], then: str, reason: str) -> str:
    """An expression that has a value only where another gives one of the known texts."""
    listed = ", ".join(quoted(each) for each in known)
    return f"({source}) in [{listed}] ? {then} : {failing(reason)}"


def _target(chart: Chart, element: Element) -> str | None:
    source = element.get("targetexpr")
    if source is not None:
        return f"={chart.language.value(source, Place(element, 'targetexpr'))}"
    target = element.get("target")
    if not target:
        return None
    if target.startswith("#_") and not target.startswith(ADDRESS) and is_state_id(target[2:]):
        return target
    if not target.startswith("#_"):
        detail = f"nothing can be sent to {target[:64]!r}: sending fails (error.execution)"
        chart.reports.report(Place(element, "target"), "unsupported", detail)
    # As an expression it is looked up when the message is sent, and its error is the machine's.
    return f"={quoted(target)}"


def read_id(chart: Chart, element: Element) -> Members:
    """The id of a send or an invoke, or the variable that is set to it."""
    if "idlocation" in element.attributes:
        return _id_location(chart, element)
    named = element.get("id")
    return {} if named is None else {"id": _literal_id(named)}


def _id_location(chart: Chart, element: Element) -> Members:
    place = Place(element, "idlocation")
    location = chart.language.location(element.attributes["idlocation"], place)
    if location is None:
        return {"id": f"={failing('idlocation')}"}
    if location.keys:
        chart.reports.report(
            place, "unsupported", "only a whole variable can be set to the id: it is left out"
        )
        return {}
    return {"id_to": location.variable}


def _literal_id(text: str) -> str:
    return text if is_state_id(text) else f"={quoted(text)}"


def _delay(chart: Chart, element: Element) -> str | None:
    source = element.get("delayexpr")
    if source is not None:
        return f"={chart.language.delay(source, Place(element, 'delayexpr'))}"
    text = element.get("delay")
    if text is None:
        return None
    delay = read_delay(text)
    if delay is None:
        detail = f"{text[:64]!r} is not a length of time such as 1.5s or 500ms: sending fails"
        chart.reports.report(Place(element, "delay"), "bad_value", detail)
        return f"={failing(text)}"
    return delay
