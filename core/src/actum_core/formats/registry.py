"""The formats that templates can be read from and written to, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from types import MappingProxyType
from typing import Any, ClassVar, Final

from actum_core import canonical_json
from actum_core.errors import ActumError, Invalid, Problem
from actum_core.formats.result import Document, Exported, Imported
from actum_core.limits import IMPORT_CHARACTERS_MAX


class UnknownFormat(ActumError):
    """Name one of the formats that can be read or written."""

    code: ClassVar[str] = "unknown_format"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{name!r} is none of {', '.join(known)}")
        self.name = name
        self.known = known


class Source(Enum):
    """What an importer is given: the value of a JSON text, or the text itself."""

    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Format:
    """A format; what reads and writes it is loaded when it is first needed."""

    name: str
    title: str
    source: Source
    suffix: str
    module: str
    importer: str | None = None
    exporter: str | None = None

    def read(self, source: object) -> Imported:
        """Import a document: its text, or for a JSON format also its parsed value. Raises Invalid."""
        if self.importer is None:
            raise UnknownFormat(self.name, IMPORTED)
        if isinstance(source, str):
            if len(source) > IMPORT_CHARACTERS_MAX:
                detail = f"at most {IMPORT_CHARACTERS_MAX} characters are read"
                raise Invalid([Problem("", "too_large", detail)])
            if self.source is Source.JSON:
                source = canonical_json.parse(source.encode("utf-8", "surrogatepass"))
        elif self.source is Source.TEXT:
            raise Invalid([Problem("", "wrong_type", f"{self.title} is a text")])
        found: Imported = self._function(self.importer)(source)
        return found

    def write(self, document: Document) -> Exported:
        """Export a template document. Raises Invalid."""
        if self.exporter is None:
            raise UnknownFormat(self.name, EXPORTED)
        found: Exported = self._function(self.exporter)(document)
        return found

    def _function(self, name: str) -> Callable[[Any], Any]:
        found: Callable[[Any], Any] = getattr(import_module(f"actum_core.formats.{self.module}"), name)
        return found


_ALL: Final = (
    Format("scxml", "SCXML", Source.TEXT, ".scxml", "scxml", "import_scxml", "export_scxml"),
    Format("xstate", "XState", Source.JSON, ".json", "xstate", "import_xstate", "export_xstate"),
    Format("iot-events", "AWS IoT Events", Source.JSON, ".json", "iot_events", "import_iot_events"),
    Format("editor", "The editor's scenario", Source.JSON, ".json", "editor", "import_editor"),
    Format("fsl", "FSL", Source.TEXT, ".fsl", "fsl", "import_fsl"),
    Format("mermaid", "Mermaid", Source.TEXT, ".mmd", "mermaid", "import_mermaid", "export_mermaid"),
)

FORMATS: Final = MappingProxyType({each.name: each for each in _ALL})
IMPORTED: Final = tuple(each.name for each in _ALL if each.importer is not None)
EXPORTED: Final = tuple(each.name for each in _ALL if each.exporter is not None)


def find_format(name: str) -> Format:
    """The format of a name. Raises UnknownFormat."""
    found = FORMATS.get(name)
    if found is None:
        raise UnknownFormat(name, tuple(FORMATS))
    return found
