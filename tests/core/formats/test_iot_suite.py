"""The detector models of the shared suite: they import, and behave as the service's documentation says."""

import json
from pathlib import Path
from typing import Any

import pytest

from actum_core.formats import detect_text
from actum_core.formats.iot_events import import_iot_events
from actum_core.template import check_template

from .running import Running

SUITE = Path(__file__).parents[4] / "shared/suites/iotevents"

pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason="the shared suites are not beside this checkout")

MODELS = (
    "analyze-api-api-1",
    *(f"iotevents-examples-{name}" for name in ("bisaa-0", "cranes-1", "cranes-3", "dhb-0")),
)
ALARM = "AWS_IoTEvents_Blueprints_ISA_Alarm_Input"
HEARTBEAT = "AWS_IoTEvents_Blueprints_Heartbeat_Input"


def text_of(name: str) -> str:
    return (SUITE / f"{name}.json").read_text()


def run(name: str) -> Running:
    return Running(import_iot_events(json.loads(text_of(name))).document)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_imports_without_an_error_but_where_its_actions_go(name: str) -> None:
    assert detect_text(text_of(name)) == "iot-events"
    found = import_iot_events(json.loads(text_of(name)))
    assert {problem.code for problem in found.problems if problem.severity == "error"} <= {"no_target"}
    assert [problem for problem in check_template(found.document) if problem.severity == "error"] == []


def test_a_heartbeat_that_stays_away_is_told_of_once() -> None:
    running = run("iotevents-examples-dhb-0")
    for _ in range(3):
        running.post(HEARTBEAT, {"value": 1}).pass_time(299)
    assert running.at == ("Normal",)
    assert running.pass_time(1).at == ("Offline",)
    assert running.requested() == ["sns_sns_topic_arn"]
    assert running.pass_time(10_000).requested() == ["sns_sns_topic_arn"]
    assert running.post(HEARTBEAT, {"value": 1}).at == ("Normal",)
    assert running.pass_time(300).at == ("Offline",)


def test_a_device_that_begins_with_no_value_has_no_timer() -> None:
    running = run("iotevents-examples-dhb-0").post(HEARTBEAT, {"value": 0})
    assert running.pass_time(10_000).at == ("Normal",)


def test_a_crane_is_told_of_after_its_sixth_overheating_as_the_next_message_sees_it() -> None:
    running = run("iotevents-examples-cranes-1")
    for _ in range(6):
        running.post("TemperatureInput", {"temperature": 36})
    assert running.requested() == []
    running.post("TemperatureInput", {"temperature": 30})
    assert running.requested() == ["sns_CraneSNSTopic"]
    running.post("TemperatureInput", {"temperature": 24})
    assert running.variables["craneThresholdBreached"] == 0
    assert len(running.requested()) == 2
    running.post("TemperatureInput", {"temperature": 30})
    assert len(running.requested()) == 2


def test_a_motor_is_judged_by_the_last_pressure_and_the_last_temperature() -> None:
    running = run("iotevents-examples-cranes-3")
    running.post("PressureInput", {"pressure": 80})
    assert running.variables["motorThresholdBreached"] == 0
    for _ in range(6):
        running.post("TemperatureInput", {"temperature": 40})
    assert (running.variables["motorThresholdBreached"], running.requested()) == (6, [])
    running.post("PressureInput", {"pressure": 60})
    assert (running.variables["motorThresholdBreached"], running.requested()) == (6, ["sns_MotorSNSTopic"])


def test_a_reading_without_a_temperature_publishes_nothing() -> None:
    running = run("analyze-api-api-1")
    readings: list[dict[str, Any]] = [{"sensorData": {"temperature": None}}, {"sensorData": {}}, {}]
    for data in readings:
        running.post("TemperatureInput", data)
    assert running.requested() == []
    assert running.post("TemperatureInput", {"sensorData": {"temperature": 1}}).requested() == [
        "iotTopicPublish_Output"
    ]


#: What is sent, and the state after it.
COMMANDS: list[tuple[str, str]] = [
    ("shelve", "Shelved"),
    ("nothing", "Shelved"),
    ("unshelve", "Normal"),
    ("remove", "Out_of_service"),
    ("add", "Normal"),
    ("suppressed", "Suppressed_by_design"),
    ("unsuppressed", "Normal"),
]


def test_an_alarm_goes_where_its_commands_say() -> None:
    running = run("iotevents-examples-bisaa-0")
    for command, state in COMMANDS:
        assert running.post(ALARM, {"command": command}).at == (state,)


def _alarm_with_thresholds() -> Running:
    """The alarm with thresholds: the model compares a variable with itself, so none of its own are ever set."""
    document: dict[str, Any] = import_iot_events(json.loads(text_of("iotevents-examples-bisaa-0"))).document
    document["vars"]["lower_threshold"]["initial"] = 10
    document["vars"]["higher_threshold"]["initial"] = 20
    return Running(document)


def test_an_alarm_is_acknowledged_snoozes_and_comes_back() -> None:
    running = _alarm_with_thresholds()
    assert running.post(ALARM, {"value": 15}).at == ("Normal",)
    assert running.post(ALARM, {"value": 25}).at == ("Unacknowledged",)
    assert running.post(ALARM, {"command": "acknowledge"}).at == ("Acknowledged",)
    assert running.pass_time(59).at == ("Acknowledged",)
    assert running.pass_time(1).at == ("Unacknowledged",)
    assert running.post(ALARM, {"value": 15}).at == ("RTN_Unacknowledged",)
    assert running.post(ALARM, {"command": "shelve"}).at == ("Shelved",)
    assert running.post(ALARM, {"command": "unshelve"}).at == ("RTN_Unacknowledged",)
    assert running.post(ALARM, {"command": "acknowledge"}).at == ("Normal",)


def test_an_alarm_whose_thresholds_were_never_set_stays_normal() -> None:
    running = run("iotevents-examples-bisaa-0")
    assert running.post(ALARM, {"value": 1_000, "lower_threshold": 1, "higher_threshold": 2}).at == (
        "Normal",
    )
