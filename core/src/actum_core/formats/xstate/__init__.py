"""Read XState machines of version 5 and 6 (machine JSON), and write them."""

from actum_core.formats.xstate.read import import_xstate
from actum_core.formats.xstate.write import XStateVersion, export_xstate

__all__ = ["XStateVersion", "export_xstate", "import_xstate"]
