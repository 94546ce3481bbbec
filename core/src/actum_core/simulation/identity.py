"""Who a simulated execution is said to be: everything in its ledger that live comes from a clock, a table or chance.

All of it follows from the program and a seed, or is given. Live, salts are random, so that a payload cannot be
guessed from its commitment; in a simulation they are derived and hide nothing, so its entries prove nothing either.
Given the names and salts of a live execution, a simulation of the same inputs at the same times has the same
bytes and hashes.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actum_core.canonical_json import JsonValue
from actum_core.identifiers import Prefix, derive_identifier, format_identifier
from actum_core.ledger.entry import Actor
from actum_core.template import Program

_DOMAIN: Final = b"actum/simulation/v1\n"
_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Identity:
    """``salt_of`` gives an entry's salt by its sequence; ``created`` is what the first entry says beside the input."""

    execution: str
    log: str
    actor: Actor
    created: dict[str, JsonValue]
    state_salt: bytes
    salt_of: Callable[[int], bytes]


def derive_identity(program: Program, seed: str = "") -> Identity:
    """The identity that follows from a program and a seed: another seed gives other random numbers and other ids."""
    number = derive_identifier(_NOBODY, f"simulation/{program.digest}/{seed}", 0)
    execution = format_identifier(Prefix.EXECUTION, number)
    return Identity(
        execution=execution,
        log="actum/simulation",
        actor=Actor("system", "simulation"),
        created={
            "externalId": None,
            "metadata": {},
            "template": {"id": None, "name": program.name, "version": None},
        },
        state_salt=_salt_of(execution, 0),
        salt_of=lambda sequence: _salt_of(execution, sequence),
    )


def _salt_of(execution: str, sequence: int) -> bytes:
    return hashlib.sha256(b"%s%s/%d" % (_DOMAIN, execution.encode(), sequence)).digest()
