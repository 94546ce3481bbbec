"""HTTP routes of templates and their versions. A template is named by its id or by its name."""

import dataclasses
import secrets
from typing import Annotated, Final

from litestar import Router, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, PathParameter
from litestar.response import Response

from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform.clock import Clock
from actum.platform.cursors import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    Page,
    page_of,
    parse_place,
    position_id,
    position_number,
)
from actum.platform.database import Database, Transaction
from actum.platform.etags import check_if_match, etag_of, is_unchanged
from actum.platform.http_errors import NotFound, PreconditionFailed, RequestInvalid
from actum.platform.idempotency import Answer, IdempotencyKeyHeader, answer_once
from actum.platform.limits import DOCUMENT_BYTES_MAX
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum.templates import store, wire
from actum.templates.documents import (
    Report,
    compile_document,
    decode_document,
    encode_document,
    name_of,
    program_or_refuse,
)
from actum.templates.publish import Publication, publish_version
from actum_core.errors import Problem
from actum_core.identifiers import Prefix, format_identifier, uuid7

_TEMPLATES: Final = "/v1/templates"
_TEMPLATE: Final = _TEMPLATES + "/{template:str}"
_VERSIONS: Final = _TEMPLATE + "/versions"

#: A document, and the few members around it.
_BODY_BYTES_MAX: Final = DOCUMENT_BYTES_MAX + 64 * 1024

IfMatch = Annotated[
    str | None, HeaderParameter(name="If-Match", description="ETag of the draft that was changed.")
]
IfNoneMatch = Annotated[
    str | None, HeaderParameter(name="If-None-Match", description="ETag that is known already.")
]
VersionNumber = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]


_NOT_MODIFIED: Final = {304: ResponseSpec(None, description="Nothing newer than what If-None-Match names.")}
_ALREADY: Final = {
    200: ResponseSpec(
        wire.VersionPublished,
        generate_examples=False,
        description="The latest version runs this very program already.",
    )
}


class TemplateRoutes(Routes):
    """The handlers, over what they need."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def router(self) -> Router:
        """Every route with the permission it needs."""
        read, write = permit(Permission.TEMPLATES_READ), permit(Permission.TEMPLATES_WRITE)
        publish = permit(Permission.TEMPLATES_PUBLISH)
        handlers = [
            get(_TEMPLATES, opt=read)(self.list_templates),
            post(_TEMPLATES, opt=write)(self.create_template),
            get(_TEMPLATE, opt=read, responses=_NOT_MODIFIED)(self.get_template),
            put(_TEMPLATE, opt=write)(self.save_draft),
            post(_TEMPLATE + "/compile", opt=read, status_code=200)(self.compile_template),
            get(_VERSIONS, opt=read)(self.list_template_versions),
            post(_VERSIONS, opt=publish, responses=_ALREADY)(self.publish_template_version),
            get(_VERSIONS + "/{version:int}", opt=read)(self.get_template_version),
            post("/v1/compile", opt=read, status_code=200)(self.compile_document),
        ]
        return Router("/", route_handlers=handlers, tags=["templates"], request_max_body_size=_BODY_BYTES_MAX)

    async def list_templates(
        self, request: ApiRequest, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
    ) -> Page[wire.TemplateSummary]:
        """List templates, latest first, without their drafts."""
        caller: Caller = request.user
        place = parse_place(f"GET {_TEMPLATES}", limit, cursor)
        async with self._database.transaction(caller.org_id) as tx:
            rows = await store.list_templates(tx, caller.org_id, position_id(place), place.rows_wanted)
        return page_of(
            place, rows, lambda row: wire.summary_told(caller.org, row), lambda row: (str(row.template_id),)
        )

    async def create_template(
        self,
        request: ApiRequest,
        data: JSONBody[wire.DocumentReceived],
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[wire.TemplateSaved]:
        """Create a template with a draft. The document must have a name; what else is wrong with it is told beside."""
        caller: Caller = request.user
        name, draft = name_of(data.document), encode_document(data.document)
        report = await compile_document(data.document)

        async def write(tx: Transaction) -> Answer[wire.TemplateSaved]:
            now = self._clock.now()
            template_id = uuid7(int(now.timestamp() * 1000), secrets.token_bytes(10))
            template = store.Template(caller.org_id, template_id, name, draft, 1, 0, now, now)
            await store.insert_template(tx, template)
            told = wire.saved_told(caller.org, template, report)
            return Answer(201, told, {"Location": f"{_TEMPLATES}/{told.id}", "ETag": etag_of(1)})

        return await answer_once(self._database, request, write)

    async def get_template(
        self, request: ApiRequest, template: FromPath[str], if_none_match: IfNoneMatch = None
    ) -> Response[wire.TemplateTold]:
        """Get a template with its draft. The ETag is the draft's revision."""
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.load_template(tx, caller.org_id, template)
        etag = etag_of(found.revision)
        if is_unchanged(if_none_match, etag):
            return Response(None, status_code=304, headers={"ETag": etag})  # type: ignore[arg-type]
        return Response(wire.template_told(caller.org, found), headers={"ETag": etag})

    async def save_draft(
        self,
        request: ApiRequest,
        template: FromPath[str],
        data: JSONBody[wire.DocumentReceived],
        if_match: IfMatch = None,
    ) -> Response[wire.TemplateSaved]:
        """Save a draft over the one that If-Match names. A draft may have errors; they are told beside."""
        caller: Caller = request.user
        name, draft = name_of(data.document), encode_document(data.document)
        report = await compile_document(data.document)
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.lock_template(tx, caller.org_id, template)
            check_if_match(if_match, etag_of(found.revision))
            _check_name(found, name)
            now = self._clock.now()
            revision = await store.save_draft(tx, found, draft, now)
        saved = dataclasses.replace(found, draft=draft, revision=revision, updated_at=now)
        return Response(wire.saved_told(caller.org, saved, report), headers={"ETag": etag_of(revision)})

    async def compile_template(self, request: ApiRequest, template: FromPath[str]) -> wire.CompileReport:
        """Compile a template's draft and tell every problem, or the program. Nothing is stored."""
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.load_template(tx, caller.org_id, template)
        return wire.report_told(await compile_document(decode_document(found.draft)))

    async def compile_document(
        self, request: ApiRequest, data: JSONBody[wire.DocumentReceived]
    ) -> wire.CompileReport:
        """Compile a document and tell every problem, or the program. Nothing is stored."""
        encode_document(data.document)
        return wire.report_told(await compile_document(data.document))

    async def list_template_versions(
        self,
        request: ApiRequest,
        template: FromPath[str],
        limit: Limit = LIMIT_DEFAULT,
        cursor: Cursor = None,
    ) -> Page[wire.VersionSummary]:
        """List a template's versions, latest first, without their documents."""
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.load_template(tx, caller.org_id, template)
            place = parse_place(f"GET {_VERSIONS} {found.template_id}", limit, cursor)
            rows = await store.list_versions(tx, found, position_number(place), place.rows_wanted)
        return page_of(
            place, rows, lambda row: wire.version_summary_told(caller.org, row), lambda row: (row.version,)
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
        `created: false` and status 200. With If-Match, only the draft with that ETag is published.
        """
        caller: Caller = request.user
        received = data or wire.PublicationReceived()
        # Compiled before the template is locked. That it has errors is told only after the key was looked up: a
        # repeat gets its first answer whatever has become of the draft since.
        text, report = await self._compile_publication(caller, template, received)

        async def write(tx: Transaction) -> Answer[wire.VersionPublished]:
            found = await store.lock_template(tx, caller.org_id, template)
            if if_match is not None:
                check_if_match(if_match, etag_of(found.revision))
            if received.document is None and found.draft != text:
                raise PreconditionFailed("the draft was saved while it was being published")
            program = program_or_refuse(report)
            _check_name(found, program.name)
            publication = Publication(program, text, received.notes)
            published = await publish_version(tx, caller, (found, publication), self._clock.now())
            told = wire.published_told(caller.org, published, program.warnings)
            address = f"{_TEMPLATES}/{format_identifier(Prefix.TEMPLATE, found.template_id)}/versions/{told.version}"
            return Answer(201 if told.created else 200, told, {"Location": address})

        return await answer_once(self._database, request, write)

    async def get_template_version(
        self, request: ApiRequest, template: FromPath[str], version: VersionNumber
    ) -> wire.VersionTold:
        """Get one published version with its document."""
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.load_template(tx, caller.org_id, template)
            row = await store.find_version(tx, caller.org_id, found.template_id, version)
        if row is None:
            raise NotFound(f"the template {found.name!r} has no version {version}")
        return wire.version_told(caller.org, row)

    async def _compile_publication(
        self, caller: Caller, template: str, received: wire.PublicationReceived
    ) -> tuple[bytes, Report]:
        if received.document is not None:
            return encode_document(received.document), await compile_document(received.document)
        async with self._database.transaction(caller.org_id) as tx:
            draft = (await store.load_template(tx, caller.org_id, template)).draft
        return draft, await compile_document(decode_document(draft))


def _check_name(template: store.Template, name: str) -> None:
    """Raise RequestInvalid for a document under another name: executions and people know a template by its name."""
    if name != template.name:
        detail = f"the template is named {template.name!r} for good; create another one for {name!r}"
        raise RequestInvalid([Problem("/document/name", "name_fixed", detail)])
