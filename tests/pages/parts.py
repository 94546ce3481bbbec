"""Parts of the documentation that are made from the product: written by this, compared by a test.

`python -m tests.pages.parts` writes them anew, between the lines `<!-- made: NAME -->` and `<!-- end -->`.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.pages import bounds, component_tables, conformance_tables
from tests.tidy.sources import ROOT

_PART: Final = re.compile(r"(?m)^<!-- made: (?P<name>[a-z0-9 -]+) -->\n(?P<text>.*?)^<!-- end -->$", re.S)

#: By page, what each of its parts is made by.
PARTS: Final[dict[str, dict[str, Callable[[], str]]]] = {
    "docs/COMPONENTS.md": component_tables.PARTS,
    "docs/CONFORMANCE.md": conformance_tables.PARTS,
    "docs/LIMITS.md": bounds.PARTS,
}


def parts_of(page: str) -> dict[str, str]:
    """The parts that a page has, by name."""
    return {found["name"]: found["text"] for found in _PART.finditer(_path(page).read_text(encoding="utf-8"))}


def rewrite(page: str) -> bool:
    """Write the parts of a page anew; whether that changed it."""
    text = _path(page).read_text(encoding="utf-8")
    made = PARTS[page]
    written = _PART.sub(
        lambda found: f"<!-- made: {found['name']} -->\n{made[found['name']]()}<!-- end -->", text
    )
    if written != text:
        _path(page).write_text(written, encoding="utf-8")
    return written != text


def _path(page: str) -> Path:
    return ROOT / page


if __name__ == "__main__":
    changed = [page for page in PARTS if rewrite(page)]
    sys.stdout.write("".join(f"{page} written anew\n" for page in changed) or "nothing changed\n")
