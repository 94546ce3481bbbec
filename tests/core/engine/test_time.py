"""Timers and outcomes as inputs: when they may enter, what a pause does to them, and what a failed one leaves."""

from typing import Any

import pytest

from actum_core import canonical_json
from actum_core.engine.fold import Outcome
from actum_core.engine.lifecycle import (
    Command,
    HeldEventsFull,
    InvalidState,
    Lifecycle,
    TimerNotDue,
    UnknownRequest,
    UnknownTimer,
    check_outcome_admissible,
    check_timer_admissible,
    find_due_timer,
    restore_execution,
)
from actum_core.limits import HELD_EVENTS_MAX
from actum_core.simulation import Setting, Simulation, parse_script
from actum_core.template import compile_template

from ..documents import document, parse_yaml
from .living import Life, moment

MACHINE = """
initial: a
states:
  a:
    entry: [{do: {action: act}}]
    after: {10s: b}
    on:
      later: {actions: [{send: {event: x, delay: 3s}}]}
      x: {actions: [{log: x}]}
      done.do.act: {actions: [{log: done}]}
  b: {}
"""


def life_of(machine: str = MACHINE, **members: Any) -> Life:
    members.setdefault("actions", {"act": {"kind": "log"}})
    life = Life(compile_template(document(machine, **members)))
    life.start()
    return life


def test_a_timer_fires_when_it_is_due_and_never_before() -> None:
    life = life_of()
    execution = life.execution
    assert execution.next_due == moment(10)
    assert find_due_timer(execution, moment(9.999999)) is None
    assert find_due_timer(execution, moment(10)) == ("1.0", moment(10))
    with pytest.raises(TimerNotDue) as early:
        check_timer_admissible(execution, "1.0", moment(9.999999))
    assert (early.value.key, early.value.due) == ("1.0", moment(10))
    check_timer_admissible(execution, "1.0", moment(10))
    with pytest.raises(UnknownTimer):
        check_timer_admissible(execution, "1.1", moment(11))
    assert life.fire().execution.state.configuration == ("b",)
    with pytest.raises(UnknownTimer):
        check_timer_admissible(life.execution, "1.0", moment(11))


def test_of_timers_due_together_the_one_set_first_fires_first() -> None:
    life = life_of(
        """
        initial: a
        states:
          a: {entry: [{send: {event: x, delay: 2s}}, {send: {event: y, delay: 1s}}, {send: {event: z, delay: 2s}}]}
        """
    )
    assert list(life.execution.state.timer_order) == ["1.1", "1.0", "1.2"]
    for key in ("1.1", "1.0", "1.2"):
        assert find_due_timer(life.execution, moment(5)) == (key, life.execution.state.timers[key].due)
        life.fire()
    assert find_due_timer(life.execution, moment(5)) is None


def test_a_paused_execution_fires_no_timer_and_holds_outcomes_back() -> None:
    life = life_of()
    life.command(Command.PAUSE)
    assert life.execution.next_due is None
    assert find_due_timer(life.execution, moment(100)) is None
    with pytest.raises(InvalidState):
        check_timer_admissible(life.execution, "1.0", moment(100))
    assert life.answer(ok=True).outcome is Outcome.HELD
    assert life.told("log") == []
    fold = life.command(Command.RESUME)
    assert [line.kind for line in fold.lines] == ["resumed", "released", "log", "transition"]
    assert life.replay().difference is None


def test_a_deadline_is_kept_or_put_off_by_as_long_as_the_pause_was() -> None:
    for policy, due, kinds in [
        ("keep", 10, ["resumed"]),
        ("remaining", 70, ["resumed", "postponed"]),
    ]:
        life = life_of(timers={"on_resume": policy})
        life.seconds = 4
        life.command(Command.PAUSE)
        assert life.execution.paused_at == (moment(4) if policy == "remaining" else "")
        again = restore_execution(life.program, life.execution.canonical())
        assert again == life.execution or again.canonical() == life.execution.canonical()
        life.seconds = 64
        fold = life.command(Command.RESUME)
        assert [line.kind for line in fold.lines] == kinds
        assert life.execution.next_due == moment(due)
        assert life.execution.paused_at == ""
        if policy == "remaining":
            told = life.told("postponed")
            assert told == [{"kind": "postponed", "by": "60s", "timers": {"1.0": moment(70)}}]
        assert life.replay().difference is None


def test_held_events_come_before_overdue_timers_and_wait_from_when_they_came() -> None:
    life = life_of(timers={"on_resume": "remaining"})
    life.command(Command.PAUSE)
    life.seconds = 20
    life.post("later")
    life.seconds = 30
    life.command(Command.RESUME)
    due = {key: timer.due for key, timer in life.execution.state.timers.items()}
    # The deadline was put off by 30 seconds; what the held event set was due while it was held.
    assert due == {"1.0": moment(40), "3.0": moment(23)}
    assert life.replay().difference is None


def test_cancelling_leaves_no_timer() -> None:
    life = life_of()
    fold = life.command(Command.CANCEL)
    assert [line.kind for line in fold.lines] == ["cancelled"]
    assert (life.execution.state.timers, life.execution.next_due) == ({}, None)
    assert life.replay().difference is None


SPIN = """
initial: a
states:
  a:
    entry: [{do: {action: act}}]
    after: {1s: spin}
    on: {done.do.act: spin}
  spin: {always: {actions: [{log: 1}]}}
"""


def test_a_timer_or_outcome_whose_step_fails_is_over_all_the_same() -> None:
    life = life_of(SPIN)
    before = life.execution.state.to_json()
    assert life.answer(ok=True).outcome is Outcome.FAILED
    del before["requests"]
    assert life.execution.state.to_json() == before
    assert life.fire().outcome is Outcome.FAILED
    del before["timers"]
    assert life.execution.state.to_json() == before
    assert life.execution.lifecycle is Lifecycle.RUNNING
    assert [each["code"] for each in life.told("failed")] == ["too_many_microsteps", "too_many_microsteps"]
    assert life.replay().difference is None


def test_an_outcome_comes_once() -> None:
    life = life_of()
    request = life.asked[0].id
    check_outcome_admissible(life.execution, request)
    life.answer(ok=True)
    with pytest.raises(UnknownRequest):
        check_outcome_admissible(life.execution, request)
    life.command(Command.CANCEL)
    with pytest.raises(InvalidState):
        check_outcome_admissible(life.execution, request)


def test_a_paused_execution_holds_no_more_outcomes_than_events() -> None:
    life = life_of()
    life.command(Command.PAUSE)
    execution = life.execution
    for held, is_full in ((HELD_EVENTS_MAX - 1, False), (HELD_EVENTS_MAX, True)):
        full = type(execution)(execution.lifecycle, execution.input_sequence, held, execution.state)
        if is_full:
            with pytest.raises(HeldEventsFull):
                check_outcome_admissible(full, life.asked[0].id)
        else:
            check_outcome_admissible(full, life.asked[0].id)


def test_a_fold_tells_what_to_do_next() -> None:
    life = Life(compile_template(document(parse_yaml(MACHINE), actions={"act": {"kind": "log"}})))
    fold = life.start()
    assert [(request.kind, request.payload["action"]) for request in fold.requests] == [("action", "act")]
    assert fold.execution.next_due == moment(10)
    [line] = [line for line in fold.lines if line.kind == "requested"]
    assert canonical_json.parse(line.payload) == fold.requests[0].payload


def test_sources_and_windows_go_on_in_step_after_a_long_pause() -> None:
    document = {
        "format": "actum/1",
        "name": "meters",
        "events": {},
        "nodes": {
            "source": {"use": "source@1", "with": {"interval": "10m", "value": 1}},
            "queue": {"use": "queue@1", "with": {"window": "20m", "method": "count"}},
            "sink": {"use": "sink@1"},
        },
        "edges": [{"from": "source.out", "to": "queue.in"}, {"from": "queue.out", "to": "sink.in"}],
    }
    simulation = Simulation(compile_template(document), {}, Setting())
    story = [
        {"advance": "15m"},
        {"command": "pause"},
        {"advance": "1h"},
        {"command": "resume"},
        {"advance": "10m"},
    ]
    for _ in simulation.play(parse_script(story)):
        pass
    said = [canonical_json.parse(entry.payload) for entry in simulation.entries if entry.kind == "token"]
    assert [each["value"] for each in said if each["node"] == "source"] == [1] * 8
    assert [each["value"] for each in said if each["node"] == "queue"] == [1, 2, 2, 2]
    assert simulation.execution.next_due == "2026-01-01T01:30:00.000000Z"
