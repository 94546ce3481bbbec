"""What a request can be refused for before any slice's own reasons: how it was sent, not what it asks."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from actum_core.errors import ActumError, Invalid


class ParameterInvalid(Invalid):
    """Correct the parameters that the problems name: their pointers begin with /path, /query or /header."""

    code: ClassVar[str] = "invalid_parameter"


class RequestInvalid(Invalid):
    """Correct the members of the body that the problems name and send it again."""

    code: ClassVar[str] = "invalid_request"


class BodyMissing(ActumError):
    """Send a JSON body with this request."""

    code: ClassVar[str] = "body_missing"


class BodyTooLarge(ActumError):
    """Send a smaller body, or split it over several requests."""

    code: ClassVar[str] = "body_too_large"


class MediaTypeUnsupported(ActumError):
    """Send the body as application/json in UTF-8 and say so in Content-Type."""

    code: ClassVar[str] = "unsupported_media_type"


class NotFound(ActumError):
    """Check the address: nothing that you may see is there."""

    code: ClassVar[str] = "not_found"


class MethodNotAllowed(ActumError):
    """Use one of the methods that the Allow header names."""

    code: ClassVar[str] = "method_not_allowed"

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        super().__init__()
        allow = ", ".join(allowed)
        self.headers: Mapping[str, str] = {"Allow": allow} if allow else {}


class BadRequest(ActumError):
    """Send a well-formed HTTP request."""

    code: ClassVar[str] = "bad_request"


class CursorInvalid(ActumError):
    """Use a cursor exactly as this list returned it, or leave it out to begin anew."""

    code: ClassVar[str] = "invalid_cursor"


class PreconditionRequired(ActumError):
    """Send If-Match with the ETag of the version you changed, so that nobody's work is overwritten."""

    code: ClassVar[str] = "precondition_required"


class PreconditionFailed(ActumError):
    """Read it again: it has changed since the version that If-Match names."""

    code: ClassVar[str] = "precondition_failed"


class IdempotencyKeyInvalid(ActumError):
    """Send an Idempotency-Key of 1 to 255 printable ASCII characters, once."""

    code: ClassVar[str] = "invalid_idempotency_key"


class IdempotencyKeyReused(ActumError):
    """Use a new Idempotency-Key: this one was first used with another request."""

    code: ClassVar[str] = "idempotency_key_reused"


class Unavailable(ActumError):
    """Wait a moment and send the same request again."""

    code: ClassVar[str] = "unavailable"


class ClientGone(ActumError):
    """Nobody is left to read this: the connection was closed before the request had arrived."""

    code: ClassVar[str] = "client_gone"


class InternalError(ActumError):
    """Send the request again later; if it fails again, report its requestId to whoever runs this server."""

    code: ClassVar[str] = "internal_error"
