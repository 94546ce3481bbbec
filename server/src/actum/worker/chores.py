"""Removes what has become too old to keep, little by little."""

import asyncio

import structlog

from actum.platform import limits
from actum.platform.database import Database
from actum.work import store

_log = structlog.get_logger()


class Chores:
    """Runs in every server process; doing it twice does no harm."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Once in a while until cancelled."""
        while True:
            await asyncio.sleep(limits.CHORES_SECONDS)
            try:
                await self.forget_idempotency_keys()
            except Exception as error:
                _log.warning("old idempotency keys were not removed", error=str(error))

    async def forget_idempotency_keys(self) -> int:
        """Remove the keys that nobody may rely on any more; how many there were."""
        gone = 0
        while True:
            async with self._database.transaction_without_org() as tx:
                found = await store.forget_idempotency_keys(
                    tx, limits.IDEMPOTENCY_KEY_SECONDS, limits.CHORE_ROWS_MAX
                )
            gone += found
            if found < limits.CHORE_ROWS_MAX:
                return gone
