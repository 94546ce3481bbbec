"""`python -m actum.entrypoints.openapi [--check] [FILE]`: write the OpenAPI document, or compare it with the file."""

import sys
from pathlib import Path
from typing import Any, Final, cast

from prometheus_client import CollectorRegistry

from actum.entrypoints.api import Parts
from actum.entrypoints.assemble import assemble
from actum.entrypoints.document import make_document
from actum.entrypoints.health import Drain
from actum.orgs.authenticate import Authenticator
from actum.platform.clock import SystemClock
from actum.platform.signals import Signals
from actum.templates.programs import ProgramCache

DEFAULT_FILE: Final = Path("spec/openapi.json")


def current_document() -> bytes:
    """The document of the application with all of its slices; no database is needed for it."""
    clock = SystemClock()
    nothing = cast("Any", None)  # handlers are described, never called
    parts = Parts(nothing, clock, Authenticator(nothing, clock), ProgramCache(), CollectorRegistry(), Drain())
    return make_document(assemble(parts, Signals()).routes)


def main(arguments: list[str]) -> int:
    """Return 0, or 1 when the file differs from what the routes say now."""
    is_check = "--check" in arguments
    named = [Path(argument) for argument in arguments if argument != "--check"]
    file = named[0] if named else DEFAULT_FILE
    document = current_document()
    if not is_check:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(document)
        print(f"wrote {file}")
        return 0
    if file.is_file() and file.read_bytes() == document:
        return 0
    print(
        f"{file} is not what the routes say: run `python -m actum.entrypoints.openapi` and look at the difference"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
