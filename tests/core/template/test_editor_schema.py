"""The schema for editors: published as made, agrees with the parser on forms, and accepts whatever is right."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from actum_core.components import BUILTINS, load_document
from actum_core.errors import Invalid
from actum_core.template import parse_design
from actum_core.template.canonical import canonical_document
from actum_core.template.editor_schema import make_schema, write_schema

from ..documents import document, load_yaml
from .networks import network
from .test_normal_form import FULL, NETWORK, PART
from .test_parse import DOCUMENTS, RULES, STATES, in_state, parse_yaml
from .test_parse_parts import STATES as MORE_STATES

ROOT = Path(__file__).parents[3]
EXAMPLES = [
    ROOT / "server/src/actum/examples" / f"{name}.yaml" for name in ("order-approval", "traffic-light")
]
VALIDATOR = jsonschema.Draft202012Validator(make_schema())

RIGHT: list[tuple[str, Any]] = [
    *((path.stem, load_yaml(path)) for path in EXAMPLES),
    *((name, load_document(name, version)) for name, version in BUILTINS.items()),
    ("everything of a machine", FULL),
    ("everything of a network", NETWORK),
    ("a component", PART),
    *(
        (f"the normal form of {value['name']}", canonical_document(parse_design(value)))
        for value in (FULL, NETWORK, PART)
    ),
]

#: What a schema cannot see: names in use, groups and braces within texts, what only two fields together say.
UNSEEN = {"bad_name", "duplicate", "not_finite", "integer_out_of_range", "lone_surrogate", "not_json"}

WRONG: list[tuple[str, Any]] = [
    *((name, value) for name, value, expected in DOCUMENTS if not UNSEEN & {code for _, code in expected}),
    *(
        (name, document(rules=[parse_yaml(rule)]))
        for name, rule, expected in RULES
        if not UNSEEN & {code for _, code in expected}
    ),
    *(
        (name, in_state(fields))
        for name, fields, expected in STATES
        if not UNSEEN & {code for _, code in expected}
    ),
    *(
        (name, in_state(fields))
        for name, fields, expected in MORE_STATES
        if expected and not UNSEEN & {code for _, code in expected}
    ),
    ("two forms", document(nodes={"a": {"use": "sink@1"}})),
    ("a node of two kinds", network("{a: {use: sink@1, machine: {}}}")),
    ("an edge without port", network("{a: PASS}", "[{from: a.out, to: a}]")),
]

#: Faults that show to the parser only, by the name of their row.
PARSER_ONLY = {
    *(
        "compound without states",
        "a final state that goes on",
        "an id beside its key",
        "a final state that waits",
    ),
    *("a cancel of a literal sign", "a send at no moment", "a schema keyword", "a misspelt schema keyword"),
}


def test_the_published_schema_is_the_one_that_is_made() -> None:
    assert (ROOT / "spec/template.schema.json").read_text() == write_schema()
    jsonschema.Draft202012Validator.check_schema(json.loads(write_schema()))


@pytest.mark.parametrize("value", [row[1] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_what_is_right_is_accepted(value: Any) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(value)] == []


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_form_is_refused_by_both(name: str, value: Any) -> None:
    with pytest.raises(Invalid):
        parse_design(value)
    assert VALIDATOR.is_valid(value) == (name in PARSER_ONLY)


def test_the_rows_named_above_are_still_there() -> None:
    assert {name for name, _ in WRONG} >= PARSER_ONLY
