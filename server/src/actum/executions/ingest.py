"""The heart: gather what arrived, commit it together, answer everybody.

Group commit: while one batch commits, the next one gathers; a lone input commits at once. Several processes
may serve the same execution: the row lock orders them, the unique keys and the compare-and-set on the head
make anything else impossible. Nothing here calls upward; streams learn of a commit through signals.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from uuid import UUID

import structlog

from actum.executions.arrivals import Answer, IngestFailed, Submission
from actum.executions.committer import Committer, IngestParts
from actum.executions.places import Place
from actum.platform import limits
from actum.platform.database import DatabaseUnavailable
from actum_core.errors import ActumError

_log = structlog.get_logger()


class Overloaded(ActumError):
    """Wait as the answer says and send it again: more is arriving than can be committed."""

    code = "overloaded"


class Ingest:
    """Takes submissions and answers them after their batch is durably committed.

    A few batches may be under way at once, never two with the same execution: what one decides while another
    is written costs no time, and the inputs of an execution keep the order in which they arrived.
    """

    def __init__(self, parts: IngestParts) -> None:
        self._batch_events_max = parts.batch_events_max
        self._committer = Committer(parts)
        self._pending: deque[Submission] = deque()
        self._pending_events = 0
        self._busy: set[UUID] = set()
        self._batches: set[asyncio.Task[None]] = set()
        self._is_dispatching = False
        self._is_draining = False

    async def drain(self) -> None:
        """Commit what has arrived, then return; what arrives later is refused as overloaded."""
        self._is_draining = True
        self._dispatch()
        while self._batches:
            await asyncio.wait(self._batches)

    def enqueue(self, submission: Submission) -> None:
        """Take a submission; its future gets the answers once what it changed is durable.

        Raises Overloaded when too much is waiting already. The future gets DatabaseUnavailable when the
        database went away before the outcome was known: a repeat with the same keys then tells it.
        """
        if self._is_draining or self._pending_events > limits.PENDING_EVENTS_MAX:
            raise Overloaded("too many events are waiting to be committed")
        self._pending.append(submission)
        self._pending_events += len(submission.received)
        if not self._is_dispatching:
            # Not at once: whatever else has arrived in this turn of the event loop goes into the same batch.
            self._is_dispatching = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def keep(self, place: Place) -> None:
        """Know where a new execution stands, so that its first event need not read it."""
        self._committer.keep(place)

    async def submit(self, submission: Submission) -> list[Answer | ActumError]:
        """As `enqueue`, and wait for the answers."""
        self.enqueue(submission)
        return await submission.answers

    def _dispatch(self) -> None:
        """Begin as many batches as there is work and room for."""
        self._is_dispatching = False
        while self._pending and len(self._batches) < limits.BATCHES_AT_ONCE_MAX:
            # A further batch beside one under way pays only when it is worth a commit of its own.
            least = limits.FURTHER_BATCH_EVENTS_MIN if self._batches else 1
            gathered = self._gather(least)
            if not gathered:
                return
            task = asyncio.create_task(self._run(gathered), name="ingest")
            self._batches.add(task)

    def _gather(self, least: int) -> list[Submission]:
        """Take the next batch: in order of arrival, no execution that is busy, at least so many events or none."""
        if self._pending_events < least:
            return []
        gathered: list[Submission] = []
        left: list[Submission] = []
        waiting: set[UUID] = set()
        events = 0
        for submission in self._pending:
            count = len(submission.received)
            is_free = submission.execution_id not in self._busy and submission.execution_id not in waiting
            if is_free and (not gathered or events + count <= self._batch_events_max):
                gathered.append(submission)
                events += count
            else:
                left.append(submission)
                waiting.add(submission.execution_id)
        if events < least:
            return []
        self._pending = deque(left)
        self._pending_events -= events
        self._busy.update(submission.execution_id for submission in gathered)
        return gathered

    async def _run(self, submissions: list[Submission]) -> None:
        try:
            await self._commit_isolating(submissions)
        finally:
            self._busy.difference_update(submission.execution_id for submission in submissions)
            task = asyncio.current_task()
            assert task is not None
            self._batches.discard(task)
            self._dispatch()

    async def _commit_isolating(self, submissions: Sequence[Submission]) -> None:
        """Commit a batch; if the database refuses it as a whole, find the submission it refuses."""
        try:
            await self._committer.commit(submissions)
        except DatabaseUnavailable as error:
            _refuse(submissions, error)
        except Exception as error:
            if len(submissions) > 1:
                _log.warning("batch_refused", submissions=len(submissions), error=repr(error))
                for submission in submissions:
                    await self._commit_isolating([submission])
            else:
                _log.exception("submission_refused")
                _refuse(submissions, IngestFailed("the database refused it"))


def _refuse(submissions: Iterable[Submission], error: Exception) -> None:
    for submission in submissions:
        if not submission.answers.done():
            submission.answers.set_exception(error)
