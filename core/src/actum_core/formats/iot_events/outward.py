"""Write the actions of other services as declared actions and requests for them.

What an action says without expressions is declared once; what it computes goes with each request. An action
without a payload of its own sends what the service sends by default: the detector, what set it off, and its state.
"""

from collections.abc import Callable
from typing import Any, Final

from actum_core import canonical_json
from actum_core.formats.findings import Findings
from actum_core.formats.iot_events.model import Action, Event
from actum_core.formats.iot_events.survey import Survey, is_expression
from actum_core.formats.iot_events.translate import INPUT, TRIGGER
from actum_core.formats.naming import Names, variable_name

#: Translates a text at a pointer; None when it has no meaning.
Translate = Callable[[str, str], str | None]

_PAYLOAD: Final = "payload"

#: Which field of an action people know it by.
_KNOWN_BY: Final = {
    "sns": "targetArn",
    "lambda": "functionArn",
    "iotTopicPublish": "mqttTopic",
    "sqs": "queueUrl",
    "firehose": "deliveryStreamName",
    "iotEvents": "inputName",
    "dynamoDB": "tableName",
    "dynamoDBv2": "tableName",
    "iotSiteWise": "propertyAlias",
}


class Outward:
    """The declared actions of one template."""

    def __init__(self, model_name: str, survey: Survey, findings: Findings) -> None:
        self._model_name = model_name
        self._survey = survey
        self._findings = findings
        self._names = Names(variable_name)
        self._by_settings: dict[bytes, str] = {}
        self.declared: dict[str, dict[str, Any]] = {}

    def request(
        self, action: Action, event: Event, state: str, translate: Translate
    ) -> dict[str, Any] | None:
        """The content that requests an action, or None with a problem."""
        fields = {name: each for name, each in action.fields.items() if name != _PAYLOAD}
        constant, computed, is_sound = _split(fields, action.pointer, translate)
        payload = self._payload(action, event, state, translate)
        if not is_sound or payload is None:
            self._findings.report(action.pointer, "left_out", "without its expression the action is left out")
            return None
        name = self._declare(action, constant)
        return {"do": {"action": name, "with": {**computed, **payload}}}

    def _declare(self, action: Action, constant: dict[str, Any]) -> str:
        settings = {"kind": "webhook", "service": f"aws:{action.kind}", **constant}
        key = canonical_json.encode(settings)
        name = self._by_settings.get(key)
        if name is None:
            known_by = constant.get(_KNOWN_BY[action.kind])
            last = known_by.replace("/", ":").split(":")[-1] if isinstance(known_by, str) else ""
            name = self._by_settings[key] = self._names.make(f"{action.kind}_{last}".rstrip("_"))
            self.declared[name] = settings
            detail = f"say where the action {name!r} goes: it was carried out by the service {action.kind!r}"
            self._findings.report(action.pointer, "no_target", detail)
        return name

    def _payload(
        self, action: Action, event: Event, state: str, translate: Translate
    ) -> dict[str, Any] | None:
        value = action.fields.get(_PAYLOAD)
        if value is None:
            return {_PAYLOAD: self._usual(event, state)}
        pointer = f"{action.pointer}/{_PAYLOAD}"
        content = value.get("contentExpression") if isinstance(value, dict) else None
        if not isinstance(content, str):
            self._findings.report(pointer, "wrong_type", "a payload with a contentExpression was expected")
            return None
        kind = value.get("type", "STRING")
        if kind not in ("STRING", "JSON"):
            self._findings.report(pointer + "/type", "bad_value", "a payload is STRING or JSON")
        text = translate(content, pointer + "/contentExpression")
        if text is None:
            return None
        return {_PAYLOAD: f"={text}", "payloadType": "JSON" if kind == "JSON" else "STRING"}

    def _usual(self, event: Event, state: str) -> dict[str, Any]:
        """The payload that the service makes; times are in milliseconds."""
        variables = {name: f"=vars.{variable}" for name, variable in self._survey.variables.items()}
        return {
            "eventName": _plain(event.name),
            "eventTime": "=int(now) * 1000 + now.getMilliseconds()",
            _PAYLOAD: {
                "detector": {"detectorModelName": _plain(self._model_name or "detector-model")},
                "eventTriggerDetails": {"inputName": f"={INPUT}", "triggerType": f"={TRIGGER}"},
                "state": {"stateName": _plain(state), "variables": variables},
            },
        }


def _split(
    value: dict[str, Any], pointer: str, translate: Translate
) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """The members without expressions, those with, and whether all of them could be translated."""
    constant: dict[str, Any] = {}
    computed: dict[str, Any] = {}
    is_sound = True
    for name, each in value.items():
        found, has_expression, is_fine = _translated(each, f"{pointer}/{name}", translate)
        is_sound = is_sound and is_fine
        (computed if has_expression else constant)[name] = found
    return constant, computed, is_sound


def _translated(value: Any, pointer: str, translate: Translate) -> tuple[Any, bool, bool]:
    if isinstance(value, str):
        if not is_expression(value):
            return value, False, True
        text = translate(value, pointer)
        return f"={text}", True, text is not None
    if isinstance(value, dict):
        parts = {key: _translated(each, f"{pointer}/{key}", translate) for key, each in value.items()}
        has_expression = any(has for _, has, _ in parts.values())
        made = {
            key: _plain(found) if has_expression and not has else found
            for key, (found, has, _) in parts.items()
        }
        return made, has_expression, all(is_fine for _, _, is_fine in parts.values())
    return value, False, True


def _plain(value: Any) -> Any:
    """A value as data that is no expression."""
    return f"={value}" if isinstance(value, str) and value.startswith("=") else value
