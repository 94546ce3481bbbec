"""What holds for a whole simulation: when it begins and ends, who answers requests, what is told, what it may cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from actum_core.canonical_json import JsonValue
from actum_core.limits import SIMULATION_BYTES_MAX, SIMULATION_INPUTS_MAX
from actum_core.simulation.identity import Identity

#: When a simulation begins that is told no other time: the same moment always, so that it is the same simulation.
START: Final = "2026-01-01T00:00:00.000000Z"

#: In the outcomes that are agreed on: every action that is not named.
ANY_ACTION: Final = "*"


@dataclass(frozen=True, slots=True)
class Setting:
    """``start`` is ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; None is when the script begins, or else START.

    Once the script is over, timers go on firing up to ``until`` (nanoseconds after the start), or, with
    ``is_to_quiet``, until none is left; with neither, not at all. Nothing happens after ``until``. ``outcomes`` are
    by the name of an action or rule, or ANY_ACTION; what is in none of them waits for the script to answer it.
    """

    start: str | None = None
    until: int | None = None
    is_to_quiet: bool = False
    outcomes: Mapping[str, dict[str, JsonValue]] = field(default_factory=dict)
    is_traced: bool = False
    seed: str = ""
    identity: Identity | None = None
    inputs_max: int = SIMULATION_INPUTS_MAX
    bytes_max: int = SIMULATION_BYTES_MAX
