"""What happens in a simulation, and when: time, requests, commands, refusals and bounds."""

from typing import Any

import pytest

from actum_core.errors import Problem
from actum_core.simulation import Ending, ScriptInvalid, Setting, Simulation, StartInvalid, parse_script
from actum_core.simulation.setting import START
from actum_core.template import compile_template

from .acting import DOOR, act, told

OK = {"*": {"ok": True}}
EVENT = {"type": "open"}


def test_time_passes_only_as_the_script_says_and_timers_fire_on_the_way() -> None:
    _, turns = act(
        [EVENT, {"type": "open", "at": "+10s"}, {"advance": "1m"}, {"type": "open", "at": "+0.5s"}]
    )
    assert told(turns) == [
        "00:00:00 created applied",
        "00:00:00 start applied shut",
        "00:00:00 event open applied open",
        "00:00:10 event open applied open",
        "00:00:30 timer applied shut",
        "00:01:10.5 event open applied open",
    ]


def test_a_timer_that_is_due_when_an_event_comes_fires_before_it() -> None:
    _, turns = act([EVENT, {"type": "open", "at": "+30s"}])
    assert told(turns)[-2:] == ["00:00:30 timer applied shut", "00:00:30 event open applied open"]


def test_moments_may_be_absolute_and_the_first_one_is_then_the_start() -> None:
    script = [
        {"type": "open", "at": "2026-03-01T12:00:00+01:00"},
        {"type": "open", "at": "2026-03-01T11:00:31Z"},
    ]
    simulation, turns = act(script)
    assert simulation.started_at == "2026-03-01T11:00:00.000000Z"
    assert [turn.at[11:19] for turn in turns] == ["11:00:00", "11:00:00", "11:00:00", "11:00:30", "11:00:31"]


@pytest.mark.parametrize(
    ("setting", "ending", "clock", "timers"),
    [
        ({}, Ending.SCRIPT, "00:00:00", 1),
        ({"until": 10 * 10**9}, Ending.UNTIL, "00:00:10", 1),
        ({"until": 60 * 10**9}, Ending.UNTIL, "00:01:00", 0),
        ({"is_to_quiet": True}, Ending.QUIET, "00:00:30", 0),
        ({"is_to_quiet": True, "until": 10 * 10**9}, Ending.UNTIL, "00:00:10", 1),
        ({"is_to_quiet": True, "until": 60 * 10**9}, Ending.QUIET, "00:00:30", 0),
    ],
)
def test_a_simulation_ends_where_its_setting_says(
    setting: dict[str, Any], ending: Ending, clock: str, timers: int
) -> None:
    simulation, _ = act([EVENT], **setting)
    found = (simulation.ending, simulation.moment[11:19], len(simulation.execution.state.timers))
    assert found == (ending, clock, timers)


def test_nothing_of_the_script_happens_after_the_time_is_over() -> None:
    simulation, turns = act([EVENT, {"type": "open", "at": "+1h"}], until=40 * 10**9)
    assert told(turns)[-1] == "00:00:30 timer applied shut"
    assert (simulation.ending, simulation.moment[11:19]) == (Ending.UNTIL, "00:00:40")


# --- Requests -------------------------------------------------------------------------------------------


def test_the_script_answers_requests_by_name_or_the_oldest() -> None:
    script = [EVENT, {"outcome": {"ok": True, "output": 1}, "of": "ring"}, {"outcome": "ok"}]
    simulation, turns = act(script)
    assert told(turns)[2:] == [
        "00:00:00 event open applied open",
        "00:00:00 outcome applied open",
        "00:00:00 outcome refused open",
    ]
    assert [entry.kind for entry in turns[3].entries] == ["outcome", "log", "transition"]
    assert turns[4].problems == (Problem("/2", "unknown_request", "nothing waits for an outcome"),)
    assert not simulation.execution.state.requests


def test_a_request_is_answered_by_its_id() -> None:
    simulation, _ = act([EVENT])
    [request] = simulation.execution.state.requests
    _, turns = act([EVENT, {"outcome": "failed", "request": request}])
    assert (turns[-1].name, turns[-1].reception) == (request, "applied")


@pytest.mark.parametrize(
    ("outcomes", "answered"),
    [
        ({}, 0),
        ({"*": {"ok": True}}, 1),
        ({"ring": {"ok": False}}, 1),
        ({"other": {"ok": True}}, 0),
        ({"ring": {"ok": True}, "*": {"ok": False}}, 1),
    ],
)
def test_outcomes_that_are_agreed_on_come_by_themselves(outcomes: dict[str, Any], answered: int) -> None:
    _, turns = act([EVENT], outcomes=outcomes)
    assert sum(turn.kind == "outcome" for turn in turns) == answered
    _, turns = act([{"outcomes": outcomes}, EVENT])
    assert sum(turn.kind == "outcome" for turn in turns) == answered


def test_what_is_agreed_on_later_answers_what_was_asked_before() -> None:
    _, turns = act([EVENT, {"outcomes": {"*": "ok"}, "at": "+1s"}])
    assert told(turns)[-1] == "00:00:01 outcome applied open"


RULED: dict[str, Any] = {
    "format": "actum/1",
    "name": "ruled",
    "events": {"mail": {}},
    "rules": [
        {
            "id": "tone",
            "on": "mail",
            "kind": "ai",
            "model": "default",
            "prompt": "What does {{event.data.text}} want?",
            "output": {
                "type": "object",
                "required": ["intent"],
                "properties": {"intent": {"type": "string"}},
            },
            "emit": {"message": "=output.intent"},
        }
    ],
    "machine": {"initial": "a", "states": {"a": {"on": {"buy": "b"}}, "b": {}}},
}
MAIL = {"type": "mail", "data": {"text": "one please"}}


@pytest.mark.parametrize(
    ("outcomes", "kinds"),
    [
        # Nobody can make up what a model would say.
        ({"*": {"ok": True}}, []),
        ({"*": {"ok": False}}, ["outcome", "rule_failed"]),
        ({"tone": {"ok": True, "output": {"intent": "buy"}}}, ["outcome", "message", "transition"]),
        ({"tone": {"ok": True, "output": "buy"}}, ["outcome", "rule_failed"]),
    ],
)
def test_an_ai_rule_gets_the_output_that_is_given_for_it(outcomes: dict[str, Any], kinds: list[str]) -> None:
    simulation, turns = act([MAIL], RULED, outcomes=outcomes)
    assert [entry.kind for turn in turns if turn.kind == "outcome" for entry in turn.entries] == kinds
    assert len(simulation.execution.state.requests) == (0 if kinds else 1)


# --- The life of an execution ---------------------------------------------------------------------------


def test_a_paused_execution_holds_events_and_timers_until_it_resumes() -> None:
    script = [
        EVENT,
        {"command": "pause"},
        {"type": "open", "at": "+1m"},
        {"command": "resume", "reason": "go on"},
        EVENT,
    ]
    _, turns = act(script)
    assert told(turns)[2:] == [
        "00:00:00 event open applied open",
        "00:00:00 command pause applied open",
        "00:01:00 event open held open",
        "00:01:00 command resume applied open",
        # Overdue since half a minute: it fires right after.
        "00:01:00 timer applied shut",
        "00:01:00 event open applied open",
    ]


def test_outcomes_agreed_on_wait_for_the_end_of_a_pause() -> None:
    script = [EVENT, {"command": "pause"}, {"outcomes": {"*": "ok"}}, {"command": "resume"}]
    _, turns = act(script)
    assert [turn.kind for turn in turns[3:]] == ["command", "command", "outcome"]


def test_a_request_is_answered_once_though_its_outcome_is_held() -> None:
    script = [EVENT, {"command": "pause"}, {"outcome": "ok"}, {"outcome": "ok"}, {"command": "resume"}]
    simulation, turns = act(script)
    assert [(turn.reception.value, len(turn.problems)) for turn in turns[4:6]] == [
        ("held", 0),
        ("refused", 1),
    ]
    assert "failed" not in [entry.kind for entry in simulation.entries]


def test_what_an_execution_does_not_take_is_refused_and_the_rest_goes_on() -> None:
    script = [
        {"type": "kick"},
        {"type": "open", "data": {"by": 1}},
        {"command": "resume"},
        {"command": "cancel"},
        EVENT,
    ]
    _, turns = act(script)
    assert [(turn.reception, turn.pointer, turn.sequence) for turn in turns[2:]] == [
        ("refused", "/0", 0),
        ("refused", "/1", 0),
        ("refused", "/2", 0),
        ("applied", "/3", 2),
        ("refused", "/4", 0),
    ]
    assert [[(each.pointer, each.code) for each in turn.problems] for turn in turns[2:]] == [
        [("/0/type", "unknown_event")],
        [("/1/data/by", "schema_type")],
        [("/2", "invalid_state")],
        [],
        [("/4", "invalid_state")],
    ]


def test_an_event_that_was_there_before_changes_nothing() -> None:
    again = {"type": "lock", "id": "l-1", "source": "key", "data": {"key": "gold"}}
    _, turns = act([again, again, {**again, "data": {}}, {**again, "source": "other"}])
    assert [turn.reception for turn in turns[2:]] == ["applied", "repeated", "refused", "applied"]
    assert turns[4].problems[0].code == "idempotency_key_reused"
    assert [len(turn.entries) for turn in turns[2:]] == [2, 0, 0, 1]


def test_a_step_that_exceeds_a_bound_fails_and_leaves_the_state_alone() -> None:
    _, turns = act([{"type": "burn"}, EVENT])
    assert told(turns)[2:] == ["00:00:00 event burn failed shut", "00:00:00 event open applied open"]
    assert [entry.kind for entry in turns[2].entries] == ["event", "failed"]


def test_a_completed_execution_has_its_output() -> None:
    again = {"type": "open", "at": "+1m"}
    simulation, _ = act([EVENT, again, again])
    state = simulation.execution.state
    assert (state.is_final, state.output, simulation.execution.lifecycle) == (True, "worn", "completed")


# --- Bounds and bad input -------------------------------------------------------------------------------


def test_inputs_are_bounded() -> None:
    document = {
        "format": "actum/1",
        "name": "clock",
        "machine": {"initial": "on", "states": {"on": {"after": {"1s": "on"}}}},
    }
    simulation, turns = act([], document, is_to_quiet=True, inputs_max=50)
    assert (simulation.ending, len(turns)) == (Ending.INPUTS, 51)
    simulation, turns = act([], document, until=49 * 10**9, inputs_max=50)
    assert (simulation.ending, len(turns)) == (Ending.UNTIL, 51)


def test_bytes_are_bounded() -> None:
    simulation, turns = act(
        [{"type": "lock", "data": {"key": "x" * 1_000}} for _ in range(50)], bytes_max=10_000
    )
    assert simulation.ending is Ending.BYTES
    assert 3 < len(turns) < 10


@pytest.mark.parametrize(
    ("script", "pointer", "code"),
    [
        ([{"advance": "1s"}, {"type": "open", "at": "2026-01-01T00:00:00Z"}], "/1/at", "in_the_past"),
        ([{"advance": "36000d"}, {"advance": "36000d"}, {"advance": "36000d"}], "/2", "out_of_range"),
        ([{"type": "open", "at": "9999-12-31T23:59:59Z"}, {"advance": "2s"}], "/1", "out_of_range"),
    ],
)
def test_a_script_that_cannot_be_kept_is_refused_before_anything_happens(
    script: list[Any], pointer: str, code: str
) -> None:
    simulation = Simulation(compile_template(DOOR))
    with pytest.raises(ScriptInvalid) as raised:
        list(simulation.play(parse_script(script)))
    assert [(each.pointer, each.code) for each in raised.value.problems] == [(pointer, code)]
    assert simulation.turns == []


@pytest.mark.parametrize(
    ("start_input", "pointer", "code"),
    [
        ({}, "/site", "schema_required"),
        ({"site": 1}, "/site", "schema_type"),
        ({"site": float("nan")}, "/site", "not_finite"),
    ],
)
def test_an_input_that_the_template_does_not_take_is_refused(
    start_input: Any, pointer: str, code: str
) -> None:
    schema = {"type": "object", "required": ["site"], "properties": {"site": {"type": "string"}}}
    program = compile_template({**DOOR, "input": schema})
    with pytest.raises(StartInvalid) as raised:
        Simulation(program, start_input)
    assert [(each.pointer, each.code) for each in raised.value.problems] == [(pointer, code)]


def test_the_same_simulation_is_the_same_byte_for_byte_and_another_seed_is_another() -> None:
    script = [EVENT, {"advance": "1m"}]
    first, again = act(script)[0], act(script)[0]
    assert first.entries == again.entries
    other = act(script, seed="other")[0]
    assert other.identity.execution != first.identity.execution
    assert other.head.entry_hash != first.head.entry_hash
    assert first.started_at == START


def test_a_simulation_can_be_taken_turn_by_turn() -> None:
    simulation = Simulation(compile_template(DOOR), None, Setting(is_to_quiet=True, outcomes=OK))
    seen = []
    for turn in simulation.play(parse_script([EVENT])):
        seen.append((turn.number, simulation.execution is turn.execution, len(simulation.turns)))
    assert seen == [(number, True, number + 1) for number in range(5)]
