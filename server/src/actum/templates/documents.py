"""Documents of templates and components as text: how they are bounded, kept and checked, in their author's order.

The order of states and transitions has a meaning, so a document is kept as JSON text in the order it was
sent and not in canonical form (which sorts); a program's canonical form holds them in arrays.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from actum.platform.http_errors import BodyTooLarge, RequestInvalid
from actum.platform.limits import DOCUMENT_BYTES_MAX
from actum.templates.library import Library
from actum.templates.store import DesignKind, UsedVersion
from actum_core.errors import Invalid, Problem
from actum_core.template import ComponentVersion, Program, compile_component, compile_template
from actum_core.template.names import is_template_name

Document = Mapping[str, Any]

#: Names that stand where a template's name does in an address of the API.
RESERVED_NAMES: Final = frozenset({"import"})


class TemplateInvalid(Invalid):
    """Correct the template where the problems point, and publish it again."""

    code: ClassVar[str] = "template_invalid"


class ComponentInvalid(Invalid):
    """Correct the component where the problems point, and publish it again."""

    code: ClassVar[str] = "component_invalid"


#: What a document of each kind is refused with.
INVALID: Final[Mapping[DesignKind, type[Invalid]]] = {
    DesignKind.TEMPLATE: TemplateInvalid,
    DesignKind.COMPONENT: ComponentInvalid,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What compiling a document came to: a program, or problems of which at least one is an error.

    ``uses`` are the published versions that the document itself names.
    """

    problems: tuple[Problem, ...]
    compiled: Program | ComponentVersion | None
    uses: tuple[UsedVersion, ...] = ()

    @property
    def is_valid(self) -> bool:
        return self.compiled is not None


def encode_document(document: Document) -> bytes:
    """The text that is kept. Raises BodyTooLarge."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(text) > DOCUMENT_BYTES_MAX:
        raise BodyTooLarge(f"a document has at most {DOCUMENT_BYTES_MAX} bytes, not {len(text)}")
    return text


def decode_document(text: bytes) -> Any:
    """The document behind kept text."""
    return json.loads(text)


def kind_of(document: Document) -> DesignKind:
    """What a document says that it is; a template when it says nothing, or nothing that is known."""
    return DesignKind.COMPONENT if document.get("kind") == DesignKind.COMPONENT else DesignKind.TEMPLATE


def name_of(kind: DesignKind, document: Document) -> str:
    """The name of a document of this kind, which even a draft must have. Raises RequestInvalid."""
    if kind_of(document) is not kind:
        said = "'kind: component'" if kind is DesignKind.COMPONENT else "no kind, or 'template'"
        raise RequestInvalid([Problem("/document/kind", "bad_value", f"a {kind.value} says {said}")])
    name = document.get("name")
    if not isinstance(name, str) or not is_template_name(name):
        code = "missing_field" if "name" not in document else "bad_name"
        detail = f"a {kind.value} has a name of lower-case letters, digits and single hyphens between them"
        raise RequestInvalid([Problem("/document/name", code, detail)])
    if name in RESERVED_NAMES:
        detail = f"{name!r} is a word of the API's addresses: give it another name"
        raise RequestInvalid([Problem("/document/name", "bad_name", detail)])
    return name


async def compile_document(document: Document, library: Library) -> Report:
    """Compile outside the event loop's thread: a large document takes a second."""
    return await asyncio.to_thread(_compile, document, library)


def _compile(document: Document, library: Library) -> Report:
    compile_design = compile_component if kind_of(document) is DesignKind.COMPONENT else compile_template
    try:
        compiled = compile_design(document, library.find_component, library.find_template)
    except Invalid as error:
        return Report(error.problems, None)
    return Report(compiled.warnings, compiled, library.uses_of(document))


def compiled_or_refuse(kind: DesignKind, report: Report) -> Program | ComponentVersion:
    """What was compiled, or TemplateInvalid or ComponentInvalid with every problem; pointers are into the document."""
    if report.compiled is None:
        raise INVALID[kind](report.problems)
    return report.compiled
