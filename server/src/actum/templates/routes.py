"""HTTP routes of templates and their versions. A template is named by its id or by its name."""

from typing import Annotated, Final

from litestar import Router, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, PathParameter
from litestar.response import Response

from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform.cursors import LIMIT_DEFAULT, Cursor, Limit, Page
from actum.platform.etags import etag_of
from actum.platform.idempotency import IdempotencyKeyHeader
from actum.platform.limits import DOCUMENT_BYTES_MAX
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum.templates import store, wire
from actum.templates.designs import Designs, ListAsked, PublicationAsked, VersionOrDraft
from actum.templates.diff import DesignDiff
from actum.templates.documents import Report, encode_document

TEMPLATES: Final = "/v1/templates"
_TEMPLATE: Final = TEMPLATES + "/{template:str}"
_VERSIONS: Final = _TEMPLATE + "/versions"

#: A document, and the few members around it.
BODY_BYTES_MAX: Final = DOCUMENT_BYTES_MAX + 64 * 1024

IfMatch = Annotated[
    str | None, HeaderParameter(name="If-Match", description="ETag of the draft that was changed.")
]
IfNoneMatch = Annotated[
    str | None, HeaderParameter(name="If-None-Match", description="ETag that is known already.")
]
VersionNumber = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]

NOT_MODIFIED: Final = {304: ResponseSpec(None, description="Nothing newer than what If-None-Match names.")}
_ALREADY: Final = {
    200: ResponseSpec(
        wire.VersionPublished,
        generate_examples=False,
        description="The latest version runs this very program already.",
    )
}


class TemplateRoutes(Routes):
    """The handlers, over what they need."""

    def __init__(self, designs: Designs) -> None:
        self._designs = designs

    def router(self) -> Router:
        """Every route with the permission it needs."""
        read, write = permit(Permission.TEMPLATES_READ), permit(Permission.TEMPLATES_WRITE)
        publish = permit(Permission.TEMPLATES_PUBLISH)
        handlers = [
            get(TEMPLATES, opt=read)(self.list_templates),
            post(TEMPLATES, opt=write)(self.create_template),
            get(_TEMPLATE, opt=read, responses=NOT_MODIFIED)(self.get_template),
            put(_TEMPLATE, opt=write)(self.save_draft),
            get(_TEMPLATE + "/validation", opt=read)(self.validate_template),
            post(_TEMPLATE + "/compile", opt=read, status_code=200)(self.compile_template),
            get(_VERSIONS, opt=read)(self.list_template_versions),
            post(_VERSIONS, opt=publish, responses=_ALREADY)(self.publish_template_version),
            get(_VERSIONS + "/{version:int}", opt=read)(self.get_template_version),
            get(_VERSIONS + "/{version:int}/used-by", opt=read)(self.list_users_of_template),
            get(_VERSIONS + "/{source:str}/diff/{target:str}", opt=read)(self.diff_template),
            post("/v1/compile", opt=read, status_code=200)(self.compile_document),
            post("/v1/validate", opt=read, status_code=200)(self.validate_document),
        ]
        return Router("/", route_handlers=handlers, tags=["templates"], request_max_body_size=BODY_BYTES_MAX)

    async def list_templates(
        self, request: ApiRequest, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
    ) -> Page[wire.TemplateSummary]:
        """List templates, latest first, without their drafts."""
        caller: Caller = request.user
        return await self._designs.list_page(
            caller,
            ListAsked(limit, cursor),
            lambda row: wire.TemplateSummary(**wire.design_members(caller.org, row)),
        )

    async def create_template(
        self,
        request: ApiRequest,
        data: JSONBody[wire.DocumentReceived],
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[wire.TemplateSaved]:
        """Create a template with a draft. The document must have a name; what else is wrong with it is told beside."""
        return await self._designs.create(
            request, data.document, lambda design, report: _saved(request.user.org, design, report)
        )

    async def get_template(
        self, request: ApiRequest, template: FromPath[str], if_none_match: IfNoneMatch = None
    ) -> Response[wire.TemplateTold]:
        """Get a template with its draft. The ETag is the draft's revision."""
        caller: Caller = request.user
        return await self._designs.get(
            caller,
            (template, if_none_match),
            lambda design: wire.TemplateTold(
                **wire.design_members(caller.org, design), document=wire.raw(design.draft)
            ),
        )

    async def save_draft(
        self,
        request: ApiRequest,
        template: FromPath[str],
        data: JSONBody[wire.DocumentReceived],
        if_match: IfMatch = None,
    ) -> Response[wire.TemplateSaved]:
        """Save a draft over the one that If-Match names. A draft may have errors; they are told beside."""
        saved, report = await self._designs.save_draft(request.user, (template, if_match), data.document)
        told = _saved(request.user.org, saved, report)
        return Response(told, headers={"ETag": etag_of(saved.revision)})

    async def validate_template(self, request: ApiRequest, template: FromPath[str]) -> wire.ValidationReport:
        """Check a template's draft and tell every problem with its place. Nothing is stored."""
        return wire.validation_told(await self._designs.compile_draft(request.user, template))

    async def compile_template(self, request: ApiRequest, template: FromPath[str]) -> wire.CompileReport:
        """Compile a template's draft and tell every problem, or the program. Nothing is stored."""
        return wire.report_told(await self._designs.compile_draft(request.user, template))

    async def compile_document(
        self, request: ApiRequest, data: JSONBody[wire.DocumentReceived]
    ) -> wire.CompileReport:
        """Compile a document and tell every problem, or the program. Nothing is stored.

        A document that says `kind: component` is compiled as the part of templates that it is.
        """
        encode_document(data.document)
        return wire.report_told(await self._designs.compile(request.user, data.document))

    async def validate_document(
        self, request: ApiRequest, data: JSONBody[wire.DocumentReceived]
    ) -> wire.ValidationReport:
        """Check a document of a template or component and tell every problem. Nothing is stored."""
        encode_document(data.document)
        return wire.validation_told(await self._designs.compile(request.user, data.document))

    async def list_template_versions(
        self,
        request: ApiRequest,
        template: FromPath[str],
        limit: Limit = LIMIT_DEFAULT,
        cursor: Cursor = None,
    ) -> Page[wire.VersionSummary]:
        """List a template's versions, latest first, without their documents."""
        caller: Caller = request.user
        return await self._designs.list_versions(
            caller,
            (template, ListAsked(limit, cursor)),
            lambda row: wire.VersionSummary(**wire.template_version_members(caller.org, row)),
        )

    async def publish_template_version(
        self,
        request: ApiRequest,
        template: FromPath[str],
        data: JSONBody[wire.PublicationReceived | None] = None,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[wire.VersionPublished]:
        """Publish the draft, or the document sent, as the next version.

        A program that the latest version already runs gets no version of its own: that one is returned with
        `created: false` and status 200. With If-Match, only the draft with that ETag is published. Components
        and templates that the document names by version are pinned to what they are now.
        """
        return await self._designs.publish(
            request,
            PublicationAsked(template, data or wire.PublicationReceived(), if_match),
            lambda version, rest: wire.VersionPublished(
                **wire.template_version_members(request.user.org, version), **rest
            ),
        )

    async def get_template_version(
        self, request: ApiRequest, template: FromPath[str], version: VersionNumber
    ) -> wire.VersionTold:
        """Get one published version with its document, and the versions of components and templates it is made of."""
        found, uses = await self._designs.get_version(request.user, template, version)
        members = wire.template_version_members(request.user.org, found)
        return wire.VersionTold(**members, **wire.content_members(found, uses))

    async def list_users_of_template(
        self,
        request: ApiRequest,
        template: FromPath[str],
        version: VersionNumber,
        limit: Limit = LIMIT_DEFAULT,
        cursor: Cursor = None,
    ) -> Page[wire.VersionNamed]:
        """List the versions that invoke one version of a template, latest first."""
        named = (template, version, ListAsked(limit, cursor))
        return await self._designs.list_users(request.user, named)

    async def diff_template(
        self, request: ApiRequest, template: FromPath[str], source: VersionOrDraft, target: VersionOrDraft
    ) -> DesignDiff:
        """Tell how one version of a template differs from another in what it means. `draft` names the draft."""
        return await self._designs.diff(request.user, template, (source, target))


def _saved(org: str, design: store.Design, report: Report) -> wire.TemplateSaved:
    return wire.TemplateSaved(**wire.saved_members(org, design, report))
