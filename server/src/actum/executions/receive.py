"""Read events as they are posted: one, an array, or CloudEvents 1.0 in its three HTTP forms.

Whatever the form, an event becomes the same canonical payload, and the engine runs on the parse of those
bytes, so what is replayed later is what ran first. Follows CloudEvents 1.0.2, JSON format and HTTP binding.
"""

import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from actum.executions.arrivals import Received
from actum.platform import limits
from actum.platform.http_errors import MediaTypeUnsupported, RequestInvalid
from actum.platform.requests import check_json_media_type, parse_body
from actum_core import canonical_json
from actum_core.canonical_json import quote_text
from actum_core.engine.inputs import InputKind
from actum_core.errors import MalformedJson, Problem, pointer_of
from actum_core.limits import EVENT_BYTES_MAX, JSON_DEPTH_MAX, JSON_INTEGER_MAX, NAME_LENGTH_MAX

_MEMBERS: Final = frozenset({"type", "data", "id", "source", "occurredAt", "expectedSeq"})
_MEDIA_TYPES: Final = frozenset(
    {"application/json", "application/cloudevents+json", "application/cloudevents-batch+json"}
)
_CLOUD_MEMBERS: Final = frozenset({"specversion", "type", "data", "id", "source", "time"})
_SCALARS: Final = frozenset({str, int, bool, type(None)})
_name: Final = re.compile(r"[^\x00-\x20\x7f-\xa0\u2028\u2029]+").fullmatch
_instant: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
).fullmatch
_attribute: Final = re.compile(r"[a-z0-9]{1,20}").fullmatch


class Post(NamedTuple):
    """A request's own part: content type, `ce-` headers by attribute, and Idempotency-Key."""

    content_type: str
    attributes: Mapping[str, str]
    idempotency_key: str | None


class Reception(NamedTuple):
    """What was posted: events, or for each that is not one its problem; a batch answers item by item."""

    events: list[Received | RequestInvalid]
    is_batch: bool


def receive_events(post: Post, body: bytes) -> Reception:
    """The events in a request's body.

    Raises MalformedJson, MediaTypeUnsupported, BodyTooLarge, and RequestInvalid for a single event or for a
    batch that is none; an event that is wrong in a batch stands there as its error.
    """
    media_type, _, parameters = post.content_type.partition(";")
    if parameters:
        check_json_media_type(post.content_type)
    media_type = media_type.strip().lower()
    if "specversion" in post.attributes:
        return Reception([_receive_binary(post, media_type, body)], is_batch=False)
    if media_type not in _MEDIA_TYPES:
        raise MediaTypeUnsupported(f"send {', '.join(sorted(_MEDIA_TYPES))}")
    found = parse_body(body, limits.REQUEST_BYTES_MAX)
    if media_type == "application/cloudevents+json":
        return Reception([_receive_structured(post, found, (), 0)], is_batch=False)
    if media_type == "application/cloudevents-batch+json":
        return _receive_batch(post, found, is_cloud=True)
    if isinstance(found, list):
        return _receive_batch(post, found, is_cloud=False)
    return Reception([_receive_plain(post, found, (), 0)], is_batch=False)


def _receive_batch(post: Post, found: Any, *, is_cloud: bool) -> Reception:
    if not isinstance(found, list) or not 1 <= len(found) <= limits.REQUEST_EVENTS_MAX:
        raise _refused((), "batch_size", f"a batch is an array of 1 to {limits.REQUEST_EVENTS_MAX} events")
    read = _receive_structured if is_cloud else _receive_plain
    events: list[Received | RequestInvalid] = []
    for index, member in enumerate(found):
        try:
            events.append(read(post, member, (index,), index))
        except RequestInvalid as error:
            events.append(error)
    return Reception(events, is_batch=True)


def _receive_plain(post: Post, found: Any, place: tuple[str | int, ...], index: int) -> Received:
    if not isinstance(found, dict):
        raise _refused(place, "wrong_type", "an event is an object with a type")
    if not _MEMBERS.issuperset(found):
        name = min(found.keys() - _MEMBERS)
        raise _refused((*place, name), "unknown_member", f"an event has no member {name!r}")
    if "type" not in found:
        raise _refused(place, "member_missing", "an event needs a type")
    expected = found.get("expectedSeq")
    if expected is not None and (type(expected) is not int or not 0 <= expected <= JSON_INTEGER_MAX):
        raise _refused((*place, "expectedSeq"), "wrong_type", "expectedSeq is a whole number from 0")
    occurred_at = found.get("occurredAt")
    # By position, as fields by name cost twice the time: see _Parts.
    parts = _Parts(
        _check_name(found["type"], (*place, "type")),
        _check_name(found["source"], (*place, "source")) if "source" in found else "",
        _check_name(found["id"], (*place, "id")) if "id" in found else _spare(post, index),
        found.get("data", {}),
        None if occurred_at is None else _check_instant(occurred_at, (*place, "occurredAt")),
        expected,
        {},
    )
    return _build(place, parts)


def _receive_structured(post: Post, found: Any, place: tuple[str | int, ...], index: int) -> Received:
    if not isinstance(found, dict):
        raise _refused(place, "wrong_type", "a CloudEvent is an object")
    if "data_base64" in found:
        raise _refused((*place, "data_base64"), "unsupported", "binary data is not taken: send JSON in data")
    for name in ("specversion", "id", "source", "type"):
        if name not in found:
            raise _refused(place, "member_missing", f"a CloudEvent needs {name}")
    if found["specversion"] != "1.0":
        raise _refused((*place, "specversion"), "unsupported", "only CloudEvents 1.0 are taken")
    extensions = {name: value for name, value in found.items() if name not in _CLOUD_MEMBERS}
    for name, value in extensions.items():
        if not _attribute(name) or type(value) not in (str, int, bool):
            raise _refused(
                (*place, name), "wrong_type", "an attribute is a lower-case name with a plain value"
            )
    occurred_at = found.get("time")
    return _build(
        place,
        _Parts(
            name=_check_name(found["type"], (*place, "type")),
            source=_check_name(found["source"], (*place, "source")),
            key=_check_name(found["id"], (*place, "id")),
            data=found.get("data", {}),
            occurred_at=None if occurred_at is None else _check_instant(occurred_at, (*place, "time")),
            expected_sequence=None,
            extensions=extensions,
        ),
    )


def _receive_binary(post: Post, media_type: str, body: bytes) -> Received:
    if body and media_type != "application/json" and not media_type.endswith("+json"):
        raise MediaTypeUnsupported("a CloudEvent's data is taken as application/json")
    data: Any = parse_body(body, limits.REQUEST_BYTES_MAX) if body else {}
    try:
        canonical_json.encode([data])  # what is recorded has the data one level deeper than this body
    except MalformedJson:
        raise _refused(("data",), "too_deep", f"data is nested at most {JSON_DEPTH_MAX - 1} deep") from None
    found: dict[str, Any] = {**post.attributes, "data": data}
    if media_type and media_type != "application/json":
        found["datacontenttype"] = media_type
    return _receive_structured(post, found, (), 0)


class _Parts(NamedTuple):
    name: str
    source: str
    key: str
    data: Any
    occurred_at: str | None
    expected_sequence: int | None
    extensions: dict[str, Any]


def _build(place: tuple[str | int, ...], parts: _Parts) -> Received:
    data_bytes = canonical_json.encode(parts.data)
    if len(data_bytes) > EVENT_BYTES_MAX:
        raise _refused((*place, "data"), "too_large", f"an event's data is at most {EVENT_BYTES_MAX} bytes")
    # The members in canonical order, each in canonical form.
    extensions = (
        f'"extensions":{canonical_json.encode(parts.extensions).decode()},' if parts.extensions else ""
    )
    occurred_at = f'"occurredAt":"{parts.occurred_at}",' if parts.occurred_at is not None else ""
    said = (
        f',{extensions}"id":{quote_text(parts.key)},{occurred_at}"source":{quote_text(parts.source)},'
        f'"type":{quote_text(parts.name)}}}'
    )
    payload = b'{"data":' + data_bytes + said.encode()
    return Received(
        InputKind.EVENT,
        parts.name,
        parts.source,
        parts.key,
        parts.data if _is_canonical(parts.data) else canonical_json.parse(data_bytes),
        payload,
        hashlib.sha256(payload).digest(),
        parts.occurred_at,
        parts.expected_sequence,
    )


def _is_canonical(found: Any) -> bool:
    """True when this plainly is the parse of its own canonical form: flat, sorted, without fractions."""
    if type(found) in _SCALARS:
        return True
    if type(found) is not dict or any(type(member) not in _SCALARS for member in found.values()):
        return False
    return len(found) < 2 or (all(map(str.isascii, found)) and list(found) == sorted(found))


def _check_name(found: Any, place: tuple[str | int, ...]) -> str:
    if type(found) is not str or not _name(found) or len(found) > NAME_LENGTH_MAX:
        raise _refused(place, "invalid_name", f"a text of 1 to {NAME_LENGTH_MAX} characters without spaces")
    return found


def _check_instant(found: Any, place: tuple[str | int, ...]) -> str:
    """RFC 3339, to the microsecond, in UTC; what is finer is cut off."""
    match = _instant(found) if type(found) is str else None
    if match is not None:
        day, time, fraction, zone = match.groups()
        text = f"{day}T{time}.{(fraction or '0')[:6]:0<6}{'+00:00' if zone in 'Zz' else zone}"
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        else:
            return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    raise _refused(place, "invalid_time", "a time as RFC 3339 writes it: 2026-01-31T12:00:00Z")


def _spare(post: Post, index: int) -> str:
    """The name of an event whose sender gave none: from the Idempotency-Key, or one that nobody repeats."""
    key = post.idempotency_key
    if key is None:
        return str(uuid.uuid4())
    return key if index == 0 else f"{key}#{index}"


def _refused(place: tuple[str | int, ...], code: str, detail: str) -> RequestInvalid:
    return RequestInvalid([Problem(pointer_of(*place), code, detail)])
