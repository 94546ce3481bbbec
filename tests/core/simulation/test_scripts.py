"""What may be said of what is to happen, and what is said of it when it is wrong."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from actum_core.engine.lifecycle import Command
from actum_core.limits import EVENT_BYTES_MAX, NAME_LENGTH_MAX, SIMULATION_LINES_MAX
from actum_core.simulation import ScriptInvalid, parse_outcomes, parse_script
from actum_core.simulation.script import Agree, Answer, Order, Post, Wait

SECOND = 10**9

FORMS: list[tuple[dict[str, Any], object]] = [
    ({"type": "a"}, Post("a", {}, "", "", None)),
    (
        {
            "type": "a.b",
            "data": [1.0],
            "id": "1",
            "source": "s",
            "occurredAt": "2026-01-01T01:00:00.1234567+01:00",
        },
        Post("a.b", [1], "1", "s", "2026-01-01T00:00:00.123456Z"),
    ),
    ({"advance": "1d12h"}, Wait(129_600 * SECOND)),
    ({"advance": "1.5s"}, Wait(3 * SECOND // 2)),
    ({"command": "pause"}, Order(Command.PAUSE, "")),
    ({"command": "cancel", "reason": "late"}, Order(Command.CANCEL, "late")),
    ({"outcome": "ok"}, Answer({"ok": True}, "", "")),
    ({"outcome": "failed", "of": "x"}, Answer({"ok": False}, "x", "")),
    (
        {"outcome": {"ok": True, "output": [1]}, "request": "act_1"},
        Answer({"ok": True, "output": [1]}, "", "act_1"),
    ),
    (
        {"outcomes": {"x": "ok", "*": {"ok": False, "error": "no"}}},
        Agree({"x": {"ok": True}, "*": {"ok": False, "error": "no"}}),
    ),
]


@pytest.mark.parametrize(("given", "expected"), FORMS)
def test_each_form_is_read(given: dict[str, Any], expected: object) -> None:
    [happening] = parse_script([given])
    assert (happening.what, happening.after, happening.moment, happening.pointer) == (expected, 0, None, "/0")


@pytest.mark.parametrize("given", [given for given, _ in FORMS if "advance" not in given])
def test_every_form_but_a_wait_may_say_when(given: dict[str, Any]) -> None:
    [later] = parse_script([{**given, "at": "+1h"}])
    assert (later.after, later.moment) == (3_600 * SECOND, None)
    [fixed] = parse_script([{**given, "at": "1970-01-01T00:00:01Z"}])
    assert (fixed.after, fixed.moment) == (0, SECOND)


DEEP: Any = []
for _ in range(64):
    DEEP = [DEEP]

WRONG: list[tuple[Any, str, str]] = [
    ({}, "", "wrong_type"),
    ("[]", "", "wrong_type"),
    ([{"type": "a"}] * (SIMULATION_LINES_MAX + 1), "", "too_many"),
    ([1], "/0", "wrong_type"),
    ([{}], "/0", "missing_field"),
    ([{"type": "a"}, {"type": "a", "advance": "1s"}], "/1", "missing_field"),
    ([{"type": "a", "reason": ""}], "/0/reason", "unknown_field"),
    ([{"advance": "1s", "at": "+1s"}], "/0/at", "unknown_field"),
    ([{"type": ""}], "/0/type", "invalid_name"),
    ([{"type": "a b"}], "/0/type", "invalid_name"),
    ([{"type": 1}], "/0/type", "invalid_name"),
    ([{"type": "a" * (NAME_LENGTH_MAX + 1)}], "/0/type", "invalid_name"),
    ([{"type": "a", "id": ""}], "/0/id", "invalid_name"),
    ([{"type": "a", "source": None}], "/0/source", "invalid_name"),
    ([{"type": "a", "data": "x" * EVENT_BYTES_MAX}], "/0/data", "too_large"),
    ([{"type": "a", "data": DEEP}], "/0/data", "too_deep"),
    ([{"type": "a", "data": 1e19}], "/0/data", "integer_out_of_range"),
    ([{"type": "a", "data": 2**53}], "/0/data", "integer_out_of_range"),
    ([{"type": "a", "at": "5s"}], "/0/at", "invalid_time"),
    ([{"type": "a", "at": "+5"}], "/0/at", "bad_value"),
    ([{"type": "a", "at": "+-5s"}], "/0/at", "bad_value"),
    ([{"type": "a", "at": 5}], "/0/at", "invalid_time"),
    ([{"type": "a", "occurredAt": "yesterday"}], "/0/occurredAt", "invalid_time"),
    ([{"advance": 5}], "/0/advance", "bad_value"),
    ([{"advance": "40000d"}], "/0/advance", "out_of_range"),
    ([{"command": "stop"}], "/0/command", "bad_value"),
    ([{"command": ["pause"]}], "/0/command", "bad_value"),
    ([{"command": "pause", "reason": 1}], "/0/reason", "wrong_type"),
    ([{"outcome": True}], "/0/outcome", "wrong_type"),
    ([{"outcome": {"output": 1}}], "/0/outcome", "wrong_type"),
    ([{"outcome": {"ok": True, "result": 1}}], "/0/outcome", "wrong_type"),
    ([{"outcome": "ok", "of": 1}], "/0/of", "wrong_type"),
    ([{"outcomes": "ok"}], "/0/outcomes", "wrong_type"),
    ([{"outcomes": {"a/b": "fine"}}], "/0/outcomes/a~1b", "wrong_type"),
]


@pytest.mark.parametrize(("given", "pointer", "code"), WRONG, ids=[f"{p}-{c}" for _, p, c in WRONG])
def test_what_is_wrong_is_told_with_its_place(given: Any, pointer: str, code: str) -> None:
    with pytest.raises(ScriptInvalid) as raised:
        parse_script(given)
    found = [(each.pointer, each.code) for each in raised.value.problems]
    assert found == [(pointer, code)] or (code == "out_of_range" and found == [(pointer, "bad_value")])


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ScriptInvalid) as raised:
        parse_script([{"type": ""}, {"type": "a"}, {"command": "stop", "at": "x"}])
    assert [each.pointer for each in raised.value.problems] == ["/0/type", "/2/command", "/2/at"]


def test_as_much_as_may_happen_is_read() -> None:
    assert len(parse_script([{"type": "a"}] * SIMULATION_LINES_MAX)) == SIMULATION_LINES_MAX
    assert parse_script([{"type": "a", "data": "x" * (EVENT_BYTES_MAX - 8)}])


def test_outcomes_alone_are_read_and_refused_with_their_place() -> None:
    assert parse_outcomes({"a": "ok"}) == {"a": {"ok": True}}
    with pytest.raises(ScriptInvalid) as raised:
        parse_outcomes({"a": 1})
    assert [each.pointer for each in raised.value.problems] == ["/a"]


_NAMES = (
    "type",
    "data",
    "id",
    "source",
    "occurredAt",
    "at",
    "advance",
    "command",
    "reason",
    "outcome",
    "of",
    "outcomes",
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["+5s", "1h", "ok", "pause", "2026-01-01T00:00:00Z"])
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["ok", "output", "error"]) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@hypothesis_given(st.lists(st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=4), max_size=3) | _JSON)
@settings(max_examples=500, deadline=None)
def test_whatever_is_said_is_read_or_refused(given: Any) -> None:
    with suppress(ScriptInvalid):
        parse_script(given)
