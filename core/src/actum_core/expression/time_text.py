"""Timestamps and durations as text: RFC 3339, and seconds with a fraction."""

import re
from datetime import date
from typing import Final

from actum_core.expression.arithmetic import checked_duration, checked_timestamp
from actum_core.expression.errors import EvaluationError
from actum_core.expression.values import SECOND, Duration, Timestamp

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAY: Final = 86_400

_RFC_3339: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))",
    re.ASCII,
)


def _invalid(text: str, what: str) -> EvaluationError:
    shown = text if len(text) <= 40 else text[:40] + "…"
    return EvaluationError("invalid_argument", f"{shown!r} is not {what}")


def parse_timestamp(text: str) -> Timestamp:
    """RFC 3339 with up to nine digits of a second; raises EvaluationError."""
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise _invalid(text, "a timestamp in the form of RFC 3339")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        raise _invalid(text, "a date that exists") from None
    east_hours, east_minutes = int(match[9] or 0), int(match[10] or 0)
    if hour > 23 or minute > 59 or second > 59 or east_hours > 23 or east_minutes > 59:
        raise _invalid(text, "a time that exists")
    east = (east_hours * 3600 + east_minutes * 60) * (-1 if match[8] == "-" else 1)
    seconds = days * _DAY + hour * 3600 + minute * 60 + second - east
    return checked_timestamp(seconds * SECOND + int((match[7] or "").ljust(9, "0")))


def _fraction(nanoseconds: int) -> str:
    return f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""


def format_timestamp(moment: Timestamp) -> str:
    """RFC 3339 in UTC, with as many digits of the second as it needs."""
    seconds, nanoseconds = divmod(moment.nanoseconds, SECOND)
    days, rest = divmod(seconds, _DAY)
    day = date.fromordinal(days + _EPOCH_DAY)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}T{clock}{_fraction(nanoseconds)}Z"


_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # micro sign
    "μs": 1_000,  # Greek mu
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}

_PART: Final = re.compile(r"([0-9]{0,20})(?:\.([0-9]{0,20}))?(ns|us|µs|μs|ms|s|m|h)")


def parse_duration(text: str) -> Duration:
    """Numbers with units, as ``1h30m`` or ``-1.5s``; raises EvaluationError."""
    sign = -1 if text[:1] == "-" else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return Duration(0)
    total = place = 0
    while place < len(rest) <= 100:
        match = _PART.match(rest, place)
        if match is None or not (match[1] or match[2]):
            raise _invalid(text, "a duration")
        unit, digits = _UNITS[match[3]], match[2] or ""
        total += int(match[1] or 0) * unit + int(digits or 0) * unit // 10 ** len(digits)
        place = match.end()
    if place == 0 or place < len(rest):
        raise _invalid(text, "a duration")
    return checked_duration(sign * total)


def format_duration(length: Duration) -> str:
    """Seconds with a fraction: ``-1.5s``."""
    seconds, nanoseconds = divmod(abs(length.nanoseconds), SECOND)
    return f"{'-' if length.nanoseconds < 0 else ''}{seconds}{_fraction(nanoseconds)}s"
