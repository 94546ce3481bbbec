"""Functions on timestamps and durations, in UTC, at a fixed offset or in a named time zone."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from actum_core.expression.arithmetic import checked_timestamp
from actum_core.expression.errors import EvaluationError
from actum_core.expression.overloads import Overload
from actum_core.expression.time_text import format_duration, format_timestamp, parse_duration, parse_timestamp
from actum_core.expression.types import DURATION, INT, STRING, TIMESTAMP
from actum_core.expression.values import SECOND, Duration, Timestamp
from actum_core.expression.zones import UnknownZone, zone_offset

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAY: Final = 86_400

#: Units for one field of a date, for one in a time zone, and for reading or writing one as text.
_DATE_COST: Final = 8
_ZONE_COST: Final = 30
_TEXT_COST: Final = 15

#: Days of the Gregorian calendar's cycle of 400 years, in which every date and weekday comes back.
_CYCLE_DAYS: Final = 146_097

_OFFSET: Final = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})", re.ASCII)


def _local(moment: Timestamp, zone: str) -> int:
    """The moment's nanoseconds as a clock in the zone shows them."""
    match = _OFFSET.fullmatch(zone)
    if match is not None:
        hours, minutes = int(match[2]), int(match[3])
        if hours > 23 or minutes > 59:
            raise EvaluationError("invalid_argument", f"{zone!r} is not an offset from UTC")
        offset = (hours * 3600 + minutes * 60) * (-1 if match[1] == "-" else 1)
    else:
        try:
            offset = zone_offset(zone or "UTC", moment.nanoseconds // SECOND)
        except UnknownZone:
            raise EvaluationError("invalid_argument", f"{zone[:40]!r} is not a time zone") from None
    return moment.nanoseconds + offset * SECOND


def _date(nanoseconds: int) -> tuple[date, int]:
    """The calendar date, and the years to add to it.

    A zone's offset may reach beyond the years that Python's dates know: one cycle of the calendar earlier or later
    has the same dates.
    """
    day = nanoseconds // (SECOND * _DAY) + _EPOCH_DAY
    if day < 1:
        return date.fromordinal(day + _CYCLE_DAYS), -400
    if day > date.max.toordinal():
        return date.fromordinal(day - _CYCLE_DAYS), 400
    return date.fromordinal(day), 0


def _year(nanoseconds: int) -> int:
    day, years = _date(nanoseconds)
    return day.year + years


#: What each getter reads from local nanoseconds. Months, days of the month and of the year count from 0, Sunday is 0.
_GETTERS: Final[Mapping[str, Callable[[int], int]]] = {
    "getFullYear": _year,
    "getMonth": lambda local: _date(local)[0].month - 1,
    "getDate": lambda local: _date(local)[0].day,
    "getDayOfMonth": lambda local: _date(local)[0].day - 1,
    "getDayOfWeek": lambda local: (local // (SECOND * _DAY) + 4) % 7,
    "getDayOfYear": lambda local: _date(local)[0].timetuple().tm_yday - 1,
    "getHours": lambda local: local // (3600 * SECOND) % 24,
    "getMinutes": lambda local: local // (60 * SECOND) % 60,
    "getSeconds": lambda local: local // SECOND % 60,
    "getMilliseconds": lambda local: local // 1_000_000 % 1000,
}


def _truncated(nanoseconds: int, unit: int) -> int:
    whole = abs(nanoseconds) // unit
    return whole if nanoseconds >= 0 else -whole


_DURATION_GETTERS: Final[Mapping[str, Callable[[int], int]]] = {
    "getHours": lambda length: _truncated(length, 3600 * SECOND),
    "getMinutes": lambda length: _truncated(length, 60 * SECOND),
    "getSeconds": lambda length: _truncated(length, SECOND),
    "getMilliseconds": lambda length: _truncated(length, 1_000_000) - 1000 * _truncated(length, SECOND),
}


def _getter(read: Callable[[int], int]) -> list[Overload]:
    def in_utc(moment: Timestamp) -> int:
        return read(moment.nanoseconds)

    def in_zone(moment: Timestamp, zone: str) -> int:
        return read(_local(moment, zone))

    return [
        Overload((TIMESTAMP,), INT, in_utc, _DATE_COST, is_member=True),
        Overload((TIMESTAMP, STRING), INT, in_zone, _ZONE_COST, is_member=True),
    ]


def _duration_getter(read: Callable[[int], int]) -> list[Overload]:
    return [Overload((DURATION,), INT, lambda length: read(length.nanoseconds), is_member=True)]


def _same(value: Any) -> Any:
    return value


def _from_seconds(seconds: int) -> Timestamp:
    return checked_timestamp(seconds * SECOND)


def _duration_cost(text: str) -> int:
    """Two units for each character: a part with its unit has at least two."""
    return 2 * min(len(text), 100)


def _duration(length: Duration) -> str:
    return format_duration(length)


TIME_FUNCTIONS: Final[Mapping[str, Sequence[Overload]]] = {
    "timestamp": [
        Overload((TIMESTAMP,), TIMESTAMP, _same),
        Overload((STRING,), TIMESTAMP, parse_timestamp, _TEXT_COST),
        Overload((INT,), TIMESTAMP, _from_seconds),
    ],
    "duration": [
        Overload((DURATION,), DURATION, _same),
        Overload((STRING,), DURATION, parse_duration, _duration_cost),
    ],
    "string": [
        Overload((TIMESTAMP,), STRING, format_timestamp, _TEXT_COST),
        Overload((DURATION,), STRING, _duration, _TEXT_COST),
    ],
    **{
        name: [
            *_getter(read),
            *(_duration_getter(_DURATION_GETTERS[name]) if name in _DURATION_GETTERS else ()),
        ]
        for name, read in _GETTERS.items()
    },
}
