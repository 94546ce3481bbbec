"""Offsets of named time zones, from a copy of the IANA database that ships with this package.

The system's own copy is never asked: two machines with different ones would compute different histories. A newer
copy changes results, so it comes with a new engine version. The copy is made
by ``tests/core/expression/make_zones.py``.
"""

import json
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final
from zlib import decompress
from zoneinfo import ZoneInfo

#: Offsets outside these years are taken from their ends: before are only local mean times, after only the last rule.
_FIRST: Final = int(datetime(1800, 1, 1, tzinfo=UTC).timestamp())
_LAST: Final = int(datetime(9998, 12, 31, tzinfo=UTC).timestamp())


class UnknownZone(Exception):
    """No time zone has this name."""


@lru_cache(maxsize=1)
def _database() -> tuple[dict[str, list[int]], bytes]:
    """Where each zone's TZif data (RFC 8536) lies, and the data of all."""
    packed = decompress(files("actum_core.expression").joinpath("zones.bin").read_bytes())
    index, _, content = packed.partition(b"\n")
    return json.loads(index), content


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    places, content = _database()
    if name not in places:
        raise UnknownZone(name)
    start, length = places[name]
    return ZoneInfo.from_file(BytesIO(content[start : start + length]), key=name)


def zone_offset(name: str, seconds: int) -> int:
    """Seconds east of UTC in the zone at a moment given in seconds since 1970; raises UnknownZone."""
    moment = datetime.fromtimestamp(min(max(seconds, _FIRST), _LAST), UTC)
    offset = _zone(name).utcoffset(moment.astimezone(_zone(name)))
    assert offset is not None
    return int(offset.total_seconds())
