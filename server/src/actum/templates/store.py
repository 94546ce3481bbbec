"""All SQL of templates, versions and programs, and the rows it returns as types."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

import asyncpg

from actum.platform import sql
from actum.platform.database import Transaction
from actum.platform.http_errors import NotFound
from actum_core.errors import ActumError
from actum_core.identifiers import IdentifierInvalid, Prefix, parse_identifier
from actum_core.template.names import is_template_name

_QUERIES: Final = sql.load("actum.templates")
_INSERT_TEMPLATE: Final = _QUERIES["insert_template"]
_FIND_TEMPLATE: Final = _QUERIES["find_template"]
_LOCK_TEMPLATE: Final = _QUERIES["lock_template"]
_LIST_TEMPLATES: Final = _QUERIES["list_templates"]
_SAVE_DRAFT: Final = _QUERIES["save_draft"]
_SAVE_LATEST_VERSION: Final = _QUERIES["save_latest_version"]
_INSERT_PROGRAM: Final = _QUERIES["insert_program"]
_FIND_PROGRAM: Final = _QUERIES["find_program"]
_INSERT_VERSION: Final = _QUERIES["insert_version"]
_FIND_VERSION: Final = _QUERIES["find_version"]
_LIST_VERSIONS: Final = _QUERIES["list_versions"]


class TemplateNameTaken(ActumError):
    """Choose another name, or save a draft of the template that has this one."""

    code: ClassVar[str] = "template_name_taken"


@dataclass(frozen=True, slots=True)
class TemplateHead:
    """A template as lists show it: without its draft."""

    template_id: UUID
    name: str
    revision: int
    latest_version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Template:
    """A template with its draft: JSON text with the members in the author's order."""

    org_id: UUID
    template_id: UUID
    name: str
    draft: bytes
    revision: int
    latest_version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class VersionHead:
    """A published version as lists show it: without its document."""

    template_id: UUID
    version: int
    program_digest: bytes
    notes: str
    published_at: datetime
    published_by: str


@dataclass(frozen=True, slots=True)
class Version:
    """A published version with the document it was compiled from."""

    template_id: UUID
    version: int
    program_digest: bytes
    document: bytes
    notes: str
    published_at: datetime
    published_by: str


async def insert_template(tx: Transaction, template: Template) -> None:
    """Raises TemplateNameTaken."""
    try:
        await tx.execute(
            _INSERT_TEMPLATE,
            template.org_id,
            template.template_id,
            template.name,
            template.draft,
            template.created_at,
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "templates_name":
            raise TemplateNameTaken(f"the org has a template named {template.name!r}") from None
        raise


async def load_template(tx: Transaction, org_id: UUID, reference: str) -> Template:
    """The template with this id or name. Raises NotFound."""
    row = await tx.fetch_row(_FIND_TEMPLATE, org_id, *_id_or_name(reference))
    if row is None:
        raise _no_template(reference)
    return Template(**row)


async def lock_template(tx: Transaction, org_id: UUID, reference: str) -> Template:
    """The template with this id or name, held until the transaction ends. Raises NotFound."""
    row = await tx.fetch_row(_LOCK_TEMPLATE, org_id, *_id_or_name(reference))
    if row is None:
        raise _no_template(reference)
    return Template(**row)


async def list_templates(
    tx: Transaction, org_id: UUID, before: UUID | None, limit: int
) -> list[TemplateHead]:
    return [TemplateHead(**row) for row in await tx.fetch(_LIST_TEMPLATES, org_id, before, limit)]


async def save_draft(tx: Transaction, template: Template, draft: bytes, at: datetime) -> int:
    """Store the draft and return its revision."""
    revision: int = await tx.fetch_value(_SAVE_DRAFT, template.org_id, template.template_id, draft, at)
    return revision


async def insert_version(tx: Transaction, template: Template, version: Version, canonical: bytes) -> None:
    """Store a version and its program, and count it; the template MUST be locked."""
    org_id, at = template.org_id, version.published_at
    await tx.execute(_INSERT_PROGRAM, org_id, version.program_digest, canonical, at)
    await tx.execute(
        _INSERT_VERSION,
        org_id,
        version.template_id,
        version.version,
        version.program_digest,
        version.document,
        version.notes,
        at,
        version.published_by,
    )
    await tx.execute(_SAVE_LATEST_VERSION, org_id, version.template_id, version.version, at)


async def find_version(tx: Transaction, org_id: UUID, template_id: UUID, version: int) -> Version | None:
    row = await tx.fetch_row(_FIND_VERSION, org_id, template_id, version)
    return None if row is None else Version(**row)


async def list_versions(
    tx: Transaction, template: Template, before: int | None, limit: int
) -> list[VersionHead]:
    rows = await tx.fetch(_LIST_VERSIONS, template.org_id, template.template_id, before, limit)
    return [VersionHead(**row) for row in rows]


async def find_program(tx: Transaction, org_id: UUID, digest: bytes) -> bytes | None:
    """The canonical form of one program, or None."""
    found = await tx.fetch_value(_FIND_PROGRAM, org_id, digest)
    return None if found is None else bytes(found)


def _id_or_name(reference: str) -> tuple[UUID | None, str | None]:
    """A name has no underscore and an id has one, so that neither can be taken for the other."""
    if is_template_name(reference):
        return None, reference
    try:
        return parse_identifier(Prefix.TEMPLATE, reference), None
    except IdentifierInvalid:
        raise _no_template(reference) from None


def _no_template(reference: str) -> NotFound:
    return NotFound(f"there is no template {reference[:128]!r}")
