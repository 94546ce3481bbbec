"""Where in a document that which stands in its normal form was written.

Exporters read the normal form, where states and transitions are arrays; nobody but the engine sees it. What has no
place of its own in the document is told by the nearest that is written.
"""

from collections.abc import Iterator
from typing import Any

from actum_core.errors import pointer_of


def locate_in_document(document: Any, normal: Any, pointer: str) -> str:
    """The pointer into ``document`` for a ``pointer`` into its normal form; one that already is one stays."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if _leads_somewhere(document, steps):
        return pointer
    written, here = document, normal
    found: list[str | int] = []
    for step in steps:
        taken = _follow(written, here, step)
        if taken is None:
            break
        for each in taken:
            written = written[each]
            found.append(each)
        here = here[int(step)] if isinstance(here, list) else here[step]
    return pointer_of(*found)


def _leads_somewhere(value: Any, steps: list[str]) -> bool:
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return False
    return True


def _follow(written: Any, here: Any, step: str) -> tuple[str | int, ...] | None:
    """The steps in the document for one in the normal form: none where it only wraps; None where it ends."""
    if isinstance(here, dict):
        is_there = step in here and isinstance(written, dict) and step in written
        return (step,) if is_there else None
    if not isinstance(here, list) or not step.isdecimal() or int(step) >= len(here):
        return None
    index = int(step)
    if isinstance(written, list) and len(written) == len(here) and not _only_wraps(written, here):
        return (index,)
    if isinstance(written, dict):
        # States by their id, transitions by their event or delay, of which one may have several.
        members = list(_members(written))
        if len(members) == len(here) and (
            len(here) > 1 or "id" in here[0] or members[0][0] in here[0].values()
        ):
            return members[index]
    return () if len(here) == 1 else None


def _only_wraps(written: list[Any], here: list[Any]) -> bool:
    """Whether one array stands around all of what is written: the actions of an ``entry`` as one block."""
    return len(here) == 1 and isinstance(here[0], list) and not isinstance(written[0], list)


def _members(written: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    for key, value in written.items():
        if isinstance(value, list):
            yield from ((key, index) for index in range(len(value)))
        else:
            yield (key,)
