"""At a bound an importer reads everything; past it, it says what it left out, and where."""

from collections.abc import Callable
from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.formats.editor import import_editor
from actum_core.formats.findings import Findings
from actum_core.formats.fsl import import_fsl
from actum_core.formats.iot_events import import_iot_events
from actum_core.formats.iot_events.syntax import Unreadable, parse_iot_expression
from actum_core.formats.mermaid import import_mermaid
from actum_core.formats.result import Imported
from actum_core.limits import (
    EDITOR_FORMULA_LENGTH_MAX,
    EDITOR_FORMULAS_CHARACTERS_MAX,
    EDITOR_FORMULAS_MAX,
    IMPORT_DIAGRAM_CHARACTERS_MAX,
    IMPORT_PROBLEMS_MAX,
    IOT_EVENTS_MAX,
    IOT_EXPRESSION_LENGTH_MAX,
)

from .detector_models import event, going, model, state
from .scenarios import computing, node, out, scenario, sink, source


def _cut(found: Imported) -> list[str]:
    return [problem.pointer for problem in found.problems if problem.code == "too_many"]


def test_problems_are_told_up_to_a_bound_and_the_last_says_that_there_are_more() -> None:
    findings = Findings()
    for number in range(IMPORT_PROBLEMS_MAX):
        findings.warn(f"/{number}", "left_out", "it is left out")
    assert (len(findings.problems), findings.is_full) == (IMPORT_PROBLEMS_MAX, False)
    for number in range(3):
        findings.report(f"/more/{number}", "left_out", "it is left out")
    assert (len(findings.problems), findings.is_full) == (IMPORT_PROBLEMS_MAX + 1, True)
    assert findings.problems[-1].code == "too_many"
    assert findings.has_errors


@pytest.mark.parametrize(
    ("read", "text"), [(import_fsl, "a 'go' -> b;"), (import_mermaid, "stateDiagram-v2\na --> b: go\n")]
)
def test_a_text_is_read_up_to_a_bound(read: Callable[[str], Imported], text: str) -> None:
    longest = text.ljust(IMPORT_DIAGRAM_CHARACTERS_MAX)
    assert len(read(longest).document["machine"]["states"]) == 2
    with pytest.raises(Invalid) as refused:
        read(longest + " ")
    assert [problem.code for problem in refused.value.problems] == ["too_many"]


def test_the_states_of_a_detector_model_are_read_up_to_a_bound() -> None:
    states = [state(f"s{number}") for number in range(IOT_EVENTS_MAX)]
    found = import_iot_events(model(*states))
    assert _cut(found) == []
    assert len(found.document["machine"]["states"]) == IOT_EVENTS_MAX + 1
    found = import_iot_events(model(*states, state("one_more")))
    assert _cut(found) == [f"/detectorModelDefinition/states/{IOT_EVENTS_MAX}"]
    assert len(found.document["machine"]["states"]) == IOT_EVENTS_MAX + 1


def test_the_events_of_a_detector_model_are_read_up_to_a_bound() -> None:
    events = [event("$input.P.x > 1") for _ in range(IOT_EVENTS_MAX - 1)]
    last = going("$input.P.x > 2", "B")
    found = import_iot_events(model(state("A", events=events, transitions=[last]), state("B")))
    assert _cut(found) == []
    found = import_iot_events(
        model(state("A", events=[*events, *events[:1]], transitions=[last]), state("B"))
    )
    assert _cut(found) == ["/detectorModelDefinition/states/0/onInput/transitionEvents/0"]


def test_an_expression_of_iot_events_is_read_up_to_a_length() -> None:
    longest = "$input.P.x > 1".ljust(IOT_EXPRESSION_LENGTH_MAX)
    parse_iot_expression(longest)
    with pytest.raises(Unreadable):
        parse_iot_expression(longest + " ")


def test_the_formulas_of_a_scenario_are_translated_up_to_so_many_characters() -> None:
    formula = "input.data.value".ljust(EDITOR_FORMULA_LENGTH_MAX)
    number = EDITOR_FORMULAS_CHARACTERS_MAX // EDITOR_FORMULA_LENGTH_MAX
    processors = [
        node("ProcessNode", f"P{place}", out("o", "Sink", transformation={"formula": formula}))
        for place in range(number + 1)
    ]
    for count, cut in ((number, []), (number + 1, [f"/nodes/{number}/outputs/0/transformation/formula"])):
        assert _cut(import_editor(scenario(*processors[:count], sink()))) == cut


def test_the_formulas_of_a_scenario_are_translated_up_to_a_bound() -> None:
    outputs = [out(f"o{number}", "Sink", **computing("input.data.value")) for number in range(40)]
    processors = [node("ProcessNode", f"P{number}", *outputs) for number in range(EDITOR_FORMULAS_MAX // 40)]

    def found(*more: dict[str, Any]) -> Imported:
        return import_editor(scenario(source("A", "P0"), *processors, *more, sink()))

    assert _cut(found()) == []
    more = found(node("ProcessNode", "More", out("o", "Sink", **computing("input.data.value"))))
    assert _cut(more) == [f"/nodes/{len(processors) + 1}/outputs/0/transformation/formula"]
    assert "too many formulas" in more.document["nodes"]["More"]["with"]["outputs"][0]["value"]
