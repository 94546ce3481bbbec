"""One chart of an SCXML document while it is read: its names, its language, and the machines beside it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from actum_core.errors import Invalid
from actum_core.formats import naming
from actum_core.formats.ecmascript.names import Names
from actum_core.formats.ecmascript.statements import parse_script
from actum_core.formats.ecmascript.syntax import (
    Assignment,
    Branch,
    EcmascriptProblem,
    Function,
    Name,
    Statement,
)
from actum_core.formats.formula import write_data
from actum_core.formats.scxml.languages import Cel, Ecmascript, Language, Null, make_variable
from actum_core.formats.scxml.names import ACTUM, EVENT_FIELDS, SCXML, TEMPLATE_SOURCE, system_variables
from actum_core.formats.scxml.origins import Origins, error_members, table_name
from actum_core.formats.scxml.places import Place, Reports
from actum_core.formats.xml_reader import Element, parse_xml
from actum_core.limits import CHILD_MACHINES_MAX
from actum_core.template.names import is_variable_name

STATES: Final = ("state", "parallel", "final", "history")

Members = dict[str, Any]


@dataclass(slots=True)
class Part:
    """A machine with its variables. ``given`` are those that whoever starts it may set (3.14: top-level data)."""

    variables: dict[str, Members]
    machine: Members
    given: list[str]
    #: The variable for where its content came from, where something asks for it.
    table: str = ""


class Library:
    """The machines that a document invokes: those within it, and those that its sources have."""

    def __init__(
        self, sources: Mapping[str, str], read: Callable[[Element, "Library"], Part], reports: Reports
    ) -> None:
        self.sources = sources
        self.parts: dict[str, Part | None] = {}
        self.reports = reports
        self.origins = Origins()
        self._read = read
        self._names = naming.Names(naming.state_id)
        self._of_sources: dict[str, str | None] = {}
        self._given: dict[str, set[str]] = {}
        self._given_to_all: set[str] = set()
        #: True where the whole document was written by us.
        self.is_own = False

    def add(self, root: Element) -> str:
        """The name of the machine that a nested chart is; equal charts of one name are one machine."""
        part = self._read(root, self)
        label = root.get("name")
        if label is not None and self.parts.get(self._names.find(label) or "") == part:
            return self._names.give(label)
        name = (
            self._names.make("machine") if label is None or label in self._names else self._names.give(label)
        )
        self.parts[name] = part
        return name

    def find_source(self, uri: str) -> str | None:
        """The text of another document, where the caller gave it: nothing is ever fetched."""
        for key in (uri, uri.removeprefix("file:")):
            if key in self.sources:
                return self.sources[key]
        return None

    def add_source(self, uri: str) -> str | None:
        """The name of the machine that another document is; None when it is not there, or is no chart."""
        if uri.startswith(TEMPLATE_SOURCE):
            return uri.removeprefix(TEMPLATE_SOURCE)
        text = self.find_source(uri)
        key = uri.removeprefix("file:")
        if text is None or key in self._of_sources:
            return self._of_sources.get(key)
        try:
            root = parse_xml(text)
        except Invalid:
            return None
        if root.name != "scxml":
            return None
        # Known before it is read, since it may invoke itself.
        stem = key.rpartition("/")[2].partition(".")[0]
        name = self._of_sources[key] = self._names.make(stem or "machine")
        self.parts[name] = None
        self.parts[name] = self._read(root, self)
        return name

    def charts(self) -> dict[str, str]:
        """The machine of every source that is a chart, by what an expression may call it."""
        found: dict[str, str] = {}
        for uri in list(self.sources)[:CHILD_MACHINES_MAX]:
            name = self.add_source(uri)
            if name is not None:
                plain = uri.removeprefix("file:")
                found |= {plain: name, f"file:{plain}": name}
        return found

    def give(self, machine: str | None, names: set[str]) -> None:
        """An invoke gives values of these names to a machine; None is any of them."""
        if machine is None:
            self._given_to_all |= names
        else:
            self._given.setdefault(machine, set()).update(names)

    def finish(self) -> Members:
        """The declarations of the machines: what an invoke gives comes before the value that stands there."""
        made: Members = {}
        for name, part in self.parts.items():
            if part is None:
                continue
            given = self._given_to_all | self._given.get(name, set())
            for variable in part.given:
                if variable in given:
                    _let_give(part.variables[variable], variable)
            made[name] = {**({"vars": part.variables} if part.variables else {}), "machine": part.machine}
        return made


def _let_give(declared: Members, name: str) -> None:
    otherwise = write_data(declared.get("initial")).source
    declared["initial"] = f"=has(input.{name}) ? input.{name} : {otherwise}"


@dataclass(slots=True)
class Chart:
    """What the readers of one chart share."""

    root: Element
    library: Library
    reports: Reports
    language: Language
    names: Names
    states: naming.Names
    variables: dict[str, Members]
    is_late: bool = False
    is_own: bool = False
    #: The variable for where its content came from.
    table: str = ""
    #: Ids made for elements without one, by path.
    anonymous: dict[str, str] = field(default_factory=dict)

    def state_id(self, element: Element) -> str:
        source = element.get("id")
        if source is not None:
            return self.states.give(source)
        if element.path not in self.anonymous:
            self.anonymous[element.path] = self.states.make(element.name)
        return self.anonymous[element.path]

    def report_unknown(self, element: Element, known: tuple[str, ...]) -> None:
        """Tell of attributes that SCXML does not have here; those of other namespaces are nobody's loss."""
        for name in element.attributes:
            if name not in known:
                self.reports.report(
                    Place(element, name),
                    "unknown_attribute",
                    f"<{element.name}> has no attribute {name!r}: it is left out",
                )
        for name in element.foreign:
            if not name.startswith(ACTUM):
                self.reports.warn(Place(element), "foreign", f"the attribute {name!r} is left out")

    def is_known(self, element: Element, known: tuple[str, ...]) -> bool:
        """Whether an element may stand here; a problem tells of every other one."""
        if element.name in known and element.namespace in (SCXML, ""):
            return True
        detail = f"<{element.name}> cannot stand here: it is left out"
        self.reports.report(Place(element), "unknown_element", detail)
        return False


def own_elements(root: Element) -> Iterator[Element]:
    """All elements of a chart in document order, without those of charts within it."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        waiting.extend(child for child in reversed(element.children) if child.name != "scxml")


def open_chart(root: Element, library: Library) -> Chart:
    """Find every name of a chart, before anything that mentions one is read."""
    reports = library.reports
    states = naming.Names(naming.state_id)
    names = Names({}, event=EVENT_FIELDS)
    chart = Chart(root, library, reports, Null(names, reports), names, states, {})
    chart.is_late = root.get("binding") == "late"
    types: dict[str, str] = {}
    model = _data_model(chart)
    for element in own_elements(root):
        if element.name in STATES and element.get("id") is not None:
            _claim_state(chart, element)
        elif element.name == "data" and element.get("id") is not None:
            declare(chart, element.attributes["id"], Place(element, "id"))
            types[element.attributes["id"]] = element.foreign.get(f"{ACTUM} type", "any")
        elif element.name == "foreach" and f"{ACTUM} local" not in element.foreign:
            _declare_loop(chart, element)
        elif element.name == "script" and model == "ecmascript":
            _declare_script(chart, element)
    names.states = {source: states.give(source) for source in _state_ids(root)}
    if model == "ecmascript":
        names.formulas.update(system_variables(root.get("name") or ""))
        chart.table = table_name(chart.variables)
        names.error_data = error_members(names, chart.table)
        chart.language = Ecmascript(names, reports)
    elif model == "cel":
        declared = [make_variable(own, types.get(source, "any")) for source, own in names.variables.items()]
        chart.is_own = f"{ACTUM} format" in root.foreign or library.is_own
        library.is_own = chart.is_own
        chart.language = Cel(names, declared, reports, is_own=chart.is_own)
    return chart


def _data_model(chart: Chart) -> str:
    model = chart.root.get("datamodel")
    if model in ("cel", "ecmascript", "null"):
        return model
    if model is not None:
        detail = f"expressions of the data model {model!r} are not known: each is replaced by an error"
        chart.reports.report(Place(chart.root, "datamodel"), "unsupported", detail)
        return "null"
    mentions = {"cond", "expr", "location", "array", "eventexpr", "targetexpr", "delayexpr"}
    if any(not mentions.isdisjoint(element.attributes) for element in own_elements(chart.root)):
        detail = "no data model is named: expressions are read as ECMAScript"
        chart.reports.warn(Place(chart.root), "note", detail)
    return "ecmascript"


def _state_ids(root: Element) -> Iterator[str]:
    for element in own_elements(root):
        source = element.get("id")
        if element.name in STATES and source is not None:
            yield source


def _claim_state(chart: Chart, element: Element) -> None:
    source = element.attributes["id"]
    if chart.states.give(source) != source:
        detail = f"the state {source[:64]!r} is called {chart.states.give(source)!r} here"
        chart.reports.warn(Place(element, "id"), "renamed", detail)


def declare(chart: Chart, source: str, place: Place) -> str | None:
    """The variable of the template for a name of the chart; None when it can be none."""
    if source in chart.names.variables:
        return chart.names.variables[source]
    own = source
    if not is_variable_name(source):
        own = naming.variable_name(source)
        while own in chart.variables:
            own += "_"
        chart.reports.warn(place, "renamed", f"the variable {source[:64]!r} is called {own!r} here")
    chart.names.variables[source] = own
    chart.variables[own] = {}
    return own


def _declare_loop(chart: Chart, element: Element) -> None:
    """What a loop sets are variables like others, declared by it where nothing else does (4.6)."""
    for attribute in ("item", "index"):
        source = element.get(attribute)
        if source is not None and is_variable_name(source.strip()):
            declare(chart, source.strip(), Place(element, attribute))


def script_text(chart: Chart, element: Element) -> str | None:
    """The text of a script, which may be another document; None when that is not there."""
    uri = element.get("src")
    return element.text if uri is None else chart.library.find_source(uri)


def _declare_script(chart: Chart, element: Element) -> None:
    text = script_text(chart, element)
    try:
        statements = parse_script(text or "")
    except EcmascriptProblem:
        return  # told where the script is read
    _declare_statements(chart, statements, Place(element))


def _declare_statements(chart: Chart, statements: tuple[Statement, ...], place: Place) -> None:
    for statement in statements:
        match statement:
            case Function():
                chart.names.functions[statement.name] = statement
            case Branch():
                _declare_statements(chart, statement.then + statement.otherwise, place)
            case Assignment(target=Name(name=name)) if not name.startswith("_"):
                declare(chart, name, place)
