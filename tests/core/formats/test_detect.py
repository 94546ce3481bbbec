"""Telling formats apart, and the table of importers and exporters."""

import json

import pytest

from actum_core.errors import Invalid
from actum_core.formats import (
    EXPORTED,
    FORMATS,
    IMPORTED,
    UnknownFormat,
    detect_text,
    detect_value,
    find_format,
)

DETECTOR = {"detectorModelDefinition": {"states": [], "initialStateName": "a"}}
SCENARIO = {"version": "3.0", "nodes": [{"nodeId": "a", "type": "Sink"}]}


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (json.dumps({"format": "actum/1", "name": "x"}), "", "actum"),
        (json.dumps(DETECTOR), "", "iot-events"),
        (json.dumps({"detectorModel": DETECTOR}), "", "iot-events"),
        (json.dumps({"Resources": {"a": {"Type": "AWS::IoTEvents::DetectorModel"}}}), "", "iot-events"),
        (json.dumps(SCENARIO), "", "editor"),
        (json.dumps({"id": "t", "scenario": SCENARIO}), "", "editor"),
        (json.dumps({"id": "m", "initial": "a", "states": {"a": {}}}), "", "xstate"),
        (json.dumps({"type": "parallel", "states": {"a": {}}}), "", "xstate"),
        (json.dumps({"states": 1}), "", None),
        ("[]", "", None),
        ("{", "", None),
        ("", "", None),
        ("just words", "", None),
        ('<?xml version="1.0"?><scxml xmlns="http://www.w3.org/2005/07/scxml"/>', "", "scxml"),
        ("<sc:scxml/>", "", "scxml"),
        ("<svg/>", "x.scxml", None),
        ("\ufeffstateDiagram-v2\n a --> b", "", "mermaid"),
        ("---\ntitle: x\n---\nstateDiagram\n a --> b", "", "mermaid"),
        ("flowchart LR\n a --> b", "", None),
        ("idle 'submit' -> review;", "", "fsl"),
        ("// c\n[a b] => c ~> d;", "", "fsl"),
        ('machine_name: "x";', "", "fsl"),
        ("a", "x.fsl", "fsl"),
        ("a", "x.mmd", "mermaid"),
    ],
)
def test_a_format_is_told_from_the_text(text: str, name: str, expected: str | None) -> None:
    assert detect_text(text, name) == expected


def test_a_format_is_told_from_a_value() -> None:
    assert detect_value(SCENARIO) == "editor"
    assert detect_value([SCENARIO]) is None


def test_every_format_of_the_table_loads() -> None:
    assert set(IMPORTED) | set(EXPORTED) == set(FORMATS)
    assert set(EXPORTED) <= {"scxml", "xstate", "mermaid"}
    for name in ("iot-events", "editor"):
        with pytest.raises(Invalid):
            find_format(name).read({})
    for name in ("fsl", "mermaid"):
        with pytest.raises(Invalid):
            find_format(name).read("")
        with pytest.raises(Invalid):
            find_format(name).read({})


def test_unknown_names_and_directions_are_refused() -> None:
    with pytest.raises(UnknownFormat, match="cobol"):
        find_format("cobol")
    with pytest.raises(UnknownFormat):
        find_format("fsl").write({})


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(Invalid, match="characters"):
        find_format("fsl").read(" " * (4 * 1024 * 1024 + 1))
    with pytest.raises(Invalid):
        find_format("editor").read("{")
