"""What the routes of templates and components take and tell, field by field."""

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
    """A document of a template or component; its own members are checked by compiling it, not here."""

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


class ComponentSummary(Told, frozen=True, kw_only=True, tag_field="object", tag="component"):
    """A component without its draft. `latestVersion` is 0 while nothing is published."""

    id: str
    org_id: str
    name: str
    revision: int
    latest_version: int
    created_at: datetime
    updated_at: datetime


class ComponentTold(ComponentSummary, frozen=True, kw_only=True):
    """A component with its draft. The ETag of the answer is its revision."""

    document: dict[str, Any]


class ComponentSaved(ComponentTold, frozen=True, kw_only=True):
    """A component whose draft was just saved, and what compiling it found; a draft may have errors."""

    is_valid: bool
    problems: list[ProblemTold]


class VersionNamed(Told, frozen=True, kw_only=True):
    """A published version of a template or component, as others name it."""

    kind: store.DesignKind
    id: str
    name: str
    version: int
    program_digest: str


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
    """A published version with the document as it was published, and the versions that it names."""

    document: dict[str, Any]
    uses: list[VersionNamed]


class VersionPublished(VersionSummary, frozen=True, kw_only=True):
    """What publishing came to. `created` is false when the latest version runs this very program already."""

    created: bool
    problems: list[ProblemTold]


class ComponentVersionSummary(Told, frozen=True, kw_only=True, tag_field="object", tag="componentVersion"):
    """A published version of a component, without its document. It never changes."""

    org_id: str
    component_id: str
    version: int
    program_digest: str
    notes: str
    published_at: datetime
    published_by: str


class ComponentVersionTold(ComponentVersionSummary, frozen=True, kw_only=True):
    """A published version of a component with its document, and the versions that it names."""

    document: dict[str, Any]
    uses: list[VersionNamed]


class ComponentVersionPublished(ComponentVersionSummary, frozen=True, kw_only=True):
    """What publishing came to. `created` is false when the latest version is this very component already."""

    created: bool
    problems: list[ProblemTold]


class CompileReport(Told, frozen=True, kw_only=True, tag_field="object", tag="compileReport"):
    """What compiling came to: the program's digest and canonical form, or null where there are errors."""

    is_valid: bool
    problems: list[ProblemTold]
    program_digest: str | None
    program: dict[str, Any] | None


class ValidationReport(Told, frozen=True, kw_only=True, tag_field="object", tag="validationReport"):
    """Every problem of a document, and how many there are of each kind; at most 200 are looked for."""

    is_valid: bool
    errors: int
    warnings: int
    problems: list[ProblemTold]


def design_members(org: str, design: store.Design | store.DesignHead) -> dict[str, Any]:
    """What is told of a template and of a component alike, without the draft."""
    return {
        "id": format_identifier(design.kind.prefix, design.template_id),
        "org_id": org,
        "name": design.name,
        "revision": design.revision,
        "latest_version": design.latest_version,
        "created_at": design.created_at,
        "updated_at": design.updated_at,
    }


def saved_members(org: str, design: store.Design, report: Report) -> dict[str, Any]:
    """What is told of a draft that was just saved."""
    return {
        **design_members(org, design),
        "document": raw(design.draft),
        "is_valid": report.is_valid,
        "problems": problems_told(report.problems),
    }


def version_members(org: str, version: store.Version | store.VersionHead) -> dict[str, Any]:
    """What is told of a version of either kind, but for the id of what it is a version of."""
    return {
        "org_id": org,
        "version": version.version,
        "program_digest": version.program_digest.hex(),
        "notes": version.notes,
        "published_at": version.published_at,
        "published_by": version.published_by,
    }


def template_version_members(org: str, version: store.Version | store.VersionHead) -> dict[str, Any]:
    identifier = format_identifier(Prefix.TEMPLATE, version.template_id)
    return {"template_id": identifier, **version_members(org, version)}


def component_version_members(org: str, version: store.Version | store.VersionHead) -> dict[str, Any]:
    identifier = format_identifier(Prefix.COMPONENT, version.template_id)
    return {"component_id": identifier, **version_members(org, version)}


def published_members(published: Published, warnings: Iterable[Problem]) -> dict[str, Any]:
    """What is told beside a version that was just published."""
    return {"created": published.is_new, "problems": problems_told(warnings)}


def content_members(version: store.Version, uses: Iterable[store.NamedVersion]) -> dict[str, Any]:
    """What a version consists of."""
    return {"document": raw(version.document), "uses": [version_named(each) for each in uses]}


def version_named(version: store.NamedVersion) -> VersionNamed:
    return VersionNamed(
        kind=version.kind,
        id=format_identifier(version.kind.prefix, version.template_id),
        name=version.name,
        version=version.version,
        program_digest=version.program_digest.hex(),
    )


def report_told(report: Report) -> CompileReport:
    compiled = report.compiled
    return CompileReport(
        is_valid=compiled is not None,
        problems=problems_told(report.problems),
        program_digest=None if compiled is None else compiled.digest,
        program=None if compiled is None else raw(compiled.canonical),
    )


def validation_told(report: Report) -> ValidationReport:
    problems = problems_told(report.problems)
    errors = sum(each.severity == "error" for each in problems)
    return ValidationReport(
        is_valid=report.is_valid, errors=errors, warnings=len(problems) - errors, problems=problems
    )


def problems_told(problems: Iterable[Problem]) -> list[ProblemTold]:
    return [
        ProblemTold(pointer=each.pointer, code=each.code, detail=each.detail, severity=each.severity)
        for each in problems
    ]


def raw(text: bytes) -> Any:
    """JSON text that stands in the answer as it is, in the order its author wrote it."""
    return msgspec.Raw(text)
