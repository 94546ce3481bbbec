"""What a slice hands to the application: its routes, what stands before them, what runs beside them."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Self

from litestar import Router
from litestar.handlers import BaseRouteHandler

from actum.platform.direct import DirectRoute
from actum.platform.edge import AsgiApp


class Routes:
    """The base of classes whose methods are handlers: they take what they work with when they are made.

    The framework copies what it registers, deeply, and with a method the object it belongs to. These stay the
    one object they are.
    """

    def __deepcopy__(self, _: object) -> Self:
        return self


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice's part of the application.

    `before` wraps the framework: for a route that is answered as plain ASGI because it is asked ten thousand
    times a second. Such a route MUST authenticate its caller itself, and is in `routes` as well, for the
    OpenAPI document. `direct` are such routes once more, without ASGI. `lifespans` are entered in order at
    start-up and left in the opposite order. `drains` are awaited when the server begins to stop: streams, which
    would never end by themselves, are ended there.
    """

    routes: Sequence[Router | BaseRouteHandler]
    before: Sequence[Callable[[AsgiApp], AsgiApp]] = ()
    direct: Sequence[DirectRoute] = ()
    lifespans: Sequence[Callable[[], AbstractAsyncContextManager[None]]] = ()
    drains: Sequence[Callable[[], Awaitable[None]]] = ()
