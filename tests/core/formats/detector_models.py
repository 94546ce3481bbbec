"""Small detector models of AWS IoT Events."""

from typing import Any

from actum_core.formats.iot_events import import_iot_events
from actum_core.template import check_template

from .running import Running


def event(condition: str | None = None, *actions: dict[str, Any], name: str = "e") -> dict[str, Any]:
    found: dict[str, Any] = {"eventName": name, "actions": list(actions)}
    return found if condition is None else {**found, "condition": condition}


def going(condition: str, to: str, *actions: dict[str, Any]) -> dict[str, Any]:
    return {**event(condition, *actions), "nextState": to}


def setting(name: str, value: str) -> dict[str, Any]:
    return {"setVariable": {"variableName": name, "value": value}}


def timer(name: str, seconds: int = 60) -> dict[str, Any]:
    return {"setTimer": {"timerName": name, "seconds": seconds}}


def telling(topic: str, **fields: Any) -> dict[str, Any]:
    return {"iotTopicPublish": {"mqttTopic": topic, **fields}}


def state(name: str, **lists: Any) -> dict[str, Any]:
    """A state; ``enter``, ``events``, ``transitions`` and ``exit`` are its lists of events."""
    return {
        "stateName": name,
        "onEnter": {"events": lists.get("enter", [])},
        "onInput": {"events": lists.get("events", []), "transitionEvents": lists.get("transitions", [])},
        "onExit": {"events": lists.get("exit", [])},
    }


def model(*states: dict[str, Any], **members: Any) -> dict[str, Any]:
    definition = {"states": list(states), "initialStateName": states[0]["stateName"]}
    return {"detectorModelName": "Test", "detectorModelDefinition": definition, **members}


def run(*states: dict[str, Any], **members: Any) -> Running:
    document = import_iot_events(model(*states, **members)).document
    assert [problem for problem in check_template(document) if problem.severity == "error"] == []
    return Running(document)


SMALL = model(
    state(
        "A",
        events=[event("$input.P.x > 1", setting("n", "1"), timer("t"), telling("z"))],
        transitions=[going('timeout("t")', "B")],
    ),
    state("B"),
    evaluationMethod="SERIAL",
)
