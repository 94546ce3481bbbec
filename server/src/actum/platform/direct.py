"""Routes answered without a task, a framework or an ASGI message: for what is asked ten thousand times a second.

A direct route claims a request by its head alone, is given the whole body, and answers through a callback.
It MUST claim only what it can answer completely, errors included, and MUST leave everything unusual (a
caller not yet known, an address that needs looking up) to the ordinary way, which serves the same route.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from actum.platform.exchange import Exchange


class DirectReply(NamedTuple):
    """An answer in JSON."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    media_type: str = "application/json"


class DirectHead(NamedTuple):
    """The head of a request: method, path, query and headers (names in lower case) as they came in."""

    method: str
    path: str
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]


Respond = Callable[[DirectReply], None]

#: Takes the body and answers later, once; MUST NOT raise.
DirectHandler = Callable[[Exchange, bytes, Respond], None]


class DirectRoute(Protocol):
    """A route as the protocol asks it. ``template`` names it in metrics and the log."""

    template: str
    body_bytes_max: int

    def claim(self, head: DirectHead) -> DirectHandler | None:
        """A handler for this request, or None for the ordinary way."""
        ...
