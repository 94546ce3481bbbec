"""What the ``conf:`` vocabulary means with the data model ``ecmascript``, as confEcma.xsl of the W3C's tests says."""

from .conf import CEL, PROCESSOR, Meaning, always, compared, pair, quoted, same, variable


def _prefix(text: str) -> str:
    first, second = pair(text)
    return f"{variable(second)}.startsWith({variable(first)})"


def _field(name: str) -> str:
    return f"_event.{name}"


def _data(name: str) -> str:
    return f"_event.data.{name}"


_FIELDS = ("name", "type", "sendid", "origin", "origintype", "invokeid", "data")

#: Where the published form is a function (a prefix), its meaning is written with the language's own.
_ATTRIBUTES = {
    **CEL.attributes,
    "datamodel": ("datamodel", always("ecmascript")),
    **dict.fromkeys(("varExpr", "varChildExpr"), ("expr", variable)),
    "varNonexistentStruct": ("expr", lambda text: f"{variable(text)}.bar"),
    "illegalExpr": ("expr", always("return")),
    "eventName": ("expr", always("_event.name")),
    "eventType": ("expr", always("_event.type")),
    "eventSendid": ("expr", always("_event.sendid")),
    "eventField": ("expr", _field),
    "eventDataFieldValue": ("expr", _data),
    "eventDataParamValue": ("expr", _data),
    "eventDataNamelistValue": ("expr", lambda text: _data(variable(text))),
    "scxmlEventIOLocation": ("expr", always(f"_ioprocessors['{PROCESSOR}'].location")),
    "arrayVar": ("array", variable),
    "arrayTextVar": ("array", variable),
    "targetVar": ("targetexpr", variable),
    "targetExpr": ("targetexpr", variable),
    "eventExpr": ("eventexpr", variable),
    "typeExpr": ("typeexpr", variable),
    "delayFromVar": ("delayexpr", variable),
    "sendIDExpr": ("sendidexpr", variable),
    "srcExpr": ("srcexpr", variable),
    "nonBoolean": ("cond", always("return")),
    "idVal": ("cond", compared(same, variable)),
    "varIdVal": ("cond", compared(variable, variable)),
    "namelistIdVal": ("cond", compared(same, variable)),
    "compareIDVal": ("cond", compared(variable, variable)),
    "idQuoteVal": ("cond", compared(quoted, variable)),
    "idSomeVal": ("cond", lambda text: f"{variable(text)} == 123"),
    "VarEqVar": ("cond", lambda text: "===".join(map(variable, pair(text)))),
    "VarEqVarStruct": ("cond", lambda text: "==".join(map(variable, pair(text)))),
    "varPrefix": ("cond", _prefix),
    "isBound": ("cond", variable),
    "noValue": ("cond", lambda text: f"!{variable(text)}"),
    "unboundVar": ("cond", lambda text: f"typeof {variable(text)} === 'undefined' "),
    "inState": ("cond", lambda text: f"In({quoted(text)})"),
    "eventNameVal": ("cond", lambda text: f"_event.name == {quoted(text)}"),
    "eventvarVal": ("cond", compared(same, lambda number: f"_event.data['{variable(number)}']")),
    "eventdataVal": ("cond", lambda text: f"_event.data == {text}"),
    "eventdataSomeVal": ("cond", always("_event.data == 123")),
    "emptyEventData": ("cond", always("typeof _event.data === 'undefined'")),
    "eventDataHasField": ("cond", lambda text: f"{quoted(text)} in _event.data"),
    "eventFieldHasNoValue": ("cond", lambda text: f"typeof {_field(text)} === 'undefined' "),
    "eventFieldsAreBound": ("cond", always(" && ".join(f"'{name}' in _event" for name in _FIELDS))),
    "eventIsExternal": ("cond", always("_event.type === 'external'")),
    "originTypeEq": ("cond", lambda text: f"_event.origintype == {quoted(text)}"),
}

ECMASCRIPT = Meaning(
    _ATTRIBUTES,
    {name: name for name in ("_sessionid", "_event", "_ioprocessors")},
    variable,
    "_event",
    lambda name: "_name",
    lambda value: f"[].concat({value}, [4])",
    ("_event.origin", "_event.origintype"),
)
