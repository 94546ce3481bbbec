"""Schemas: what they accept, and where they refuse; judged by an independent validator as well."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actum_core.errors import Problem
from actum_core.template.reader import Reader
from actum_core.template.schema import Schema, parse_schema

from ..pace import timed


def schema_of(value: Any) -> Schema:
    reader = Reader()
    schema = parse_schema(value, reader, "")
    assert reader.problems == []
    return schema


REFUSED: list[tuple[Any, Any, list[tuple[str, str]]]] = [
    (False, 1, [("", "schema_false")]),
    ({"type": "integer"}, "1", [("", "schema_type")]),
    ({"type": "integer"}, 1.5, [("", "schema_type")]),
    ({"type": "integer"}, True, [("", "schema_type")]),
    ({"type": "number"}, False, [("", "schema_type")]),
    ({"type": ["null", "string"]}, 0, [("", "schema_type")]),
    ({"enum": [1, "a"]}, True, [("", "schema_enum")]),
    ({"const": {"a": [1]}}, {"a": [2]}, [("", "schema_const")]),
    ({"required": ["a", "b"]}, {}, [("/a", "schema_required"), ("/b", "schema_required")]),
    ({"properties": {"a/b": {"type": "string"}}}, {"a/b": 1}, [("/a~1b", "schema_type")]),
    ({"additionalProperties": False}, {"x": 1}, [("/x", "schema_additional")]),
    ({"properties": {"a": False}}, {"a": 1}, [("/a", "schema_additional")]),
    ({"additionalProperties": {"type": "string"}}, {"x": 1}, [("/x", "schema_type")]),
    ({"items": {"type": "integer"}}, [1, "2", 3, None], [("/1", "schema_type"), ("/3", "schema_type")]),
    ({"minItems": 2}, [1], [("", "schema_items")]),
    ({"maxItems": 1}, [1, 2], [("", "schema_items")]),
    ({"minProperties": 1}, {}, [("", "schema_properties")]),
    ({"maxProperties": 0}, {"a": 1}, [("", "schema_properties")]),
    ({"minLength": 2}, "é", [("", "schema_length")]),
    ({"maxLength": 1}, "ab", [("", "schema_length")]),
    ({"minimum": 2}, 1, [("", "schema_range")]),
    ({"maximum": 2}, 2.5, [("", "schema_range")]),
    ({"exclusiveMinimum": 2}, 2, [("", "schema_range")]),
    ({"exclusiveMaximum": 2}, 2.0, [("", "schema_range")]),
    ({"pattern": "^[A-Z]{2}[0-9]+$"}, "de1", [("", "schema_pattern")]),
    ({"items": {"pattern": "b+"}}, ["abc", "ac", 1], [("/1", "schema_pattern")]),
]

UNREADABLE: list[tuple[Any, str, str]] = [
    (1, "", "wrong_type"),
    ({"pattern": "(a"}, "/pattern", "bad_value"),
    ({"pattern": "(a)\\1"}, "/pattern", "bad_value"),
    ({"pattern": 1}, "/pattern", "wrong_type"),
    ({"format": "date"}, "/format", "unsupported"),
    ({"properties": {"a": {"$ref": "#"}}}, "/properties/a/$ref", "unsupported"),
    ({"type": "text"}, "/type", "bad_value"),
    ({"type": []}, "/type", "wrong_type"),
    ({"enum": 1}, "/enum", "wrong_type"),
    ({"required": [1]}, "/required", "wrong_type"),
    ({"minLength": -1}, "/minLength", "wrong_type"),
    ({"minimum": "1"}, "/minimum", "wrong_type"),
    ({"items": []}, "/items", "wrong_type"),
]


@pytest.mark.parametrize(("schema", "value", "expected"), REFUSED)
def test_a_value_is_refused_where_it_is_wrong(
    schema: Any, value: Any, expected: list[tuple[str, str]]
) -> None:
    assert [(problem.pointer, problem.code) for problem in schema_of(schema).check(value)] == expected


@pytest.mark.parametrize(("schema", "pointer", "code"), UNREADABLE)
def test_a_schema_that_cannot_be_enforced_is_a_problem(schema: Any, pointer: str, code: str) -> None:
    reader = Reader()
    parse_schema(schema, reader, "")
    assert [(problem.pointer, problem.code) for problem in reader.problems] == [(pointer, code)]


def test_patterns_of_one_value_share_a_budget_that_no_text_can_exceed() -> None:
    schema = schema_of({"items": {"pattern": "(a?){50}b"}})
    value = ["a" * 10_000] * 250
    problems: list[Problem] = []
    assert timed(lambda: problems.extend(schema.check(value))) < 2
    assert {problem.code for problem in problems} == {"schema_pattern", "schema_cost"}


def test_annotations_are_no_part_of_what_a_schema_says() -> None:
    annotated = {
        "type": "object",
        "title": "t",
        "properties": {"title": {"type": "string", "description": "d"}},
    }
    assert schema_of(annotated).document == {"type": "object", "properties": {"title": {"type": "string"}}}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-4, 4)
    | st.sampled_from([0.5, 1.0, -2.5, "", "a", "ab", "é", "😀"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
counts = st.integers(0, 3)
leaves: dict[str, Any] = {
    "type": st.sampled_from(["null", "boolean", "object", "array", "number", "string", "integer"])
    | st.lists(
        st.sampled_from(["null", "object", "array", "integer", "string"]), min_size=1, max_size=2, unique=True
    ),
    "enum": st.lists(values, min_size=1, max_size=3),
    "const": values,
    "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
    **dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], st.integers(-3, 3)),
    **dict.fromkeys(
        ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"], counts
    ),
}
schemas = st.recursive(
    st.booleans() | st.fixed_dictionaries({}, optional=leaves),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": leaves["type"],
            "items": inner,
            "additionalProperties": inner,
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        },
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(schemas, values)
def test_a_value_is_accepted_exactly_when_another_validator_accepts_it(schema: Any, value: Any) -> None:
    expected = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (schema_of(schema).check(value) == ()) is expected
