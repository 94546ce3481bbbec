"""Types from JSON Schema: what a schema promises is checked before running, what it leaves open is left to the data."""

from typing import Any

import pytest
from tests.core.expression.generated import generate_many

from actum_core.expression import (
    BOOL,
    DOUBLE,
    DYN,
    INT,
    NULL,
    STRING,
    EvaluationError,
    ExpressionInvalid,
    Meter,
    Scope,
    compile_expression,
    list_of,
    map_of,
    type_of_schema,
)
from actum_core.expression.types import Kind

TYPES = [
    ({"type": "string"}, STRING),
    ({"type": "string", "format": "date-time"}, STRING),
    ({"type": "boolean"}, BOOL),
    ({"type": "null"}, NULL),
    ({"type": "integer", "minimum": 0}, INT),
    ({"type": "number"}, DOUBLE),
    ({"type": ["number", "integer"]}, DOUBLE),
    ({"type": ["string"]}, STRING),
    ({"type": ["string", "null"]}, DYN),
    ({"type": []}, DYN),
    ({"type": "money"}, DYN),
    ({"type": 5}, DYN),
    ({}, DYN),
    (True, DYN),
    (False, DYN),
    (None, DYN),
    ("string", DYN),
    ({"const": "a"}, STRING),
    ({"const": None}, NULL),
    ({"enum": ["a", "b"]}, STRING),
    ({"enum": [1, 2]}, INT),
    ({"enum": [1, 2.5]}, DOUBLE),
    ({"enum": [True, 1]}, DYN),
    ({"enum": ["a", None]}, DYN),
    ({"enum": []}, DYN),
    ({"enum": [[1]]}, DYN),
    ({"type": "array"}, list_of(DYN)),
    ({"type": "array", "items": {"type": "number"}}, list_of(DOUBLE)),
    ({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, list_of(list_of(STRING))),
    ({"type": "array", "prefixItems": [{"type": "string"}]}, list_of(DYN)),
    ({"type": "object"}, map_of(STRING, DYN)),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, map_of(STRING, INT)),
    ({"properties": {"a": {"type": "string"}}}, DYN),
]


@pytest.mark.parametrize(("schema", "expected"), TYPES)
def test_a_schema_gives_the_type_that_it_promises(schema: Any, expected: Any) -> None:
    assert type_of_schema(schema) == expected


def test_a_schema_nested_beyond_all_documents_is_dyn_at_the_end() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(3_000):
        schema = {"type": "array", "items": schema}
    found = type_of_schema(schema)
    while found.kind is Kind.LIST:
        found = found.parameters[0]
    assert found == DYN


EVENT = {
    "type": "object",
    "required": ["kwh"],
    "properties": {
        "kwh": {"type": "number"},
        "count": {"type": "integer"},
        "note": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "site": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "size": {"type": "number"}},
            "additionalProperties": False,
        },
        "open": {"type": "object", "properties": {"a": {"type": "integer"}}},
        "meters": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}

SCOPE = Scope({"data": type_of_schema(EVENT, "event.data"), "x": DYN})

DATA: dict[str, Any] = {
    "kwh": 5,
    "count": 3,
    "note": None,
    "tags": ["a", "b"],
    "site": {"name": "north", "size": 7},
    "open": {"a": 1, "b": "?"},
    "meters": [{"id": "m1"}, {"id": "m2"}],
}

#: Expressions with their static type and their value.
FINE = [
    ("data.kwh / 2", "double", 2.5),
    ("data.count / 2", "int", 1),
    ("math.ceil(data.kwh)", "double", 5.0),
    ("data.site.size / 2.0", "double", 3.5),
    ("data.note == null", "bool", True),
    ("data.tags.exists(t, t == 'a')", "bool", True),
    ("data.open.b", "dyn", "?"),
    ("has(data.count) && data.count > 1", "bool", True),
    ("data.?count.orValue(0)", "int", 3),
    ("data.meters.map(m, m.id)", "list(string)", ["m1", "m2"]),
    ("data.meters[0].id", "string", "m1"),
    ("data['count']", "int", 3),
    ("data.site == {'name': 'north', 'size': 7}", "bool", True),
    ("{'name': 'north', 'size': 7} == data.site", "bool", True),
    ("data.site == data.open", "bool", False),
    ("'name' in data.site", "bool", True),
    ("size(data.site)", "int", 2),
    ("data.site.all(k, k != '')", "bool", True),
    ("[data.site, {'name': 'x'}][1].name", "dyn", "x"),
    ("[data.site, data.open][1].b", "dyn", "?"),
    ("(data.count > 1 ? data.site : data.open).name", "dyn", "north"),
    ("x.anything", "dyn", 1),
]


@pytest.mark.parametrize(("source", "type_text", "value"), FINE)
def test_what_a_schema_declares_can_be_read(source: str, type_text: str, value: Any) -> None:
    expression = compile_expression(source, SCOPE)
    assert str(expression.result_type) == type_text
    found = expression.evaluate({"data": DATA, "x": {"anything": 1}}, Meter())
    assert (type(found), found) == (type(value), value)


#: Faults with the column at which they are told.
FAULTS = [
    ("data.kw > 1", "no_such_field", 5, "event.data has no field 'kw'"),
    ("data.site.nam", "no_such_field", 10, "event.data.site has no field 'nam'"),
    ("has(data.kw)", "no_such_field", 1, "event.data has no field 'kw'"),
    ("data.?kw", "no_such_field", 5, "event.data has no field 'kw'"),
    ("data['kw']", "no_such_field", 5, "event.data has no field 'kw'"),
    ("data.meters[0].name", "no_such_field", 15, "event.data.meters[] has no field 'name'"),
    ("data.meters.exists(m, m.name == '')", "no_such_field", 24, "event.data.meters[] has no field 'name'"),
    ("data.kwh == '5'", "no_such_overload", 10, "== cannot be applied to (double, string)"),
    ("data.tags.exists(t, t == 1)", "no_such_overload", 23, "== cannot be applied to (string, int)"),
    ("data.site + 1", "no_such_overload", 11, "+ cannot be applied to (event.data.site, int)"),
    ("data.site.name ? 1 : 2", "type_mismatch", 10, "?: needs a bool here, not string"),
    ("data[1]", "type_mismatch", 5, "event.data has no int keys"),
]


@pytest.mark.parametrize(("source", "code", "column", "detail"), FAULTS)
def test_what_a_schema_excludes_is_a_fault_at_its_place(
    source: str, code: str, column: int, detail: str
) -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        compile_expression(source, SCOPE)
    (problem,) = caught.value.problems
    assert (problem.code, problem.column, problem.detail) == (code, column, detail)


def test_a_declared_field_that_is_absent_fails_when_it_is_read_and_only_then() -> None:
    activation = {"data": {"kwh": 1}}
    with pytest.raises(EvaluationError) as caught:
        compile_expression("data.count > 1", SCOPE).evaluate(activation, Meter())
    assert caught.value.code == "no_such_field"
    for source, value in (
        ("has(data.count)", False),
        ("data.?count.orValue(7)", 7),
        ("has(data.site) && has(data.site.name)", False),
        ("data.kwh > 0.0 || data.count > 1", True),
    ):
        assert compile_expression(source, SCOPE).evaluate(activation, Meter()) == value


def test_generated_expressions_keep_their_value_under_a_more_exact_type() -> None:
    """What a schema knows may refuse an expression, but never changes what one gives."""
    schema = {"type": "object", "properties": {"k": {"type": "array"}, "n": {"type": "integer"}}}
    names = {"i": INT, "d": DOUBLE, "s": STRING, "t": BOOL, "l": list_of(INT), "m": map_of(STRING, INT)}
    known, unknown = Scope({**names, "x": type_of_schema(schema)}), Scope({**names, "x": DYN})
    values = {"i": 5, "d": 2, "s": "ab", "t": True, "l": [3, 1], "m": {"a": 1}, "x": {"k": [1, "z"], "n": 2}}
    compared = 0
    for source in generate_many(7, 1_500, 3):
        outcomes = []
        for scope in (known, unknown):
            try:
                outcomes.append(repr(compile_expression(source, scope).evaluate(values, Meter())))
            except ExpressionInvalid:
                outcomes.append("")
            except EvaluationError as error:
                outcomes.append(error.code)
        if outcomes[0]:
            compared += 1
            assert outcomes[0] == outcomes[1], source
    assert compared > 500
