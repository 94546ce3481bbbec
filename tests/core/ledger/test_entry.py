"""How an entry is written: canonical bytes, published constructions, and a form that never changes again."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.ledger.chains import ACTOR, CHAIN, EXECUTION, LOG, at, salt_of

from actum_core import canonical_json
from actum_core.ledger.entry import (
    NO_HASH,
    START_OF_CHAIN,
    Actor,
    Chain,
    Head,
    Line,
    PayloadTooLarge,
    commit_payload,
    commit_state,
    hash_header,
    write_entries,
)
from actum_core.limits import HEADER_BYTES_MAX, JSON_INTEGER_MAX, PAYLOAD_BYTES_MAX

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
hashes = st.binary(min_size=32, max_size=32)
sequences = st.integers(0, JSON_INTEGER_MAX - 10)
#: Kinds are ours: names of letters and underscores.
lines = st.builds(
    Line,
    kind=st.from_regex(r"[a-z_]{1,20}", fullmatch=True),
    input_sequence=sequences,
    payload=st.binary(max_size=50),
    state_commitment=st.none() | hashes.map(bytes.hex),
)


@given(
    st.builds(Chain, log=texts, execution=texts, program=hashes.map(bytes.hex), engine=texts),
    st.builds(Head, sequence=sequences, entry_hash=hashes, recorded_at=st.just("")),
    st.builds(Actor, type=texts, ref=texts),
    st.lists(st.tuples(lines, hashes), min_size=1, max_size=4),
)
def test_a_header_is_the_canonical_form_of_what_it_says(
    chain: Chain, head: Head, actor: Actor, salted: list[tuple[Line, bytes]]
) -> None:
    entries = write_entries(chain, head, (actor, at(1)), salted)
    assert len(entries) == len(salted)
    previous = head.entry_hash
    for number, (entry, (line, salt)) in enumerate(zip(entries, salted, strict=True), 1):
        said = {
            "v": 1,
            "typ": "actum/ledger-entry/v1",
            "log": chain.log,
            "exec": chain.execution,
            "seq": head.sequence + number,
            "input": line.input_sequence,
            "prev": previous.hex(),
            "ts": at(1),
            "kind": line.kind,
            "actor": {"type": actor.type, "ref": actor.ref},
            "program": chain.program,
            "engine": chain.engine,
            "state": line.state_commitment,
            "payload": {
                "alg": "hmac-sha256",
                "commit": commit_payload(salt, line.payload),
                "len": len(line.payload),
            },
        }
        assert entry.header == canonical_json.encode(said)
        assert entry.entry_hash == hash_header(entry.header)
        assert (entry.sequence, entry.input_sequence, entry.kind) == (
            said["seq"],
            line.input_sequence,
            line.kind,
        )
        assert (entry.payload, entry.payload_salt) == (line.payload, salt)
        previous = entry.entry_hash


@given(st.binary(max_size=200), hashes)
def test_hashes_and_commitments_are_the_published_constructions(content: bytes, salt: bytes) -> None:
    # RFC 6962, section 2.1, and RFC 2104 over a domain line of our own.
    assert hash_header(content) == hashlib.sha256(bytes([0]) + content).digest()
    payload = hmac.new(salt, b"actum/payload/v1\n" + content, hashlib.sha256).hexdigest()
    assert commit_payload(salt, content) == payload
    state = hmac.new(salt, b"actum/state/v1\n" + content, hashlib.sha256).hexdigest()
    assert commit_state(salt, content) == state
    assert payload != state


def test_the_form_of_an_entry_stays_what_it_was() -> None:
    """Ledgers of this form exist: a change here is a new version of entries, never another reading of this one."""
    line = Line("event", 1, b'{"data":{},"id":"1","source":"","type":"open"}', "cd" * 32)
    entry = write_entries(CHAIN, START_OF_CHAIN, (ACTOR, at(1)), [(line, salt_of(1))])[0]
    assert entry.header.decode() == (
        '{"actor":{"ref":"pat_01h455vb4pex5vsknk084sn02q","type":"token"},"engine":"actum-1",'
        f'"exec":"{EXECUTION}","input":1,"kind":"event","log":"{LOG}",'
        '"payload":{"alg":"hmac-sha256","commit":"c2d3f07d629db2cff4a45398d4e2618dc2f65dbd4f78b3c8dd1505829ab93a7b","len":46},'
        f'"prev":"{"00" * 32}","program":"{"ab" * 32}","seq":1,"state":"{"cd" * 32}",'
        '"ts":"2026-01-31T12:00:00.000001Z","typ":"actum/ledger-entry/v1","v":1}'
    )
    assert entry.entry_hash.hex() == "082148e2239e601b94aeb6d2be082f11cb90d71803e8d0315850969d111ac0a4"


def test_the_start_of_a_chain_is_before_the_first_entry() -> None:
    assert START_OF_CHAIN == (0, NO_HASH, "")
    assert bytes(32) == NO_HASH


def test_a_payload_may_be_as_long_as_the_bound_and_not_longer() -> None:
    def write(size: int) -> int:
        line = Line("event", 1, b"1" * size, None)
        return len(write_entries(CHAIN, START_OF_CHAIN, (ACTOR, at(1)), [(line, salt_of(1))])[0].payload)

    assert write(PAYLOAD_BYTES_MAX) == PAYLOAD_BYTES_MAX
    with pytest.raises(PayloadTooLarge):
        write(PAYLOAD_BYTES_MAX + 1)


def test_a_header_is_never_longer_than_its_bound() -> None:
    """The names in it are bounded where they come from; the assertion is for our own mistakes."""
    largest = (Line("k" * 100, JSON_INTEGER_MAX, b"1" * PAYLOAD_BYTES_MAX, "cd" * 32), salt_of(1))
    behind = Head(JSON_INTEGER_MAX - 1, NO_HASH, "")

    def write(name: str) -> int:
        chain = Chain(name, EXECUTION, "ab" * 32, "actum-1")
        return len(write_entries(chain, behind, (ACTOR, at(1)), [largest])[0].header)

    assert HEADER_BYTES_MAX - 1_024 < write("a" * (HEADER_BYTES_MAX - 1_400)) <= HEADER_BYTES_MAX
    with pytest.raises(AssertionError):
        write("a" * (HEADER_BYTES_MAX - 1_200))


@given(hashes, st.binary(max_size=200))
def test_our_own_hmac_is_the_standard_one_for_every_length_of_key_it_is_for(
    salt: bytes, content: bytes
) -> None:
    for length in (0, 1, 31, 32):
        expected = hmac.new(salt[:length], b"actum/payload/v1\n" + content, hashlib.sha256).hexdigest()
        assert commit_payload(salt[:length], content) == expected


def test_the_same_lines_one_by_one_and_together_give_the_same_chain() -> None:
    salted = [(Line("event", n, b"%d" % n, None), salt_of(n)) for n in range(1, 5)]
    together = write_entries(CHAIN, START_OF_CHAIN, (ACTOR, at(1)), salted)
    head, apart = START_OF_CHAIN, []
    for each in salted:
        apart += write_entries(CHAIN, head, (ACTOR, at(1)), [each])
        head = Head(apart[-1].sequence, apart[-1].entry_hash, at(1))
    assert apart == together


def test_a_header_holds_no_float_and_no_integer_that_any_reader_rounds() -> None:
    line = Line("event", JSON_INTEGER_MAX, b"1", None)
    entry = write_entries(
        CHAIN, Head(JSON_INTEGER_MAX - 1, NO_HASH, ""), (ACTOR, at(1)), [(line, salt_of(1))]
    )[0]

    def refuse(text: str) -> None:
        raise AssertionError(text)

    read = json.loads(entry.header, parse_float=refuse, parse_constant=refuse)
    assert (read["seq"], read["input"]) == (JSON_INTEGER_MAX, JSON_INTEGER_MAX)
