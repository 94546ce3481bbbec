"""Why transitions fired or did not, and that looking changes nothing."""

from typing import Any

from actum_core.simulation.turn import Turn

from .acting import DOOR, act


def looks(turn: Turn) -> list[list[tuple[Any, ...]]]:
    return [
        [
            (look.node, look.event, look.source, look.index, look.guard, look.verdict.value)
            for look in each.looks
        ]
        for each in turn.selections or ()
    ]


def test_a_guard_that_is_false_and_the_transition_behind_it() -> None:
    _, turns = act([{"type": "open"}], is_traced=True)
    assert looks(turns[2]) == [
        [("", "open", "shut", 0, False, "refused"), ("", "open", "shut", 1, None, "taken")]
    ]


def test_a_guard_without_a_value_tells_why() -> None:
    _, turns = act([{"type": "lock", "data": {"key": 1}}, {"type": "lock", "data": {}}], is_traced=True)
    assert looks(turns[2]) == [[("", "lock", "shut", 2, False, "refused")]]
    assert looks(turns[3]) == [[("", "lock", "shut", 2, None, "failed")]]
    assert turns[3].selections is not None
    failure = turns[3].selections[0].looks[0].failure
    assert failure is not None
    assert failure["code"] == "no_such_field"


def test_an_event_that_no_state_listens_to_is_looked_at_nowhere() -> None:
    _, turns = act([{"type": "open"}, {"type": "lock", "data": {}}], is_traced=True)
    assert looks(turns[3]) == []


def test_one_of_two_that_cannot_both_be_taken_is_preempted() -> None:
    document = {
        "format": "actum/1",
        "name": "rivals",
        "machine": {
            "initial": "both",
            "states": {
                "both": {
                    "type": "parallel",
                    "states": {
                        "left": {"initial": "l", "states": {"l": {"on": {"go": "away"}}}},
                        "right": {"initial": "r", "states": {"r": {"on": {"go": "off"}}}},
                    },
                },
                "away": {},
                "off": {},
            },
        },
    }
    _, turns = act([{"type": "go"}], document, is_traced=True)
    assert looks(turns[2]) == [[("", "go", "l", 0, None, "taken"), ("", "go", "r", 0, None, "preempted")]]


def test_a_draft_follows_the_selection_that_caused_it() -> None:
    _, turns = act([{"type": "open"}], is_traced=True)
    [selection] = turns[2].selections or ()
    kinds = [entry.kind for entry in turns[2].entries[1:]]
    assert kinds[selection.drafts :] == ["requested", "scheduled", "transition"]


def test_what_a_resume_releases_is_traced_as_well() -> None:
    script = [{"command": "pause"}, {"type": "open"}, {"type": "lock", "data": {}}, {"command": "resume"}]
    _, turns = act(script, is_traced=True)
    assert [turn.selections for turn in turns[2:5]] == [(), (), ()]
    assert [[look.event for look in each.looks] for each in turns[5].selections or ()] == [["open", "open"]]


def test_without_being_asked_nothing_is_traced() -> None:
    _, turns = act([{"type": "open"}])
    assert [turn.selections for turn in turns] == [None, None, None]


def test_whether_anybody_looks_changes_no_byte() -> None:
    script = [
        {"type": "open"},
        {"type": "burn"},
        {"type": "lock", "data": {}},
        {"outcome": "ok"},
        {"command": "pause"},
        {"type": "open", "at": "+1h"},
        {"command": "resume"},
        {"type": "open"},
    ]
    watched, alone = act(script, is_traced=True)[0], act(script)[0]
    assert watched.entries == alone.entries
    assert watched.execution.canonical() == alone.execution.canonical()
    assert DOOR["name"] == watched.program.name
