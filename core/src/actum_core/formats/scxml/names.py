"""The names of SCXML 1.0 that both directions share: namespaces, types, addresses, system variables."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from actum_core.formats.cel_text import Level
from actum_core.formats.formula import Formula, Yields, text_formula

SCXML: Final = "http://www.w3.org/2005/07/scxml"

#: Attributes of ours in documents that we write; other tools leave them alone.
ACTUM: Final = "https://actum.dev/ns/scxml/1"

#: What ``invoke`` and ``send`` call the SCXML interpreter and its way of sending (6.2.5, 6.4.1, C.1).
PROCESSOR: Final = "http://www.w3.org/TR/scxml/#SCXMLEventProcessor"
SEND_TYPES: Final = ("scxml", PROCESSOR)
INVOKE_TYPES: Final = ("scxml", "http://www.w3.org/TR/scxml/", "http://www.w3.org/TR/scxml")

#: ``src`` of an ``invoke`` that means a published version of a template, followed by ``name@version``.
TEMPLATE_SOURCE: Final = "actum:"

INTERNAL: Final = "#_internal"
ADDRESS: Final = "#_scxml_"

#: The executable content of SCXML 1.0, section 4, and what communicates, section 6.
CONTENT: Final = frozenset({"raise", "if", "foreach", "log", "assign", "script", "send", "cancel"})


def _blank(name: str, value: str) -> Formula:
    """A field of the message that is ``""`` where ECMAScript has undefined."""
    source = f"(message.{name} == '' ? null : dyn({value}))"
    return Formula(source, Level.MEMBER)


#: The fields of ``_event`` (5.10.1), as members of the message that drives the machine.
EVENT_FIELDS: Final[Mapping[str, Formula]] = MappingProxyType(
    {
        "name": Formula("message.name", yields=Yields.TEXT),
        "type": Formula("message.kind", yields=Yields.TEXT),
        "data": Formula("message.data"),
        "sendid": _blank("id", "message.id"),
        "origin": _blank("origin", f"'{ADDRESS}' + message.origin"),
        "origintype": _blank("origin", f"'{PROCESSOR}'"),
        "invokeid": _blank("invoke", "message.invoke"),
    }
)


def system_variables(name: str) -> dict[str, Formula]:
    """The system variables of a machine (5.10) in ECMAScript, by name; ``_event`` as a whole is the message."""
    location = f"{{'location': '{ADDRESS}' + self}}"
    return {
        "_name": text_formula(name),
        "_sessionid": Formula("self", yields=Yields.TEXT),
        "_event": Formula("(message.name == '' ? null : message)"),
        "_ioprocessors": Formula(f"dyn({{'{PROCESSOR}': {location}, 'scxml': {location}}})"),
    }
