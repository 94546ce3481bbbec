"""What SCXML 1.0 asks for, section by section, in charts of our own."""

from pathlib import Path
from typing import Any

import pytest
from tests.core.documents import load_yaml

from actum_core.formats.scxml import import_scxml

from .virtual_time import Execution

_TIMERS_MAX = 100
_ENDS = '<final id="pass"/><final id="fail"/>'
_CHARTS: list[dict[str, Any]] = load_yaml(Path(__file__).parent / "sections.yaml")


def document_of(about: dict[str, Any]) -> dict[str, Any]:
    attributes = about.get("attributes", "")
    text = f'<scxml version="1.0" datamodel="cel" initial="s" {attributes}>{about["chart"]}{_ENDS}</scxml>'
    sources = {uri: f"<scxml>{inside}</scxml>" for uri, inside in about.get("sources", {}).items()}
    return import_scxml(text, sources=sources).document


@pytest.mark.parametrize("about", _CHARTS, ids=[each["about"] for each in _CHARTS])
def test_a_chart_ends_as_its_section_says(about: dict[str, Any]) -> None:
    execution = Execution(document_of(about))
    execution.wait_until_quiet(_TIMERS_MAX)
    assert execution.configuration == ["pass"]
