"""Fires timers: late, never early, never twice.

A deadline lies in its execution's state; the table of work only says when to look. Whoever claims an execution
submits "what is due now" to the ingest, which decides under the execution's lock which timers those are, by the
database's clock. So a claim that two processes hold, or that its process did not live to keep, does no harm.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from actum.executions.arrivals import DUE_TIMERS, NothingDue, Submission
from actum.executions.ingest import Ingest, Overloaded
from actum.platform import limits
from actum.platform.database import Database, DatabaseUnavailable
from actum.work import store
from actum.work.alarm import Alarm
from actum.work.store import Claimed
from actum_core.ledger.entry import Actor

_log = structlog.get_logger()

#: Who fires timers, as the ledger says it.
_ACTOR = Actor("system", "timers")


@dataclass(frozen=True, slots=True)
class TimerParts:
    """What firing timers works with."""

    database: Database
    ingest: Ingest
    alarm: Alarm


class Timers:
    """Runs in every server process; they share the work by claiming it."""

    def __init__(self, parts: TimerParts) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Fire what is due, wait until something is, again and again until cancelled."""
        delay = 0.0
        while True:
            await self._parts.alarm.wait(delay)
            self._parts.alarm.look()
            try:
                delay = await self.fire_due()
            except DatabaseUnavailable as error:
                delay = limits.TIMER_LOOK_SECONDS_MAX
                _log.warning("timers wait for the database", error=str(error), retry_seconds=delay)
            except Exception:
                delay = limits.TIMER_LOOK_SECONDS_MAX
                _log.exception("timers failed")

    async def fire_due(self) -> float:
        """Fire a portion of what is due; returns the seconds until there is more to do."""
        async with self._parts.database.transaction_without_org() as tx:
            claims = await store.claim_work(tx, limits.TIMER_CLAIMS_MAX, limits.TIMER_CLAIM_SECONDS)
            wait = None if claims else await store.find_work_wait(tx)
        if not claims:
            longest = limits.TIMER_LOOK_SECONDS_MAX
            return longest if wait is None else min(max(wait, limits.TIMER_LOOK_SECONDS_MIN), longest)
        early = [claim for claim, is_early in zip(claims, await self._fire(claims), strict=True) if is_early]
        if early:
            await self._release(early)
            return limits.TIMER_LOOK_SECONDS_MIN
        return 0.0

    async def _fire(self, claims: Sequence[Claimed]) -> list[bool]:
        """Enter each execution; True where nothing was due yet."""
        loop = asyncio.get_running_loop()
        futures = []
        for org_id, execution_id in claims:
            answers = loop.create_future()
            submission = Submission(org_id, execution_id, _ACTOR, [DUE_TIMERS], False, answers)
            try:
                self._parts.ingest.enqueue(submission)
            except Overloaded as error:
                answers.set_exception(error)
            futures.append(answers)
        results = await asyncio.gather(*futures, return_exceptions=True)
        return [_is_early(result) for result in results]

    async def _release(self, claims: Sequence[Claimed]) -> None:
        orgs = sorted({claim.org_id for claim in claims})
        for first in range(0, len(orgs), limits.TRANSACTION_ORGS_MAX):
            some = set(orgs[first : first + limits.TRANSACTION_ORGS_MAX])
            async with self._parts.database.transaction(some) as tx:
                await store.release_work(tx, [claim for claim in claims if claim.org_id in some])


def _is_early(result: object) -> bool:
    """True when the claim was made a moment before the clock that decides came that far.

    Where timers fired, what they set stands in the table anew. Where they could not, the claim stands until it
    runs out: what is broken is not tried again at once.
    """
    answer = result[0] if isinstance(result, list) else result
    if isinstance(answer, Exception) and not isinstance(answer, NothingDue):
        _log.warning("timers of an execution did not fire", error=repr(answer))
    return isinstance(answer, NothingDue)
