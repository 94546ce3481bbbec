"""Timestamps and durations as JSON strings: exactly what the expression language's own conversions read and write."""

from functools import cache
from typing import Any, Final

from actum_core.expression import (
    DURATION,
    STRING,
    TIMESTAMP,
    Duration,
    Expression,
    Meter,
    Scope,
    Timestamp,
    Type,
    compile_expression,
)

#: Cost units that converting one value may take; the texts are short.
_COST_MAX: Final = 10_000


@cache
def _converter(source: str, given: Type) -> Expression:
    return compile_expression(source, Scope({"given": given}))


def _convert(source: str, given: Type, value: object) -> Any:
    return _converter(source, given).evaluate({"given": value}, Meter(_COST_MAX))


def parse_timestamp(text: str) -> Timestamp:
    """The moment that RFC 3339 text names. Raises EvaluationError."""
    found: Timestamp = _convert("timestamp(given)", STRING, text)
    return found


def parse_duration(text: str) -> Duration:
    """The length of time that text such as ``1h30m`` or ``1.5s`` names. Raises EvaluationError."""
    found: Duration = _convert("duration(given)", STRING, text)
    return found


def format_timestamp(value: Timestamp) -> str:
    """RFC 3339 in UTC, with as many digits of a second as are needed."""
    return str(_convert("string(given)", TIMESTAMP, value))


def format_duration(value: Duration) -> str:
    """Seconds, with as many digits as are needed, such as ``1.5s``."""
    return str(_convert("string(given)", DURATION, value))
