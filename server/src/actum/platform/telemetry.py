"""What the server tells of itself: log lines that carry their context, and metrics without any org in them."""

import logging
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, BinaryIO

import orjson
import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from actum.platform.settings import LogFormat, LogLevel

__all__ = ["METRICS_MEDIA_TYPE", "Metrics", "bind_context", "configure_logging"]

METRICS_MEDIA_TYPE = CONTENT_TYPE_LATEST

_LEVELS: Mapping[LogLevel, int] = {
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARNING: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
}

#: Our names for context, and the keys they have on a line.
_CONTEXT_KEYS: Mapping[str, str] = {
    "org_id": "orgId",
    "template_id": "templateId",
    "execution_id": "executionId",
    "request_id": "requestId",
}

#: Seconds; from a lone client's commit to a machine in trouble.
_SECONDS = (
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)
_STEP_SECONDS = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1.0)
_BATCH_EVENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def bind_context(**context: object) -> AbstractContextManager[None]:
    """Put `org_id`, `template_id`, `execution_id`, `request_id` on every line written inside the `with` block.

    The context follows the current task and what it awaits. None leaves a name out.
    """
    unknown = context.keys() - _CONTEXT_KEYS.keys()
    if unknown:
        raise TypeError(f"not part of a line's context: {', '.join(sorted(unknown))}")
    bound = {_CONTEXT_KEYS[name]: str(value) for name, value in context.items() if value is not None}
    return structlog.contextvars.bound_contextvars(**bound)


def configure_logging(log_format: LogFormat, log_level: LogLevel, stream: BinaryIO | None = None) -> None:
    """Write every line, also those of libraries, to standard error in one form."""
    output = stream or sys.stderr.buffer
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
    ]
    renderers: Mapping[LogFormat, list[structlog.typing.Processor]] = {
        LogFormat.JSON: [structlog.processors.format_exc_info, _render_json],
        LogFormat.CONSOLE: [
            structlog.dev.ConsoleRenderer(
                colors=output.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
            _encode,
        ],
    }
    structlog.configure(
        processors=[*shared, *renderers[log_format]],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[log_level]),
        logger_factory=structlog.BytesLoggerFactory(output),
        cache_logger_on_first_use=stream is None,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Forwarding()]
    root.setLevel(_LEVELS[log_level])


class _Forwarding(logging.Handler):
    """Hands the lines of libraries (uvicorn, asyncio, asyncpg) to the same pipeline as ours."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger()
        logger.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None)


def _render_json(_: Any, __: str, line: structlog.typing.EventDict) -> bytes:
    return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS)


def _encode(_: Any, __: str, line: Any) -> bytes:
    return str(line).encode(errors="backslashreplace")


class Metrics:
    """The engine room's metrics, in the registry that `/v1/metrics` shows. Requests are counted at the edge."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        self.events_ingested = Counter(
            "actum_events_total",
            "Events answered after their commit, repeats included.",
            registry=self.registry,
        )
        self.batches = Counter("actum_batches_total", "Batches committed.", registry=self.registry)
        self.batch_size = Histogram(
            "actum_batch_events", "Events in one batch.", buckets=_BATCH_EVENTS, registry=self.registry
        )
        self.step_seconds = Histogram(
            "actum_step_seconds",
            "Time to decide one input: the mean of its batch.",
            buckets=_STEP_SECONDS,
            registry=self.registry,
        )
        self.commit_seconds = Histogram(
            "actum_commit_seconds",
            "Time from the first statement of a batch until it is durable.",
            buckets=_SECONDS,
            registry=self.registry,
        )

        self.timer_lateness_seconds = Histogram(
            "actum_timer_lateness_seconds",
            "Time from a timer's deadline until it was recorded as fired.",
            buckets=_SECONDS,
            registry=self.registry,
        )

    def watch_process(self) -> None:
        """Also tell of this process: its memory, its CPU time, its garbage collections."""
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def render(self) -> bytes:
        """Return everything in Prometheus' text format; its media type is METRICS_MEDIA_TYPE."""
        return generate_latest(self.registry)
