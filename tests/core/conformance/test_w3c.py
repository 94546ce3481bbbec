"""The tests of the W3C for SCXML 1.0 end in their state `pass`: data model `cel`, and time that is given."""

import pytest

from actum_core.formats.scxml import import_scxml

from .conf import to_scxml
from .conf_ecmascript import ECMASCRIPT as ECMASCRIPT_MEANING
from .exceptions import CATEGORIES, CHARTS, CHARTS_FAILED, ECMASCRIPT
from .suites import w3c_chart_documents, w3c_charts, w3c_documents, w3c_tests
from .virtual_time import Execution

#: More timers than any test sets.
_TIMERS_MAX = 100

_REACHABLE = sorted(key for key, test in w3c_tests().items() if test.category not in CATEGORIES)


def end_of(number: str) -> list[str]:
    """The configuration in which a test ends."""
    text = to_scxml(w3c_tests()[number].text)
    execution = Execution(import_scxml(text, sources=w3c_documents()).document)
    execution.wait_until_quiet(_TIMERS_MAX)
    return execution.configuration


def end_of_chart(number: str) -> list[str]:
    """The configuration in which a test ends that is only there for ECMAScript."""
    chart = import_scxml(w3c_charts()[number], sources=w3c_chart_documents())
    execution = Execution(chart.document)
    execution.wait_until_quiet(_TIMERS_MAX)
    return execution.configuration


def test_the_published_tests_are_there() -> None:
    assert len(w3c_tests()) >= 102
    assert len(_REACHABLE) >= 81
    assert len(w3c_charts()) == 100


@pytest.mark.parametrize("number", _REACHABLE)
def test_a_test_of_the_w3c_passes(number: str) -> None:
    assert end_of(number) == ["pass"]


@pytest.mark.parametrize("number", _REACHABLE)
def test_a_test_of_the_w3c_passes_in_ecmascript_as_well(number: str) -> None:
    text = to_scxml(w3c_tests()[number].text, ECMASCRIPT_MEANING)
    execution = Execution(import_scxml(text, sources=w3c_documents(is_ecmascript=True)).document)
    execution.wait_until_quiet(_TIMERS_MAX)
    assert execution.configuration == ["pass"]


@pytest.mark.parametrize("number", ECMASCRIPT)
def test_a_test_about_ecmascript_passes_as_far_as_it_is_translated(number: str) -> None:
    assert end_of(number) == ["pass"]


@pytest.mark.parametrize("number", sorted(w3c_charts().keys() - CHARTS.keys() - CHARTS_FAILED.keys()))
def test_a_test_that_is_there_for_ecmascript_passes(number: str) -> None:
    assert end_of_chart(number) == ["pass"]


@pytest.mark.parametrize("number", [*CHARTS, *CHARTS_FAILED])
def test_what_is_an_exception_does_not_pass(number: str) -> None:
    assert end_of_chart(number) != ["pass"]
