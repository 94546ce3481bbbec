"""The difference between two versions of a template or component, or between one and the draft, as it is told."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from actum.platform.limits import DIFF_CHANGES_TOLD_MAX
from actum.platform.wire import Told
from actum.templates.documents import INVALID
from actum.templates.store import DesignKind
from actum_core.errors import Invalid
from actum_core.template.diff import Change, Difference, Side, diff_documents


class DiffSide(Told, frozen=True, kw_only=True):
    """One of two documents. `version` is null for the draft, `programDigest` where the draft does not compile."""

    version: int | None
    program_digest: str | None


class ChangePlace(Told, frozen=True, kw_only=True):
    """A change as one of the documents shows it: what the part is called there, a pointer, what is written at it.

    Of a part that was moved, `value` is its place from 0, or the state that it stands in; of one renamed, its name.
    """

    name: str
    pointer: str
    value: Any


class ChangeTold(Told, frozen=True, kw_only=True):
    """One difference: what became of which part. `aspect` is the member that changed, empty for the whole part.

    What was added has no `source`, what was removed no `target`.
    """

    change: Literal["added", "removed", "changed", "moved", "renamed"]
    part: str
    aspect: str
    source: ChangePlace | None
    target: ChangePlace | None


class DesignDiff(Told, frozen=True, kw_only=True, tag_field="object", tag="diff"):
    """How two documents differ in what they mean; titles, layout and shorthands are no changes.

    `total` counts all changes, of which the first 1,000 are told. `sameProgram` says that executions of both would
    do the same.
    """

    source: DiffSide
    target: DiffSide
    same_program: bool
    total: int
    changes: list[ChangeTold]


@dataclass(frozen=True, slots=True)
class Written:
    """A published version, or the draft: `version` is None then, and the digest if it does not compile."""

    version: int | None
    document: Any
    digest: str | None


async def diff_written(kind: DesignKind, source: Written, target: Written) -> DesignDiff:
    """Raises TemplateInvalid or ComponentInvalid for a draft that has not the form of a document."""
    try:
        # A difference between large documents takes seconds.
        difference = await asyncio.to_thread(diff_documents, source.document, target.document)
    except Invalid as error:
        raise INVALID[kind](error.problems) from None
    return _told(source, target, difference)


def _told(source: Written, target: Written, difference: Difference) -> DesignDiff:
    digests = {source.digest, target.digest}
    return DesignDiff(
        source=DiffSide(version=source.version, program_digest=source.digest),
        target=DiffSide(version=target.version, program_digest=target.digest),
        same_program=difference.same_program if None in digests else len(digests) == 1,
        total=len(difference.changes),
        changes=[_change(each) for each in difference.changes[:DIFF_CHANGES_TOLD_MAX]],
    )


def _change(change: Change) -> ChangeTold:
    return ChangeTold(
        change=change.kind.value,
        part=change.part.value,
        aspect=change.aspect,
        source=_place(change.source),
        target=_place(change.target),
    )


def _place(side: Side | None) -> ChangePlace | None:
    return None if side is None else ChangePlace(name=side.name, pointer=side.pointer, value=side.value)
