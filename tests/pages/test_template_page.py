"""docs/TEMPLATE.md tells of every field, and every example in it is what it says it is."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.pages.yaml_examples import Example, examples_of, keys_in, strings_in
from tests.tidy.sources import CORE, ROOT, syntax_of

from actum_core.template import check_component, check_template, fields
from actum_core.template.document import VariableType

PAGE = "docs/TEMPLATE.md"
EXAMPLES = examples_of(PAGE)
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
SCHEMA = Draft202012Validator(json.loads((ROOT / "spec/template.schema.json").read_text(encoding="utf-8")))

_OWN = {example.document["name"]: example.document for example in EXAMPLES}


def _find(name: str, is_component: bool) -> object:
    found = _OWN.get(name)
    return found if found is not None and (found.get("kind") == "component") == is_component else None


def problems_of(example: Example) -> set[tuple[str, str, str]]:
    check = check_component if example.is_component else check_template
    found = check(example.document, lambda name, _: _find(name, True), lambda name, _: _find(name, False))
    return {(each.severity, each.code, each.pointer) for each in found}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_an_example_has_the_problems_that_the_page_says_and_no_others(example: Example) -> None:
    assert problems_of(example) == example.said


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_the_schema_for_editors_takes_every_right_example(example: Example) -> None:
    if not any(severity == "error" for severity, *_ in example.said):
        assert [each.message for each in SCHEMA.iter_errors(example.document)] == []


def _field_names() -> set[str]:
    """Every field that the parser knows."""
    found: set[str] = set()
    for value in vars(fields).values():
        if isinstance(value, tuple):
            found.update(value)
    found.update(*fields.CONTENT.values(), fields.CONTENT)
    return found - {*fields.CONTENT_LATER, *_values()}


def _values() -> set[str]:
    """Words that stand where a field has one of several values."""
    return {*fields.RESUME_POLICIES, *fields.RULE_KINDS, *fields.ACTION_KINDS, *fields.BACKOFFS} - {"log"}


def test_every_field_is_explained_and_has_an_example() -> None:
    names = _field_names()
    assert len(names) > 70
    right = [example.members for example in EXAMPLES if not any(kind == "error" for kind, *_ in example.said)]
    assert sorted(names - keys_in(right) - {"layout"}) == []
    assert sorted(name for name in names if f"`{name}`" not in TEXT) == []


def test_every_value_of_a_choice_is_explained() -> None:
    words = {*_values(), *fields.STATE_KINDS, *(kind.value for kind in VariableType), *fields.CONTENT_LATER}
    assert sorted(word for word in words if f"`{word}`" not in TEXT) == []


def test_every_type_of_variable_has_an_example() -> None:
    used = strings_in([example.members.get("vars", {}) for example in EXAMPLES])
    assert {kind.value for kind in VariableType} - {"any"} <= used


# --- Codes of problems ----------------------------------------------------------------------------------


def _calls(name: str) -> Iterator[ast.Call]:
    for path in sorted((CORE / "template").glob("*.py")):
        for node in ast.walk(syntax_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                yield node


def _codes(method: str) -> set[str]:
    found: set[Any] = set()
    for call in _calls(method):
        code = call.args[1] if len(call.args) > 1 else None
        if isinstance(code, ast.Constant):
            found.add(code.value)
    return found


@pytest.mark.parametrize(("method", "heading"), [("report", "| code |"), ("warn", "| code of a warning |")])
def test_every_code_of_a_problem_is_explained(method: str, heading: str) -> None:
    table = TEXT[TEXT.index(heading) :].partition("\n\n")[0]
    told = set(re.findall(r"`([a-z_]+)`", "\n".join(line.split("|")[1] for line in table.splitlines()[2:])))
    # A target may be an error or a warning, by how bad it is.
    assert sorted(_codes(method) - told - {"bad_target"}) == []


def test_every_example_that_ships_is_listed() -> None:
    folder = ROOT / "server/src/actum/examples"
    names = sorted(path.stem for path in folder.glob("*.yaml") if path.stem != "demo")
    assert [name for name in names if f"| `{name}` |" not in TEXT] == []
