"""Random numbers that are the same whenever the same input is folded again."""

from hashlib import sha256
from typing import Final

_DOMAIN: Final = b"actum/random/v1\n"
#: Bits of one number: what a double holds exactly.
_BITS: Final = 53


class RandomNumbers:
    """The numbers of one step: number ``n`` is made of SHA-256 over the execution, the input sequence and ``n``."""

    __slots__ = ("_drawn", "_prefix")

    def __init__(self, execution: str, sequence: int) -> None:
        self._prefix = b"%s%s/%d/" % (_DOMAIN, execution.encode(), sequence)
        self._drawn = 0

    def draw(self) -> float:
        """The next number: at least 0, less than 1, a multiple of 2**-53."""
        digest = sha256(b"%s%d" % (self._prefix, self._drawn)).digest()
        self._drawn += 1
        return (int.from_bytes(digest[:8], "big") >> 64 - _BITS) / (1 << _BITS)
