"""Small chains to test with: everything in them follows from a number."""

import hashlib
from collections.abc import Sequence

from actum_core.ledger.chain import ChainVerifier, Finding, Identity, StoredEntry
from actum_core.ledger.entry import (
    START_OF_CHAIN,
    Actor,
    Chain,
    Entry,
    Head,
    Line,
    commit_state,
    write_entries,
)

LOG = "actum/org_01h455vb4pex5vsknk084sn02q/1"
EXECUTION = "exe_01h455vb4pex5vsknk084sn02q"
IDENTITY = Identity(LOG, EXECUTION)
CHAIN = Chain(LOG, EXECUTION, "ab" * 32, "actum-1")
ACTOR = Actor("token", "pat_01h455vb4pex5vsknk084sn02q")
STATE_SALT = bytes(range(32))


def salt_of(number: int) -> bytes:
    return hashlib.sha256(b"salt %d" % number).digest()


def at(number: int) -> str:
    return f"2026-01-31T12:00:00.{number:06d}Z"


def write_chain(inputs: int, chain: Chain = CHAIN) -> tuple[list[StoredEntry], Head]:
    """A chain of so many inputs, each with two entries of which the last commits to the state."""
    head = START_OF_CHAIN
    stored: list[StoredEntry] = []
    for number in range(1, inputs + 1):
        commitment = commit_state(STATE_SALT, b'{"n":%d}' % number)
        lines = [
            (
                Line("event", number, b'{"data":{"n":%d},"id":"%d"}' % (number, number), None),
                salt_of(2 * number),
            ),
            (Line("transition", number, b'{"n":%d}' % number, commitment), salt_of(2 * number + 1)),
        ]
        entries = write_entries(chain, head, (ACTOR, at(number)), lines)
        stored += [store(entry) for entry in entries]
        head = Head(entries[-1].sequence, entries[-1].entry_hash, at(number))
    return stored, head


def store(entry: Entry) -> StoredEntry:
    return StoredEntry(
        entry.sequence,
        entry.input_sequence,
        entry.kind,
        entry.entry_hash,
        entry.header,
        entry.payload,
        entry.payload_salt,
    )


def verify(entries: Sequence[StoredEntry], head: Head, identity: Identity = IDENTITY) -> list[Finding]:
    """Every finding about a whole chain and its end."""
    verifier = ChainVerifier(identity)
    return [*verifier.verify(entries), *verifier.verify_end(head)]
