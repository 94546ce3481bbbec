"""What the ``conf:`` vocabulary of the W3C's tests means with the data model ``cel``.

The tests are written without a data model: whatever is an expression is an attribute or element of the namespace
``http://www.w3.org/2005/scxml-conformance``, and every implementer says what each means. Here is what they mean for
the expression language; ``confEcma.xsl``, which does so for ECMAScript, says in its comments what is to be tested.
``Var1`` is the variable that the tests call 1.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

CONF = "{http://www.w3.org/2005/scxml-conformance}"
SCXML = "{http://www.w3.org/2005/07/scxml}"

PROCESSOR = "http://www.w3.org/TR/scxml/#SCXMLEventProcessor"

#: An expression of the right form that never has a value.
NO_VALUE = "[][0]"

_ORIGIN_TYPE = f"(message.origin == '' ? '' : '{PROCESSOR}')"

_SYSTEM = {
    "_sessionid": "self",
    "_event": "message",
    "_ioprocessors": f"{{'{PROCESSOR}': {{'location': self}}, 'scxml': {{'location': self}}}}",
}

_FIELDS = {
    "name": "message.name",
    "type": "message.kind",
    "sendid": "message.id",
    "origin": "message.origin",
    "origintype": _ORIGIN_TYPE,
    "invokeid": "message.invoke",
    "data": "message.data",
}


class Unknown(Exception):
    """The test uses a part of the vocabulary that is not said here."""


def variable(number: str) -> str:
    return f"Var{number.strip()}"


def value_of(number: str) -> str:
    return f"vars.{variable(number)}"


def _has_value(number: str) -> str:
    # The variable may be one that nothing declares, which must not keep the document from being compiled.
    name = variable(number)
    return f"has(dyn(vars).{name}) && !(dyn(vars).{name} in [null, ''])"


def _field_has_no_value(field: str) -> str:
    return "message.data == null" if field == "data" else f"{_FIELDS[field]} == ''"


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def compared(quote: Callable[[str], str], left: Callable[[str], str] = value_of) -> Callable[[str], str]:
    """``1=2``: a variable, how it is compared, and with what."""

    def condition(text: str) -> str:
        match = re.fullmatch(r"([0-9]+)([=<>]=?)(.*)", text)
        assert match is not None, text
        operator = "==" if match[2] == "=" else match[2]
        return f"{left(match[1])} {operator} {quote(match[3])}"

    return condition


def pair(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"\s*([0-9]+)\W+([0-9]+)\s*", text)
    assert match is not None, text
    return match[1], match[2]


def _are_equal(text: str) -> str:
    first, second = pair(text)
    return f"{value_of(first)} == {value_of(second)}"


def _is_prefix(text: str) -> str:
    first, second = pair(text)
    return f"{value_of(second)}.startsWith({value_of(first)})"


def _every_cell(text: str) -> str:
    match = re.fullmatch(r"([0-9]+)\W+(.*)", text)
    assert match is not None, text
    cells = [f"{value_of(match[1])}[{row}][{column}] == {match[2]}" for row in (0, 1) for column in (0, 1)]
    return " && ".join(cells)


def always(text: str) -> Callable[[str], str]:
    return lambda given: text


def same(text: str) -> str:
    return text


#: For each attribute: the attribute of SCXML that it stands for, and what is in it.
_ATTRIBUTES: dict[str, tuple[str, Callable[[str], str]]] = {
    "targetpass": ("target", always("pass")),
    "targetfail": ("target", always("fail")),
    "datamodel": ("datamodel", always("cel")),
    # Names and locations
    "id": ("id", variable),
    "name": ("name", variable),
    "location": ("location", variable),
    "invalidLocation": ("location", always("foo.bar.baz ")),
    "systemVarLocation": ("location", same),
    "item": ("item", variable),
    "illegalItem": ("item", always("'continue'")),
    "index": ("index", variable),
    "idlocation": ("idlocation", variable),
    "namelist": ("namelist", variable),
    "invalidNamelist": ("namelist", always('"foo')),
    "multipleNamelist": ("namelist", lambda text: " ".join(map(variable, re.findall("[0-9]+", text)))),
    # Expressions
    "expr": ("expr", same),
    "quoteExpr": ("expr", quoted),
    "varExpr": ("expr", value_of),
    "varChildExpr": ("expr", value_of),
    "varNonexistentStruct": ("expr", lambda text: f"{value_of(text)}.bar"),
    "illegalExpr": ("expr", always(NO_VALUE)),
    "invalidSessionID": ("expr", always("27")),
    "invalidSendTypeExpr": ("expr", always("27")),
    "illegalArray": ("expr", always("7")),
    "arrayExpr123": ("expr", always("[1, 2, 3]")),
    "multiDimensionalArrayExpr": ("expr", lambda text: f"[[{text}, {text}], [{text}, {text}]]"),
    "eventName": ("expr", always("message.name")),
    "eventType": ("expr", always("message.kind")),
    "eventSendid": ("expr", always("message.id")),
    "eventField": ("expr", _FIELDS.__getitem__),
    "eventDataFieldValue": ("expr", lambda text: f"message.data.{text}"),
    "eventDataParamValue": ("expr", lambda text: f"message.data.{text}"),
    "eventDataNamelistValue": ("expr", lambda text: f"message.data.{variable(text)}"),
    "scxmlEventIOLocation": ("expr", always(f"{_SYSTEM['_ioprocessors']}['{PROCESSOR}'].location")),
    "arrayVar": ("array", value_of),
    "arrayTextVar": ("array", value_of),
    "targetVar": ("targetexpr", value_of),
    "targetExpr": ("targetexpr", value_of),
    "eventExpr": ("eventexpr", value_of),
    "typeExpr": ("typeexpr", value_of),
    "delayFromVar": ("delayexpr", value_of),
    "delay": ("delayexpr", lambda text: f"'{text}s'"),
    "sendIDExpr": ("sendidexpr", value_of),
    "srcExpr": ("srcexpr", value_of),
    # What cannot be sent
    "illegalTarget": ("target", always("baz")),
    "unreachableTarget": ("target", always("#_scxml_foo")),
    "invalidSendType": ("type", always("27")),
    # Conditions
    "true": ("cond", always("true")),
    "false": ("cond", always("false")),
    "nonBoolean": ("cond", always("'foo'")),
    "idVal": ("cond", compared(same)),
    "varIdVal": ("cond", compared(value_of)),
    "namelistIdVal": ("cond", compared(same)),
    "compareIDVal": ("cond", compared(value_of)),
    "idQuoteVal": ("cond", compared(quoted)),
    "idSomeVal": ("cond", lambda text: f"{value_of(text)} == 123"),
    "VarEqVar": ("cond", _are_equal),
    "VarEqVarStruct": ("cond", _are_equal),
    "varPrefix": ("cond", _is_prefix),
    "arrayVal": ("cond", _every_cell),
    "isBound": ("cond", _has_value),
    "noValue": ("cond", lambda text: f"{value_of(text)} in [null, '']"),
    "unboundVar": ("cond", lambda text: f"{value_of(text)} == null"),
    "inState": ("cond", lambda text: f"in_state({quoted(text)})"),
    "eventNameVal": ("cond", lambda text: f"message.name == {quoted(text)}"),
    "eventvarVal": ("cond", compared(same, lambda number: f"message.data.{variable(number)}")),
    "eventdataVal": ("cond", lambda text: f"message.data == {text}"),
    "eventdataSomeVal": ("cond", always("message.data == 123")),
    "emptyEventData": ("cond", always("message.data == null")),
    "eventDataHasField": ("cond", lambda text: f"has(message.data.{text})"),
    "eventFieldHasNoValue": ("cond", _field_has_no_value),
    "eventFieldsAreBound": (
        "cond",
        always(" && ".join(f"type({each}) != type" for each in _FIELDS.values())),
    ),
    "eventIsExternal": ("cond", always("message.kind == 'external'")),
    "originTypeEq": ("cond", lambda text: f"{_ORIGIN_TYPE} == {quoted(text)}"),
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the vocabulary means in one language. ``system`` has the system variables, by name."""

    attributes: dict[str, tuple[str, Callable[[str], str]]]
    system: dict[str, str]
    value_of: Callable[[str], str]
    event_is_bound: str
    name: Callable[[str], str]
    extended: Callable[[str], str]
    origin: tuple[str, str]


CEL = Meaning(
    _ATTRIBUTES,
    _SYSTEM,
    value_of,
    "message.name != ''",
    quoted,
    lambda value: f"{value} + [4]",
    ("message.origin", _ORIGIN_TYPE),
)


def to_scxml(text: str, meaning: Meaning = CEL) -> str:
    """A test as SCXML, by default with the data model ``cel``. Raises Unknown."""
    root = ElementTree.fromstring(text)
    if root.get("datamodel") == "ecmascript":
        # A test of that data model itself, which leaves nothing open but what states are asked for by.
        for element in root.iter():
            if f"{CONF}inState" in element.attrib:
                element.set("cond", f"In({quoted(element.attrib.pop(CONF + 'inState'))})")
    _replace(root, root.get("name") or "", meaning)
    ElementTree.register_namespace("", SCXML.strip("{}"))
    return ElementTree.tostring(root, encoding="unicode")


def _replace(element: ElementTree.Element, name: str, meaning: Meaning) -> None:
    """Rewrite an element and all within it; ``name`` is that of the chart it stands in."""
    if element.tag == f"{SCXML}scxml":
        name = element.get("name") or ""
    for key in [key for key in element.attrib if key.startswith(CONF)]:
        attribute, value = _attribute(key.removeprefix(CONF), element.attrib.pop(key), name, meaning)
        element.set(attribute, value)
    for place, child in enumerate(list(element)):
        if isinstance(child.tag, str) and child.tag.startswith(CONF):
            made = _element(child.tag.removeprefix(CONF), child, meaning)
            if isinstance(made, str):
                _put_text(element, child, made)
                continue
            made.tail = child.tail
            element[place] = made
        else:
            _replace(child, name, meaning)


def _attribute(key: str, value: str, name: str, meaning: Meaning) -> tuple[str, str]:
    system = {**meaning.system, "_name": meaning.name(name)}
    match key:
        case "systemVarExpr":
            return "expr", system[value]
        case "idSystemVarVal":
            return "cond", compared(system.__getitem__, meaning.value_of)(value)
        case "systemVarIsBound":
            return "cond", meaning.event_is_bound if value == "_event" else f"{system[value]} != null"
        case "nameVarVal":
            return "cond", f"{meaning.name(name)} == {quoted(value)}"
    if key not in meaning.attributes:
        raise Unknown(f"conf:{key}")
    attribute, make = meaning.attributes[key]
    return attribute, make(value)


def _element(key: str, element: ElementTree.Element, meaning: Meaning) -> ElementTree.Element | str:
    value_of = meaning.value_of
    match key:
        case "pass" | "fail":
            made = ElementTree.Element(f"{SCXML}final", {"id": key})
            entry = ElementTree.SubElement(made, f"{SCXML}onentry")
            ElementTree.SubElement(entry, f"{SCXML}log", {"label": "Outcome", "expr": f"'{key}'"})
            return made
        case "incrementID":
            return _assign(element.attrib["id"], f"{value_of(element.attrib['id'])} + 1")
        case "concatVars" | "sumVars":
            first, second = element.attrib["id1"], element.attrib["id2"]
            return _assign(first, f"{value_of(first)} + {value_of(second)}")
        case "extendArray":
            return _assign(element.attrib["id"], meaning.extended(value_of(element.attrib["id"])))
        case "illegalContent" | "contentFoo":
            content = ElementTree.Element(f"{SCXML}content")
            content.text = "foo" if key == "contentFoo" else " xyz "
            return content
        case "sendToSender":
            expressions = dict(zip(("targetexpr", "typeexpr"), meaning.origin, strict=True))
            return ElementTree.Element(f"{SCXML}send", {"event": element.attrib["name"], **expressions})
        case "array123":
            return "[1, 2, 3]"
        case "someInlineVal":
            return "123"
    raise Unknown(f"<conf:{key}>")


def _assign(number: str, expression: str) -> ElementTree.Element:
    return ElementTree.Element(f"{SCXML}assign", {"location": variable(number), "expr": expression})


def _put_text(parent: ElementTree.Element, child: ElementTree.Element, text: str) -> None:
    """Put text where an element was. In these tests such an element has no brothers."""
    parent.remove(child)
    parent.text = (parent.text or "").strip() + text
