"""The subset of JSON Schema 2020-12 that templates may use, and its validator; problems carry pointers.

Understood: boolean schemas; ``type`` (one or several), ``enum``, ``const``; ``properties``, ``required``,
``additionalProperties``, ``minProperties``, ``maxProperties``; ``items``, ``minItems``, ``maxItems``;
``minimum``, ``maximum``, ``exclusiveMinimum``, ``exclusiveMaximum``; ``minLength``, ``maxLength`` (in Unicode
characters); ``pattern`` (found anywhere in the text, in the linear-time dialect of expressions); and as
annotations ``title``, ``description``, ``$comment``, ``default``, ``examples``. Every other keyword is a problem,
because a schema that is silently not enforced is worse than none. Numbers compare by value: 1 is 1.0.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.errors import Problem, pointer_of
from actum_core.expression import CostExceeded, Meter
from actum_core.expression.regex import Regex
from actum_core.limits import PROBLEMS_MAX, SCHEMA_NODES_MAX, STEP_COST_MAX
from actum_core.template.reader import Reader, kind_of

_ANNOTATIONS: Final = frozenset({"title", "description", "$comment", "default", "examples"})
_TYPES: Final = ("null", "boolean", "object", "array", "number", "string", "integer")
_COUNTS: Final = ("minProperties", "maxProperties", "minItems", "maxItems", "minLength", "maxLength")
_NUMBERS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_UNSUPPORTED: Final = dict.fromkeys(
    (
        *(
            "$anchor",
            "$defs",
            "$dynamicAnchor",
            "$dynamicRef",
            "$id",
            "$ref",
            "$schema",
            "$vocabulary",
            "allOf",
        ),
        *("anyOf", "contains", "contentEncoding", "contentMediaType", "contentSchema", "definitions"),
        *("dependentRequired", "dependentSchemas", "deprecated", "else", "format", "if", "maxContains"),
        *("minContains", "multipleOf", "not", "oneOf", "patternProperties", "prefixItems"),
        *(
            "propertyNames",
            "readOnly",
            "then",
            "unevaluatedItems",
            "unevaluatedProperties",
            "uniqueItems",
            "writeOnly",
        ),
    ),
    "this keyword of JSON Schema is not supported",
)
#: Characters of a pattern that a problem shows.
_SHOWN_PATTERN_MAX: Final = 120
_KNOWN: Final = frozenset(
    {"type", "enum", "const", "properties", "required", "additionalProperties", "items", "pattern"}
    | {*_COUNTS, *_NUMBERS, *_ANNOTATIONS}
)

#: Where a value stands: its parent's place and its name or index there, so that a pointer is only written when
#: something is wrong; the whole value's place is the pointer it is checked under.
_Place = str | tuple[Any, str | int]


class _Found(list[Problem]):
    """The problems of one check, and what it may spend on patterns."""

    __slots__ = ("meter",)

    def __init__(self) -> None:
        super().__init__()
        self.meter = Meter(STEP_COST_MAX)


_Check = Callable[[Any, _Place, _Found], None]


@dataclass(frozen=True, slots=True)
class Schema:
    """A parsed schema. ``document`` is its source without annotations: equal documents accept equally."""

    document: JsonValue
    checks: tuple[_Check, ...] = field(default=(), compare=False, repr=False)

    def check(self, value: JsonValue, pointer: str = "") -> tuple[Problem, ...]:
        """Every place where ``value`` is not as the schema says, in document order of the schema."""
        found = _Found()
        for check in self.checks:
            check(value, pointer, found)
        return tuple(found[:PROBLEMS_MAX]) if found else ()


def _pointer(place: _Place) -> str:
    return place if isinstance(place, str) else _pointer(place[0]) + pointer_of(place[1])


def parse_schema(value: JsonValue, reader: Reader, pointer: str) -> Schema:
    """Read a schema; what cannot be understood is reported and accepts everything."""
    return _Parser(reader).parse(value, pointer)


def equal_json(left: Any, right: Any) -> bool:
    """Equality of JSON Schema: by value for numbers, and a truth is never a number."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal_json, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal_json(left[key], right[key]) for key in left)
    return bool(left == right)


class _Parser:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._nodes = 0

    def parse(self, value: JsonValue, pointer: str) -> Schema:
        self._nodes += 1
        if self._nodes > SCHEMA_NODES_MAX:
            if self._nodes == SCHEMA_NODES_MAX + 1:
                self._reader.report(
                    pointer, "too_many", f"a schema has at most {SCHEMA_NODES_MAX} subschemas"
                )
            return Schema(True)
        if value is True:
            return Schema(True)
        if value is False:
            return Schema(False, (_nothing,))
        members = self._reader.members(value, pointer, _KNOWN, _UNSUPPORTED)
        if members is None:
            return Schema(True)
        document: dict[str, Any] = {key: members[key] for key in members if key in _KNOWN - _ANNOTATIONS}
        checks: list[_Check] = []
        self._type(members, pointer, checks)
        self._values(members, pointer, checks)
        self._object(members, pointer, document, checks)
        if "items" in members:
            item = self.parse(members["items"], pointer + "/items")
            document["items"] = item.document
            checks.append(_items_check(item))
        if "pattern" in members:
            self._pattern(members["pattern"], pointer + "/pattern", checks)
        for keyword in _COUNTS:
            if keyword in members and self._is_count(members[keyword], f"{pointer}/{keyword}"):
                checks.append(_count_check(keyword, members[keyword]))
        for keyword in _NUMBERS:
            if keyword in members:
                bound = members[keyword]
                if isinstance(bound, bool) or not isinstance(bound, int | float):
                    self._reader.wrong_type(f"{pointer}/{keyword}", "a number", bound)
                else:
                    checks.append(_number_check(keyword, bound))
        return Schema(document, tuple(checks))

    def _pattern(self, value: object, pointer: str, checks: list[_Check]) -> None:
        source = self._reader.text(value, pointer)
        if source is None:
            return
        regex = self._reader.pattern(source, pointer)
        if regex is not None:
            checks.append(_pattern_check(source, regex))

    def _is_count(self, value: object, pointer: str) -> bool:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return True
        self._reader.wrong_type(pointer, "an integer from 0 on", value)
        return False

    def _type(self, members: dict[str, Any], pointer: str, checks: list[_Check]) -> None:
        if "type" not in members:
            return
        place = pointer + "/type"
        wanted = members["type"]
        names = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(names, list) or not names:
            self._reader.wrong_type(place, "a type or an array of types", wanted)
            return
        if all(isinstance(name, str) and name in _TYPES for name in names):
            checks.append(_type_check(frozenset(names)))
        else:
            self._reader.report(place, "bad_value", f"a type is one of {', '.join(_TYPES)}")

    def _values(self, members: dict[str, Any], pointer: str, checks: list[_Check]) -> None:
        if "enum" in members:
            allowed = self._reader.array(members["enum"], pointer + "/enum")
            if allowed is not None:
                checks.append(_enum_check(allowed))
        if "const" in members:
            checks.append(_const_check(members["const"]))

    def _object(
        self, members: dict[str, Any], pointer: str, document: dict[str, Any], checks: list[_Check]
    ) -> None:
        if "required" in members:
            names = self._reader.array(members["required"], pointer + "/required")
            if names is not None and all(isinstance(name, str) for name in names):
                checks.append(_required_check(tuple(names)))
            elif names is not None:
                self._reader.report(pointer + "/required", "wrong_type", "an array of strings was expected")
        properties: dict[str, Schema] = {}
        if "properties" in members:
            found = self._reader.mapping(members["properties"], pointer + "/properties") or {}
            for name, member in found.items():
                properties[name] = self.parse(member, pointer + pointer_of("properties", name))
            document["properties"] = {name: schema.document for name, schema in properties.items()}
        others = Schema(True)
        if "additionalProperties" in members:
            others = self.parse(members["additionalProperties"], pointer + "/additionalProperties")
            document["additionalProperties"] = others.document
        if properties or others.checks:
            checks.append(_properties_check(properties, others))


def _nothing(value: Any, place: _Place, found: _Found) -> None:
    found.append(Problem(_pointer(place), "schema_false", "nothing is allowed here"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_of_type(value: Any, name: str) -> bool:
    match name:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "number":
            return _is_number(value)
        case _:
            return _is_number(value) and (isinstance(value, int) or value.is_integer())


#: The types a value of a JSON Schema type plainly has; others are looked at more closely.
_PLAIN: Final[dict[str, tuple[type, ...]]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
}


def _type_check(names: frozenset[str]) -> _Check:
    expected = " or ".join(name for name in _TYPES if name in names)
    plain = frozenset(kind for name in names for kind in _PLAIN[name])

    def check(value: Any, place: _Place, found: _Found) -> None:
        if type(value) not in plain and not any(_is_of_type(value, name) for name in names):
            found.append(
                Problem(
                    _pointer(place), "schema_type", f"{expected} was expected, {kind_of(value)} was found"
                )
            )

    return check


def _enum_check(allowed: list[Any]) -> _Check:
    def check(value: Any, place: _Place, found: _Found) -> None:
        if not any(equal_json(value, one) for one in allowed):
            found.append(Problem(_pointer(place), "schema_enum", "the value is none of those allowed"))

    return check


def _const_check(expected: Any) -> _Check:
    def check(value: Any, place: _Place, found: _Found) -> None:
        if not equal_json(value, expected):
            found.append(Problem(_pointer(place), "schema_const", "the value is not the only one allowed"))

    return check


def _required_check(names: tuple[str, ...]) -> _Check:
    def check(value: Any, place: _Place, found: _Found) -> None:
        if isinstance(value, dict):
            for name in names:
                if name not in value:
                    detail = f"the field {name!r} is missing"
                    found.append(Problem(_pointer((place, name)), "schema_required", detail))

    return check


def _properties_check(properties: dict[str, Schema], others: Schema) -> _Check:
    def check(value: Any, place: _Place, found: _Found) -> None:
        if not isinstance(value, dict):
            return
        for name, member in value.items():
            schema = properties.get(name, others)
            if schema.document is False:
                detail = f"the field {name[:64]!r} is not allowed"
                found.append(Problem(_pointer((place, name)), "schema_additional", detail))
            elif len(found) <= PROBLEMS_MAX:
                for check_member in schema.checks:
                    check_member(member, (place, name), found)

    return check


def _items_check(item: Schema) -> _Check:
    def check(value: Any, place: _Place, found: _Found) -> None:
        if isinstance(value, list) and item.checks:
            for index, member in enumerate(value):
                if len(found) > PROBLEMS_MAX:
                    return
                for check_member in item.checks:
                    check_member(member, (place, index), found)

    return check


def _pattern_check(source: str, regex: Regex) -> _Check:
    shown = source if len(source) <= _SHOWN_PATTERN_MAX else source[:_SHOWN_PATTERN_MAX] + "…"
    detail = f"the text does not match the pattern {shown}"

    def check(value: Any, place: _Place, found: _Found) -> None:
        if not isinstance(value, str):
            return
        try:
            if not regex.is_found(value, found.meter):
                found.append(Problem(_pointer(place), "schema_pattern", detail))
        except CostExceeded:
            dear = "matching this text with all those before it takes too long"
            found.append(Problem(_pointer(place), "schema_cost", dear))

    return check


_COUNTED: Final[dict[str, tuple[type, str, str]]] = {
    "Properties": (dict, "schema_properties", "fields"),
    "Items": (list, "schema_items", "members"),
    "Length": (str, "schema_length", "characters"),
}


def _count_check(keyword: str, bound: int) -> _Check:
    kind, code, unit = _COUNTED[keyword[3:]]
    is_least = keyword.startswith("min")

    def check(value: Any, place: _Place, found: _Found) -> None:
        if not isinstance(value, kind):
            return
        count = len(value)  # type: ignore[arg-type]
        if count < bound if is_least else count > bound:
            word = "fewer" if is_least else "more"
            found.append(Problem(_pointer(place), code, f"{count} {unit} are {word} than {bound}"))

    return check


def _number_check(keyword: str, bound: int | float) -> _Check:
    match keyword:
        case "minimum":
            wrong: Callable[[Any], bool] = lambda value: value < bound  # noqa: E731
            words = "at least"
        case "maximum":
            wrong = lambda value: value > bound  # noqa: E731
            words = "at most"
        case "exclusiveMinimum":
            wrong = lambda value: value <= bound  # noqa: E731
            words = "more than"
        case _:
            wrong = lambda value: value >= bound  # noqa: E731
            words = "less than"

    def check(value: Any, place: _Place, found: _Found) -> None:
        if _is_number(value) and (not math.isfinite(value) or wrong(value)):
            found.append(Problem(_pointer(place), "schema_range", f"{value} must be {words} {bound}"))

    return check
