"""Tell which format a document is in from what stands in it; the name of its file only decides where that does not."""

import re
from typing import Any, Final

from actum_core import canonical_json
from actum_core.errors import Invalid
from actum_core.formats.editor.scenario import is_scenario
from actum_core.formats.iot_events.model import is_detector_model
from actum_core.limits import IMPORT_CHARACTERS_MAX

#: A template or component of our own, which needs no import.
OWN: Final = "actum"

#: Characters looked at to tell text formats apart.
_LOOKED_AT: Final = 20_000

_XML: Final = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?scxml[\s>/]")
_MERMAID: Final = re.compile(r"(?m)^\s*stateDiagram(?:-v2)?\b")
_FSL: Final = re.compile(
    r"(?:[\w.!?\]\"]|')\s*(?:<?[-=~]>|[→⇒↛↔⇔])\s*[\w.!?\[\"'&][^;]*;|^\s*machine_name\s*:", re.MULTILINE
)
_BY_SUFFIX: Final = {
    ".scxml": "scxml",
    ".xml": "scxml",
    ".fsl": "fsl",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
}


def detect_text(text: str, file_name: str = "") -> str | None:
    """The name of the format of a text, ``actum`` for our own, None when it cannot be told."""
    text = text.removeprefix("\ufeff")
    start = text[:_LOOKED_AT]
    if start.lstrip().startswith("<"):
        return "scxml" if _XML.search(start) else None
    if start.lstrip().startswith(("{", "[")) and len(text) <= IMPORT_CHARACTERS_MAX:
        try:
            value = canonical_json.parse(text.encode("utf-8", "surrogatepass"))
        except Invalid:
            value = None
        if value is not None:
            return detect_value(value)
    if _MERMAID.search(start):
        return "mermaid"
    suffix = "." + file_name.rpartition(".")[2].lower() if "." in file_name else ""
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    return "fsl" if _FSL.search(start) else None


def detect_value(value: Any) -> str | None:
    """The name of the format of a parsed JSON document."""
    if not isinstance(value, dict):
        return None
    declared = value.get("format")
    if isinstance(declared, str) and declared.startswith("actum/"):
        return OWN
    if is_detector_model(value):
        return "iot-events"
    if is_scenario(value):
        return "editor"
    has_states = isinstance(value.get("states"), dict)
    if has_states and ("initial" in value or "id" in value or value.get("type") == "parallel"):
        return "xstate"
    return None
