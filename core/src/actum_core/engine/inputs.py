"""What enters a step."""

from enum import StrEnum
from typing import NamedTuple

from actum_core.canonical_json import JsonValue


class InputKind(StrEnum):
    """Why a step is taken."""

    START = "start"
    EVENT = "event"
    TIMER = "timer"
    OUTCOME = "outcome"
    COMMAND = "command"
    MIGRATE = "migrate"


class Input(NamedTuple):
    """One input in the order of its execution. ``data`` MUST be parsed from canonical JSON and never changed.

    ``at`` is when it was received and ``occurred_at`` what the sender's clock said, both as
    ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; ``sequence`` is its 1-based place; ``id`` and ``source`` are the sender's.
    """

    kind: InputKind
    name: str
    data: JsonValue
    at: str
    sequence: int
    execution: str
    id: str = ""
    source: str = ""
    occurred_at: str | None = None
