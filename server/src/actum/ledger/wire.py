"""What the routes of the ledger take and tell, and the page that all lists in ledger order share."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from actum.ledger.check import CheckReport
from actum.platform.limits import SEQUENCE_PAGE_SIZE_MAX
from actum.platform.wire import Told
from actum_core import canonical_json
from actum_core.identifiers import Prefix, format_identifier
from actum_core.ledger.chain import Finding, StoredEntry
from actum_core.limits import JSON_INTEGER_MAX

Member = TypeVar("Member")
Row = TypeVar("Row")

AfterSeq = Annotated[
    int,
    QueryParameter(
        name="afterSeq",
        ge=0,
        le=JSON_INTEGER_MAX,
        description="Go on after this: `nextAfterSeq` of the page before.",
    ),
]
SequencePageLimit = Annotated[
    int, QueryParameter(ge=1, le=SEQUENCE_PAGE_SIZE_MAX, description="Members on one page.")
]


class SequencePage(msgspec.Struct, Generic[Member], frozen=True, kw_only=True, rename="camel"):
    """One page of what has a sequence; `nextAfterSeq` is there exactly when `hasMore` is true."""

    object: str = "list"
    data: Sequence[Member]
    has_more: bool
    next_after_seq: int | None = None


def sequence_page(
    rows: Sequence[Row], limit: int, show: Callable[[Row], Member], sequence: Callable[[Row], int]
) -> SequencePage[Member]:
    """The page made of at most ``limit + 1`` rows."""
    shown, has_more = rows[:limit], len(rows) > limit
    return SequencePage(
        data=[show(row) for row in shown],
        has_more=has_more,
        next_after_seq=sequence(shown[-1]) if has_more else None,
    )


class ActorTold(Told, frozen=True, kw_only=True):
    """Who caused an entry."""

    type: str
    ref: str


class EntryTold(Told, frozen=True, kw_only=True, tag_field="object", tag="entry"):
    """One line of the ledger.

    `header` is the exact text that `entryHash` is over: SHA-256 of a zero byte and its UTF-8. The other
    members are what it says. `payload` is bound by the header through HMAC-SHA256 under `payloadSalt`, over
    the canonical JSON (RFC 8785) of the payload; both are null once the payload is erased.
    """

    execution_id: str
    seq: int
    input_seq: int
    kind: str
    actor: ActorTold
    recorded_at: str
    entry_hash: str
    previous_hash: str
    state_commitment: str | None
    payload: Any
    payload_salt: str | None
    header: str


class FindingTold(Told, frozen=True, kw_only=True):
    """One thing that is wrong, with the sequence of its entry (0: the execution as a whole)."""

    execution_id: str | None
    seq: int
    code: str
    detail: str


class CheckTold(Told, frozen=True, kw_only=True, tag_field="object", tag="check"):
    """What a check read, and everything it found wrong."""

    execution_id: str | None
    whole: bool
    executions: int
    entries: int
    inputs: int
    snapshots: int
    head_hash: str | None
    findings: list[FindingTold]


def entry_told(execution: str, entry: StoredEntry) -> EntryTold:
    header = canonical_json.parse(entry.header)
    return EntryTold(
        execution_id=execution,
        seq=entry.sequence,
        input_seq=entry.input_sequence,
        kind=entry.kind,
        actor=ActorTold(type=header["actor"]["type"], ref=header["actor"]["ref"]),
        recorded_at=header["ts"],
        entry_hash=entry.entry_hash.hex(),
        previous_hash=header["prev"],
        state_commitment=header["state"],
        payload=None if entry.payload is None else msgspec.Raw(entry.payload),
        payload_salt=None if entry.payload_salt is None else entry.payload_salt.hex(),
        header=entry.header.decode(),
    )


def finding_told(execution: str | None, finding: Finding) -> FindingTold:
    return FindingTold(execution_id=execution, seq=finding.sequence, code=finding.code, detail=finding.detail)


def check_told(report: CheckReport) -> CheckTold:
    name = format_identifier(Prefix.EXECUTION, report.execution_id)
    return CheckTold(
        execution_id=name,
        whole=not report.findings,
        executions=1,
        entries=report.entries,
        inputs=report.inputs,
        snapshots=report.snapshots,
        head_hash=report.head.entry_hash.hex(),
        findings=[finding_told(name, finding) for finding in report.findings],
    )
