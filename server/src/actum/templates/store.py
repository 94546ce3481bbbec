"""All SQL of templates, components, versions and programs, and the rows it returns as types."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

import asyncpg

from actum.platform import sql
from actum.platform.database import Row, Transaction
from actum.platform.http_errors import NotFound
from actum_core.errors import ActumError
from actum_core.identifiers import IdentifierInvalid, Prefix, parse_identifier
from actum_core.template.names import is_template_name

_QUERIES: Final = sql.load("actum.templates")
_INSERT_DESIGN: Final = _QUERIES["insert_design"]
_FIND_DESIGN: Final = _QUERIES["find_design"]
_LOCK_DESIGN: Final = _QUERIES["lock_design"]
_LIST_DESIGNS: Final = _QUERIES["list_designs"]
_SAVE_DRAFT: Final = _QUERIES["save_draft"]
_SAVE_LATEST_VERSION: Final = _QUERIES["save_latest_version"]
_INSERT_PROGRAM: Final = _QUERIES["insert_program"]
_FIND_PROGRAM: Final = _QUERIES["find_program"]
_INSERT_VERSION: Final = _QUERIES["insert_version"]
_INSERT_USES: Final = _QUERIES["insert_uses"]
_FIND_VERSION: Final = _QUERIES["find_version"]
_LIST_VERSIONS: Final = _QUERIES["list_versions"]
_FIND_NAMED_VERSIONS: Final = _QUERIES["find_named_versions"]
_LIST_USES: Final = _QUERIES["list_uses"]
_LIST_USERS: Final = _QUERIES["list_users"]


class DesignKind(StrEnum):
    """What an author writes: what is executed, or a part of it."""

    TEMPLATE = "template"
    COMPONENT = "component"

    @property
    def prefix(self) -> Prefix:
        """Of its identifiers."""
        return Prefix.TEMPLATE if self is DesignKind.TEMPLATE else Prefix.COMPONENT


class TemplateNameTaken(ActumError):
    """Choose another name, or save a draft of the template that has this one."""

    code: ClassVar[str] = "template_name_taken"


class ComponentNameTaken(ActumError):
    """Choose another name, or save a draft of the component that has this one."""

    code: ClassVar[str] = "component_name_taken"


@dataclass(frozen=True, slots=True)
class DesignHead:
    """A template or component as lists show it: without its draft."""

    template_id: UUID
    kind: DesignKind
    name: str
    revision: int
    latest_version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Design:
    """A template or component with its draft: JSON text with the members in the author's order."""

    org_id: UUID
    template_id: UUID
    kind: DesignKind
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


@dataclass(frozen=True, slots=True)
class VersionName:
    """How documents name a version."""

    kind: DesignKind
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class NamedVersion:
    """A version that another one uses, or that uses another one."""

    kind: DesignKind
    name: str
    template_id: UUID
    version: int
    program_digest: bytes


@dataclass(frozen=True, slots=True)
class UsedVersion:
    """A version that a document names, with its own document; None when there was no room for it."""

    kind: DesignKind
    name: str
    version: int
    template_id: UUID
    program_digest: bytes
    document: bytes | None


async def insert_design(tx: Transaction, design: Design) -> None:
    """Raises TemplateNameTaken or ComponentNameTaken."""
    try:
        await tx.execute(
            _INSERT_DESIGN,
            design.org_id,
            design.template_id,
            design.kind.value,
            design.name,
            design.draft,
            design.created_at,
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "templates_name":
            taken = TemplateNameTaken if design.kind is DesignKind.TEMPLATE else ComponentNameTaken
            raise taken(f"the org has a {design.kind.value} named {design.name!r}") from None
        raise


async def load_design(tx: Transaction, org_id: UUID, kind: DesignKind, reference: str) -> Design:
    """The template or component with this id or name. Raises NotFound."""
    row = await tx.fetch_row(_FIND_DESIGN, org_id, kind.value, *_id_or_name(kind, reference))
    return _design(row, kind, reference)


async def lock_design(tx: Transaction, org_id: UUID, kind: DesignKind, reference: str) -> Design:
    """The template or component with this id or name, held until the transaction ends. Raises NotFound."""
    row = await tx.fetch_row(_LOCK_DESIGN, org_id, kind.value, *_id_or_name(kind, reference))
    return _design(row, kind, reference)


async def list_designs(
    tx: Transaction, org_id: UUID, kind: DesignKind, page: tuple[UUID | None, int]
) -> list[DesignHead]:
    """At most as many as the page says, after the id that it begins behind."""
    rows = await tx.fetch(_LIST_DESIGNS, org_id, kind.value, *page)
    return [DesignHead(**{**row, "kind": kind}) for row in rows]


async def save_draft(tx: Transaction, design: Design, draft: bytes, at: datetime) -> int:
    """Store the draft and return its revision."""
    revision: int = await tx.fetch_value(_SAVE_DRAFT, design.org_id, design.template_id, draft, at)
    return revision


async def insert_version(tx: Transaction, design: Design, version: Version, canonical: bytes) -> None:
    """Store a version and its program, and count it; the design MUST be locked."""
    org_id, at = design.org_id, version.published_at
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


async def insert_uses(tx: Transaction, org_id: UUID, version: Version, used: Sequence[UsedVersion]) -> None:
    """Store what a version that was just inserted is made of."""
    ids, numbers = [each.template_id for each in used], [each.version for each in used]
    await tx.execute(_INSERT_USES, org_id, version.template_id, version.version, ids, numbers)


async def find_version(tx: Transaction, org_id: UUID, template_id: UUID, version: int) -> Version | None:
    row = await tx.fetch_row(_FIND_VERSION, org_id, template_id, version)
    return None if row is None else Version(**row)


async def load_version(tx: Transaction, design: Design, version: int) -> Version:
    """One published version. Raises NotFound."""
    found = await find_version(tx, design.org_id, design.template_id, version)
    if found is None:
        raise NotFound(f"the {design.kind.value} {design.name!r} has no version {version}")
    return found


async def list_versions(tx: Transaction, design: Design, before: int | None, limit: int) -> list[VersionHead]:
    rows = await tx.fetch(_LIST_VERSIONS, design.org_id, design.template_id, before, limit)
    return [VersionHead(**row) for row in rows]


async def find_named_versions(
    tx: Transaction, org_id: UUID, names: Collection[VersionName], bytes_max: int
) -> list[UsedVersion]:
    """Those of the named versions that exist, with as many documents as fit into the bytes."""
    kinds, words = [each.kind.value for each in names], [each.name for each in names]
    numbers = [each.version for each in names]
    rows = await tx.fetch(_FIND_NAMED_VERSIONS, org_id, kinds, words, numbers, bytes_max)
    return [UsedVersion(**{**row, "kind": DesignKind(row["kind"])}) for row in rows]


async def list_uses(tx: Transaction, org_id: UUID, version: Version) -> list[NamedVersion]:
    """What a version is made of."""
    rows = await tx.fetch(_LIST_USES, org_id, version.template_id, version.version)
    return [NamedVersion(**{**row, "kind": DesignKind(row["kind"])}) for row in rows]


async def list_users(
    tx: Transaction, org_id: UUID, version: Version, page: tuple[UUID | None, int | None, int]
) -> list[NamedVersion]:
    """At most as many as the page says of the versions made with this one, behind the id and version it begins at."""
    rows = await tx.fetch(_LIST_USERS, org_id, version.template_id, version.version, *page)
    return [NamedVersion(**{**row, "kind": DesignKind(row["kind"])}) for row in rows]


async def find_program(tx: Transaction, org_id: UUID, digest: bytes) -> bytes | None:
    """The canonical form of one program, or None."""
    found = await tx.fetch_value(_FIND_PROGRAM, org_id, digest)
    return None if found is None else bytes(found)


def _design(row: Row | None, kind: DesignKind, reference: str) -> Design:
    if row is None:
        raise _nothing_named(kind, reference)
    return Design(**{**row, "kind": kind})


def _id_or_name(kind: DesignKind, reference: str) -> tuple[UUID | None, str | None]:
    """A name has no underscore and an id has one, so that neither can be taken for the other."""
    if is_template_name(reference):
        return None, reference
    try:
        return parse_identifier(kind.prefix, reference), None
    except IdentifierInvalid:
        raise _nothing_named(kind, reference) from None


def _nothing_named(kind: DesignKind, reference: str) -> NotFound:
    return NotFound(f"there is no {kind.value} {reference[:128]!r}")
