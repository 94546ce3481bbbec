"""The forms that detector models of AWS IoT Events are kept in, and what is not carried over."""

import json
from copy import deepcopy
from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.formats import find_format
from actum_core.formats.iot_events import import_iot_events

from .detector_models import SMALL, telling, timer
from .scenarios import changed


def capitalized(value: Any) -> Any:
    """A model as CloudFormation has it."""
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: capitalized(each) for name, each in value.items()}
    return [capitalized(each) for each in value] if isinstance(value, list) else value


def test_every_form_of_a_model_comes_to_the_same_template() -> None:
    expected = import_iot_events(SMALL).document
    described = {
        "detectorModel": {
            "detectorModelDefinition": SMALL["detectorModelDefinition"],
            "detectorModelConfiguration": {
                "detectorModelName": "Test",
                "evaluationMethod": "SERIAL",
                "roleArn": "arn",
                "status": "ACTIVE",
            },
        }
    }
    stack = {
        "Resources": {"Model": {"Type": "AWS::IoTEvents::DetectorModel", "Properties": capitalized(SMALL)}}
    }
    assert import_iot_events(described).document == expected
    assert import_iot_events(stack).document == expected
    assert find_format("iot-events").read(json.dumps(SMALL)).document == expected


def test_a_stack_tells_of_the_models_and_resources_that_are_left_out() -> None:
    resource = {"Type": "AWS::IoTEvents::DetectorModel", "Properties": capitalized(SMALL)}
    queue = {"Type": "AWS::SQS::Queue"}
    told = {
        "Type": "AWS::IoTEvents::Input",
        "Properties": {"InputName": "P", "InputDefinition": {"Attributes": [{"JsonPath": "x"}]}},
    }
    found = import_iot_events({"Resources": {"a": resource, "b": deepcopy(resource), "q": queue, "i": told}})
    assert found.document["events"]["P"]["description"] == "Has x"
    places = {(problem.pointer, problem.code, problem.severity) for problem in found.problems}
    assert ("/Resources/b/Properties", "several", "error") in places
    assert ("/Resources/q", "left_out", "warning") in places


#: A change of SMALL, and the problem it must bring: pointer, code, severity.
STATES = "/detectorModelDefinition/states"
PROBLEMS: list[tuple[str, Any, tuple[str, str, str]]] = [
    ("/key", "id", ("/key", "one_per_key", "warning")),
    ("/roleArn", "arn:x", ("/roleArn", "left_out", "warning")),
    ("/surprise", 1, ("/surprise", "unknown_field", "error")),
    ("/evaluationMethod", "LATER", ("/evaluationMethod", "bad_value", "error")),
    (
        "/detectorModelDefinition/initialStateName",
        "C",
        ("/detectorModelDefinition/initialStateName", "unknown_state", "error"),
    ),
    (f"{STATES}/1/stateName", "A", (f"{STATES}/1/stateName", "duplicate", "error")),
    (f"{STATES}/1/stateName", "1st", (f"{STATES}/1/stateName", "renamed", "warning")),
    (
        f"{STATES}/0/onInput/transitionEvents/0/nextState",
        "C",
        (f"{STATES}/0/onInput/transitionEvents/0/nextState", "unknown_state", "error"),
    ),
    (
        f"{STATES}/0/onInput/events/0/condition",
        "$input.P.x >",
        (f"{STATES}/0/onInput/events/0/condition", "expression", "error"),
    ),
    (
        f"{STATES}/0/onInput/events/0/condition",
        "1 + 1",
        (f"{STATES}/0/onInput/events/0/condition", "not_boolean", "warning"),
    ),
    (
        f"{STATES}/0/onInput/events/0/condition",
        "isNull($variable.n)",
        (f"{STATES}/0/onInput/events/0/condition", "expression", "warning"),
    ),
    (
        f"{STATES}/0/onInput/events/0/actions/0",
        {"launchRocket": {}},
        (f"{STATES}/0/onInput/events/0/actions/0/launchRocket", "unknown_field", "error"),
    ),
    (
        f"{STATES}/0/onInput/events/0/actions/0",
        {"sns": {}, "sqs": {}},
        (f"{STATES}/0/onInput/events/0/actions/0", "bad_value", "error"),
    ),
    (
        f"{STATES}/0/onInput/events/0/actions/0",
        {"resetTimer": {"timerName": "u"}},
        (f"{STATES}/0/onInput/events/0/actions/0/resetTimer", "unknown_timer", "error"),
    ),
    (
        f"{STATES}/0/onInput/events/0/actions/1",
        timer("t", 5),
        (f"{STATES}/0/onInput/events/0/actions/1/setTimer", "bad_value", "warning"),
    ),
    (
        f"{STATES}/0/onInput/events/0/actions/2",
        telling("z"),
        (f"{STATES}/0/onInput/events/0/actions/2/iotTopicPublish", "no_target", "error"),
    ),
]


@pytest.mark.parametrize(("pointer", "value", "expected"), PROBLEMS)
def test_what_is_not_carried_over_is_a_problem_at_its_place(
    pointer: str, value: Any, expected: tuple[str, str, str]
) -> None:
    found = import_iot_events(changed(SMALL, pointer, value))
    assert expected in [(problem.pointer, problem.code, problem.severity) for problem in found.problems]
    assert found.is_complete is all(problem.severity != "error" for problem in found.problems)


@pytest.mark.parametrize("document", [None, [], {}, {"detectorModelDefinition": 1}, {"Resources": {}}])
def test_what_is_no_detector_model_is_refused(document: object) -> None:
    with pytest.raises(Invalid):
        import_iot_events(document)
