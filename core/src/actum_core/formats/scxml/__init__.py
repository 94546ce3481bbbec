"""Read and write SCXML 1.0 (W3C Recommendation, 1 September 2015)."""

from actum_core.formats.scxml.read import import_scxml
from actum_core.formats.scxml.write import export_scxml

__all__ = ["export_scxml", "import_scxml"]
