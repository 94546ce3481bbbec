"""Timers in a step: states set their own when they are entered and take them back when they are left."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from actum_core.canonical_json import JsonValue
from actum_core.engine.cell_run import CellRun, Delivery, cell_of
from actum_core.engine.machine import Content
from actum_core.engine.moments import read_moment, write_moment
from actum_core.engine.outputs import StepFailed
from actum_core.engine.run import ContentFailed, Run
from actum_core.engine.timers import Timer
from actum_core.limits import TIMERS_MAX

#: Makes a length of time in nanoseconds. Raises ContentFailed.
Delay = Callable[[Run], int]


class Deadline(NamedTuple):
    """One ``after`` of a state, compiled; ``place`` is where it stands."""

    event: str
    delay: Delay
    place: str


def set_deadlines(deadlines: Sequence[Deadline]) -> Content:
    """Content of entering a state, behind everything else: its timers begin. One that fails is told, not set."""

    def begin(run: Run) -> None:
        cell = cell_of(run)
        for event, delay, place in deadlines:
            try:
                due = due_after(cell, delay(cell), place)
            except ContentFailed as failure:
                cell.fail(failure)
                continue
            if due is None:
                message = cell.exchange.message(event, None, "platform")
                cell.exchange.send(Delivery(cell, message, None, cell), place)
            else:
                set_timer(cell, Timer(due, event, "after", cell.address), place)

    return begin


def drop_deadlines(deadlines: Sequence[Deadline]) -> Content:
    """Content of leaving a state: its timers are taken back."""
    events = frozenset(deadline.event for deadline in deadlines)

    def drop(run: Run) -> None:
        cell = cell_of(run)
        timers = cell.exchange.timers
        for key in timers.of_node(cell.address):
            timer = timers.find(key)
            if timer is not None and timer.event in events and timer.kind == "after":
                _take_back(cell, key, timer, "left")

    return drop


def due_after(run: CellRun, nanoseconds: int, place: str) -> str | None:
    """When so much time will have passed; None when that is at once. Raises ContentFailed beyond the year 9999."""
    return due_at(run, nanoseconds, place) if nanoseconds > 0 else None


def due_at(run: CellRun, nanoseconds: int, place: str) -> str:
    """The moment so long after now, or before it. Raises ContentFailed beyond the years 1 to 9999."""
    due = write_moment(read_moment(run.exchange.given.at) + nanoseconds)
    if due is None:
        raise ContentFailed("out_of_range", "this would be due beyond the years 1 to 9999", place)
    return due


def set_timer(run: CellRun, timer: Timer, place: str) -> None:
    """Wait for a moment."""
    exchange = run.exchange
    if exchange.timers.is_full:
        raise StepFailed("too_many_timers", f"an execution waits for {TIMERS_MAX} timers at most", place)
    key = exchange.ids.place("timer")
    exchange.grow(timer.size, place)
    exchange.timers.add(key, timer)
    said: dict[str, JsonValue] = {"timer": key, "due": timer.due, "event": timer.event}
    if timer.data is not None:
        said["data"] = timer.data
    if timer.id:
        said["id"] = timer.id
    if timer.to:
        said["to"] = timer.to
    run.draft("scheduled", said)


def cancel_sends(run: CellRun, send_id: str) -> None:
    """Take back what a machine sent under an id and has not arrived; an unknown id does nothing (SCXML, 6.3)."""
    timers = run.exchange.timers
    keys = timers.of_node(run.address)
    run.meter.charge(len(keys))
    for key in keys:
        timer = timers.find(key)
        if timer is not None and timer.kind == "send" and timer.id == send_id:
            _take_back(run, key, timer, "cancelled")


def end_timers(run: CellRun) -> None:
    """A machine has ended: everything that it waits for is taken back."""
    timers = run.exchange.timers
    for key in timers.of_node(run.address):
        timer = timers.find(key)
        if timer is not None:
            _take_back(run, key, timer, "ended")


def _take_back(run: CellRun, key: str, timer: Timer, reason: str) -> None:
    run.exchange.timers.remove(key)
    run.exchange.grow(-timer.size)
    run.draft("unscheduled", {"timer": key, "reason": reason})
