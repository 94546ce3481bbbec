"""How every request's body is read: strictly parsed once, then converted to the handler's own type."""

import re
from typing import Any, Final

import msgspec
from litestar.connection import Request
from litestar.datastructures import State
from litestar.types import Empty

from actum.platform.http_errors import BodyMissing, MediaTypeUnsupported, RequestInvalid
from actum.platform.problems import check_malformed, problem_of_conversion
from actum_core import canonical_json
from actum_core.errors import MalformedJson, Problem
from actum_core.limits import JSON_BYTES_MAX

_JSON_MEDIA_TYPE: Final = re.compile(
    r"application/(?:json|[a-z0-9!#$&^_.+-]+\+json)\s*(?:;\s*charset\s*=\s*\"?utf-8\"?\s*)?", re.IGNORECASE
)
_TEXT_MEDIA_TYPE: Final = re.compile(
    r"(?:text/[a-z0-9.+-]+|application/(?:xml|[a-z0-9.-]+\+xml))\s*(?:;\s*charset\s*=\s*\"?utf-8\"?\s*)?",
    re.IGNORECASE,
)
_ABSENT: Final = object()


def check_json_media_type(content_type: str | None) -> None:
    """Raise MediaTypeUnsupported unless a body of this type is JSON in UTF-8."""
    if content_type is None or _JSON_MEDIA_TYPE.fullmatch(content_type.strip()) is None:
        raise MediaTypeUnsupported(
            f"a body of type {(content_type or 'unknown')[:100]!r} is not accepted here"
        )


def parse_body(body: bytes, bytes_max: int = JSON_BYTES_MAX) -> Any:
    """The I-JSON value of a body. Raises MalformedJson or BodyTooLarge; see `canonical_json.parse`."""
    try:
        return canonical_json.parse(body, bytes_max)
    except MalformedJson as error:
        raise check_malformed(error) from None


def convert_body(value: Any, wire_type: Any) -> Any:
    """`value` as an instance of a wire type, nothing coerced. Raises RequestInvalid with the place."""
    try:
        return msgspec.convert(value, wire_type, strict=True)
    except msgspec.ValidationError as error:
        raise RequestInvalid([problem_of_conversion(error)]) from None


class ApiRequest(Request[Any, Any, State]):
    """The request class of the whole application.

    The framework calls `json` for every handler with a `data` parameter; what comes back is already of that
    parameter's type, and an instance of the right type passes the framework's own lenient conversion untouched.
    """

    __slots__ = ("_value",)
    _value: Any

    async def json(self) -> Any:
        """The body as the handler's `data` type. Raises MediaTypeUnsupported, MalformedJson, RequestInvalid."""
        value = await self.value()
        if value is _ABSENT:
            return Empty
        parameter = self.route_handler.parsed_fn_signature.parameters.get("data")
        return value if parameter is None else convert_body(value, parameter.annotation)

    async def value(self) -> Any:
        """The parsed JSON value behind the body, before conversion."""
        if not hasattr(self, "_value"):
            body = await self.body()
            if body:
                check_json_media_type(self.headers.get("content-type"))
                self._value = parse_body(body)
            else:
                self._value = _ABSENT
        return self._value

    async def value_or_text(self) -> Any:
        """The parsed JSON value of a body, or the text of one that is plain text or XML.

        Raises BodyMissing, MediaTypeUnsupported, MalformedJson and RequestInvalid.
        """
        content_type = self.headers.get("content-type")
        if _TEXT_MEDIA_TYPE.fullmatch((content_type or "").strip()) is not None:
            try:
                self._value = (await self.body()).decode("utf-8-sig")
            except UnicodeDecodeError as error:
                problem = Problem("", "not_utf8", f"byte {error.start} is not UTF-8")
                raise RequestInvalid([problem]) from None
        value = await self.value()
        if value is _ABSENT or value == "":
            raise BodyMissing
        return value

    async def canonical_body(self) -> bytes:
        """The canonical form of the body, empty when there is none: what an idempotency key is bound to."""
        value = await self.value()
        return b"" if value is _ABSENT else canonical_json.encode(value)
