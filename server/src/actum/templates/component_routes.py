"""HTTP routes of components and their versions. A component is named by its id or by its name."""

from typing import Final

from litestar import Router, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform.cursors import LIMIT_DEFAULT, Cursor, Limit, Page
from actum.platform.etags import etag_of
from actum.platform.idempotency import IdempotencyKeyHeader
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum.templates import store, wire
from actum.templates.designs import Designs, ListAsked, PublicationAsked, VersionOrDraft
from actum.templates.diff import DesignDiff
from actum.templates.documents import Report
from actum.templates.routes import BODY_BYTES_MAX, NOT_MODIFIED, IfMatch, IfNoneMatch, VersionNumber

COMPONENTS: Final = "/v1/components"
_COMPONENT: Final = COMPONENTS + "/{component:str}"
_VERSIONS: Final = _COMPONENT + "/versions"

_ALREADY: Final = {
    200: ResponseSpec(
        wire.ComponentVersionPublished,
        generate_examples=False,
        description="The latest version is this very component already.",
    )
}


class ComponentRoutes(Routes):
    """The handlers, over what they need."""

    def __init__(self, designs: Designs) -> None:
        self._designs = designs

    def router(self) -> Router:
        """Every route with the permission it needs: those of templates."""
        read, write = permit(Permission.TEMPLATES_READ), permit(Permission.TEMPLATES_WRITE)
        publish = permit(Permission.TEMPLATES_PUBLISH)
        handlers = [
            get(COMPONENTS, opt=read)(self.list_components),
            post(COMPONENTS, opt=write)(self.create_component),
            get(_COMPONENT, opt=read, responses=NOT_MODIFIED)(self.get_component),
            put(_COMPONENT, opt=write)(self.save_component_draft),
            get(_COMPONENT + "/validation", opt=read)(self.validate_component),
            post(_COMPONENT + "/compile", opt=read, status_code=200)(self.compile_component),
            get(_VERSIONS, opt=read)(self.list_component_versions),
            post(_VERSIONS, opt=publish, responses=_ALREADY)(self.publish_component_version),
            get(_VERSIONS + "/{version:int}", opt=read)(self.get_component_version),
            get(_VERSIONS + "/{version:int}/used-by", opt=read)(self.list_users_of_component),
            get(_VERSIONS + "/{source:str}/diff/{target:str}", opt=read)(self.diff_component),
        ]
        return Router("/", route_handlers=handlers, tags=["components"], request_max_body_size=BODY_BYTES_MAX)

    async def list_components(
        self, request: ApiRequest, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
    ) -> Page[wire.ComponentSummary]:
        """List the org's own components, latest first, without their drafts."""
        caller: Caller = request.user
        return await self._designs.list_page(
            caller,
            ListAsked(limit, cursor),
            lambda row: wire.ComponentSummary(**wire.design_members(caller.org, row)),
        )

    async def create_component(
        self,
        request: ApiRequest,
        data: JSONBody[wire.DocumentReceived],
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[wire.ComponentSaved]:
        """Create a component with a draft. The document must have a name; what else is wrong with it is told beside."""
        return await self._designs.create(
            request, data.document, lambda design, report: _saved(request.user.org, design, report)
        )

    async def get_component(
        self, request: ApiRequest, component: FromPath[str], if_none_match: IfNoneMatch = None
    ) -> Response[wire.ComponentTold]:
        """Get a component with its draft. The ETag is the draft's revision."""
        caller: Caller = request.user
        return await self._designs.get(
            caller,
            (component, if_none_match),
            lambda design: wire.ComponentTold(
                **wire.design_members(caller.org, design), document=wire.raw(design.draft)
            ),
        )

    async def save_component_draft(
        self,
        request: ApiRequest,
        component: FromPath[str],
        data: JSONBody[wire.DocumentReceived],
        if_match: IfMatch = None,
    ) -> Response[wire.ComponentSaved]:
        """Save a draft over the one that If-Match names. A draft may have errors; they are told beside."""
        saved, report = await self._designs.save_draft(request.user, (component, if_match), data.document)
        told = _saved(request.user.org, saved, report)
        return Response(told, headers={"ETag": etag_of(saved.revision)})

    async def validate_component(
        self, request: ApiRequest, component: FromPath[str]
    ) -> wire.ValidationReport:
        """Check a component's draft and tell every problem with its place. Nothing is stored."""
        return wire.validation_told(await self._designs.compile_draft(request.user, component))

    async def compile_component(self, request: ApiRequest, component: FromPath[str]) -> wire.CompileReport:
        """Compile a component's draft and tell every problem, or its normal form. Nothing is stored."""
        return wire.report_told(await self._designs.compile_draft(request.user, component))

    async def list_component_versions(
        self,
        request: ApiRequest,
        component: FromPath[str],
        limit: Limit = LIMIT_DEFAULT,
        cursor: Cursor = None,
    ) -> Page[wire.ComponentVersionSummary]:
        """List a component's versions, latest first, without their documents."""
        caller: Caller = request.user
        return await self._designs.list_versions(
            caller,
            (component, ListAsked(limit, cursor)),
            lambda row: wire.ComponentVersionSummary(**wire.component_version_members(caller.org, row)),
        )

    async def publish_component_version(
        self,
        request: ApiRequest,
        component: FromPath[str],
        data: JSONBody[wire.PublicationReceived | None] = None,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[wire.ComponentVersionPublished]:
        """Publish the draft, or the document sent, as the next version, which templates name as `name@version`.

        What the latest version already is gets no version of its own: that one is returned with `created: false`
        and status 200. With If-Match, only the draft with that ETag is published.
        """
        return await self._designs.publish(
            request,
            PublicationAsked(component, data or wire.PublicationReceived(), if_match),
            lambda version, rest: wire.ComponentVersionPublished(
                **wire.component_version_members(request.user.org, version), **rest
            ),
        )

    async def get_component_version(
        self, request: ApiRequest, component: FromPath[str], version: VersionNumber
    ) -> wire.ComponentVersionTold:
        """Get one published version of a component with its document, and the versions that it is made of."""
        found, uses = await self._designs.get_version(request.user, component, version)
        members = wire.component_version_members(request.user.org, found)
        return wire.ComponentVersionTold(**members, **wire.content_members(found, uses))

    async def list_users_of_component(
        self,
        request: ApiRequest,
        component: FromPath[str],
        version: VersionNumber,
        limit: Limit = LIMIT_DEFAULT,
        cursor: Cursor = None,
    ) -> Page[wire.VersionNamed]:
        """List the versions of templates and components that have one version of a component in them, latest first."""
        named = (component, version, ListAsked(limit, cursor))
        return await self._designs.list_users(request.user, named)

    async def diff_component(
        self, request: ApiRequest, component: FromPath[str], source: VersionOrDraft, target: VersionOrDraft
    ) -> DesignDiff:
        """Tell how one version of a component differs from another in what it means. `draft` names the draft."""
        return await self._designs.diff(request.user, component, (source, target))


def _saved(org: str, design: store.Design, report: Report) -> wire.ComponentSaved:
    return wire.ComponentSaved(**wire.saved_members(org, design, report))
