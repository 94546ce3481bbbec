"""The guides for those who come from other tools show what importing really gives."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.core.documents import parse_yaml

from actum_core.formats.result import Imported
from actum_core.formats.scxml import import_scxml
from actum_core.formats.xstate import import_xstate
from actum_core.template import compile_template
from actum_core.template.canonical import canonical_document
from actum_core.template.parse import parse_template

_GUIDES = Path(__file__).parents[3] / "docs" / "guides"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def examples(page: str, language: str) -> list[list[str]]:
    """For each template that a page shows, the texts before it that it is made from."""
    found: list[list[str]] = [[]]
    for name, text in _BLOCK.findall((_GUIDES / page).read_text(encoding="utf-8")):
        if name == language:
            found[-1].append(text)
        elif name == "yaml":
            found[-1].append(text)
            found.append([])
    return found[:-1]


def imported(page: str, sources: list[str]) -> Imported:
    if page == "from-scxml.md":
        return import_scxml(sources[0])
    bindings: dict[str, Any] = json.loads(sources[1]) if len(sources) > 1 else {}
    return import_xstate(sources[0], bindings=bindings)


_EXAMPLES = [
    *(("from-scxml.md", texts) for texts in examples("from-scxml.md", "xml")),
    *(("from-xstate.md", texts) for texts in examples("from-xstate.md", "json")),
]


def test_the_guides_have_examples() -> None:
    assert len(_EXAMPLES) == 4


@pytest.mark.parametrize(
    ("page", "texts"), _EXAMPLES, ids=[f"{page} {i}" for i, (page, _) in enumerate(_EXAMPLES)]
)
def test_an_example_becomes_the_template_beside_it(page: str, texts: list[str]) -> None:
    *sources, shown = texts
    found = imported(page, sources)
    assert found.problems == ()
    expected = parse_yaml(shown)
    assert canonical_document(parse_template(found.document)) == canonical_document(parse_template(expected))
    assert compile_template(expected).name == expected["name"]
