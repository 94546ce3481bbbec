"""All SQL of work."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from actum.platform import sql
from actum.platform.database import Transaction

_queries = sql.load("actum.work")
_CLAIM: Final = _queries["claim_work"]
_FIND_WAIT: Final = _queries["find_work_wait"]
_RELEASE: Final = _queries["release_work"]
_FORGET_KEYS: Final = _queries["forget_idempotency_keys"]


class Claimed(NamedTuple):
    """An execution with timers that are due."""

    org_id: UUID
    execution_id: UUID


async def claim_work(tx: Transaction, most: int, seconds: float) -> list[Claimed]:
    """Claim what is due, the longest overdue first. A claim that is not kept runs out by itself."""
    rows = await tx.fetch(_CLAIM, most, seconds)
    return [Claimed(row["org_id"], row["execution_id"]) for row in rows]


async def find_work_wait(tx: Transaction) -> float | None:
    """Seconds until something is due, negative when it is overdue; None when nothing is to be done at any time."""
    found = await tx.fetch_value(_FIND_WAIT)
    return None if found is None else float(found)


async def release_work(tx: Transaction, claims: Sequence[Claimed]) -> None:
    """Let others, or this process later, claim these again."""
    await tx.execute(_RELEASE, [claim.org_id for claim in claims], [claim.execution_id for claim in claims])


async def forget_idempotency_keys(tx: Transaction, seconds: float, most: int) -> int:
    """Remove keys that are older than that; how many there were."""
    return int(await tx.fetch_value(_FORGET_KEYS, seconds, most))
