"""This engine says of generated charts what SCION said of them; see README.md."""

import json
from typing import Any

import pytest

from .compare import RECORDED, make_chart, run_here

_RECORDED: list[dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))


def test_enough_charts_are_recorded() -> None:
    assert len(_RECORDED) >= 200


@pytest.mark.parametrize("place", range(0, len(_RECORDED), 50))
def test_charts_take_the_configurations_that_were_recorded(place: int) -> None:
    charts = _RECORDED[place : place + 50]
    found = [{"seed": each["seed"], "configurations": run_here(make_chart(each["seed"]))} for each in charts]
    assert found == charts
