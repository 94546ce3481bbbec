"""Turn what was raised into an RFC 9457 problem: the only place that knows which code has which status."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog
from litestar.connection import Request
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Response

from actum.platform import http_errors
from actum.platform.exchange import Exchange, exchange_of
from actum_core.errors import ActumError, Invalid, MalformedJson, Problem, pointer_of

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"

#: Every code that may be answered, and its status. A code that is not here is a fault of ours: 500.
STATUSES: Final[Mapping[str, int]] = {
    # How the request was sent.
    "bad_request": 400,
    "malformed_json": 400,
    "body_missing": 400,
    "invalid_parameter": 400,
    "invalid_cursor": 400,
    "invalid_idempotency_key": 400,
    "client_gone": 400,
    "not_found": 404,
    "method_not_allowed": 405,
    "precondition_failed": 412,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_request": 422,
    "invalid": 422,
    "idempotency_key_reused": 422,
    "precondition_required": 428,
    # Who sent it.
    "unauthenticated": 401,
    "invalid_token": 401,
    "permission_denied": 403,
    # Templates and components.
    "template_name_taken": 409,
    "template_invalid": 422,
    "component_name_taken": 409,
    "component_invalid": 422,
    "uses_too_large": 422,
    "unknown_format": 422,
    "import_refused": 422,
    "export_refused": 422,
    "script_invalid": 422,
    "start_invalid": 422,
    "simulation_too_large": 422,
    # Executions, events and the ledger.
    "invalid_state": 409,
    "sequence_conflict": 409,
    "event_invalid": 422,
    "external_id_taken": 409,
    "not_recorded": 409,
    "payload_too_large": 422,
    "replay_beyond_head": 422,
    "held_events_full": 429,
    "unknown_request": 404,
    "too_many_tokens": 422,
    "ingest_failed": 500,
    "overloaded": 503,
    "streams_full": 503,
    # Streams.
    "too_many_streams": 429,
    # The server's own state.
    "internal_error": 500,
    "unavailable": 503,
    "database_unavailable": 503,
}

#: Litestar's own refusals, by status.
_FRAMEWORK: Final[Mapping[int, type[ActumError]]] = {
    404: http_errors.NotFound,
    413: http_errors.BodyTooLarge,
    415: http_errors.MediaTypeUnsupported,
    503: http_errors.Unavailable,
}

_log = structlog.get_logger(__name__)


class ErrorPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of a request: an RFC 6901 pointer to it, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """RFC 9457 problem details; `code` is stable, `requestId` finds the request in the server's log.

    `expected` and `found` are there where a request relied on something that was otherwise: the sequence it
    expected and the one found, or the lifecycle found.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[ErrorPlace] = []
    expected: int | msgspec.UnsetType = msgspec.UNSET
    found: int | str | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Refusal:
    """A problem ready to be sent, for whoever answers without the framework."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def advice_of(error: type[ActumError]) -> str:
    """The first line of an error's docstring: what the reader should do."""
    return (error.__doc__ or "").strip().partition("\n")[0].removesuffix(".")


def refuse(error: BaseException, instance: str, request_id: str) -> Refusal:
    """The problem for `error`. What is not ours to tell becomes `internal_error` without any detail."""
    known = _known(error)
    status = STATUSES.get(known.code, 500)
    if known.code not in STATUSES:
        known = http_errors.InternalError()
    problems = known.problems if isinstance(known, Invalid) else ()
    details = ProblemDetails(
        type=f"urn:actum:problem:{known.code}",
        title=advice_of(type(known)),
        status=status,
        detail=str(known) or advice_of(type(known)),
        instance=instance,
        code=known.code,
        request_id=request_id,
        errors=[ErrorPlace(pointer=each.pointer, code=each.code, detail=each.detail) for each in problems],
        **_found_in(known),
    )
    return Refusal(status, msgspec.json.encode(details), _headers(known, status))


def describe_error(error: ActumError) -> dict[str, Any]:
    """What is told of one refused part of a request that was answered as a whole."""
    problems = error.problems if isinstance(error, Invalid) else ()
    return {
        "status": STATUSES.get(error.code, 500),
        "code": error.code,
        "title": advice_of(type(error)),
        "detail": str(error) or advice_of(type(error)),
        "errors": [{"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in problems],
        **_found_in(error),
    }


def _found_in(error: ActumError) -> dict[str, Any]:
    """What the request relied on and what was found instead, where the error says so."""
    return {name: getattr(error, name) for name in ("expected", "found") if hasattr(error, name)}


def _headers(known: ActumError, status: int) -> dict[str, str]:
    headers = dict(getattr(known, "headers", {}))
    if status in (429, 503):
        headers.setdefault("Retry-After", str(getattr(known, "retry_after_seconds", 1)))
    return headers


def _known(error: BaseException) -> ActumError:
    if isinstance(error, ActumError):
        return error
    if isinstance(error, ValidationException):
        return _parameters_invalid(error)
    if isinstance(error, HTTPException):
        if error.detail == "client disconnected prematurely":
            return http_errors.ClientGone()
        if error.status_code == 405:
            allowed = (error.headers or {}).get("allow", "").split(", ")
            return http_errors.MethodNotAllowed(sorted({*allowed} - {"OPTIONS"}))
        kind = _FRAMEWORK.get(error.status_code)
        if kind is not None:
            return kind()
        if 400 <= error.status_code < 500:
            return http_errors.BadRequest(error.detail)
    return http_errors.InternalError()


def _parameters_invalid(error: ValidationException) -> ActumError:
    found = [each for each in error.extra or () if isinstance(each, dict)]
    if any(each.get("source") == "body" or each.get("key") == "data" for each in found):
        return http_errors.BodyMissing()
    if not found:
        # A required parameter that is absent: the framework names it in its sentence only.
        detail = error.detail.partition(" for ")[0]
        named = _MISSING.search(detail)
        place = "" if named is None else pointer_of(*named.groups())
        return http_errors.ParameterInvalid([Problem(place, "missing_parameter", detail)])
    return http_errors.ParameterInvalid(
        Problem(_place(each), "bad_value", str(each.get("message", ""))) for each in found
    )


def _place(message: Mapping[str, Any]) -> str:
    """The parameter as the caller wrote it; the framework tells how its handler names it."""
    source = message.get("source", "query")
    source = str(getattr(source, "value", source))
    first, *others = str(message.get("key", "")).split("_")
    if source == "header":
        return pointer_of(source, "-".join((first, *others)))
    return pointer_of(source, first + "".join(other.capitalize() for other in others))


_MISSING: Final = re.compile(r"required (path|query|header|cookie) parameter '([^']+)'")
_PLACE: Final = re.compile(r" - at `(\$[^`]*)`$")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_FIELD: Final = re.compile(r"(unknown|required) field `([^`]*)`")


def problem_of_conversion(error: msgspec.ValidationError) -> Problem:
    """What msgspec says of a body, with its place as a JSON pointer.

    A place inside an object with free keys is told as far as the object itself.
    """
    text = str(error)
    place = _PLACE.search(text)
    detail = text if place is None else text[: place.start()]
    parts: list[str] = []
    for name, index in _STEP.findall("" if place is None else place.group(1)[1:]):
        if index == "...":
            break
        parts.append(name or index)
    field_named = _FIELD.search(detail)
    if field_named is None:
        return Problem(pointer_of(*parts), "bad_value", detail)
    kind, name = field_named.groups()
    code = "unknown_field" if kind == "unknown" else "missing_field"
    return Problem(pointer_of(*parts, name), code, detail)


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The framework's exception handler, for every kind of exception."""
    exchange = exchange_of(request.scope)
    refusal = refuse(error, request.scope["path"], exchange.request_id)
    if refusal.status >= 500:
        log_failure(exchange, refusal, error)
    return Response(
        refusal.body, status_code=refusal.status, media_type=PROBLEM_MEDIA_TYPE, headers=refusal.headers
    )


def log_failure(exchange: Exchange, refusal: Refusal, error: BaseException) -> None:
    """Tell whoever runs the server what its caller is not told; the request's id finds it."""
    if refusal.status == 503:
        # Every request meets it until it is over: a line is enough, and a trace for each would be a load of its own.
        _log.warning("request refused", **exchange.fields(), error=str(error))
    else:
        _log.error("request failed", **exchange.fields(), exc_info=error)


def check_malformed(error: MalformedJson) -> ActumError:
    """A body that is too large is told with its own status, whoever found it."""
    is_large = any(problem.code == "too_large" for problem in error.problems)
    return http_errors.BodyTooLarge(str(error)) if is_large else error
