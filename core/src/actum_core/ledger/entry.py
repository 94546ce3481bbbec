"""One line of the ledger: its header, the commitments in it, and the hash that is link and leaf at once.

A header is canonical JSON (RFC 8785) without floats::

    {"actor":{"ref":…,"type":…},"engine":…,"exec":…,"input":…,"kind":…,"log":…,
     "payload":{"alg":"hmac-sha256","commit":…,"len":…},"prev":…,"program":…,"seq":…,
     "state":…,"ts":…,"typ":"actum/ledger-entry/v1","v":1}

``entry_hash = SHA-256(0x00 || header)`` is the RFC 6962 leaf hash of the header, so the chain and the org's
Merkle tree are over the same values. ``log``, ``exec`` and ``seq`` are inside it: an entry cannot be moved.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from actum_core import canonical_json
from actum_core.errors import ActumError
from actum_core.limits import HEADER_BYTES_MAX, PAYLOAD_BYTES_MAX

ENTRY_TYPE: Final = "actum/ledger-entry/v1"
ENTRY_VERSION: Final = 1
NO_HASH: Final = bytes(32)
SALT_BYTES: Final = 32

_PAYLOAD_DOMAIN: Final = b"actum/payload/v1\n"
_STATE_DOMAIN: Final = b"actum/state/v1\n"
#: What may stand in a header without being escaped; header fields other than the kind are ours to choose.
_plain: Final = re.compile(r"[ !#-\[\]-~]*").fullmatch


class PayloadTooLarge(ActumError):
    """Send less at once, or keep less in variables: an entry's payload exceeds its bound."""

    code = "payload_too_large"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused an input: a pseudonym, never a name. ``type`` is user, token, service or system."""

    type: str
    ref: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What every entry of one execution's chain has in common."""

    log: str
    execution: str
    program: str  # digest, 64 hex digits
    engine: str


class Head(NamedTuple):
    """The latest entry of a chain: its 1-based sequence (0 before the first), its hash and its time."""

    sequence: int
    entry_hash: bytes
    recorded_at: str  # YYYY-MM-DDTHH:MM:SS.ffffffZ


START_OF_CHAIN: Final = Head(0, NO_HASH, "")


class Line(NamedTuple):
    """What an entry says, before it has a place: ``payload`` in canonical form."""

    kind: str
    input_sequence: int
    payload: bytes
    state_commitment: str | None  # 64 hex digits, on the last entry of a step


class Entry(NamedTuple):
    """One line of the ledger in its place."""

    sequence: int
    input_sequence: int
    kind: str
    entry_hash: bytes
    header: bytes
    payload: bytes
    payload_salt: bytes


_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_BLOCK_BYTES: Final = 64
#: Bytes of a header beside its frame: three hashes, four numbers, a time, the kind, and the members' names.
_REST_BYTES_MAX: Final = 1_024


def _hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104 with SHA-256, for keys of a block or less: half the time of ``hmac.digest``, which sets up a
    keyed context that is then used once. That both agree is a property test."""
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(padded.translate(_INNER) + message).digest()
    return hashlib.sha256(padded.translate(_OUTER) + inner).digest()


def commit_payload(salt: bytes, payload: bytes) -> str:
    """HMAC-SHA256 under a 32-byte random salt: it binds the payload and, once the salt is gone, hides it."""
    return _hmac_sha256(salt, _PAYLOAD_DOMAIN + payload).hex()


def commit_state(salt: bytes, committed_form: bytes) -> str:
    """HMAC-SHA256 over the committed form of a state under its execution's salt."""
    return _hmac_sha256(salt, _STATE_DOMAIN + committed_form).hex()


def hash_header(header: bytes) -> bytes:
    """RFC 6962, section 2.1: the hash of a leaf."""
    return hashlib.sha256(b"\x00" + header).digest()


def write_entries(
    chain: Chain, head: Head, stamp: tuple[Actor, str], lines: Sequence[tuple[Line, bytes]]
) -> list[Entry]:
    """Put ``lines``, each with its 32-byte salt, behind ``head``.

    ``stamp`` is who caused them and when they are recorded (YYYY-MM-DDTHH:MM:SS.ffffffZ, not before the
    head's time). Raises PayloadTooLarge.
    """
    actor, recorded_at = stamp
    opening, middle, program = _frame(chain, actor)
    closing = f',"ts":"{recorded_at}","typ":"{ENTRY_TYPE}","v":{ENTRY_VERSION}}}'
    sequence, previous_hash = head.sequence, head.entry_hash
    sha256, mac = hashlib.sha256, _hmac_sha256
    entries: list[Entry] = []
    for (kind, input_sequence, payload, state_commitment), salt in lines:
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise PayloadTooLarge(f"{len(payload)} bytes are more than {PAYLOAD_BYTES_MAX}")
        sequence += 1
        commitment = mac(salt, _PAYLOAD_DOMAIN + payload).hex()
        state = f'"{state_commitment}"' if state_commitment else "null"
        header = (
            f'{opening}{input_sequence},"kind":"{kind}"{middle}{commitment}","len":{len(payload)}}},"prev":"'
            f'{previous_hash.hex()}{program}{sequence},"state":{state}{closing}'
        ).encode()
        previous_hash = sha256(b"\x00" + header).digest()
        entries.append(Entry(sequence, input_sequence, kind, previous_hash, header, payload, salt))
    return entries


@lru_cache(maxsize=4096)
def _frame(chain: Chain, actor: Actor) -> tuple[str, str, str]:
    """What all headers of a chain by one actor have in common, between their other members.

    RFC 8785 orders members by key; all values here are plain ASCII or hex, so a header can be written in one
    go. That this equals the canonical encoder is a property test.
    """
    frame = (
        f'{{"actor":{{"ref":{_quoted(actor.ref)},"type":{_quoted(actor.type)}}},"engine":{_quoted(chain.engine)},'
        f'"exec":{_quoted(chain.execution)},"input":',
        f',"log":{_quoted(chain.log)},"payload":{{"alg":"hmac-sha256","commit":"',
        f'","program":{_quoted(chain.program)},"seq":',
    )
    size = sum(len(part.encode()) for part in frame)
    assert size + _REST_BYTES_MAX <= HEADER_BYTES_MAX, "names in a header are bounded where they come from"
    return frame


def _quoted(text: str) -> str:
    return f'"{text}"' if _plain(text) else canonical_json.encode(text).decode()
