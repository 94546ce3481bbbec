"""States and transitions of a chart, SCXML section 3, as a machine of a template."""

from typing import Any, Final

from actum_core.formats.formula import reason_of_failing
from actum_core.formats.scxml.chart import STATES, Chart, Library, Part, open_chart
from actum_core.formats.scxml.content import read_content
from actum_core.formats.scxml.data import read_data_model, read_late_data
from actum_core.formats.scxml.invoke import read_invoke
from actum_core.formats.scxml.names import ACTUM
from actum_core.formats.scxml.origins import PLACED
from actum_core.formats.scxml.payload import fail, read_payload
from actum_core.formats.scxml.places import Place
from actum_core.formats.xml_reader import Element
from actum_core.template.names import normal_descriptor

Members = dict[str, Any]

_ATTRIBUTES: Final[dict[str, tuple[str, ...]]] = {
    "scxml": ("initial", "name", "version", "datamodel", "binding"),
    "state": ("id", "initial"),
    "parallel": ("id",),
    "final": ("id",),
    "history": ("id", "type"),
    "transition": ("event", "cond", "target", "type"),
}
_CHILDREN: Final[dict[str, tuple[str, ...]]] = {
    "scxml": ("state", "parallel", "final", "datamodel", "script", "transition"),
    "state": (*STATES, "onentry", "onexit", "transition", "initial", "datamodel", "invoke"),
    "parallel": ("state", "parallel", "history", "onentry", "onexit", "transition", "datamodel", "invoke"),
    "final": ("onentry", "onexit", "donedata"),
    "history": ("transition",),
}


def read_chart(root: Element, library: Library) -> Part:
    """The machine of a chart and its variables."""
    chart = open_chart(root, library)
    chart.report_unknown(root, _ATTRIBUTES["scxml"])
    for child in root.children:
        # Machines that no invoke of the chart has within it: only we write and read them.
        if child.namespace == ACTUM and child.name == "machine" and child.children:
            library.add(child.children[0])
    entry = read_data_model(chart)
    machine: Members = {"initial": _initial(chart, root), "states": _states(chart, root)}
    if entry:
        machine["entry"] = entry
    machine |= _transitions(chart, root)
    for transition in root.named("transition"):
        detail = "SCXML has no transitions of <scxml> itself: it is one of the machine, which is never left"
        chart.reports.warn(Place(transition), "note", detail)
    top = [data.get("id") or "" for model in root.named("datamodel") for data in model.named("data")]
    # What an invoke gives is found by its name, so a variable that is called otherwise here cannot be given.
    given = [name for name in top if name and chart.names.variables.get(name) == name]
    return Part(chart.variables, machine, given, chart.table if chart.names.mentioned & PLACED else "")


def _states(chart: Chart, parent: Element) -> list[Members]:
    made: list[Members] = []
    for child in parent.children:
        if child.namespace == ACTUM:
            continue
        if chart.is_known(child, _CHILDREN[parent.name]) and child.name in STATES:
            made.append(_state(chart, child))
    return made


def _state(chart: Chart, element: Element) -> Members:
    chart.report_unknown(element, _ATTRIBUTES[element.name])
    made: Members = {"id": chart.state_id(element)}
    if element.name == "history":
        return made | _history(chart, element)
    if element.name in ("parallel", "final"):
        made["type"] = element.name
    states = _states(chart, element)
    if states:
        made["states"] = states
        if element.name == "state":
            made["initial"] = _initial(chart, element)
    entry = [read_content(chart, child.children) for child in _handlers(chart, element, "onentry")]
    leave = [read_content(chart, child.children) for child in _handlers(chart, element, "onexit")]
    late = read_late_data(chart, element, made["id"])
    for name, blocks in (("entry", [*late, *entry]), ("exit", leave)):
        filled = [content for content in blocks if content]
        if filled:
            made[name] = filled
    made |= _transitions(chart, element)
    invokes = [read_invoke(chart, child) for child in element.named("invoke")]
    if invokes:
        made["invoke"] = invokes
    for done in element.named("donedata"):
        output = _output(chart, done, made)
        if output is not None:
            made["output"] = output
            chart.library.origins.note_output(made, done)
    return made


def _handlers(chart: Chart, element: Element, name: str) -> list[Element]:
    """Entry or exit handlers, without those that we wrote for the timers of ``after``."""
    found = list(element.named(name))
    return [each for each in found if f"{ACTUM} after" not in each.foreign] if chart.is_own else found


def _output(chart: Chart, done: Element, state: Members) -> Any:
    """What a final state yields. A ``param`` that certainly fails is an error of its own (5.7.2)."""
    output = read_payload(chart, done)
    if done.first("content") is not None or not isinstance(output, dict):
        return output
    kept: Members = {}
    for name, data in output.items():
        reason = reason_of_failing(data[1:]) if isinstance(data, str) else None
        if reason is None:
            kept[name] = data
        else:
            failing = fail(reason)
            chart.library.origins.note(failing, done)
            state.setdefault("entry", []).append([failing])
    return kept or None


def _history(chart: Chart, element: Element) -> Members:
    reach = element.get("type") or "shallow"
    transition = element.first("transition")
    made: Members = {"type": "history", "history": reach}
    if transition is None:
        chart.reports.report(Place(element), "missing_element", "<history> has no default transition")
        return made
    made["target"] = _targets(chart, transition, "target")
    content = read_content(chart, transition.children)
    return {**made, "actions": content} if content else made


def _initial(chart: Chart, element: Element) -> Any:
    """Where a state begins: its attribute, its element, or the first state within it (3.2, 3.3)."""
    if "initial" in element.attributes:
        return _targets(chart, element, "initial")
    initial = element.first("initial")
    transition = None if initial is None else initial.first("transition")
    if transition is not None:
        targets = _targets(chart, transition, "target")
        content = read_content(chart, transition.children)
        return {"target": targets, "actions": content} if content else targets
    for child in element.children:
        if child.name in STATES and child.name != "history":
            return [chart.state_id(child)]
    chart.reports.report(Place(element), "missing_element", f"<{element.name}> has no state to begin in")
    return []


def _targets(chart: Chart, element: Element, attribute: str) -> list[str]:
    found = []
    for source in (element.get(attribute) or "").split():
        if source not in chart.names.states:
            detail = f"there is no state {source[:64]!r}"
            chart.reports.report(Place(element, attribute), "unknown_state", detail)
        found.append(chart.names.states.get(source) or source)
    return found


def _transitions(chart: Chart, element: Element) -> Members:
    on: list[Members] = []
    always: list[Members] = []
    after: list[Members] = []
    for child in element.named("transition"):
        chart.report_unknown(child, _ATTRIBUTES["transition"])
        made = _transition(chart, child)
        delay = child.foreign.get(f"{ACTUM} after") if chart.is_own else None
        if delay is not None:
            made = {"delay": delay, **made}
            after.append(made)
        elif "event" in child.attributes:
            descriptors = _descriptors(chart, child)
            made = {"event": descriptors, **made}
            if descriptors:
                on.append(made)
        else:
            always.append(made)
        chart.library.origins.note(made, child)
    named = (("on", on), ("always", always), ("after", after))
    return {name: transitions for name, transitions in named if transitions}


def _transition(chart: Chart, element: Element) -> Members:
    made: Members = {}
    if "target" in element.attributes:
        made["target"] = _targets(chart, element, "target")
    if "cond" in element.attributes:
        made["guard"] = chart.language.condition(element.attributes["cond"], Place(element, "cond"))
    content = read_content(chart, element.children)
    if content:
        made["actions"] = content
    if element.get("type") == "internal":
        made["internal"] = True
    return made


def _descriptors(chart: Chart, element: Element) -> str:
    """Event descriptors (3.12.1); ``.*`` is every event, since its tokens are a prefix of those of all."""
    found = []
    for token in element.attributes["event"].split():
        descriptor = "*" if token in (".*", ".") else normal_descriptor(token)
        if descriptor is None:
            detail = f"{token[:64]!r} is no event descriptor: it is left out"
            chart.reports.report(Place(element, "event"), "bad_name", detail)
        else:
            found.append(descriptor)
    if not found:
        chart.reports.report(
            Place(element, "event"), "bad_name", "no event is named: the transition is left out"
        )
    return " ".join(found)
