"""Detector models of AWS IoT Events, imported and run: what the service's documentation says must happen."""

import pytest

from .detector_models import event, going, run, setting, state, telling, timer


def test_a_detector_comes_to_be_with_its_first_message_and_reacts_to_it() -> None:
    running = run(
        state(
            "Normal",
            enter=[event("true", setting("n", "1"))],
            transitions=[going("$input.P.level > 70", "High", setting("n", "$variable.n + 3"))],
        ),
        state("High"),
    )
    assert running.at == ("waiting",)
    running.post("P", {"level": 80})
    assert running.at == ("High",)
    assert running.variables["n"] == 4


COUNTING = (
    event("$input.P.level > 70", setting("n", "$variable.n + 1")),
    event("$variable.n >= 2", telling("twice")),
)


@pytest.mark.parametrize(("method", "told_at"), [("BATCH", 3), ("SERIAL", 2)])
def test_variables_set_in_a_cycle_are_seen_at_once_or_in_the_next(method: str, told_at: int) -> None:
    running = run(
        state("On", enter=[event(None, setting("n", "0"))], events=list(COUNTING)), evaluationMethod=method
    )
    for count in range(1, 4):
        running.post("P", {"level": 71})
        assert bool(running.requested()) is (count >= told_at)


@pytest.mark.parametrize(("method", "expected"), [("BATCH", "A"), ("SERIAL", "B")])
def test_a_transition_sees_the_variables_of_before_its_cycle_unless_serial(
    method: str, expected: str
) -> None:
    running = run(
        state(
            "A",
            enter=[event("true", setting("n", "0"))],
            events=[event("true", setting("n", "1"))],
            transitions=[going("$variable.n == 1", "B")],
        ),
        state("B"),
        evaluationMethod=method,
    )
    # An input that no expression names does not exist: this one is named.
    running = run(
        state(
            "A",
            enter=[event("true", setting("n", "0"))],
            events=[event('currentInput("P")', setting("n", "1"))],
            transitions=[going("$variable.n == 1", "B")],
        ),
        state("B"),
        evaluationMethod=method,
    )
    running.post("P", {})
    assert running.at == (expected,)


def test_three_readings_in_a_row_are_needed_to_go_back() -> None:
    running = run(
        state(
            "Normal",
            enter=[event("true", setting("n", "0"))],
            transitions=[going("$input.P.level > 70", "Danger", setting("n", "$variable.n + 3"))],
        ),
        state(
            "Danger",
            enter=[event("$variable.n > 1", telling("breached"))],
            events=[
                event("$input.P.level > 70", setting("n", "3")),
                event("$input.P.level <= 70", setting("n", "$variable.n - 1")),
            ],
            transitions=[going("$input.P.level <= 70 && $variable.n <= 1", "Normal")],
            exit=[event("true", telling("cleared"))],
        ),
    )
    for level in (80, 60, 60):
        running.post("P", {"level": level})
    assert (running.at, running.requested()) == (("Danger",), ["iotTopicPublish_breached"])
    running.post("P", {"level": 60})
    assert (running.at, running.requested()[1:]) == (("Normal",), ["iotTopicPublish_cleared"])


def test_the_last_message_of_every_input_is_kept() -> None:
    running = run(state("On", events=[event("$input.A.x > 1 && $input.B.y > 1", telling("both"))]))
    running.post("A", {"x": 2})
    assert running.requested() == []
    running.post("B", {"y": 2})
    assert running.requested() == ["iotTopicPublish_both"]
    running.post("A", {})
    assert running.requested() == ["iotTopicPublish_both"]


def test_the_first_transition_whose_condition_holds_is_taken() -> None:
    running = run(
        state("A", transitions=[going("$input.P.x > 5", "B"), going("$input.P.x > 1", "C")]),
        state("B"),
        state("C"),
    )
    assert running.post("P", {"x": 2}).at == ("C",)


def test_actions_come_in_the_order_events_transition_exit_enter() -> None:
    running = run(
        state(
            "A",
            events=[event("$input.P.x == 1", telling("1"))],
            transitions=[going("$input.P.x == 1", "B", telling("2"), setting("n", "7"))],
            exit=[event("$variable.n == 7", telling("3"))],
        ),
        state("B", enter=[event("true", telling("4"))]),
    )
    running.post("P", {"x": 1})
    assert running.requested() == [f"iotTopicPublish_{number}" for number in range(1, 5)]


def test_a_transition_to_the_same_state_leaves_and_enters_it() -> None:
    running = run(
        state(
            "A",
            enter=[event("true", telling("in"))],
            transitions=[going("$input.P.x == 1", "A")],
            exit=[event("true", telling("out"))],
        )
    )
    running.post("P", {"x": 1})
    assert running.requested() == ["iotTopicPublish_in", "iotTopicPublish_out", "iotTopicPublish_in"]


def test_a_timer_evaluates_the_state_it_finds_and_inputs_keep_their_values() -> None:
    running = run(
        state(
            "A", enter=[event("$input.P.x > 0", timer("t", 90))], transitions=[going("$input.P.x == 2", "B")]
        ),
        state(
            "B",
            events=[event('triggerType("Timer") && $input.P.x == 2', telling("late"))],
            transitions=[going('timeout("t")', "C")],
        ),
        state("C"),
    )
    running.post("P", {"x": 1}).pass_time(30).post("P", {"x": 2})
    assert running.at == ("B",)
    assert running.pass_time(59).at == ("B",)
    assert running.pass_time(1).at == ("C",)
    assert running.requested() == ["iotTopicPublish_late"]


def test_a_timeout_is_true_for_the_first_cycle_that_asks_and_for_none_after() -> None:
    running = run(
        state("A", enter=[event("$input.P.x > 0", timer("t"))], transitions=[going("$input.P.x == 9", "B")]),
        state("B", events=[event('timeout("t")', telling("rings")), event('timeout("t")', telling("too"))]),
    )
    # It elapses where nobody asks; whoever asks first is told, and once.
    running.post("P", {"x": 1}).pass_time(61).post("P", {"x": 9})
    assert running.at == ("B",)
    running.post("P", {"x": 0})
    assert running.requested() == ["iotTopicPublish_rings", "iotTopicPublish_too"]
    assert running.post("P", {"x": 0}).requested() == ["iotTopicPublish_rings", "iotTopicPublish_too"]


def test_a_timeout_behind_a_condition_that_fails_is_not_asked_for() -> None:
    running = run(
        state(
            "A",
            enter=[event("$input.P.x > 0", timer("t"))],
            events=[event('triggerType("Message") && timeout("t")', telling("rings"))],
        )
    )
    running.post("P", {"x": 1}).pass_time(61)
    assert running.requested() == []
    assert running.post("P", {"x": 1}).requested() == ["iotTopicPublish_rings"]
    assert running.post("P", {"x": 1}).requested() == ["iotTopicPublish_rings"]


def test_a_timer_is_reset_to_the_duration_it_was_set_to() -> None:
    running = run(
        state(
            "A",
            enter=[
                event(
                    "$input.P.x > 0",
                    {"setTimer": {"timerName": "t", "durationExpression": "$input.P.x + 0.9"}},
                )
            ],
            events=[
                event("$input.P.x == 7", {"resetTimer": {"timerName": "t"}}),
                event("$input.P.x == 8", {"clearTimer": {"timerName": "t"}}),
            ],
            transitions=[going('timeout("t")', "B")],
        ),
        state("B"),
    )
    running.post("P", {"x": 100})
    assert running.state.next_due == "2026-01-01T00:01:40.000000Z"
    running.pass_time(50).post("P", {"x": 7})
    assert running.state.next_due == "2026-01-01T00:02:30.000000Z"
    running.post("P", {"x": 8})
    assert running.state.next_due is None
    running.post("P", {"x": 7})
    assert running.state.next_due is None


def test_an_action_that_cannot_be_done_holds_back_none_behind_it() -> None:
    running = run(
        state(
            "A",
            enter=[event("true", setting("n", "0"), setting("m", "1"))],
            events=[
                event(
                    "$input.P.x == 1",
                    setting("n", "$input.P.missing"),
                    setting("m", "$variable.m + 1"),
                    setting("n", "$input.P.nothing"),
                )
            ],
        )
    )
    running.post("P", {"x": 1, "nothing": None})
    assert (running.variables["n"], running.variables["m"]) == (0, 2)


def test_a_condition_that_has_no_value_or_is_no_truth_is_false() -> None:
    running = run(
        state(
            "A",
            events=[
                event("$input.P.x > 'a'", telling("1")),
                event("$input.P.x + 1", telling("2")),
                event("$input.Q.x", telling("3")),
                event("$input.P.x", telling("4")),
            ],
        )
    )
    assert running.post("P", {"x": 1}).requested() == []


def test_payloads_and_fields_with_expressions_go_with_the_request() -> None:
    action = telling(
        "'t/${$input.P.id}'", payload={"contentExpression": "'{\"id\":${$input.P.id}}'", "type": "JSON"}
    )
    running = run(state("A", events=[event("$input.P.id > 0", action, telling("plain"))]))
    running.post("P", {"id": 5})
    first, second = running.told("requested")
    assert first["with"] == {"mqttTopic": "t/5", "payload": '{"id":5}', "payloadType": "JSON"}
    assert second["with"]["payload"] == {
        "eventName": "e",
        "eventTime": 1767225600000,
        "payload": {
            "detector": {"detectorModelName": "Test"},
            "eventTriggerDetails": {"inputName": "P", "triggerType": "Message"},
            "state": {"stateName": "A", "variables": {}},
        },
    }
