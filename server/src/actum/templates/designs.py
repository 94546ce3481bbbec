"""What the routes of templates and of components do alike; how it is told is theirs."""

import dataclasses
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from litestar.params import PathParameter
from litestar.response import Response

from actum.orgs.access import Caller
from actum.platform.clock import Clock
from actum.platform.cursors import Page, Place, page_of, parse_place, position_id, position_number
from actum.platform.database import Database, Transaction
from actum.platform.etags import check_if_match, etag_of, is_unchanged
from actum.platform.http_errors import CursorInvalid, PreconditionFailed, RequestInvalid
from actum.platform.idempotency import Answer, answer_once
from actum.platform.requests import ApiRequest
from actum.templates import store, wire
from actum.templates.diff import DesignDiff, Written, diff_written
from actum.templates.documents import (
    Document,
    Report,
    compile_document,
    compiled_or_refuse,
    decode_document,
    encode_document,
    name_of,
)
from actum.templates.library import load_library
from actum.templates.publish import Publication, publish_version
from actum.templates.store import DesignKind
from actum_core.errors import Problem
from actum_core.identifiers import format_identifier, uuid7

Body = TypeVar("Body")

DRAFT: Final = "draft"

#: How a route names a version where the draft will do as well; no number is larger than the database can hold.
VersionOrDraft = Annotated[
    str,
    PathParameter(
        pattern="^([1-9][0-9]{0,8}|draft)$", description="The number of a published version, or `draft`."
    ),
]


@dataclass(frozen=True, slots=True)
class ListAsked:
    """Which part of a list is asked for."""

    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class PublicationAsked:
    """What is to become a version of which template or component."""

    reference: str
    received: wire.PublicationReceived
    if_match: str | None


class Designs:
    """The templates, or the components, of all orgs. `path` is where the API has them."""

    def __init__(self, database: Database, clock: Clock, kind: DesignKind, path: str) -> None:
        self._database = database
        self._clock = clock
        self._kind = kind
        self._path = path

    async def list_page(
        self, caller: Caller, asked: ListAsked, tell: Callable[[store.DesignHead], Body]
    ) -> Page[Body]:
        place = parse_place(f"GET {self._path}", asked.limit, asked.cursor)
        async with self._database.transaction(caller.org_id) as tx:
            page = (position_id(place), place.rows_wanted)
            rows = await store.list_designs(tx, caller.org_id, self._kind, page)
        return page_of(place, rows, tell, lambda row: (str(row.template_id),))

    async def create(
        self, request: ApiRequest, document: Document, tell: Callable[[store.Design, Report], Body]
    ) -> Response[Body]:
        """Keep a document as the draft of a template or component of its name."""
        caller: Caller = request.user
        name, draft = name_of(self._kind, document), encode_document(document)
        report = await self.compile(caller, document)

        async def write(tx: Transaction) -> Answer[Body]:
            now = self._clock.now()
            design_id = uuid7(int(now.timestamp() * 1000), secrets.token_bytes(10))
            design = store.Design(caller.org_id, design_id, self._kind, name, draft, 1, 0, now, now)
            await store.insert_design(tx, design)
            return Answer(201, tell(design, report), {"Location": self._address(design), "ETag": etag_of(1)})

        return await answer_once(self._database, request, write)

    async def load(self, caller: Caller, reference: str) -> store.Design:
        """Raises NotFound."""
        async with self._database.transaction(caller.org_id) as tx:
            return await store.load_design(tx, caller.org_id, self._kind, reference)

    async def get(
        self, caller: Caller, named: tuple[str, str | None], tell: Callable[[store.Design], Body]
    ) -> Response[Body]:
        """A template or component with its draft; named by id or name, and the ETag that is known already."""
        reference, if_none_match = named
        found = await self.load(caller, reference)
        etag = etag_of(found.revision)
        if is_unchanged(if_none_match, etag):
            return Response(None, status_code=304, headers={"ETag": etag})  # type: ignore[arg-type]
        return Response(tell(found), headers={"ETag": etag})

    async def save_draft(
        self, caller: Caller, named: tuple[str, str | None], document: Document
    ) -> tuple[store.Design, Report]:
        """Save a draft over the one whose ETag is named beside the template or component."""
        reference, if_match = named
        name, draft = name_of(self._kind, document), encode_document(document)
        report = await self.compile(caller, document)
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.lock_design(tx, caller.org_id, self._kind, reference)
            check_if_match(if_match, etag_of(found.revision))
            _check_name(found, name)
            now = self._clock.now()
            revision = await store.save_draft(tx, found, draft, now)
        return dataclasses.replace(found, draft=draft, revision=revision, updated_at=now), report

    async def compile(self, caller: Caller, document: Document) -> Report:
        """What compiling a document comes to, with the org's own components and templates."""
        return await compile_document(document, await load_library(self._database, caller.org_id, document))

    async def compile_draft(self, caller: Caller, reference: str) -> Report:
        return await self.compile(caller, decode_document((await self.load(caller, reference)).draft))

    async def list_versions(
        self,
        caller: Caller,
        named: tuple[str, ListAsked],
        tell: Callable[[store.VersionHead], Body],
    ) -> Page[Body]:
        reference, asked = named
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.load_design(tx, caller.org_id, self._kind, reference)
            place = self._place_of_versions(found, asked)
            rows = await store.list_versions(tx, found, position_number(place), place.rows_wanted)
        return page_of(place, rows, tell, lambda row: (row.version,))

    async def get_version(
        self, caller: Caller, reference: str, number: int
    ) -> tuple[store.Version, list[store.NamedVersion]]:
        """A version, and those that it names."""
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.load_design(tx, caller.org_id, self._kind, reference)
            version = await store.load_version(tx, found, number)
            return version, await store.list_uses(tx, caller.org_id, version)

    async def publish(
        self,
        request: ApiRequest,
        asked: PublicationAsked,
        tell: Callable[[store.Version, dict[str, Any]], Body],
    ) -> Response[Body]:
        """Publish the draft, or the document sent, as the next version."""
        caller: Caller = request.user
        # Compiled before the design is locked. That it has errors is told only after the key was looked up: a
        # repeat gets its first answer whatever has become of the draft since.
        text, report = await self._compile_publication(caller, asked)

        async def write(tx: Transaction) -> Answer[Body]:
            found = await store.lock_design(tx, caller.org_id, self._kind, asked.reference)
            if asked.if_match is not None:
                check_if_match(asked.if_match, etag_of(found.revision))
            if asked.received.document is None and found.draft != text:
                raise PreconditionFailed("the draft was saved while it was being published")
            compiled = compiled_or_refuse(self._kind, report)
            _check_name(found, compiled.name)
            publication = Publication(compiled, text, report.uses, asked.received.notes)
            published = await publish_version(tx, caller, (found, publication), self._clock.now())
            told = tell(published.version, wire.published_members(published, compiled.warnings))
            address = f"{self._address(found)}/versions/{published.version.version}"
            return Answer(201 if published.is_new else 200, told, {"Location": address})

        return await answer_once(self._database, request, write)

    async def _compile_publication(self, caller: Caller, asked: PublicationAsked) -> tuple[bytes, Report]:
        document = asked.received.document
        if document is not None:
            return encode_document(document), await self.compile(caller, document)
        draft = (await self.load(caller, asked.reference)).draft
        return draft, await self.compile(caller, decode_document(draft))

    async def list_users(self, caller: Caller, named: tuple[str, int, ListAsked]) -> Page[wire.VersionNamed]:
        """The versions that have one version in them."""
        reference, number, asked = named
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.load_design(tx, caller.org_id, self._kind, reference)
            version = await store.load_version(tx, found, number)
            route = f"GET {self._path}/versions/used-by {found.template_id} {number}"
            place = parse_place(route, asked.limit, asked.cursor)
            page = (*_position_of_user(place), place.rows_wanted)
            rows = await store.list_users(tx, caller.org_id, version, page)
        return page_of(place, rows, wire.version_named, lambda row: (str(row.template_id), row.version))

    async def diff(self, caller: Caller, reference: str, names: tuple[str, str]) -> DesignDiff:
        """How two documents differ: each the number of a version, or `draft`."""
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.load_design(tx, caller.org_id, self._kind, reference)
            versions = [await _find_published(tx, found, name) for name in names]
        source, target = [await self._written(caller, found, version) for version in versions]
        return await diff_written(self._kind, source, target)

    async def load_published(self, caller: Caller, reference: str, name: str) -> store.Version | bytes:
        """The version of this number, or the text of the draft. Raises NotFound."""
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.load_design(tx, caller.org_id, self._kind, reference)
            return await _find_published(tx, found, name) or found.draft

    async def _written(self, caller: Caller, design: store.Design, version: store.Version | None) -> Written:
        if version is not None:
            return Written(version.version, decode_document(version.document), version.program_digest.hex())
        document = decode_document(design.draft)
        compiled = (await self.compile(caller, document)).compiled
        return Written(None, document, None if compiled is None else compiled.digest)

    def _place_of_versions(self, design: store.Design, asked: ListAsked) -> Place:
        return parse_place(f"GET {self._path}/versions {design.template_id}", asked.limit, asked.cursor)

    def _address(self, design: store.Design) -> str:
        return f"{self._path}/{format_identifier(self._kind.prefix, design.template_id)}"


async def _find_published(tx: Transaction, design: store.Design, name: str) -> store.Version | None:
    """The version of this number; None for the draft. Raises NotFound."""
    return None if name == DRAFT else await store.load_version(tx, design, int(name))


def _position_of_user(place: Place) -> tuple[UUID | None, int | None]:
    """The id and version that a list of versions of several designs goes on behind."""
    if place.position is None:
        return None, None
    if len(place.position) != 2 or not isinstance(place.position[1], int):
        raise CursorInvalid("this cursor is not one that this list returned")
    return position_id(place), place.position[1]


def _check_name(design: store.Design, name: str) -> None:
    """Raise RequestInvalid for a document under another name: people and other documents know it by its name."""
    if name != design.name:
        what = design.kind.value
        detail = f"the {what} is named {design.name!r} for good; create another one for {name!r}"
        raise RequestInvalid([Problem("/document/name", "name_fixed", detail)])
