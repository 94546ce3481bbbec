"""Arbitrary documents and texts: whatever comes, an importer answers or refuses, and what it makes is readable."""

import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actum_core.errors import Invalid
from actum_core.formats import detect_text, detect_value
from actum_core.formats.editor import import_editor
from actum_core.formats.fsl import import_fsl
from actum_core.formats.iot_events import import_iot_events
from actum_core.formats.iot_events.syntax import Unreadable, parse_iot_expression
from actum_core.formats.mermaid import export_mermaid, import_mermaid
from actum_core.template import check_template
from actum_core.template.parse import parse_template

from .detector_models import SMALL
from .scenarios import BASE, NAMED, SEPARATE, node, scenario, sink, source
from .test_fsl import READ as FSL_TEXTS
from .test_mermaid import READ as DIAGRAMS

MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)

#: Values that are put where others stood.
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1.5,
        1e300,
        float("nan"),
        "",
        "x",
        "=x",
        "==x",
        "input.data.value",
        "((",
        "a ? b",
        [],
        {},
    ),
    *([[]], [None], {"a": 1}, {"type": "x"}, "\ud800", "'" * 50, 2**70, "$input.P.x > 1", "true", "state"),
)

DOCUMENTS: tuple[dict[str, Any], ...] = (
    BASE,
    scenario(source("A", "M"), node("FSMProcessNode", "M", fsm=SEPARATE), sink()),
    scenario(source("A", "M"), node("Module", "M", subGraph={"nodes": [node("FSM", "x", config=NAMED)]})),
    SMALL,
)


def disturbed(document: Any, chance: random.Random, count: int) -> Any:
    """The document with some values at any depth exchanged, taken away or doubled."""
    value: Any = _copied(document)
    for _ in range(count):
        place: Any = None
        key: Any = None
        at = value
        while isinstance(at, dict | list) and at and (place is None or chance.random() < 0.85):
            place = at
            key = chance.choice(list(at) if isinstance(at, dict) else range(len(at)))
            at = at[key]
        if place is None:
            continue
        what = chance.random()
        if what < 0.15:
            del place[key]
        elif what < 0.3 and isinstance(place, list):
            place.append(_copied(at))
        elif what < 0.4 and isinstance(place, dict):
            place[str(chance.choice(ODD))[:20]] = _copied(at)
        else:
            place[key] = chance.choice(ODD)
    return value


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def imported(importer: Any, source: Any) -> None:
    """Import, if it is not refused; what comes of it is a document of the right form."""
    try:
        found = importer(source)
    except Invalid:
        return
    parse_template(found.document)
    check_template(found.document)
    assert all(problem.detail and problem.code for problem in found.problems)


@MANY
@given(JSON)
def test_arbitrary_values_are_answered_or_refused(value: Any) -> None:
    detect_value(value)
    for importer in (import_iot_events, import_editor):
        imported(importer, value)


@pytest.mark.parametrize("seed", range(60))
def test_changed_documents_are_answered_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    document = DOCUMENTS[seed % len(DOCUMENTS)]
    value = disturbed(document, chance, chance.randint(1, 6))
    detect_value(value)
    imported(import_iot_events if document is SMALL else import_editor, value)


@MANY
@given(st.text(max_size=300))
def test_arbitrary_texts_are_answered_or_refused(text: str) -> None:
    detect_text(text)
    imported(import_fsl, text)
    imported(import_mermaid, text)
    imported(import_mermaid, "stateDiagram-v2\n" + text)


@pytest.mark.parametrize("seed", range(60))
def test_changed_texts_are_answered_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    pieces = [text for text, _ in (FSL_TEXTS if seed % 2 else DIAGRAMS)]
    text = "\n".join(chance.choices(pieces, k=3))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(text) + 1)
        cut = chance.choice((0, 1, 5))
        text = (
            text[:at]
            + chance.choice((*"[]{}:;'\"&-<>/\\ \n%#", "--", "-->", "[*]", "after", "state x {"))
            + text[at + cut :]
        )
    imported(import_fsl if seed % 2 else import_mermaid, text if seed % 2 else "stateDiagram-v2\n" + text)


@MANY
@given(st.text(alphabet="$input.variable`'\"{}()[]|&<>=!+-*/~^0123456789abP \\", max_size=80))
def test_arbitrary_expressions_are_read_or_refused(text: str) -> None:
    with suppress(Unreadable):
        parse_iot_expression(text)


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        (import_fsl, "&g : [" + "a " * 20_000 + "];" + "&g 'x' -> b;" * 2_000),
        (import_fsl, "a 'x' -> [&g];" * 20_000 + "&g : [" + "a " * 20_000 + "];"),
        (import_fsl, "[" * 100_000),
        (import_fsl, "'" * 100_000),
        (import_mermaid, "stateDiagram-v2\n" + "state a {\n" * 50_000),
        (import_mermaid, "stateDiagram-v2\n" + "a --> b : [x'\n" * 20_000),
        (import_mermaid, "stateDiagram-v2\na : " + "['\"({" * 1_900),
        (import_mermaid, "stateDiagram-v2\n" + "".join(f"a --> s{n}\n" for n in range(30_000))),
    ],
)
def test_a_long_hostile_text_takes_no_long_time(importer: Any, text: str) -> None:
    try:
        found = importer(text)
    except Invalid:
        return
    assert found.problems


@pytest.mark.parametrize("seed", range(20))
def test_whatever_was_imported_can_be_drawn(seed: int) -> None:
    chance = random.Random(seed)
    document = DOCUMENTS[seed % len(DOCUMENTS)]
    try:
        found = (import_iot_events if document is SMALL else import_editor)(disturbed(document, chance, 2))
    except Invalid:
        return
    drawn = export_mermaid(found.document).text
    assert drawn.startswith("stateDiagram-v2\n")
    imported(import_mermaid, drawn)
