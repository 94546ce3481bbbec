"""What is known before anything runs of the data that messages carry: from event schemas, and from what rules emit."""

from collections.abc import Iterator, Mapping
from typing import Final

from actum_core.expression import (
    BOOL,
    DOUBLE,
    DYN,
    INT,
    NULL,
    STRING,
    ExpressionInvalid,
    Kind,
    Type,
    list_of,
    object_of,
    type_of_schema,
)
from actum_core.template import names
from actum_core.template.document import Data, Raise, Rule, Send, Template
from actum_core.template.expressions import Expressions, Place
from actum_core.template.walk import content_of

#: What becomes of a value's type on its way through JSON; others become what nobody knows.
_PLAIN: Final[Mapping[Kind, Type]] = {
    **{each.kind: each for each in (BOOL, DOUBLE, INT, NULL, STRING)},
    Kind.UINT: INT,
    Kind.TIMESTAMP: STRING,
    Kind.DURATION: STRING,
    Kind.BYTES: STRING,
}


def find_message_types(
    template: Template, expressions: Expressions, declared: Mapping[str, Type]
) -> Mapping[str, Type]:
    """The type of ``message.data`` by the name of the message, where all that can bear the name is alike.

    Nothing is known of the messages of a template that lets expressions name them, hears children, or takes
    events that it has not declared.
    """
    if template.events is None or any(state.invokes for state in template.states()):
        return {}
    said = list(_said(template))
    emitted = [emission for rule in template.rules for emission in rule.emissions]
    if any(name.startswith("=") for name in (*said, *(emission.message for emission in emitted))):
        return {}
    found: dict[str, list[Type]] = {name: [DYN] for name in said}
    for event in template.events:
        schema = event.schema
        data = DYN if schema is None else type_of_schema(schema.document, "message.data")
        found.setdefault(event.name, []).append(data)
    for rule in template.rules:
        for emission in rule.emissions:
            data = _type_of_data(emission.data, "message.data", _Place(rule, expressions, declared))
            found.setdefault(emission.message, []).append(data)
    # A name that others begin with is, as a descriptor, that of several messages.
    shared = {shorter for name in found for shorter in names.prefixes(name) if shorter != name}
    return {name: types[0] for name, types in found.items() if len(types) == 1 and name not in shared}


def _said(template: Template) -> Iterator[str]:
    """The names of what content raises and sends."""
    for machine in template.own_machines():
        for action in content_of(machine):
            if isinstance(action, Raise | Send):
                yield action.event


class _Place:
    """Where the data of an emission stands."""

    def __init__(self, rule: Rule, expressions: Expressions, declared: Mapping[str, Type]) -> None:
        self._local = (*(("extract",) if rule.extracts else ()), *(("output",) if rule.inference else ()))
        self._expressions = expressions
        self._declared = declared

    def type_of(self, source: str) -> Type:
        if self._expressions.tally.is_full:
            return DYN
        try:
            found = self._expressions.check(source, Place.RULE, self._local, self._declared)
        except ExpressionInvalid:
            return DYN  # told of where it is checked
        return _PLAIN.get(found.kind, DYN)


def _type_of_data(data: Data, name: str, place: _Place) -> Type:
    match data:
        case str() if data.startswith("=") and not data.startswith("=="):
            return place.type_of(data[1:])
        case str():
            return STRING
        case dict():
            return object_of(name, {key: _type_of_data(data[key], f"{name}.{key}", place) for key in data})
        case list():
            return list_of(DYN)
        case None:
            return NULL
        case bool():
            return BOOL
        case int():
            return INT
    return DOUBLE
