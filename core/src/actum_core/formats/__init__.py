"""Read and write the formats of other tools; nothing is lost or guessed without a problem that says so."""

from actum_core.formats.detect import detect_text, detect_value
from actum_core.formats.registry import EXPORTED, FORMATS, IMPORTED, Format, UnknownFormat, find_format
from actum_core.formats.result import Document, Exported, Imported

__all__ = [
    "EXPORTED",
    "FORMATS",
    "IMPORTED",
    "Document",
    "Exported",
    "Format",
    "Imported",
    "UnknownFormat",
    "detect_text",
    "detect_value",
    "find_format",
]
