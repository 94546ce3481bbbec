"""Publish a template: compile what was written, and give it a version if it is a new program."""

from dataclasses import dataclass
from datetime import datetime

from actum.orgs.access import Caller
from actum.platform.database import Transaction
from actum.templates import store
from actum_core.template.program import Program


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published: a program, the text it was compiled from, and what its author says of it."""

    program: Program
    document: bytes
    notes: str


@dataclass(frozen=True, slots=True)
class Published:
    """The version that has the program now; `is_new` is false when the latest one had it already."""

    version: store.Version
    is_new: bool


async def publish_version(
    tx: Transaction, caller: Caller, what: tuple[store.Template, Publication], at: datetime
) -> Published:
    """Publish for a template that the transaction has locked: `what` is it and what becomes its version.

    Publishing what the latest version already runs changes nothing, so that a build may publish every time. A
    draft that holds nothing unpublished follows a document that is published past it; other work is left alone.
    """
    template, publication = what
    digest = bytes.fromhex(publication.program.digest)
    latest = await store.find_version(tx, template.org_id, template.template_id, template.latest_version)
    if latest is not None and latest.program_digest == digest:
        return Published(latest, is_new=False)
    version = store.Version(
        template_id=template.template_id,
        version=template.latest_version + 1,
        program_digest=digest,
        document=publication.document,
        notes=publication.notes,
        published_at=at,
        published_by=caller.actor.ref,
    )
    await store.insert_version(tx, template, version, publication.program.canonical)
    if latest is not None and template.draft == latest.document and template.draft != version.document:
        await store.save_draft(tx, template, version.document, at)
    return Published(version, is_new=True)
