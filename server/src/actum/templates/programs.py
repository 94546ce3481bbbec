"""Programs ready to run: a bounded memory in front of the table, keyed by org and digest.

A program never changes, so nothing here is ever stale; what is forgotten is only loaded again.
"""

from collections import OrderedDict
from typing import ClassVar
from uuid import UUID

from actum.platform.database import Transaction
from actum.platform.limits import PROGRAMS_CACHED_MAX
from actum.templates import store
from actum_core.errors import ActumError
from actum_core.template.program import Program, load_program


class ProgramMissing(ActumError):
    """Restore the database from a backup: an execution names a program that is not there."""

    code: ClassVar[str] = "program_missing"


class ProgramCache:
    """Keeps the programs used last. One org's program is never given to another, equal digest or not."""

    def __init__(self, size_max: int = PROGRAMS_CACHED_MAX) -> None:
        assert size_max >= 1
        self._size_max = size_max
        self._programs: OrderedDict[tuple[UUID, bytes], Program] = OrderedDict()

    def find(self, org_id: UUID, digest: bytes) -> Program | None:
        """The program with this digest (32 bytes) if it is at hand; asks no database."""
        key = (org_id, digest)
        program = self._programs.get(key)
        if program is not None:
            self._programs.move_to_end(key)
        return program

    async def load(self, tx: Transaction, org_id: UUID, digest: bytes) -> Program:
        """The program with this digest, from the table when it is not at hand. Raises ProgramMissing."""
        program = self.find(org_id, digest)
        if program is None:
            canonical = await store.find_program(tx, org_id, digest)
            if canonical is None:
                raise ProgramMissing(f"no program {digest.hex()}")
            program = load_program(canonical)
            self.keep(org_id, program)
        return program

    def keep(self, org_id: UUID, program: Program) -> None:
        """Remember a program that was just compiled or loaded; the one used longest ago makes room.

        A program that was compiled but not stored MUST NOT be kept: executions could be stepped with it.
        """
        key = (org_id, bytes.fromhex(program.digest))
        self._programs[key] = program
        self._programs.move_to_end(key)
        while len(self._programs) > self._size_max:
            self._programs.popitem(last=False)

    def __len__(self) -> int:
        return len(self._programs)
