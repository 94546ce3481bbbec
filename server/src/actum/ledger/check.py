"""Check everything stored of an execution against its chain: a changed byte is found, with its place.

The chain's own verification is the core's; this adds what a database holds beside it: the columns, the
inputs, the head, the snapshots, the execution's own row, and the order of the org's log.
"""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from actum.ledger import store
from actum.platform.database import Row, Transaction
from actum_core import canonical_json
from actum_core.engine.lifecycle import restore_execution
from actum_core.errors import ActumError
from actum_core.identifiers import Prefix, derive_identifier, format_identifier
from actum_core.ledger.chain import ChainVerifier, Finding, Identity, StoredEntry
from actum_core.ledger.entry import START_OF_CHAIN, Head, commit_state
from actum_core.template import Program, load_program

#: What recorded an input, by the kind of its first entry: kind and name of the input row.
_KINDS: Final = {
    "started": ("start", "start"),
    "paused": ("command", "pause"),
    "resumed": ("command", "resume"),
    "cancelled": ("command", "cancel"),
}


#: How reading what somebody may have changed at will can end.
_UNREADABLE: Final = (ActumError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(slots=True)
class CheckReport:
    """What a check read and what it found wrong; an execution without findings is whole."""

    execution_id: UUID
    entries: int = 0
    inputs: int = 0
    snapshots: int = 0
    head: Head = START_OF_CHAIN
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the entries say of one input: the row beside them must say the same."""

    first: int
    last: int
    row: tuple[Any, ...]


@dataclass(slots=True)
class _Reading:
    """What has been gathered from the entries so far."""

    said: dict[int, _Said] = field(default_factory=dict)
    #: The active states by node, in the order in which the nodes were entered; the sole machine's under "".
    configurations: dict[str, list[str]] = field(default_factory=dict)
    created: tuple[dict[str, Any], dict[str, Any]] | None = None
    commitment: str | None = None
    group: list[StoredEntry] = field(default_factory=list)


async def check_execution(tx: Transaction, org_id: UUID, execution_id: UUID) -> CheckReport:
    """Verify one execution's chain and everything that is stored beside it, from one point in time."""
    report = CheckReport(execution_id)
    chain = await store.find_chain(tx, (org_id, execution_id))
    if chain is None:
        report.findings.append(Finding(0, "execution_missing", "the execution's row is not there"))
        return report
    verifier = ChainVerifier(Identity(chain["log_name"], format_identifier(Prefix.EXECUTION, execution_id)))
    reading = _Reading()
    async for page in store.iterate_entries(tx, (org_id, execution_id)):
        report.findings.extend(verifier.verify(page))
        report.entries += len(page)
        report.findings.extend(_check_erasure(page))
        _gather(reading, page)
    _close_group(reading)
    report.head = verifier.head
    if chain["sequence"] is None:
        report.findings.append(Finding(0, "head_missing", "the execution's head is not there"))
        return report
    report.findings.extend(verifier.verify_end(Head(chain["sequence"], chain["entry_hash"], "")))
    report.findings.extend(_check_row(chain, reading, verifier.head))
    async for rows in store.iterate_inputs(tx, (org_id, execution_id)):
        report.inputs += len(rows)
        report.findings.extend(_check_inputs(rows, reading))
    report.findings.extend(
        Finding(said.first, "input_missing", f"the row of input {sequence} is not there")
        for sequence, said in reading.said.items()
    )
    program = _load_program(chain, report)
    if program is not None:
        report.findings.extend(_check_state(chain, program, reading))
        async for snapshot in store.iterate_snapshots(tx, (org_id, execution_id)):
            report.snapshots += 1
            report.findings.extend(_check_snapshot(chain, program, snapshot))
    return report


def _check_erasure(page: list[StoredEntry]) -> Iterator[Finding]:
    for entry in page:
        if entry.payload is None or entry.payload_salt is None:
            detail = "the payload is gone, and no entry says that it was erased"
            yield Finding(entry.sequence, "payload_missing", detail)


async def check_log(tx: Transaction, org_id: UUID) -> AsyncIterator[Finding]:
    """Findings about the order of an org's log: every entry once, in its chain's order, without a gap."""
    log = await store.find_log(tx, org_id)
    if log is None:
        yield Finding(0, "org_missing", "the org's row or its head is not there")
        return
    index = 0
    ends: dict[UUID, int] = {}
    async for batch in store.iterate_batches(tx, org_id):
        if batch.first_index != index:
            yield Finding(
                0, "index_gap", f"index {index} was expected, a batch begins at {batch.first_index}"
            )
        if not batch.is_whole:
            yield Finding(0, "batch_malformed", f"the batch at {batch.first_index} does not name its ranges")
        if batch.size != sum(to - start + 1 for _, start, to in batch.ranges):
            yield Finding(
                0, "batch_size_differs", f"the batch at {batch.first_index} is not as large as its ranges"
            )
        for execution_id, start, to in batch.ranges:
            if start != ends.get(execution_id, 0) + 1 or to < start:
                name = format_identifier(Prefix.EXECUTION, execution_id)
                yield Finding(start, "range_gap", f"{name}: {start} to {to} does not follow in the org's log")
            ends[execution_id] = to
        index = batch.first_index + batch.size
    if index != log.size:
        yield Finding(
            0, "log_size_differs", f"the log's head says {log.size} entries, its batches hold {index}"
        )
    async for execution_id in store.iterate_execution_ids(tx, org_id):
        chain = await store.find_chain(tx, (org_id, execution_id))
        found = ends.pop(execution_id, 0)
        if chain is not None and chain["sequence"] is not None and chain["sequence"] != found:
            name = format_identifier(Prefix.EXECUTION, execution_id)
            yield Finding(
                found + 1, "log_incomplete", f"{name}: {chain['sequence']} entries, {found} in the org's log"
            )
    for digest in await store.list_false_programs(tx, org_id):
        yield Finding(0, "program_differs", f"the program named {digest.hex()} is not the one of this digest")
    for stray in {*ends, *await store.list_strays(tx, org_id)}:
        yield Finding(0, "execution_missing", f"{format_identifier(Prefix.EXECUTION, stray)} has no row")


def _gather(reading: _Reading, page: list[StoredEntry]) -> None:
    """Group the entries by the input that caused them; held events released later belong to the resumption."""
    for entry in page:
        if entry.kind in ("created", "event", "held", "timer", "outcome", *_KINDS):
            _close_group(reading)
        reading.group.append(entry)


def _close_group(reading: _Reading) -> None:
    group, reading.group = reading.group, []
    if not group:
        return
    opening = group[0]
    try:
        header = canonical_json.parse(opening.header)
        payload = canonical_json.parse(opening.payload or b"null")
        for entry in group:
            if entry.kind == "transition":
                moved = canonical_json.parse(entry.payload or b"{}")
                node = moved.get("node", "")
                if "#" not in node:  # a child is no part of what is told as the configuration
                    reading.configurations[node] = moved["configuration"]
        reading.commitment = canonical_json.parse(group[-1].header).get("state")
        if opening.kind == "created":
            reading.created = (header, payload)
            return
        reading.said[opening.input_sequence] = _Said(
            opening.sequence,
            group[-1].sequence,
            (
                *_name_input(opening, payload),
                hashlib.sha256(opening.payload or b"").digest(),
                _outcome_of(opening, group),
                header["ts"],
                opening.sequence,
                group[-1].sequence,
                _configuration_of(reading),
            ),
        )
    except _UNREADABLE:
        return  # the chain's verification has already told what is malformed here


def _configuration_of(reading: _Reading) -> str:
    found = reading.configurations
    if found.keys() <= {""}:
        return canonical_json.encode(found.get("", [])).decode()
    # Nodes are entered in document order at the start, which is the order that answers tell them in.
    return canonical_json.encode([f"{node}/{state}" for node in found for state in found[node]]).decode()


def _name_input(opening: StoredEntry, payload: Any) -> tuple[str, str, str, str]:
    """Kind, name, source and key of the input that an entry recorded."""
    kind, name = _KINDS.get(opening.kind, ("event", ""))
    if kind == "start":
        return kind, name, "command start", "start"
    if opening.kind == "timer":
        return "timer", payload["timer"], "timer fired", payload["timer"]
    if "request" in payload and "type" not in payload:  # an outcome, held back or not
        return "outcome", payload["request"], "outcome told", payload["request"]
    return kind, name or payload["type"], payload["source"], payload["id"]


def _outcome_of(opening: StoredEntry, group: list[StoredEntry]) -> str:
    if opening.kind == "held":
        return "held"
    own = (entry for entry in group if entry.input_sequence == opening.input_sequence)
    return "failed" if any(entry.kind == "failed" for entry in own) else "applied"


def _check_inputs(rows: list[Row], reading: _Reading) -> Iterator[Finding]:
    columns = ("kind", "name", "source", "key", "fingerprint", "outcome", "received_at", "first_sequence",
               "last_sequence", "configuration")  # fmt: skip
    for row in rows:
        said = reading.said.pop(row["input_sequence"], None)
        if said is None:
            detail = f"input {row['input_sequence']} was recorded by no entry"
            yield Finding(row["first_sequence"], "input_unrecorded", detail)
            continue
        for column, recorded in zip(columns, said.row, strict=True):
            if row[column] != recorded:
                detail = f"{column} of input {row['input_sequence']} is not what its entries say"
                yield Finding(said.first, "input_differs", detail)


def _check_row(chain: Row, reading: _Reading, head: Head) -> Iterator[Finding]:
    """The execution's own row and its head against the entry that records its creation and the last one."""
    if chain["recorded_at"] != head.recorded_at:
        yield Finding(head.sequence, "head_differs", "recorded_at is not the last entry's time")
    if chain["input_sequence"] != max(reading.said, default=0):
        yield Finding(head.sequence, "head_differs", "input_sequence is not the last input's")
    if reading.created is None:
        yield Finding(1, "creation_missing", "the first entry does not record the creation")
        return
    header, payload = reading.created
    try:
        expected = {
            "template_id": payload["template"]["id"],
            "version": payload["template"]["version"],
            "external_id": payload["externalId"],
            "metadata": canonical_json.encode(payload["metadata"]),
            "created_at": header["ts"],
            "created_by": header["actor"]["ref"],
            "program_digest": header["program"],
        }
        found = {
            "template_id": format_identifier(Prefix.TEMPLATE, chain["template_id"]),
            "version": chain["version"],
            "external_id": chain["external_id"],
            "metadata": chain["metadata"],
            "created_at": chain["created_at"],
            "created_by": chain["created_by"],
            "program_digest": chain["program_digest"].hex(),
        }
    except _UNREADABLE as error:
        yield Finding(1, "creation_malformed", f"{type(error).__name__}: {error}")
        return
    for column, value in expected.items():
        if found[column] != value:
            yield Finding(1, "execution_differs", f"{column} is not what the first entry says")


def _load_program(chain: Row, report: CheckReport) -> Program | None:
    canonical: bytes | None = chain["program"]
    if canonical is None or hashlib.sha256(canonical).digest() != chain["program_digest"]:
        report.findings.append(
            Finding(1, "program_differs", "the program is not the one that its digest names")
        )
        return None
    try:
        return load_program(canonical)
    except ActumError as error:
        report.findings.append(Finding(1, "program_malformed", str(error)))
        return None


def _check_state(chain: Row, program: Program, reading: _Reading) -> Iterator[Finding]:
    try:
        execution = restore_execution(program, chain["state"])
        is_canonical = execution.canonical() == chain["state"]
    except _UNREADABLE as error:
        yield Finding(chain["sequence"], "state_malformed", f"{type(error).__name__}: {error}")
        return
    if (
        not is_canonical
        or commit_state(chain["state_salt"], execution.committed_form()) != reading.commitment
    ):
        detail = "the stored state, or its salt, is not what the last entry commits to"
        yield Finding(chain["sequence"], "state_differs", detail)
    if execution.next_due != chain["due_at"]:
        yield Finding(
            chain["sequence"], "work_differs", "its timers would not be looked at when the first is due"
        )
    if execution.lifecycle != chain["lifecycle"]:
        yield Finding(chain["sequence"], "execution_differs", "lifecycle is not that of the state")
    if execution.input_sequence != chain["input_sequence"]:
        yield Finding(chain["sequence"], "head_differs", "input_sequence is not that of the state")


def _check_snapshot(chain: Row, program: Program, row: Row) -> Iterator[Finding]:
    at = row["sequence"]
    expected_id = derive_identifier(chain["execution_id"], "snapshot", at)
    try:
        header = canonical_json.parse(row["header"] or b"{}")
        execution = restore_execution(program, row["state"])
        commitment = commit_state(chain["state_salt"], execution.committed_form())
        is_whole = (
            execution.canonical() == row["state"]
            and commitment == header.get("state")
            and row["created_at"] == header.get("ts")
            and execution.input_sequence == row["input_sequence"]
            and expected_id == row["snapshot_id"]
        )
    except _UNREADABLE:
        is_whole = False
    if not is_whole:
        yield Finding(at, "snapshot_differs", "the snapshot is not what the entry at its sequence commits to")
