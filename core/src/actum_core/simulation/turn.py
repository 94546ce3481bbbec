"""What came of one input of a simulation."""

from dataclasses import dataclass
from enum import StrEnum

from actum_core.engine.inputs import InputKind
from actum_core.engine.lifecycle import Execution
from actum_core.engine.trace import Look
from actum_core.errors import Problem
from actum_core.ledger.entry import Entry


class Reception(StrEnum):
    """What became of an input when it came in: as the ingest would answer it."""

    APPLIED = "applied"
    FAILED = "failed"
    HELD = "held"
    #: It was not taken, and nothing is recorded of it: the problems say why.
    REFUSED = "refused"
    #: It was there before, under the same id: its first answer holds, and nothing is recorded again.
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Selection:
    """One selection of transitions: those looked at, and which of the step's drafts (from 0) came right after."""

    looks: tuple[Look, ...]
    drafts: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One input and everything that it caused; ``execution`` is where it led to. ``pointer`` is into the script.

    ``number`` counts turns from 0, the creation; ``sequence`` is the input's own, 0 when it was not taken.
    """

    number: int
    kind: InputKind | None
    name: str
    at: str
    reception: Reception
    sequence: int
    execution: Execution
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    #: Why transitions were taken or not; None when nobody asked.
    selections: tuple[Selection, ...] | None = None
    #: What its steps spent, in units of which each may spend STEP_COST_MAX; known when it is traced. Steps of a single
    #: machine without levels spend a little less when nobody looks.
    cost: int | None = None
    pointer: str = ""
