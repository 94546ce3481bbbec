"""Template documents as text: how they are bounded, kept and checked, with the author's order preserved.

The order of states and transitions has a meaning, so a document is kept as JSON text in the order it was
sent and not in canonical form (which sorts); a program's canonical form holds them in arrays.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from actum.platform.http_errors import BodyTooLarge, RequestInvalid
from actum.platform.limits import DOCUMENT_BYTES_MAX
from actum_core.errors import Invalid, Problem
from actum_core.template import compile_template
from actum_core.template.names import is_template_name
from actum_core.template.program import Program

Document = Mapping[str, Any]


class TemplateInvalid(Invalid):
    """Correct the template where the problems point, and publish it again."""

    code: ClassVar[str] = "template_invalid"


@dataclass(frozen=True, slots=True)
class Report:
    """What compiling a document came to: a program, or problems of which at least one is an error."""

    problems: tuple[Problem, ...]
    program: Program | None


def encode_document(document: Document) -> bytes:
    """The text that is kept. Raises BodyTooLarge."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(text) > DOCUMENT_BYTES_MAX:
        raise BodyTooLarge(f"a template document has at most {DOCUMENT_BYTES_MAX} bytes, not {len(text)}")
    return text


def decode_document(text: bytes) -> Any:
    """The document behind kept text."""
    return json.loads(text)


def name_of(document: Document) -> str:
    """The document's name, which even a draft must have. Raises RequestInvalid."""
    name = document.get("name")
    if isinstance(name, str) and is_template_name(name):
        return name
    code = "missing_field" if "name" not in document else "bad_name"
    detail = "a template has a name of lower-case letters, digits and single hyphens between them"
    raise RequestInvalid([Problem("/document/name", code, detail)])


async def compile_document(document: Document) -> Report:
    """Compile outside the event loop's thread: a large document takes a second."""
    try:
        program = await asyncio.to_thread(compile_template, document)
    except Invalid as error:
        return Report(error.problems, None)
    return Report(program.warnings, program)


def program_or_refuse(report: Report) -> Program:
    """The program, or TemplateInvalid with every problem; pointers are into the document."""
    if report.program is None:
        raise TemplateInvalid(report.problems)
    return report.program
