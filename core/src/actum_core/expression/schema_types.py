"""Derive the static type of a value from the JSON Schema (2020-12) that it was checked against.

A type promises no more than the schema does: where the language has no word for what a schema allows (several
types, null beside another), the type is dyn and the value decides. A field that is declared but not required may be
read, and fails when it is absent. ``$ref`` and the keywords that combine schemas only ever narrow what a value may
be, so that leaving them out is safe.
"""

from collections.abc import Mapping
from typing import Any, Final

from actum_core.expression.types import (
    BOOL,
    DOUBLE,
    DYN,
    INT,
    NULL,
    STRING,
    Type,
    list_of,
    map_of,
    object_of,
    open_object_of,
)
from actum_core.limits import JSON_DEPTH_MAX

#: Types that need no more than their name. An integer of JSON is within 2**53 and arrives as an int.
_SIMPLE: Final[Mapping[str, Type]] = {
    "string": STRING,
    "boolean": BOOL,
    "null": NULL,
    "integer": INT,
    "number": DOUBLE,
}

_OF_VALUES: Final[Mapping[type, Type]] = {str: STRING, bool: BOOL, int: INT, float: DOUBLE, type(None): NULL}


def type_of_schema(schema: object, name: str = "object") -> Type:
    """The type of the values that a schema accepts.

    ``name`` is what faults call an object: ``event.data has no field 'kw'``. A schema that is malformed says nothing,
    and gives dyn: whoever parses it tells of its faults.
    """
    return _type_of(schema, name, JSON_DEPTH_MAX)


def _type_of(schema: object, name: str, levels: int) -> Type:
    if not isinstance(schema, dict) or levels == 0:
        return DYN
    declared = _declared(schema.get("type"))
    if declared is None:
        return _type_of_values(schema)
    if declared == "array":
        return _list(schema, name, levels)
    if declared == "object":
        return _object(schema, name, levels)
    return _SIMPLE.get(declared, DYN)


def _declared(names: object) -> str | None:
    """The one type that the schema allows: an integer is a number too; anything else together is several."""
    if isinstance(names, str):
        return names
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    distinct = set(names)
    if distinct == {"integer", "number"}:
        return "number"
    return names[0] if len(distinct) == 1 else "several"


def _type_of_values(schema: Mapping[str, Any]) -> Type:
    """The common type of ``const`` or of all values of ``enum``."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list) or not values:
        return DYN
    types = {_OF_VALUES.get(type(value), DYN) for value in values}
    if types == {INT, DOUBLE}:
        return DOUBLE
    return types.pop() if len(types) == 1 else DYN


def _list(schema: Mapping[str, Any], name: str, levels: int) -> Type:
    if "prefixItems" in schema:
        return list_of(DYN)
    return list_of(_type_of(schema.get("items"), f"{name}[]", levels - 1))


def _object(schema: Mapping[str, Any], name: str, levels: int) -> Type:
    properties = schema.get("properties")
    others = schema.get("additionalProperties", True)
    if "patternProperties" in schema:
        others = True
    if not isinstance(properties, dict) or not properties:
        if others is False:
            return object_of(name, {})
        return map_of(STRING, _type_of(others, f"{name}[]", levels - 1))
    fields = {
        field: _type_of(member, f"{name}.{field}", levels - 1)
        for field, member in properties.items()
        if isinstance(field, str)
    }
    return object_of(name, fields) if others is False else open_object_of(name, fields)
