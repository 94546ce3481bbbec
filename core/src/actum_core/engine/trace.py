"""Why transitions fired or did not: what a step tells whoever simulates it, and nobody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from actum_core.engine.machine import Transition
from actum_core.errors import pointer_of

if TYPE_CHECKING:
    from actum_core.engine.cell_run import CellRun


class Verdict(StrEnum):
    """What became of a transition that was looked at."""

    TAKEN = "taken"
    #: Its guard is false.
    REFUSED = "refused"
    #: Its guard has no value; ``failure`` says why.
    FAILED = "failed"
    #: It was enabled, but one that comes first leaves a state that it would leave too.
    PREEMPTED = "preempted"


@dataclass(frozen=True, slots=True)
class Look:
    """One transition that was looked at. ``source`` is a state's id, ``""`` for the machine itself; ``index`` is the
    0-based place among its transitions; ``guard`` its value, None without one or when it failed."""

    node: str
    event: str | None
    source: str
    index: int
    guard: bool | None
    verdict: Verdict
    failure: dict[str, Any] | None = None


class Trace(Protocol):
    """Told, in order, what a step looks at. It MUST NOT change anything that it is given."""

    def tell(self, looks: Sequence[Look], drafts: int) -> None:
        """One selection of transitions: those looked at in document order. The step had made so many drafts by then,
        so that the draft at that place is the microstep which follows, after what its content says."""
        ...

    def tell_cost(self, spent: int) -> None:
        """The end of a step, whether it failed or not: what it spent, in units of which STEP_COST_MAX are allowed."""
        ...


#: What a selection found: the guards evaluated, the transitions enabled, and those left when conflicts are resolved.
Selection = tuple[Mapping[int, bool], Mapping[int, Transition], Sequence[Transition]]


def describe_selection(run: "CellRun", event: str | None, selection: Selection) -> list[Look]:
    """The transitions that were looked at; those behind one that was enabled in their state were not."""
    verdicts, enabled, kept = selection
    taken = {transition.order for transition in kept}
    looks = []
    for order in sorted({*verdicts, *enabled}):
        transition = run.tables.machine.transitions[order]
        guard = verdicts.get(order)
        failure = run.failures.get(_place_of(transition)) if guard is False else None
        if order in taken:
            verdict = Verdict.TAKEN
        elif order in enabled:
            verdict = Verdict.PREEMPTED
        else:
            verdict = Verdict.REFUSED if failure is None else Verdict.FAILED
        looks.append(
            Look(
                run.address,
                event,
                transition.source.id,
                transition.index,
                guard if failure is None else None,
                verdict,
                None if failure is None else {"code": failure.code, "message": failure.message},
            )
        )
    return looks


def _place_of(transition: Transition) -> str:
    """Where the guard stands, as its failures say it."""
    source = transition.source.id
    return f"{pointer_of('states', source) if source else ''}/transitions/{transition.index}/guard"
