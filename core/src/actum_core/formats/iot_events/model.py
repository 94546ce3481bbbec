"""Read a detector model of AWS IoT Events in any of the forms it is kept in.

These are the requests and answers of the service's API (``CreateDetectorModel``, ``DescribeDetectorModel``) and
CloudFormation, whose names begin with capitals. Expressions stay texts here; every part knows its pointer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.formats.findings import Findings
from actum_core.limits import IOT_EVENTS_MAX

MODEL_TYPE: Final = "AWS::IoTEvents::DetectorModel"
INPUT_TYPE: Final = "AWS::IoTEvents::Input"

#: The kinds of actions, as the API writes them.
ACTIONS: Final = (
    *("setVariable", "setTimer", "resetTimer", "clearTimer"),
    *("sns", "iotTopicPublish", "lambda", "sqs", "firehose", "iotEvents", "dynamoDB", "dynamoDBv2"),
    "iotSiteWise",
)

_DEFINITION: Final = ("states", "initialStateName")
_STATE: Final = ("stateName", "onEnter", "onInput", "onExit")
_EVENT: Final = ("eventName", "condition", "actions")
#: What the service says about a model, beside what the model is.
_ADMINISTRATION: Final = (
    *("roleArn", "tags", "detectorModelArn", "detectorModelVersion", "creationTime", "lastUpdateTime"),
    "status",
)
_WHY: Final = "it says how the service ran the model"
_MODEL: Final = (
    *("detectorModelName", "detectorModelDescription", "detectorModelDefinition", "key"),
    "evaluationMethod",
)


@dataclass(frozen=True, slots=True)
class Action:
    kind: str
    fields: dict[str, Any]
    pointer: str


@dataclass(frozen=True, slots=True)
class Event:
    """What is done when a condition holds; a transition event has a ``next_state``."""

    name: str
    condition: str | None
    actions: tuple[Action, ...]
    next_state: str | None
    pointer: str


@dataclass(frozen=True, slots=True)
class State:
    name: str
    enter: tuple[Event, ...]
    input: tuple[Event, ...]
    transitions: tuple[Event, ...]
    exit: tuple[Event, ...]
    pointer: str

    def events(self) -> Iterator[Event]:
        yield from (*self.enter, *self.input, *self.transitions, *self.exit)


@dataclass(frozen=True, slots=True)
class DetectorModel:
    name: str
    description: str
    key: str
    is_serial: bool
    initial: str
    states: tuple[State, ...]
    pointer: str
    #: Inputs that the document defines beside the model, with the fields each is said to have.
    inputs: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def events(self) -> Iterator[Event]:
        for state in self.states:
            yield from state.events()


def is_detector_model(value: Any) -> bool:
    """True for what ``read_model`` makes sense of."""
    if not isinstance(value, dict):
        return False
    if _find(value, "detectorModelDefinition") is not None:
        return True
    wrapped = _find(value, "detectorModel")
    if isinstance(wrapped, dict) and _find(wrapped, "detectorModelDefinition") is not None:
        return True
    resources = value.get("Resources")
    return isinstance(resources, dict) and any(
        isinstance(each, dict) and each.get("Type") == MODEL_TYPE for each in resources.values()
    )


def read_model(document: dict[str, Any], findings: Findings) -> DetectorModel | None:
    """The model of a document, or None when there is none; problems stay with the findings."""
    wrapped = _find(document, "detectorModel")
    if isinstance(wrapped, dict):
        return _described(wrapped, "/detectorModel", findings)
    if isinstance(document.get("Resources"), dict):
        return _from_stack(document, findings)
    return _Reader(findings).model(document, "")


def _find(members: dict[str, Any], name: str) -> Any:
    """A member by its name in the API, or by the same with a capital, as CloudFormation has it."""
    return members.get(name, members.get(name[0].upper() + name[1:]))


def _described(value: dict[str, Any], pointer: str, findings: Findings) -> DetectorModel | None:
    """What ``DescribeDetectorModel`` answers: the definition and the rest stand apart."""
    name = "detectorModelConfiguration"
    members = {key: each for key, each in value.items() if key != name}
    configuration = value.get(name)
    if isinstance(configuration, dict):
        left_out = [key for key in configuration if key in _ADMINISTRATION]
        findings.leave_out(f"{pointer}/{name}", left_out, _WHY)
        members |= {key: each for key, each in configuration.items() if key not in left_out}
    return _Reader(findings).model(members, pointer)


def _from_stack(document: dict[str, Any], findings: Findings) -> DetectorModel | None:
    """The one detector model of a CloudFormation template."""
    models: list[tuple[str, dict[str, Any]]] = []
    inputs: dict[str, tuple[str, ...]] = {}
    reader = _Reader(findings)
    for name, resource in document["Resources"].items():
        pointer = pointer_of("Resources", name)
        kind = resource.get("Type") if isinstance(resource, dict) else None
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        if kind == MODEL_TYPE and isinstance(properties, dict):
            models.append((pointer + "/Properties", properties))
        elif kind == INPUT_TYPE and isinstance(properties, dict):
            inputs |= reader.input(properties, pointer + "/Properties")
        else:
            findings.warn(pointer, "left_out", f"a resource of type {kind} is no part of a detector model")
    if not models:
        findings.report("/Resources", "missing_field", f"there is no resource of type {MODEL_TYPE}")
        return None
    for pointer, _ in models[1:]:
        findings.report(
            pointer, "several", "one template is made of one detector model: this one is left out"
        )
    found = reader.model(models[0][1], models[0][0])
    if found is not None:
        found.inputs.update(inputs)
    return found


class _Reader:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._count = 0

    def model(self, value: dict[str, Any], pointer: str) -> DetectorModel | None:
        members = self._members(value, pointer, (*_MODEL, *_ADMINISTRATION))
        place = pointer + "/detectorModelDefinition"
        definition = self._findings.mapping(members.get("detectorModelDefinition"), place)
        if definition is None:
            return None
        parts = self._members(definition, place, _DEFINITION)
        listed = self._list(parts.get("states", []), place + "/states")
        if len(listed) > IOT_EVENTS_MAX:
            detail = f"at most {IOT_EVENTS_MAX} states are read"
            self._findings.report(f"{place}/states/{IOT_EVENTS_MAX}", "too_many", detail)
        states = tuple(
            self._state(each, f"{place}/states/{index}")
            for index, each in enumerate(listed[:IOT_EVENTS_MAX])
            if self._findings.mapping(each, f"{place}/states/{index}") is not None
        )
        administration = [name for name in members if name in _ADMINISTRATION]
        self._findings.leave_out(pointer, administration, _WHY)
        return DetectorModel(
            name=self._text(members, "detectorModelName", pointer),
            description=self._text(members, "detectorModelDescription", pointer),
            key=self._text(members, "key", pointer),
            is_serial=self._is_serial(members, pointer),
            initial=self._text(parts, "initialStateName", place),
            states=states,
            pointer=pointer,
        )

    def input(self, properties: dict[str, Any], pointer: str) -> dict[str, tuple[str, ...]]:
        """One input resource: its name and the paths of its attributes."""
        members = self._members(
            properties, pointer, ("inputName", "inputDescription", "inputDefinition", "tags")
        )
        name = self._text(members, "inputName", pointer)
        definition = members.get("inputDefinition")
        attributes = _find(definition, "attributes") if isinstance(definition, dict) else None
        paths = [_find(each, "jsonPath") for each in attributes or [] if isinstance(each, dict)]
        return {name: tuple(path for path in paths if isinstance(path, str))} if name else {}

    def _is_serial(self, members: dict[str, Any], pointer: str) -> bool:
        method = members.get("evaluationMethod", "BATCH")
        if method not in ("BATCH", "SERIAL"):
            self._findings.report(
                pointer + "/evaluationMethod", "bad_value", "the evaluation method is BATCH or SERIAL"
            )
        return bool(method == "SERIAL")

    def _state(self, value: dict[str, Any], pointer: str) -> State:
        members = self._members(value, pointer, _STATE)
        entering = self._lifecycle(members, "onEnter", pointer, ("events",))
        receiving = self._lifecycle(members, "onInput", pointer, ("events", "transitionEvents"))
        leaving = self._lifecycle(members, "onExit", pointer, ("events",))
        return State(
            name=self._text(members, "stateName", pointer),
            enter=self._events(entering, "events", pointer + "/onEnter"),
            input=self._events(receiving, "events", pointer + "/onInput"),
            transitions=self._events(receiving, "transitionEvents", pointer + "/onInput"),
            exit=self._events(leaving, "events", pointer + "/onExit"),
            pointer=pointer,
        )

    def _lifecycle(
        self, members: dict[str, Any], name: str, pointer: str, known: tuple[str, ...]
    ) -> dict[str, Any]:
        value = members.get(name)
        if value is None:
            return {}
        found = self._findings.mapping(value, f"{pointer}/{name}")
        return {} if found is None else self._members(found, f"{pointer}/{name}", known)

    def _events(self, members: dict[str, Any], name: str, pointer: str) -> tuple[Event, ...]:
        place = f"{pointer}/{name}"
        found = []
        for index, value in enumerate(self._list(members.get(name), place)):
            at = f"{place}/{index}"
            if self._findings.mapping(value, at) is not None:
                self._count += 1
                if self._count == IOT_EVENTS_MAX + 1:
                    self._findings.report(at, "too_many", f"at most {IOT_EVENTS_MAX} events are read")
                if self._count > IOT_EVENTS_MAX:
                    break
                known = (*_EVENT, "nextState") if name == "transitionEvents" else _EVENT
                found.append(self._event(value, at, known))
        return tuple(found)

    def _event(self, value: dict[str, Any], pointer: str, known: tuple[str, ...]) -> Event:
        members = self._members(value, pointer, known)
        condition = members.get("condition")
        if condition is not None and not isinstance(condition, str):
            condition = "true" if condition is True else "false" if condition is False else None
            if condition is None:
                self._findings.wrong_type(pointer + "/condition", "a string", members["condition"])
                condition = "false"
        return Event(
            name=self._text(members, "eventName", pointer),
            condition=condition,
            actions=tuple(self._actions(members, pointer + "/actions")),
            next_state=self._text(members, "nextState", pointer) if "nextState" in known else None,
            pointer=pointer,
        )

    def _actions(self, members: dict[str, Any], pointer: str) -> Iterator[Action]:
        for index, value in enumerate(self._list(members.get("actions"), pointer)):
            place = f"{pointer}/{index}"
            found = self._findings.mapping(value, place)
            kinds = [] if found is None else [name for name, each in found.items() if each is not None]
            if found is not None and len(kinds) != 1:
                self._findings.report(place, "bad_value", f"one action was expected, {len(kinds)} were found")
            for name in kinds:
                kind = name[:1].lower() + name[1:]
                fields = self._findings.mapping(value[name], place + pointer_of(name))
                if kind not in ACTIONS:
                    self._findings.unknown(place, name, ACTIONS)
                elif fields is not None:
                    yield Action(kind, _lowered(fields), place + pointer_of(name))

    def _list(self, value: Any, pointer: str) -> list[Any]:
        return [] if value is None else self._findings.array(value, pointer) or []

    def _text(self, members: dict[str, Any], name: str, pointer: str) -> str:
        value = members.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        self._findings.report(f"{pointer}/{name}", "wrong_type", "a string was expected: it is left out")
        return ""

    def _members(self, value: dict[str, Any], pointer: str, known: tuple[str, ...]) -> dict[str, Any]:
        """The members by their names in the API; what is not known is a problem."""
        found = {}
        for name, each in value.items():
            plain = name[:1].lower() + name[1:]
            if plain in known:
                found[plain] = each
            else:
                self._findings.unknown(pointer, name, known)
        return found


def _lowered(value: Any) -> Any:
    """Names of members as the API has them, at every depth but in what CloudFormation resolves."""
    if isinstance(value, dict) and not any(name.startswith(("Fn::", "Ref")) for name in value):
        return {name[:1].lower() + name[1:]: _lowered(each) for name, each in value.items()}
    return value
