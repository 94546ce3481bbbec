"""How streams behave, as one value: the bounds of `limits.py` unless an operator or a test says otherwise."""

from dataclasses import dataclass
from typing import Final

from actum.platform import limits
from actum.streams.store import Bounds

_BOUNDS: Final = Bounds(limits.STREAM_PAGE_SIZE_MAX, limits.STREAM_PAGE_BYTES_MAX)


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Times in seconds; what each is for stands beside its constant in `platform/limits.py`."""

    heartbeat_seconds: float = limits.STREAM_HEARTBEAT_SECONDS
    poll_seconds: float = limits.STREAM_POLL_SECONDS
    recheck_seconds: float = limits.STREAM_RECHECK_SECONDS
    blocked_seconds_max: float = limits.STREAM_BLOCKED_SECONDS_MAX
    socket_idle_seconds_max: float = limits.SOCKET_IDLE_SECONDS_MAX
    streams_max: int = limits.STREAMS_MAX
    streams_per_org_max: int = limits.STREAMS_PER_ORG_MAX
    bounds: Bounds = _BOUNDS
