"""Verification finds every change to a stored chain, and says where it is."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.ledger.chains import CHAIN, EXECUTION, IDENTITY, LOG, at, salt_of, verify, write_chain

from actum_core import canonical_json
from actum_core.ledger.chain import ChainVerifier, Identity, StoredEntry
from actum_core.ledger.entry import START_OF_CHAIN, Chain, Head, commit_payload, hash_header
from actum_core.limits import HEADER_BYTES_MAX

_ENTRIES, _HEAD = write_chain(4)
_LENGTH = len(_ENTRIES)
_places = st.integers(0, _LENGTH - 1)


def changed_at(place: int, entry: StoredEntry) -> list[StoredEntry]:
    return [*_ENTRIES[:place], entry, *_ENTRIES[place + 1 :]]


def with_bytes(entry: StoredEntry, field: str, content: bytes) -> StoredEntry:
    changes: dict[str, Any] = {field: content}
    return entry._replace(**changes)


def test_a_whole_chain_has_no_finding() -> None:
    assert verify(_ENTRIES, _HEAD) == []
    assert verify([], START_OF_CHAIN) == []


@given(st.lists(st.integers(0, _LENGTH), max_size=4))
def test_a_chain_may_be_given_in_parts_of_any_size(cuts: list[int]) -> None:
    verifier = ChainVerifier(IDENTITY)
    places = [0, *sorted(cuts), _LENGTH]
    for start, end in pairwise(places):
        assert list(verifier.verify(_ENTRIES[start:end])) == []
    assert verifier.head == _HEAD
    assert list(verifier.verify_end(_HEAD)) == []


@given(_places)
def test_verification_may_begin_behind_any_entry_that_is_trusted(place: int) -> None:
    before = _ENTRIES[place]
    head = Head(before.sequence, before.entry_hash, at(before.input_sequence))
    verifier = ChainVerifier(IDENTITY, head)
    assert list(verifier.verify(_ENTRIES[place + 1 :])) == []
    assert list(verifier.verify_end(_HEAD)) == []


# --- Any byte --------------------------------------------------------------------------------------------

_BYTES = ("entry_hash", "header", "payload", "payload_salt")


@given(_places, st.sampled_from(_BYTES), st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_found_with_the_sequence_of_its_entry(
    place: int, field: str, position: int, difference: int
) -> None:
    entry = _ENTRIES[place]
    content = bytearray(getattr(entry, field))
    content[position % len(content)] ^= difference
    findings = verify(changed_at(place, with_bytes(entry, field, bytes(content))), _HEAD)
    assert findings
    assert findings[0].sequence == entry.sequence


@pytest.mark.parametrize("field", _BYTES)
def test_every_byte_of_every_field_counts(field: str) -> None:
    """Not sampled: all bytes of one entry, one after the other."""
    content = getattr(_ENTRIES[3], field)
    unnoticed = []
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1 << position % 8
        findings = verify(changed_at(3, with_bytes(_ENTRIES[3], field, bytes(changed))), _HEAD)
        if not findings or findings[0].sequence != _ENTRIES[3].sequence:
            unnoticed.append(position)
    assert unnoticed == []


@given(_places, st.sampled_from(_BYTES), st.binary(max_size=3), st.booleans())
def test_added_or_missing_bytes_are_found(place: int, field: str, more: bytes, is_longer: bool) -> None:
    entry = _ENTRIES[place]
    content = getattr(entry, field)
    changed = content + (more or b"\x00") if is_longer else content[: -len(more) or -1]
    findings = verify(changed_at(place, with_bytes(entry, field, changed)), _HEAD)
    assert findings
    assert findings[0].sequence == entry.sequence


def test_a_salt_that_gained_or_lost_zeros_is_found() -> None:
    """HMAC pads its key with zeros: by the commitment alone these would be the same salt."""
    entry = _ENTRIES[2]
    salt = b"\x07" * 31 + b"\x00"
    header = canonical_json.parse(entry.header)
    header["payload"]["commit"] = commit_payload(salt, entry.payload or b"")
    entry = forged(2, payload=header["payload"])._replace(payload_salt=salt)
    for changed in (salt + b"\x00", salt[:31]):
        assert commit_payload(changed, entry.payload or b"") == header["payload"]["commit"]
        findings = verify(changed_at(2, entry._replace(payload_salt=changed)), _HEAD)
        assert (3, "payload_differs") in [(found.sequence, found.code) for found in findings]
    assert (3, "payload_differs") not in [(f.sequence, f.code) for f in verify(changed_at(2, entry), _HEAD)]


@given(_places, st.integers(-(2**40), 2**40).filter(bool))
def test_a_changed_column_is_found(place: int, difference: int) -> None:
    entry = _ENTRIES[place]
    moved = verify(changed_at(place, entry._replace(input_sequence=entry.input_sequence + difference)), _HEAD)
    assert [(found.sequence, found.code) for found in moved] == [(entry.sequence, "column_differs")]
    kind = verify(changed_at(place, entry._replace(kind=entry.kind + "s")), _HEAD)
    assert [(found.sequence, found.code) for found in kind] == [(entry.sequence, "column_differs")]
    renumbered = verify(changed_at(place, entry._replace(sequence=entry.sequence + difference)), _HEAD)
    assert {"sequence_gap", "column_differs"} <= {found.code for found in renumbered}
    # Its number is what was changed; the finding tells which one should stand there.
    assert f"entry {entry.sequence} was expected" in renumbered[0].detail


# --- Whole entries ---------------------------------------------------------------------------------------

#: What is done to the chain, where it is found, and as what.
REARRANGED: list[tuple[str, Callable[[list[StoredEntry]], list[StoredEntry]], int, str]] = [
    ("one left out", lambda e: [*e[:3], *e[4:]], 5, "sequence_gap"),
    ("the first left out", lambda e: e[1:], 2, "sequence_gap"),
    ("one twice", lambda e: [*e[:4], e[3], *e[4:]], 4, "sequence_gap"),
    ("two swapped", lambda e: [*e[:2], e[3], e[2], *e[4:]], 4, "sequence_gap"),
    ("the last left out", lambda e: e[:-1], _LENGTH, "length_differs"),
    ("all left out", lambda e: [], 1, "length_differs"),
    (
        "one more at the end",
        lambda e: [*e, e[-1]._replace(sequence=_LENGTH + 1)],
        _LENGTH + 1,
        "column_differs",
    ),
    (
        "one left out and the others renumbered",
        lambda e: [*e[:3], *(each._replace(sequence=each.sequence - 1) for each in e[4:])],
        4,
        "column_differs",
    ),
    (
        "payloads swapped",
        lambda e: [
            e[0]._replace(payload=e[2].payload, payload_salt=e[2].payload_salt),
            e[1],
            e[2]._replace(payload=e[0].payload, payload_salt=e[0].payload_salt),
            *e[3:],
        ],
        1,
        "payload_differs",
    ),
    (
        "a payload without its salt",
        lambda e: [*e[:2], e[2]._replace(payload_salt=None), *e[3:]],
        3,
        "payload_differs",
    ),
    (
        "a salt without its payload",
        lambda e: [*e[:2], e[2]._replace(payload=None), *e[3:]],
        3,
        "payload_differs",
    ),
]


@pytest.mark.parametrize(
    ("rearrange", "sequence", "code"), [row[1:] for row in REARRANGED], ids=[r[0] for r in REARRANGED]
)
def test_a_rearranged_chain_is_found_out(
    rearrange: Callable[[list[StoredEntry]], list[StoredEntry]], sequence: int, code: str
) -> None:
    findings = verify(rearrange(list(_ENTRIES)), _HEAD)
    assert findings
    assert (findings[0].sequence, findings[0].code) == (sequence, code)


@given(st.permutations(range(_LENGTH)))
def test_no_other_order_passes(order: list[int]) -> None:
    findings = verify([_ENTRIES[place] for place in order], _HEAD)
    assert bool(findings) == (order != sorted(order))


@given(st.lists(st.booleans(), min_size=_LENGTH, max_size=_LENGTH))
def test_no_selection_of_entries_passes_but_all(kept: list[bool]) -> None:
    chosen = [entry for entry, is_kept in zip(_ENTRIES, kept, strict=True) if is_kept]
    assert bool(verify(chosen, _HEAD)) == (not all(kept))


def test_an_erased_payload_is_no_fault_of_the_chain() -> None:
    """Payload and salt go together; the header, its hash and every link stay as they were."""
    erased = [entry._replace(payload=None, payload_salt=None) for entry in _ENTRIES]
    assert verify(erased, _HEAD) == []


# --- Whose chain it is -----------------------------------------------------------------------------------

OTHERS = [
    ("of another execution", Chain(LOG, "exe_" + "0" * 26, CHAIN.program, CHAIN.engine)),
    ("of another log", Chain("actum/org_" + "0" * 26 + "/1", EXECUTION, CHAIN.program, CHAIN.engine)),
]


@pytest.mark.parametrize("chain", [row[1] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_a_whole_chain_cannot_be_passed_off_as_another_ones(chain: Chain) -> None:
    entries, head = write_chain(2, chain)
    assert verify(entries, head, Identity(chain.log, chain.execution)) == []
    findings = verify(entries, head)
    assert [(found.sequence, found.code) for found in findings] == [
        (sequence, "column_differs") for sequence in range(1, len(entries) + 1)
    ]


@pytest.mark.parametrize("chain", [row[1] for row in OTHERS], ids=[row[0] for row in OTHERS])
@pytest.mark.parametrize("place", range(_LENGTH))
def test_an_entry_of_another_chain_is_found_in_its_place(chain: Chain, place: int) -> None:
    others, _ = write_chain(4, chain)
    findings = verify(changed_at(place, others[place]), _HEAD)
    assert findings
    assert findings[0].sequence == place + 1


# --- Who recomputes everything ---------------------------------------------------------------------------


def forged(place: int, **members: Any) -> StoredEntry:
    """An entry whose header says something else and whose stored hash fits it."""
    entry = _ENTRIES[place]
    header = canonical_json.encode({**canonical_json.parse(entry.header), **members})
    return entry._replace(header=header, entry_hash=hash_header(header))


@pytest.mark.parametrize("place", range(_LENGTH))
def test_a_header_changed_together_with_its_hash_is_found_at_the_next_link(place: int) -> None:
    findings = verify(changed_at(place, forged(place, engine="actum-0")), _HEAD)
    is_last = place == _LENGTH - 1
    expected = (place + 1, "head_differs") if is_last else (place + 2, "link_broken")
    assert [(found.sequence, found.code) for found in findings] == [expected]


def test_a_chain_rewritten_to_its_end_is_found_by_a_head_that_is_kept_elsewhere() -> None:
    """Links alone cannot tell it: every hash was computed anew."""
    rewritten, head = write_chain(4, replace(CHAIN, engine="actum-0"))
    assert verify(rewritten, head) == []
    assert [(found.sequence, found.code) for found in verify(rewritten, _HEAD)] == [(_LENGTH, "head_differs")]


#: A member of a header that says what it may not, and how that is found where its hash was made to fit.
MALFORMED = [
    ({"seq": "3"}, "column_differs"),
    ({"seq": True}, "column_differs"),
    ({"v": 2}, "column_differs"),
    ({"v": True}, "column_differs"),
    ({"typ": "actum/ledger-entry/v2"}, "column_differs"),
    ({"ts": at(0)}, "time_runs_back"),
    ({"ts": None}, "time_runs_back"),
    ({"prev": "00" * 32}, "link_broken"),
    ({"more": 1}, "header_malformed"),
    ({"payload": None}, "header_malformed"),
    ({"payload": {"alg": "none", "commit": "", "len": 0}}, "header_malformed"),
    ({"payload": {"alg": "hmac-sha256", "commit": None, "len": 27}}, "payload_differs"),
    ({"payload": {"alg": "hmac-sha256", "commit": "\u00e9", "len": 27}}, "payload_differs"),
    ({"payload": {"alg": "hmac-sha256"}}, "payload_differs"),
]


@pytest.mark.parametrize(("members", "code"), MALFORMED, ids=[str(row[0]) for row in MALFORMED])
def test_a_header_that_says_what_it_may_not_is_found(members: dict[str, Any], code: str) -> None:
    findings = verify(changed_at(2, forged(2, **members)), _HEAD)
    assert (3, code) in [(found.sequence, found.code) for found in findings]


#: Bytes that are no header at all.
NO_HEADERS = [b"", b"null", b"[]", b"{}", b'"x"', b"{", b"\xff", b'{"v":1,"v":1}', b"[" * 1_000]


@pytest.mark.parametrize("header", NO_HEADERS)
def test_what_is_no_header_is_told_and_does_not_stop_the_verification(header: bytes) -> None:
    entry = _ENTRIES[2]._replace(header=header, entry_hash=hash_header(header))
    findings = verify(changed_at(2, entry), _HEAD)
    assert [(found.sequence, found.code) for found in findings] == [
        (3, "header_malformed"),
        (4, "link_broken"),
    ]


def test_a_header_in_another_form_is_found_although_it_says_the_same() -> None:
    spaced = _ENTRIES[2].header.replace(b",", b", ", 1)
    entry = _ENTRIES[2]._replace(header=spaced, entry_hash=hash_header(spaced))
    findings = verify(changed_at(2, entry), _HEAD)
    assert [(found.sequence, found.code) for found in findings] == [
        (3, "header_malformed"),
        (4, "link_broken"),
    ]


def test_a_header_beyond_its_bound_is_not_read() -> None:
    long = forged(2, engine="a" * HEADER_BYTES_MAX)
    codes = [(found.sequence, found.code) for found in verify(changed_at(2, long), _HEAD)]
    assert codes == [(3, "header_malformed"), (4, "link_broken")]


def test_a_commitment_hides_what_it_binds_once_its_salt_is_gone() -> None:
    """The same payload under two salts has two commitments, and neither is the payload's plain digest."""
    payload = b'{"approved":true}'
    commitments = {commit_payload(salt_of(number), payload) for number in range(10)}
    assert len(commitments) == 10
    assert hashlib.sha256(payload).hexdigest() not in commitments
