"""The randomness that payloads are committed under."""

import os
from typing import Final

from actum_core.ledger.entry import SALT_BYTES

_SALTS_AT_ONCE: Final = 256


class Salts:
    """Random salts, taken from the operating system many at a time."""

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def take(self) -> bytes:
        """Thirty-two random bytes that were never given before."""
        if self._at >= len(self._pool):
            self._pool, self._at = os.urandom(SALT_BYTES * _SALTS_AT_ONCE), 0
        self._at += SALT_BYTES
        return self._pool[self._at - SALT_BYTES : self._at]
