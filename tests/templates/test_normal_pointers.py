"""What an export tells points into the document as its author wrote it, whatever the exporter read."""

from importlib import resources
from typing import Any

import pytest

from actum.entrypoints.cli.documents import read_document
from actum.templates.foreign import ExportRefused, write_document
from actum.templates.normal_pointers import locate_in_document
from actum_core.formats import EXPORTED
from actum_core.template.canonical import canonical_document
from actum_core.template.parse import parse_template

DOCUMENT: dict[str, Any] = {
    "format": "actum/1",
    "name": "door",
    "machine": {
        "initial": "shut",
        "states": {
            "shut": {
                "entry": [{"log": "x"}, {"log": {"label": "y"}}],
                "on": {
                    "push": [{"guard": "1 > 0", "target": "open"}, {"target": "gone"}],
                    "bolt pull": "gone",
                },
                "after": {"1h": "open", "2h": {"target": "gone"}},
            },
            "open": {"always": {"guard": "false", "target": "shut"}, "on": {"a/b": "shut"}},
            "gone": {"type": "final"},
        },
    },
}

POINTERS = [
    ("", ""),
    ("/name", "/name"),
    ("/machine/states/0", "/machine/states/shut"),
    ("/machine/states/2/type", "/machine/states/gone/type"),
    ("/machine/states/0/on/0/guard", "/machine/states/shut/on/push/0/guard"),
    ("/machine/states/0/on/1/target/0", "/machine/states/shut/on/push/1/target"),
    ("/machine/states/0/on/2", "/machine/states/shut/on/bolt pull"),
    ("/machine/states/0/on/2/target/0", "/machine/states/shut/on/bolt pull"),
    ("/machine/states/1/on/0/target", "/machine/states/open/on/a~1b"),
    ("/machine/states/0/after/1/target", "/machine/states/shut/after/2h/target"),
    ("/machine/states/1/always/0/guard", "/machine/states/open/always/guard"),
    ("/machine/states/0/entry/0/1/log/label", "/machine/states/shut/entry/1/log/label"),
    ("/machine/states/0/entry/0/0/log/value", "/machine/states/shut/entry/0/log"),
    ("/machine/states/9", "/machine/states"),
    ("/machine/nothing", "/machine"),
    ("/machine/states/shut/on", "/machine/states/shut/on"),
]


@pytest.mark.parametrize(("pointer", "expected"), POINTERS)
def test_a_place_in_the_normal_form_is_told_where_it_was_written(pointer: str, expected: str) -> None:
    normal = canonical_document(parse_template(DOCUMENT))
    assert locate_in_document(DOCUMENT, normal, pointer) == expected


EXAMPLES = sorted(
    each.name
    for each in resources.files("actum.examples").iterdir()
    if each.name.endswith(".yaml") and each.name != "demo.yaml"
)


@pytest.mark.parametrize("form", EXPORTED)
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_problem_of_an_export_points_into_the_document(example: str, form: str) -> None:
    document = read_document(str(resources.files("actum.examples").joinpath(example))).value
    try:
        problems = write_document(document, form).problems
    except ExportRefused as error:
        problems = error.problems
    for problem in problems:
        found: Any = document
        for step in problem.pointer.split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            found = found[int(step)] if isinstance(found, list) else found[step]
