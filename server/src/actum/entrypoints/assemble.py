"""The whole server: every slice in its order, over one set of parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from actum.entrypoints.api import Application, Parts, beside, create_app
from actum.executions.committer import IngestParts
from actum.executions.ingest import Ingest
from actum.executions.slice import executions_slice
from actum.ledger.routes import LedgerRoutes
from actum.platform import limits
from actum.platform.database import Database
from actum.platform.notifier import Notifier
from actum.platform.signals import Signals
from actum.platform.slices import Slice
from actum.platform.telemetry import Metrics
from actum.streams.follow import StreamParts
from actum.streams.routes import streams_slice
from actum.worker.chores import Chores
from actum.worker.timers import TimerParts, Timers


@dataclass(frozen=True, slots=True)
class Tuning:
    """What an operator may set of the ingest."""

    snapshot_every_inputs: int = 1_000
    batch_events_max: int = limits.BATCH_EVENTS_MAX


def assemble(parts: Parts, signals: Signals, tuning: Tuning | None = None) -> Application:
    """The application with all its slices."""
    return create_app(parts, upper_slices(parts, signals, tuning or Tuning()))


def upper_slices(parts: Parts, signals: Signals, tuning: Tuning) -> list[Slice]:
    """The slices above templates, lowest first."""
    ingest_parts = IngestParts(
        database=parts.database,
        programs=parts.programs,
        signals=signals,
        metrics=Metrics(parts.registry),
        snapshot_every_inputs=tuning.snapshot_every_inputs,
        batch_events_max=tuning.batch_events_max,
    )
    ingest = Ingest(ingest_parts)
    timers = Timers(TimerParts(parts.database, ingest, ingest_parts.alarm))
    chores = Chores(parts.database)
    return [
        Slice([], lifespans=[lambda: _hearing_others(parts.database, signals)]),
        Slice([LedgerRoutes(parts.database).router()]),
        executions_slice(ingest_parts, ingest, parts.authenticator),
        Slice([], lifespans=[lambda: beside(timers.run), lambda: beside(chores.run)]),
        streams_slice(StreamParts(parts.database, parts.authenticator, signals)),
    ]


@asynccontextmanager
async def _hearing_others(database: Database, signals: Signals) -> AsyncIterator[None]:
    """Join the signals of all server processes on one database while the application runs."""
    notifier = Notifier(database, signals)
    await notifier.start()
    try:
        yield
    finally:
        await notifier.stop()
