"""The forms in which events may be posted, as the OpenAPI document describes them; `receive.py` reads them."""

from typing import Any, Final

from actum.platform.limits import REQUEST_EVENTS_MAX
from actum_core.limits import JSON_INTEGER_MAX, NAME_LENGTH_MAX

#: A name: no white space, no control characters.
_NAME: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": NAME_LENGTH_MAX,
    "pattern": r"^[^\s\u0000-\u0020]+$",
}

_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type"],
    "additionalProperties": False,
    "properties": {
        "type": {**_NAME, "description": "Which event of the template."},
        "data": {"description": "What the template's schema for this event says; `{}` when left out."},
        "id": {**_NAME, "description": "Your name for it: sent again, it gets its first answer."},
        "source": {**_NAME, "description": "Whose `id` it is; ids of different sources do not meet."},
        "occurredAt": {
            "type": "string",
            "format": "date-time",
            "description": "When it happened, by your clock.",
        },
        "expectedSeq": {
            "type": "integer",
            "minimum": 0,
            "maximum": JSON_INTEGER_MAX,
            "description": "Refuse with 409 unless the execution's latest entry has this sequence.",
        },
    },
}

_CLOUD_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": _NAME,
        "source": _NAME,
        "type": _NAME,
        "time": {"type": "string", "format": "date-time"},
        "data": {},
    },
}


def _many(event: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "maxItems": REQUEST_EVENTS_MAX, "items": event}


#: OpenAPI 3.1 Request Body Object.
REQUEST_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": (
        "One event, or a batch. CloudEvents 1.0 are taken in structured and batched mode, and in binary mode: "
        "`ce-specversion`, `ce-id`, `ce-source` and `ce-type` as headers, the data as the body."
    ),
    "content": {
        "application/json": {"schema": {"oneOf": [_EVENT, _many(_EVENT)]}},
        "application/cloudevents+json": {"schema": _CLOUD_EVENT},
        "application/cloudevents-batch+json": {"schema": _many(_CLOUD_EVENT)},
    },
}
