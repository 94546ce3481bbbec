"""The one door in front of every route: a route says what it needs, or it is not served at all."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from structlog.contextvars import bind_contextvars

from actum.orgs.access import Caller, Permission, require
from actum.orgs.authenticate import Authenticator
from actum.platform.exchange import exchange_of
from actum.platform.http_errors import BadRequest, MethodNotAllowed

_PERMISSION: Final = "permission"
_PUBLIC: Final = "public"

#: `opt` of a route that anybody may ask.
PUBLIC: Final[Mapping[str, Any]] = {_PUBLIC: True}

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def permit(permission: Permission) -> Mapping[str, Any]:
    """`opt` of a route that needs this permission."""
    return {_PERMISSION: permission}


def permission_of(handler: BaseRouteHandler) -> Permission | None:
    """What a route needs; None when anybody may ask. Raises LookupError when the route does not say."""
    if handler.opt.get(_PUBLIC):
        return None
    permission = handler.opt.get(_PERMISSION)
    if not isinstance(permission, Permission):
        raise LookupError(f"{handler} says neither `opt=permit(…)` nor `opt=PUBLIC`")
    return permission


def make_guard(authenticator: Authenticator) -> Guard:
    """The guard that authenticates the caller, puts them into `request.user`, and checks the route's permission."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if connection.scope.get("method") == "OPTIONS":
            raise _not_offered(connection)
        permission = permission_of(handler)
        if permission is not None:
            admit(connection.scope, await authenticate(authenticator, connection.scope), permission)

    return guard


def _not_offered(connection: Connection) -> MethodNotAllowed:
    # The framework's own answer to OPTIONS names only the method that was registered first.
    template = connection.scope["path_template"]
    methods = {
        method for route in connection.app.routes if route.path_format == template for method in route.methods
    }
    return MethodNotAllowed(sorted(methods - {"OPTIONS"}))


async def authenticate(authenticator: Authenticator, scope: Any) -> Caller:
    """The caller of a connection, whose Authorization header must be there once. Raises Unauthenticated."""
    headers = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(headers) > 1:
        raise BadRequest("the Authorization header was sent more than once")
    return await authenticator.authenticate(headers[0] if headers else None)


def admit(scope: Any, caller: Caller, permission: Permission) -> None:
    """Let a caller in: known to the handler, to the log, and allowed what the route needs."""
    scope["user"] = caller
    exchange_of(scope).ids["orgId"] = caller.org
    bind_contextvars(orgId=caller.org)
    require(caller, permission)
