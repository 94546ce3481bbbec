"""Tell differences in short, and what must hold of the difference between any two documents."""

from typing import Any

from actum_core.errors import Invalid
from actum_core.template import compile_template
from actum_core.template.diff import Change, diff_documents

#: Kind, part, name, aspect, value before, value after.
Told = tuple[str, str, str, str, Any, Any]


def told(source: Any, target: Any) -> list[Told]:
    return [_told(change) for change in diff_documents(source, target).changes]


def _told(change: Change) -> Told:
    before, after = (None if side is None else side.value for side in (change.source, change.target))
    return (change.kind.value, change.part.value, change.name, change.aspect, before, after)


def assert_laws(source: Any, target: Any) -> None:
    """What holds of every two documents."""
    there, back = diff_documents(source, target), diff_documents(target, source)
    assert sorted(map(repr, there.changes)) == sorted(repr(change.reversed()) for change in back.changes)
    for change in there.changes:
        for side, found in ((change.source, source), (change.target, target)):
            if side is not None:
                resolve(found, side.pointer)
    digests = {compile_or_none(found) for found in (source, target)}
    if None not in digests:
        assert there.same_program == (len(digests) == 1)


def compile_or_none(found: Any) -> str | None:
    try:
        return compile_template(found).digest
    except Invalid:
        return None


def resolve(found: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found
