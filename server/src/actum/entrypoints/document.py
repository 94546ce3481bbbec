"""The OpenAPI 3.1 document: what the framework knows of the routes, and what all of them have in common.

The framework would serve pages of its own beside the document; so it describes the routes in an application that
serves nothing, and the one that serves has no description.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec
from litestar import Litestar, Router, get
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme
from litestar.response import Response

from actum.orgs.guard import PUBLIC, permission_of
from actum.platform.problems import PROBLEM_MEDIA_TYPE, STATUSES
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum.platform.wire import Received, Told

Kind = TypeVar("Kind")

PATH: Final = "/v1/openapi.json"

#: Of the API, not of the software: raised when something is added to it.
API_VERSION: Final = "1.0.0"

_SCHEME: Final = "accessToken"
_PAGE_NAME: Final = re.compile(r"\b(\w*Page)_(?:\w+\.)*(\w+)_\b(?=\")")
_METHODS: Final = ("get", "put", "post", "delete", "patch")
_PROBLEM: Final[dict[str, Any]] = {
    "description": "Why the request was refused, as RFC 9457 problem details.",
    "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_TEXT: Final = {"type": "string"}
_PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "RFC 9457 problem details; `code` is stable, `requestId` finds the request in the server's log.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "instance": _TEXT,
        "code": {"type": "string", "enum": sorted(STATUSES)},
        "requestId": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": _TEXT, "code": _TEXT, "detail": _TEXT},
                "required": ["pointer", "code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "instance", "code", "requestId", "errors"],
}
_DESCRIPTION: Final = """\
Templates, their executions, and a ledger anyone can verify.

Every request but those of `operations` carries `Authorization: Bearer actum_pat_…`. A token belongs to one org;
what belongs to another org is not found. Orgs are made by the platform's owner on the command line."""


class DocumentRoute(Routes):
    """Serves the document; it is made when it is first asked for. `routes` are all others."""

    def __init__(self, routes: Sequence[Router | BaseRouteHandler]) -> None:
        self._routes = routes
        self._encoded: bytes | None = None

    def router(self) -> Router:
        handler = get(PATH, opt=PUBLIC, include_in_schema=False)(self.get_document)
        return Router("/", route_handlers=[handler])

    async def get_document(self) -> Response[bytes]:
        """Get this document."""
        if self._encoded is None:
            self._encoded = await asyncio.to_thread(make_document, self._routes)
        return Response(self._encoded, media_type="application/json")


def make_document(routes: Sequence[Router | BaseRouteHandler]) -> bytes:
    """The document in its one form: keys sorted, so that the same routes always give the same bytes."""
    encoded = msgspec.json.encode(describe(routes), order="deterministic").decode()
    # A page of something is named after it, and not after where its class happens to stand.
    named = _PAGE_NAME.sub(r"\1Of\2", encoded)
    return msgspec.json.format(named.encode(), indent=2) + b"\n"


def describe(routes: Sequence[Router | BaseRouteHandler]) -> dict[str, Any]:
    """The document as JSON values."""
    app = Litestar(route_handlers=list(routes), request_class=ApiRequest, openapi_config=_config())
    document: dict[str, Any] = msgspec.to_builtins(app.openapi_schema.to_schema())
    permissions, bodies = _permissions(app), _bodies(app)
    for operations in document["paths"].values():
        for method in _METHODS:
            if method in operations:
                _complete(operations[method], permissions[operations[method]["operationId"]])
                body = bodies.get(operations[method]["operationId"])
                if body is not None:
                    operations[method]["requestBody"] = body
    schemas = document["components"].setdefault("schemas", {})
    _complete_schemas(schemas)
    schemas["Problem"] = _PROBLEM_SCHEMA
    return document


def _config() -> OpenAPIConfig:
    scheme = SecurityScheme(type="http", scheme="bearer", description="An access token: `actum_pat_…`.")
    return OpenAPIConfig(
        title="Actum",
        version=API_VERSION,
        description=_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        components=Components(security_schemes={_SCHEME: scheme}),
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
    )


def _complete(operation: dict[str, Any], permission: str | None) -> None:
    responses = operation["responses"]
    # The framework describes its own form of validation errors, which is never sent.
    responses.pop("400", None)
    responses["default"] = _PROBLEM
    operation["security"] = [] if permission is None else [{_SCHEME: []}]
    if permission is not None:
        operation["x-actum-permission"] = permission
    for parameter in operation.get("parameters", ()):
        # The framework says that an optional parameter may be null; there is no null in a query or a header.
        parameter["schema"] = _without_null(parameter["schema"])
        parameter["schema"].pop("description", None)
    body = operation.get("requestBody")
    if body is not None:
        for content in body["content"].values():
            schema = _without_null(content["schema"])
            body["required"] = schema is content["schema"]
            content["schema"] = schema
    first, _, rest = operation.get("description", "").partition("\n")
    operation["summary"] = first.split(". ")[0].rstrip(".")
    operation["description"] = re.sub(r"[ ]{2,}", "", f"{first}\n{rest}").strip()


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The same object where null is not among what is allowed."""
    kinds = schema.get("oneOf", [])
    if {"type": "null"} not in kinds:
        return schema
    rest = [kind for kind in kinds if kind != {"type": "null"}]
    common = {name: value for name, value in schema.items() if name != "oneOf"}
    return {**common, **rest[0]} if len(rest) == 1 else {**common, "oneOf": rest}


def _complete_schemas(schemas: dict[str, Any]) -> None:
    """Say what the framework leaves out: what each type is for, and that bodies take no unknown members."""
    received, told = (
        {each.__name__: each for each in _all(Received)},
        {each.__name__: each for each in _all(Told)},
    )
    for name, schema in schemas.items():
        kind = received.get(name) or told.get(name)
        if kind is not None and kind.__doc__:
            schema["description"] = " ".join(kind.__doc__.split())
        if name in received:
            schema["additionalProperties"] = False


def _all(kind: type[Kind]) -> Iterator[type[Kind]]:
    for each in kind.__subclasses__():
        yield each
        yield from _all(each)


def _bodies(app: Litestar) -> dict[str, Any]:
    """Request bodies of routes that read theirs themselves, as they describe them in `opt`."""
    return {
        _camel(handler.handler_name): handler.opt["request_body"]
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and "request_body" in handler.opt
    }


def _permissions(app: Litestar) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.resolve_include_in_schema():
                permission = permission_of(handler)
                found[_camel(handler.handler_name)] = None if permission is None else permission.value
    return found


def _operation_id(handler: HTTPRouteHandler, _method: object, _path: object) -> str:
    return _camel(handler.handler_name)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
