"""The table of bounds: every constant of the core's and the server's `limits.py`, with its value and its reason."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import actum.entrypoints.cli.limits
import actum.platform.limits
import actum_core.limits

_SECTION: Final = re.compile(r"^# --- (.*?) -+$")
_REASON: Final = re.compile(r"^#:? (.*)$")
_BOUND: Final = re.compile(r"^([A-Z][A-Z0-9_]+)(?::| =)")


def _rows(module: ModuleType) -> Iterator[tuple[str, str, str]]:
    """The section, name and reason of every bound, in the order of the file; bounds of one group share a reason."""
    section, reason, is_reason = "", [""], False
    for line in Path(str(module.__file__)).read_text(encoding="utf-8").splitlines():
        heading, said, bound = _SECTION.match(line), _REASON.match(line), _BOUND.match(line)
        if heading:
            section = heading[1]
        elif said:
            reason = [*reason, said[1]] if is_reason else [said[1]]
        elif bound:
            yield section, bound[1], " ".join(reason)
        is_reason = said is not None and heading is None


def _told(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(_told(each) for each in value)
    return str(value)


def _table(module: ModuleType) -> str:
    lines, before = [], None
    for section, name, reason in _rows(module):
        if section != before:
            lines += ["", f"**{section}**", ""] if section else [""]
            lines += ["| bound | is | unit and reason |", "|---|---|---|"]
            before = section
        said = reason.replace("|", "\\|").replace("``", "`")
        lines.append(f"| `{name}` | {_told(getattr(module, name))} | {said} |")
    return "\n".join(lines) + "\n\n"


PARTS: Final = {
    "core": partial(_table, actum_core.limits),
    "server": partial(_table, actum.platform.limits),
    "command line": partial(_table, actum.entrypoints.cli.limits),
}
