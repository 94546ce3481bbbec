"""Pages with examples that are played: what they say must follow does follow."""

import re
from typing import Any

import pytest
import yaml
from tests.core.documents import document, parse_yaml
from tests.core.happenings import check_happenings
from tests.tidy.sources import ROOT

from actum_core.components import BUILTINS
from actum_core.template import compile_template

PAGES = ("docs/COMPONENTS.md", "docs/SEMANTICS.md")
_BLOCK = re.compile(r"^```yaml\n(.*?)^---\n(.*?)^```", re.M | re.S)


def _rows() -> list[Any]:
    rows = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        found = list(_BLOCK.finditer(text))
        assert len(found) == text.count("```yaml")
        rows += [
            pytest.param(each[1], each[2], id=f"{page}, line {text.count(chr(10), 0, each.start()) + 1}")
            for each in found
        ]
    return rows


@pytest.mark.parametrize(("template", "happens"), _rows())
def test_what_follows_in_an_example_is_what_the_page_says(template: str, happens: str) -> None:
    members = parse_yaml(template)
    whole = document(**members)
    if "nodes" in members:
        del whole["machine"]
    check_happenings(compile_template(whole), parse_yaml(happens))


def test_the_examples_can_be_read_by_any_yaml() -> None:
    """Words that YAML 1.1 takes for truths are not used as values."""
    for _, happens in (row.values for row in _rows()):
        assert yaml.safe_load(happens) == parse_yaml(happens)


@pytest.mark.parametrize("name", BUILTINS)
def test_every_component_has_a_section_with_a_picture_its_parameters_and_an_example(name: str) -> None:
    text = (ROOT / "docs/COMPONENTS.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert re.findall(r"^(?:```(?=\w)\w+|<!-- made: \w+)", section, re.M) == [
        "```mermaid",
        f"<!-- made: {name}",
        "```yaml",
    ]
    assert f"use: {name}@{BUILTINS[name]}" in section
