"""Typed identifiers: a prefix that says what is named, and a UUIDv7 in Crockford's base32.

The text form is that of the TypeID specification 0.3: ``exe_01h2xcejqtf2nbrexx3vqjhp41``, 26 lower-case
characters after the underscore, which sort as the UUIDs do. Storage keeps the 16 bytes, people and the
ledger see the text. Nothing here reads a clock or makes a random number: both are arguments.
"""

import hashlib
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from actum_core.errors import ActumError

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
#: ``int(text, 32)`` wants 0-9a-v; Crockford's alphabet leaves out i, l, o, u.
_TO_RADIX: Final = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_ALLOWED: Final = frozenset(_ALPHABET)
_SUFFIX_LENGTH: Final = 26


class Prefix(StrEnum):
    """What an identifier names."""

    ORG = "org"
    TEMPLATE = "tpl"
    COMPONENT = "cmp"
    EXECUTION = "exe"
    EVENT = "evt"
    SNAPSHOT = "snp"
    TOKEN = "tok"
    ACTION = "act"
    ACCESS_TOKEN = "pat"
    REQUEST = "req"


class IdentifierInvalid(ActumError):
    """Use an identifier as the API returned it: a prefix, an underscore and 26 base32 characters."""

    code: ClassVar[str] = "identifier_invalid"


def format_identifier(prefix: Prefix, value: UUID) -> str:
    """The text form of ``value``."""
    number = value.int
    parts = [""] * 13
    for place in range(12, -1, -1):
        parts[place] = _PAIRS[number & 1023]
        number >>= 10
    return f"{prefix.value}_{''.join(parts)}"


def parse_identifier(prefix: Prefix, text: str) -> UUID:
    """The UUID behind ``text``. Raises IdentifierInvalid for another prefix, length or alphabet."""
    head = prefix.value + "_"
    suffix = text[len(head) :]
    if not text.startswith(head) or len(suffix) != _SUFFIX_LENGTH or not _ALLOWED.issuperset(suffix):
        raise IdentifierInvalid(f"not an identifier of the form {head}…: {text[:64]!r}")
    if suffix[0] > "7":
        raise IdentifierInvalid(f"identifier beyond 128 bits: {text!r}")
    return UUID(int=int(suffix.translate(_TO_RADIX), 32))


def derive_identifier(execution_id: UUID, purpose: str, place: int) -> UUID:
    """A version 8 UUID (RFC 9562, section 5.8) that follows from its arguments: the same ones, the same id."""
    digest = hashlib.sha256(b"%s/%s/%d" % (execution_id.bytes, purpose.encode(), place)).digest()
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def uuid7(unix_milliseconds: int, random: bytes) -> UUID:
    """A version 7 UUID (RFC 9562, section 5.7) from a time and 10 random bytes."""
    value = (unix_milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(random[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
