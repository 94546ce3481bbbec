"""Verify a chain from its stored entries alone: what was changed, moved, left out or forged is named."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from actum_core import canonical_json
from actum_core.errors import MalformedJson
from actum_core.ledger.entry import (
    ENTRY_TYPE,
    ENTRY_VERSION,
    SALT_BYTES,
    START_OF_CHAIN,
    Head,
    commit_payload,
    hash_header,
)
from actum_core.limits import HEADER_BYTES_MAX

_HEADER_MEMBERS: Final = frozenset(
    [
        "actor",
        "engine",
        "exec",
        "input",
        "kind",
        "log",
        "payload",
        "prev",
        "program",
        "seq",
        "state",
        "ts",
        "typ",
        "v",
    ]
)


class StoredEntry(NamedTuple):
    """An entry as a database or an evidence bundle holds it; ``payload`` and salt are None once erased."""

    sequence: int
    input_sequence: int
    kind: str
    entry_hash: bytes
    header: bytes
    payload: bytes | None
    payload_salt: bytes | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a verification found wrong, with its place in the execution (0: the execution itself)."""

    sequence: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose chain it is said to be: its org's log and its execution."""

    log: str
    execution: str


class ChainVerifier:
    """Takes a chain's entries in order, in as many parts as is convenient, and tells what is wrong.

    The verifier recomputes everything from the header bytes: it trusts neither the stored hash nor the
    columns beside it. ``head`` is the last entry seen, by its recomputed hash.
    """

    def __init__(self, identity: Identity, head: Head = START_OF_CHAIN) -> None:
        self.identity = identity
        self.head = head

    def verify(self, entries: Iterable[StoredEntry]) -> Iterator[Finding]:
        """Findings for ``entries``, which follow those given before."""
        for entry in entries:
            yield from self._verify_entry(entry)

    def verify_end(self, expected: Head) -> Iterator[Finding]:
        """Findings about the end: the head that is kept elsewhere must be the last entry seen."""
        if expected.sequence != self.head.sequence:
            yield Finding(
                min(expected.sequence, self.head.sequence) + 1,
                "length_differs",
                f"the head says {expected.sequence} entries, {self.head.sequence} are stored",
            )
        elif expected.entry_hash != self.head.entry_hash:
            yield Finding(
                expected.sequence, "head_differs", "the head names another hash than the last entry has"
            )

    def _verify_entry(self, entry: StoredEntry) -> Iterator[Finding]:
        at = entry.sequence
        expected_sequence = self.head.sequence + 1
        previous = self.head
        entry_hash = hash_header(entry.header)
        is_malformed = False
        try:
            header = canonical_json.parse(entry.header, HEADER_BYTES_MAX)
            canonical = canonical_json.encode(header) == entry.header
        except MalformedJson as error:
            header, canonical, is_malformed = None, False, True
            yield Finding(at, "header_malformed", str(error))
        recorded_at = header.get("ts") if isinstance(header, dict) else None
        self.head = Head(
            at, entry_hash, recorded_at if isinstance(recorded_at, str) else previous.recorded_at
        )
        if at != expected_sequence:
            yield Finding(at, "sequence_gap", f"entry {expected_sequence} was expected here")
        if entry_hash != entry.entry_hash:
            yield Finding(at, "hash_differs", "the stored hash is not the hash of the header")
        if is_malformed:
            return
        if not isinstance(header, dict) or frozenset(header) != _HEADER_MEMBERS:
            yield Finding(at, "header_malformed", "the header does not have the members of version 1")
            return
        if not canonical:
            yield Finding(at, "header_malformed", "the header is not in canonical form")
        yield from self._verify_members(entry, header, previous)
        yield from _verify_payload(entry, header)

    def _verify_members(
        self, entry: StoredEntry, header: dict[str, Any], previous: Head
    ) -> Iterator[Finding]:
        expected = {
            "typ": ENTRY_TYPE,
            "v": ENTRY_VERSION,
            "log": self.identity.log,
            "exec": self.identity.execution,
            "seq": entry.sequence,
            "input": entry.input_sequence,
            "kind": entry.kind,
        }
        for member, value in expected.items():
            found = header[member]
            if found != value or type(found) is not type(value):
                yield Finding(
                    entry.sequence,
                    "column_differs",
                    f"{member} is {found!r} in the header, {value!r} beside it",
                )
        if header["prev"] != previous.entry_hash.hex():
            yield Finding(entry.sequence, "link_broken", "the entry does not follow the one before it")
        if not isinstance(header["ts"], str) or header["ts"] < previous.recorded_at:
            yield Finding(entry.sequence, "time_runs_back", "recorded before the entry it follows")


def _verify_payload(entry: StoredEntry, header: dict[str, Any]) -> Iterator[Finding]:
    if entry.payload is None and entry.payload_salt is None:
        return  # erased: whether that was allowed is told by an erasure entry, not by this one
    commitment = header["payload"]
    if not isinstance(commitment, dict) or commitment.get("alg") != "hmac-sha256":
        yield Finding(entry.sequence, "header_malformed", "the payload's commitment has no known algorithm")
        return
    payload, salt = entry.payload or b"", entry.payload_salt or b""
    found = commit_payload(salt, payload)
    # HMAC fills a short key with zeros, so a salt that gained or lost some gives the same commitment.
    matches = (
        len(salt) == SALT_BYTES
        and found == commitment.get("commit")
        and commitment.get("len") == len(payload)
    )
    if not matches:
        yield Finding(
            entry.sequence, "payload_differs", "the payload or its salt is not what was committed to"
        )
