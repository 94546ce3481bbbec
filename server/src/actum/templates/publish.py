"""Publish a template or component: give what was compiled a version if it is a new program."""

from dataclasses import dataclass
from datetime import datetime

from actum.orgs.access import Caller
from actum.platform.database import Transaction
from actum.templates import store
from actum.templates.store import UsedVersion
from actum_core.template import ComponentVersion, Program


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published: the text, what it compiled to with which other versions, and what its author says."""

    compiled: Program | ComponentVersion
    document: bytes
    uses: tuple[UsedVersion, ...]
    notes: str


@dataclass(frozen=True, slots=True)
class Published:
    """The version that has the program now; `is_new` is false when the latest one had it already."""

    version: store.Version
    is_new: bool


async def publish_version(
    tx: Transaction, caller: Caller, what: tuple[store.Design, Publication], at: datetime
) -> Published:
    """Publish for a template or component that the transaction has locked: `what` is it and what becomes its version.

    Publishing what the latest version already runs changes nothing, so that a build may publish every time. A
    draft that holds nothing unpublished follows a document that is published past it; other work is left alone.
    """
    design, publication = what
    digest = bytes.fromhex(publication.compiled.digest)
    latest = await store.find_version(tx, design.org_id, design.template_id, design.latest_version)
    if latest is not None and latest.program_digest == digest:
        return Published(latest, is_new=False)
    version = store.Version(
        template_id=design.template_id,
        version=design.latest_version + 1,
        program_digest=digest,
        document=publication.document,
        notes=publication.notes,
        published_at=at,
        published_by=caller.actor.ref,
    )
    await store.insert_version(tx, design, version, publication.compiled.canonical)
    if publication.uses:
        await store.insert_uses(tx, design.org_id, version, publication.uses)
    if latest is not None and design.draft == latest.document and design.draft != version.document:
        await store.save_draft(tx, design, version.document, at)
    return Published(version, is_new=True)
