"""Identifiers: the text form and the 16 bytes are the same thing, sort the same way, and nothing else is taken."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actum_core.identifiers import (
    IdentifierInvalid,
    Prefix,
    derive_identifier,
    format_identifier,
    parse_identifier,
    uuid7,
)

uuids = st.uuids()

#: UUID and suffix: the examples of the TypeID specification, and both ends.
KNOWN = [
    ("00000000-0000-0000-0000-000000000000", "00000000000000000000000000"),
    ("00000000-0000-0000-0000-000000000001", "00000000000000000000000001"),
    ("00000000-0000-0000-0000-00000000000a", "0000000000000000000000000a"),
    ("00000000-0000-0000-0000-000000000010", "0000000000000000000000000g"),
    ("00000000-0000-0000-0000-000000000020", "00000000000000000000000010"),
    ("ffffffff-ffff-ffff-ffff-ffffffffffff", "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
    ("01890a5d-ac96-774b-bcce-b302099a8057", "01h455vb4pex5vsknk084sn02q"),
]


@pytest.mark.parametrize(("uuid", "suffix"), KNOWN)
def test_a_known_uuid_has_its_known_text(uuid: str, suffix: str) -> None:
    assert format_identifier(Prefix.EXECUTION, UUID(uuid)) == f"exe_{suffix}"
    assert parse_identifier(Prefix.EXECUTION, f"exe_{suffix}") == UUID(uuid)


@given(uuids, st.sampled_from(Prefix))
def test_an_identifier_is_read_as_what_was_written(value: UUID, prefix: Prefix) -> None:
    text = format_identifier(prefix, value)
    assert re.fullmatch(r"[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}", text)
    assert parse_identifier(prefix, text) == value


@given(uuids, uuids)
def test_texts_sort_as_their_uuids_do(one: UUID, other: UUID) -> None:
    texts = format_identifier(Prefix.EVENT, one), format_identifier(Prefix.EVENT, other)
    assert (texts[0] < texts[1]) == (one < other)


_GOOD = "exe_01h455vb4pex5vsknk084sn02q"

REFUSED = [
    "",
    "exe",
    "exe_",
    _GOOD[:-1],
    _GOOD + "0",
    _GOOD + " ",
    _GOOD + "\n",
    _GOOD.upper(),
    "exe_" + _GOOD[4:].upper(),
    "tpl_" + _GOOD[4:],
    "exe-" + _GOOD[4:],
    "exe_81h455vb4pex5vsknk084sn02q",
    "exe_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    "exe_01h455vb4pex5vsknk084sn02i",
    "exe_01h455vb4pex5vsknk084sn02l",
    "exe_01h455vb4pex5vsknk084sn02o",
    "exe_01h455vb4pex5vsknk084sn02u",
    "exe_01h455vb4pex5vsknk084sn0-2",
    "exe_٠1h455vb4pex5vsknk084sn02q",
    "exe_" + "0" * 100_000,
    "01890a5d-ac96-774b-bcce-b302099a8057",
]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:40]))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid) as refused:
        parse_identifier(Prefix.EXECUTION, text)
    # What was sent goes into a message and a log line: not more of it than a line holds.
    assert len(str(refused.value)) < 200


def test_every_prefix_is_three_letters_of_its_own() -> None:
    assert all(re.fullmatch(r"[a-z]{3}", prefix.value) for prefix in Prefix)
    assert len({prefix.value for prefix in Prefix}) == len(Prefix)


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_a_version_7_uuid_begins_with_its_time(milliseconds: int, random: bytes) -> None:
    made = uuid7(milliseconds, random)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == milliseconds


@given(st.integers(0, 2**48 - 2), st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_later_ids_sort_after_earlier_ones(milliseconds: int, one: bytes, other: bytes) -> None:
    texts = [
        format_identifier(Prefix.EXECUTION, uuid7(milliseconds + n, r)) for n, r in ((0, one), (1, other))
    ]
    assert texts == sorted(texts)


def test_every_random_bit_that_a_version_7_uuid_has_room_for_is_used() -> None:
    zeros, ones = uuid7(0, bytes(10)), uuid7(0, b"\xff" * 10)
    # 48 bits of time, 4 of version and 2 of variant are the same in both; the other 74 differ.
    assert (zeros.int ^ ones.int).bit_count() == 74


@given(uuids, uuids, st.text(max_size=10), st.integers(0, 2**53))
def test_a_derived_id_follows_from_its_arguments_alone(
    one: UUID, other: UUID, purpose: str, place: int
) -> None:
    made = derive_identifier(one, purpose, place)
    assert (made.version, made.variant) == (8, "specified in RFC 4122")
    assert made == derive_identifier(one, purpose, place)
    assert made != derive_identifier(one, purpose, place + 1)
    assert made != derive_identifier(one, purpose + "x", place)
    assert one == other or made != derive_identifier(other, purpose, place)


def test_a_derived_id_stays_what_it_was() -> None:
    """Snapshots are named so in databases that exist: another value here breaks them."""
    execution = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    assert derive_identifier(execution, "snapshot", 7) == UUID("e0727d94-f670-8ba8-85ca-2a52e75f7d9a")
