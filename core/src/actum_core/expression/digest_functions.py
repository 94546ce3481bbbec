"""Functions that compute digests and write bytes as hexadecimal text."""

import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from actum_core.expression.conversions import to_bytes
from actum_core.expression.errors import EvaluationError
from actum_core.expression.overloads import Overload
from actum_core.expression.sizes import TRAVERSED_PER_UNIT, check_string_size
from actum_core.expression.types import BYTES, STRING, UINT, Type
from actum_core.expression.values import Uint

#: Units for starting a digest, before its first byte.
_START_COST: Final = 10


def _digest_cost(value: str | bytes) -> int:
    return _START_COST + len(value) // TRAVERSED_PER_UNIT


def _length_cost(value: str | bytes) -> int:
    return 1 + len(value) // TRAVERSED_PER_UNIT


def _digest(compute: Callable[[bytes], object], result: Type) -> list[Overload]:
    """A digest of bytes, and of a string's UTF-8."""
    return [
        Overload((BYTES,), result, compute, _digest_cost),
        Overload((STRING,), result, lambda text: compute(to_bytes(text)), _digest_cost),
    ]


def _encode(value: bytes) -> str:
    check_string_size(2 * len(value))
    return value.hex()


def _decode(text: str) -> bytes:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        raise EvaluationError("invalid_argument", "the string is not hexadecimal") from None


DIGEST_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "hash.sha256": _digest(lambda value: hashlib.sha256(value).digest(), BYTES),
    "hash.sha512": _digest(lambda value: hashlib.sha512(value).digest(), BYTES),
    "hash.crc32": _digest(lambda value: Uint(zlib.crc32(value)), UINT),
    "hex.encode": [Overload((BYTES,), STRING, _encode, _length_cost)],
    "hex.decode": [Overload((STRING,), BYTES, _decode, _length_cost)],
}
