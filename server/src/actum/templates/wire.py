"""What the routes of templates take and tell, field by field."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from actum.platform.wire import Note, Received, Told
from actum.templates import store
from actum.templates.documents import Report
from actum.templates.publish import Published
from actum_core.errors import Problem
from actum_core.identifiers import Prefix, format_identifier


class DocumentReceived(Received, frozen=True, kw_only=True):
    """A template document; its own members are checked by compiling it, not here."""

    document: dict[str, Any]


class PublicationReceived(Received, frozen=True, kw_only=True):
    """What to publish: the draft, or the document sent."""

    document: dict[str, Any] | None = None
    notes: Note = ""


class ProblemTold(Told, frozen=True, kw_only=True):
    """One fault of a document: an RFC 6901 pointer into it, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str
    severity: Literal["error", "warning"]


class TemplateSummary(Told, frozen=True, kw_only=True, tag_field="object", tag="template"):
    """A template without its draft. `latestVersion` is 0 while nothing is published."""

    id: str
    org_id: str
    name: str
    revision: int
    latest_version: int
    created_at: datetime
    updated_at: datetime


class TemplateTold(TemplateSummary, frozen=True, kw_only=True):
    """A template with its draft. The ETag of the answer is its revision."""

    document: dict[str, Any]


class TemplateSaved(TemplateTold, frozen=True, kw_only=True):
    """A template whose draft was just saved, and what compiling it found; a draft may have errors."""

    is_valid: bool
    problems: list[ProblemTold]


class VersionSummary(Told, frozen=True, kw_only=True, tag_field="object", tag="templateVersion"):
    """A published version without its document. It never changes."""

    org_id: str
    template_id: str
    version: int
    program_digest: str
    notes: str
    published_at: datetime
    published_by: str


class VersionTold(VersionSummary, frozen=True, kw_only=True):
    """A published version with the document as it was published."""

    document: dict[str, Any]


class VersionPublished(VersionSummary, frozen=True, kw_only=True):
    """What publishing came to. `created` is false when the latest version runs this very program already."""

    created: bool
    problems: list[ProblemTold]


class CompileReport(Told, frozen=True, kw_only=True, tag_field="object", tag="compileReport"):
    """What compiling came to: the program's digest and canonical form, or null where there are errors."""

    is_valid: bool
    problems: list[ProblemTold]
    program_digest: str | None
    program: dict[str, Any] | None


def summary_told(org: str, template: store.Template | store.TemplateHead) -> TemplateSummary:
    return TemplateSummary(
        id=format_identifier(Prefix.TEMPLATE, template.template_id),
        org_id=org,
        name=template.name,
        revision=template.revision,
        latest_version=template.latest_version,
        created_at=template.created_at,
        updated_at=template.updated_at,
    )


def template_told(org: str, template: store.Template) -> TemplateTold:
    summary = msgspec.structs.asdict(summary_told(org, template))
    return TemplateTold(**summary, document=_raw(template.draft))


def saved_told(org: str, template: store.Template, report: Report) -> TemplateSaved:
    summary = msgspec.structs.asdict(summary_told(org, template))
    return TemplateSaved(
        **summary,
        document=_raw(template.draft),
        is_valid=report.program is not None,
        problems=problems_told(report.problems),
    )


def version_summary_told(org: str, version: store.Version | store.VersionHead) -> VersionSummary:
    return VersionSummary(
        org_id=org,
        template_id=format_identifier(Prefix.TEMPLATE, version.template_id),
        version=version.version,
        program_digest=version.program_digest.hex(),
        notes=version.notes,
        published_at=version.published_at,
        published_by=version.published_by,
    )


def version_told(org: str, version: store.Version) -> VersionTold:
    summary = msgspec.structs.asdict(version_summary_told(org, version))
    return VersionTold(**summary, document=_raw(version.document))


def published_told(org: str, published: Published, warnings: Iterable[Problem]) -> VersionPublished:
    summary = msgspec.structs.asdict(version_summary_told(org, published.version))
    return VersionPublished(**summary, created=published.is_new, problems=problems_told(warnings))


def report_told(report: Report) -> CompileReport:
    program = report.program
    return CompileReport(
        is_valid=program is not None,
        problems=problems_told(report.problems),
        program_digest=None if program is None else program.digest,
        program=None if program is None else _raw(program.canonical),
    )


def problems_told(problems: Iterable[Problem]) -> list[ProblemTold]:
    return [
        ProblemTold(pointer=each.pointer, code=each.code, detail=each.detail, severity=each.severity)
        for each in problems
    ]


def _raw(text: bytes) -> Any:
    """JSON text that stands in the answer as it is, in the order its author wrote it."""
    return msgspec.Raw(text)
