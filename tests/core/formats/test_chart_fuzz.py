"""Whatever an importer of charts is given, it answers with a document and problems, or refuses; nothing else."""

import json
from random import Random
from typing import Any

import pytest
from tests.core.conformance.conf import to_scxml
from tests.core.conformance.suites import scion_charts, w3c_tests
from tests.core.formats.test_xstate import LIGHT, ORDER

from actum_core.errors import Invalid
from actum_core.formats.scxml import import_scxml
from actum_core.formats.xstate import export_xstate, import_xstate
from actum_core.template import check_template

_ROUNDS = 120
_PIECES = [
    "<",
    ">",
    '"',
    "'",
    "&amp;",
    "vars.",
    "==",
    "(",
    ")",
    "{",
    "}",
    "x",
    "0",
    " ",
    "\n",
    "é",
    "\\",
    "#",
    ".",
]


def damaged(text: str, random: Random) -> str:
    """A text with some places taken out, doubled, or replaced by something else."""
    for _ in range(random.randint(1, 6)):
        start = random.randrange(len(text))
        end = min(len(text), start + random.choice([1, 1, 3, 20]))
        put = random.choice(["", random.choice(_PIECES), text[start:end] * 2])
        text = text[:start] + put + text[end:]
    return text


@pytest.mark.parametrize("model", ["cel", "ecmascript"])
def test_a_damaged_chart_is_imported_or_refused(model: str) -> None:
    texts = [chart.chart for chart in scion_charts().values()]
    if model == "cel":
        texts = [to_scxml(test.text) for test in w3c_tests().values() if test.category in ("data", "invoke")]
    random = Random(f"chart {model}")
    answered = 0
    for _ in range(_ROUNDS):
        try:
            found = import_scxml(damaged(random.choice(texts), random))
        except Invalid:
            continue
        check_template(found.document)
        answered += 1
    assert answered > 10


def mixed_up(value: Any, others: list[Any], random: Random) -> Any:
    """A value in which some parts are put where others were."""
    if random.random() < 0.08:
        return random.choice(others)
    if isinstance(value, dict):
        return {key: mixed_up(each, others, random) for key, each in value.items()}
    if isinstance(value, list):
        return [mixed_up(each, others, random) for each in value]
    return value


def parts(value: Any) -> list[Any]:
    found = [value]
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found.extend(parts(each))
    return found


def test_a_machine_with_its_parts_mixed_up_is_imported_or_refused() -> None:
    random = Random("machine")
    others = [*parts(LIGHT), *parts(ORDER), None, [], {}, "", "#", "#x.y", ".x", -1, "=", {"@expr": "("}]
    answered = 0
    for _ in range(_ROUNDS):
        source = mixed_up(random.choice([LIGHT, ORDER]), others, random)
        try:
            found = import_xstate(json.dumps(source))
        except Invalid:
            continue
        if not any(problem.severity == "error" for problem in check_template(found.document)):
            export_xstate(found.document)
        answered += 1
    assert answered > 10
