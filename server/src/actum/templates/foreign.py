"""Read templates from other tools' formats and write them to these; what could not be carried over is told."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from actum.platform.wire import Told
from actum.templates.normal_pointers import locate_in_document
from actum.templates.wire import ProblemTold, TemplateSummary, ValidationReport, problems_told
from actum_core import canonical_json
from actum_core.errors import Invalid, Problem
from actum_core.formats import (
    EXPORTED,
    IMPORTED,
    Exported,
    Imported,
    UnknownFormat,
    detect_text,
    detect_value,
    find_format,
)
from actum_core.formats.detect import OWN
from actum_core.template.canonical import canonical_document
from actum_core.template.parse import parse_template


class ImportRefused(Invalid):
    """Correct the source where the problems point, or name the format that it is in."""

    code: ClassVar[str] = "import_refused"


class ExportRefused(Invalid):
    """Correct the template where the problems point: it cannot be written as it stands."""

    code: ClassVar[str] = "export_refused"


class TemplateImported(Told, frozen=True, kw_only=True, tag_field="object", tag="import"):
    """A template made from another format.

    `problems` point into the source; `isComplete` is false when one of them is an error: then the document does not
    mean what the source means until somebody has decided. `validation` is of the document. `template` is there when
    the document was saved as its draft.
    """

    format: str
    is_complete: bool
    problems: list[ProblemTold]
    document: dict[str, Any]
    validation: ValidationReport
    template: TemplateSummary | None


class TemplateExported(Told, frozen=True, kw_only=True, tag_field="object", tag="export"):
    """A template written in another format; `problems` point into its document.

    `isComplete` is false when one of them is an error: then the text does not mean what the template means.
    """

    format: str
    is_complete: bool
    problems: list[ProblemTold]
    text: str


@dataclass(frozen=True, slots=True)
class Read:
    """What was read, and the format that it was in."""

    format: str
    imported: Imported


async def import_source(source: object, name: str | None) -> Read:
    """A document from a text or a JSON value, in the format of this name, or in the one that it looks like.

    Raises UnknownFormat and ImportRefused.
    """
    return await asyncio.to_thread(read_source, source, name)


def read_source(source: object, name: str | None, file_name: str = "") -> Read:
    """As ``import_source``, at once; a file's name decides where the source itself does not say what it is."""
    if name is None:
        found = detect_text(source, file_name) if isinstance(source, str) else detect_value(source)
        if found is None:
            raise UnknownFormat("this", IMPORTED)
        name = found
    if name == OWN:
        return Read(OWN, _own(source))
    try:
        return Read(name, find_format(name).read(source))
    except Invalid as error:
        raise ImportRefused(error.problems) from None


def _own(source: object) -> Imported:
    """A document of our own needs no import; it must only be one."""
    if isinstance(source, str):
        try:
            source = canonical_json.parse(source.encode())
        except Invalid as error:
            raise ImportRefused(error.problems) from None
    if not isinstance(source, dict):
        raise ImportRefused([Problem("", "wrong_type", "a template of our own is a JSON object")])
    return Imported(source)


async def export_document(document: Any, name: str) -> Exported:
    """Raises UnknownFormat and ExportRefused."""
    return await asyncio.to_thread(write_document, document, name)


def write_document(document: Any, name: str) -> Exported:
    """As ``export_document``, at once."""
    if name not in EXPORTED:
        raise UnknownFormat(name, EXPORTED)
    try:
        exported = find_format(name).write(document)
    except Invalid as error:
        raise ExportRefused(error.problems) from None
    # What was written could be parsed.
    normal = canonical_document(parse_template(document))
    return replace(
        exported,
        problems=tuple(
            replace(each, pointer=locate_in_document(document, normal, each.pointer))
            for each in exported.problems
        ),
    )


def exported_told(name: str, exported: Exported) -> TemplateExported:
    return TemplateExported(
        format=name,
        is_complete=exported.is_complete,
        problems=problems_told(exported.problems),
        text=exported.text,
    )
