"""Timestamps and durations as JSON strings: exactly what the expression language's own conversions read and write."""

import re
from functools import cache
from typing import Any, Final

from actum_core.expression import (
    DURATION,
    STRING,
    TIMESTAMP,
    Duration,
    EvaluationError,
    Expression,
    Meter,
    Scope,
    Timestamp,
    Type,
    compile_expression,
)
from actum_core.limits import DELAY_SECONDS_MAX

#: Cost units that converting one value may take; the texts are short.
_COST_MAX: Final = 10_000

_UNITS: Final = {
    "d": 86_400 * 10**9,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}
_PART: Final = re.compile(r"([0-9]+)(?:\.([0-9]{1,9}))?(d|h|ms|m|s|us|ns)")


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


def parse_delay(text: str) -> Duration:
    """A length of time as a template writes it: units from days to nanoseconds together, such as ``1d12h``.

    Raises EvaluationError for other text, and for more than DELAY_SECONDS_MAX.
    """
    total, end = 0, 0
    # A longer text cannot be within the bound, and long numbers are dear to read.
    for part in _PART.finditer(text) if len(text) <= 64 else ():
        if part.start() != end:
            break
        whole, fraction, unit = part.groups()
        total += int(whole) * _UNITS[unit] + int((fraction or "0").ljust(9, "0")) * _UNITS[unit] // 10**9
        end = part.end()
    if not end or end != len(text):
        raise EvaluationError("invalid_argument", "a length of time has units, such as 90s, 1h30m or 2d")
    if total > DELAY_SECONDS_MAX * 10**9:
        raise EvaluationError("out_of_range", f"a delay is at most {DELAY_SECONDS_MAX} seconds")
    return Duration(total)
