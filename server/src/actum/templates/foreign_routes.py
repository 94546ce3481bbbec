"""HTTP routes that read templates from other tools' formats, and write them to these."""

from typing import Annotated, Any, Final

from litestar import Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform.http_errors import RequestInvalid
from actum.platform.idempotency import IdempotencyKeyHeader
from actum.platform.limits import LABEL_LENGTH_MAX
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum.templates import store, wire
from actum.templates.designs import Designs, VersionOrDraft
from actum.templates.documents import Report, decode_document, encode_document
from actum.templates.foreign import (
    Read,
    TemplateExported,
    TemplateImported,
    export_document,
    exported_told,
    import_source,
)
from actum.templates.routes import BODY_BYTES_MAX, TEMPLATES
from actum_core.errors import Problem
from actum_core.formats import EXPORTED, IMPORTED
from actum_core.template.names import is_template_name

_IMPORT: Final = TEMPLATES + "/import"
_EXPORT: Final = TEMPLATES + "/{template:str}/versions/{version:str}/export"

ImportFormat = Annotated[
    str | None,
    QueryParameter(
        description=f"One of {', '.join(IMPORTED)}. Without it, the one that the source looks like.",
        max_length=LABEL_LENGTH_MAX,
    ),
]
ExportFormat = Annotated[
    str,
    QueryParameter(description=f"One of {', '.join(EXPORTED)}.", max_length=LABEL_LENGTH_MAX),
]
IsSaved = Annotated[bool, QueryParameter(description="Create a template with the document as its draft.")]
NewName = Annotated[
    str | None,
    QueryParameter(
        name="name", description="What the template is to be called.", max_length=LABEL_LENGTH_MAX
    ),
]

#: Bodies of an import: the text of the source, or its JSON value.
_SOURCE: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {"schema": {}},
        **{
            kind: {"schema": {"type": "string"}}
            for kind in ("text/plain", "application/xml", "application/scxml+xml")
        },
    },
}
_SAVED: Final = {
    201: ResponseSpec(TemplateImported, generate_examples=False, description="The document was saved.")
}


class ForeignRoutes(Routes):
    """The handlers, over the org's templates."""

    def __init__(self, templates: Designs) -> None:
        self._templates = templates

    def router(self) -> Router:
        """Every route with the permission it needs."""
        read, write = permit(Permission.TEMPLATES_READ), permit(Permission.TEMPLATES_WRITE)
        handlers = [
            post(_IMPORT, opt={**write, "request_body": _SOURCE}, status_code=200, responses=_SAVED)(
                self.import_template
            ),
            get(_EXPORT, opt=read)(self.export_template),
        ]
        return Router("/", route_handlers=handlers, tags=["templates"], request_max_body_size=BODY_BYTES_MAX)

    async def import_template(
        self,
        request: ApiRequest,
        format: ImportFormat = None,  # noqa: A002 - problems name parameters as the handler does
        save: IsSaved = False,  # noqa: FBT002 - a parameter of the query
        name: NewName = None,
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[TemplateImported]:
        """Make a template from another tool's format. Nothing is stored unless `save` asks for it.

        The body is the source as text, or its JSON value. What could not be carried over is told with its place in
        the source; the document is checked as any other.
        """
        caller: Caller = request.user
        read = await import_source(await request.value_or_text(), format)
        document = dict(read.imported.document)
        if name is not None:
            document["name"] = _check_name(name)
        encode_document(document)
        if save:
            return await self._templates.create(
                request,
                document,
                lambda design, report: _told(
                    read, document, report, wire.TemplateSummary(**wire.design_members(caller.org, design))
                ),
            )
        report = await self._templates.compile(caller, document)
        return Response(_told(read, document, report, None))

    async def export_template(
        self,
        request: ApiRequest,
        template: FromPath[str],
        version: VersionOrDraft,
        format: ExportFormat,  # noqa: A002 - problems name parameters as the handler does
    ) -> TemplateExported:
        """Write a version of a template, or its draft, in another tool's format, and tell what that cannot say."""
        caller: Caller = request.user
        found = await self._templates.load_published(caller, template, version)
        text = found.document if isinstance(found, store.Version) else found
        return exported_told(format, await export_document(decode_document(text), format))


def _check_name(name: str) -> str:
    if is_template_name(name):
        return name
    detail = "a template has a name of lower-case letters, digits and single hyphens between them"
    raise RequestInvalid([Problem("/query/name", "bad_name", detail)])


def _told(
    read: Read, document: dict[str, Any], report: Report, template: wire.TemplateSummary | None
) -> TemplateImported:
    return TemplateImported(
        format=read.format,
        is_complete=read.imported.is_complete,
        problems=wire.problems_told(read.imported.problems),
        document=document,
        validation=wire.validation_told(report),
        template=template,
    )
