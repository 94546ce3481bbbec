"""`python -m actum.entrypoints.catalogue [--check] [FILE]`: write the catalogue of errors, or compare it with the file.

The catalogue is what documentation and clients are made from: every error's code, the status it is answered
with (null where it never leaves the machine it happens on), what its reader should do, and its class.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import actum
import actum_core
from actum.platform.problems import STATUSES, advice_of
from actum_core.errors import ActumError

DEFAULT_FILE: Final = Path("spec/errors.json")


def error_classes() -> list[type[ActumError]]:
    """Every error of both packages that has a code of its own, by code.

    Left out are those whose code says what happened this time: they are told inside another error or an entry.
    Imports every module, so that none is missed.
    """
    for package in (actum_core, actum):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.endswith(".__main__"):  # importing one runs it
                importlib.import_module(module.name)
    ours = (
        each for each in _subclasses(ActumError) if each.__module__.split(".")[0] in ("actum", "actum_core")
    )
    named = {each for each in ours if each.code != ActumError.code}
    return sorted(named, key=lambda each: (each.code, each.__qualname__))


def _subclasses(of: type[ActumError]) -> Iterator[type[ActumError]]:
    for each in of.__subclasses__():
        yield each
        yield from _subclasses(each)


def describe_errors() -> list[dict[str, Any]]:
    """The catalogue as JSON values."""
    return [
        {
            "code": each.code,
            "status": STATUSES.get(each.code),
            "title": advice_of(each),
            "class": f"{each.__module__}.{each.__qualname__}",
        }
        for each in error_classes()
    ]


def current_catalogue() -> bytes:
    """The catalogue in its one form: the same classes always give the same bytes."""
    return json.dumps(describe_errors(), indent=2, ensure_ascii=False).encode() + b"\n"


def main(arguments: list[str]) -> int:
    """Return 0, or 1 when the file differs from what the classes say now."""
    named = [Path(argument) for argument in arguments if argument != "--check"]
    file = named[0] if named else DEFAULT_FILE
    catalogue = current_catalogue()
    if "--check" not in arguments:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(catalogue)
        print(f"wrote {file}")
        return 0
    if file.is_file() and file.read_bytes() == catalogue:
        return 0
    print(
        f"{file} is not what the errors say: run `python -m actum.entrypoints.catalogue` and look at the difference"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
