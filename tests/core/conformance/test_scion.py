"""Every chart that SCION publishes behaves as its script says, through the importer and with time that is given."""

import pytest

from actum_core.formats.scxml import import_scxml

from .exceptions import SCION_SEMANTICS
from .suites import ScionChart, scion_charts
from .virtual_time import Execution


def configurations(chart: ScionChart) -> tuple[list[list[str]], list[list[str]]]:
    """The configurations that a chart takes, and those that its script expects."""
    script = chart.script["legacySemantics"] if chart.name in SCION_SEMANTICS else chart.script
    execution = Execution(import_scxml(chart.chart, sources=chart.sources).document)
    found = [execution.configuration]
    expected = [sorted(script["initialConfiguration"])]
    for each in script["events"]:
        execution.wait(each.get("after", 0))
        execution.post(each["event"]["name"], each["event"].get("data"))
        found.append(execution.configuration)
        expected.append(sorted(each["nextConfiguration"]))
    return found, expected


def test_all_charts_are_there() -> None:
    assert len(scion_charts()) == 127


@pytest.mark.parametrize("name", scion_charts())
def test_a_chart_takes_the_configurations_of_its_script(name: str) -> None:
    found, expected = configurations(scion_charts()[name])
    assert found == expected
