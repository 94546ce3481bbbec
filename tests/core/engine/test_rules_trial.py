"""Rules tried on an event say what they would say in a step, and what that costs."""

from typing import Any

import pytest

from actum_core.engine.rules_trial import try_rules
from actum_core.errors import Invalid
from actum_core.template import compile_template

from ..documents import document
from .driving import event_input

RULES: list[dict[str, Any]] = [
    {
        "id": "big",
        "on": "e",
        "when": "event.data.n > vars.limit",
        "emit": [{"message": "m", "data": "=input"}, "k"],
    },
    {"id": "bad", "on": "e", "emit": {"message": "=event.data.none"}},
]
MACHINE = "{initial: a, states: {a: {on: {m: {}, k: {}}}}}"
PROGRAM = compile_template(document(MACHINE, vars={"limit": {"type": "int", "initial": 5}}, rules=RULES))


@pytest.mark.parametrize(
    ("variables", "expected"),
    [(None, [("big", "m"), ("big", "k"), ("bad", None)]), ({"limit": 9}, [("bad", None)])],
)
def test_rules_are_tried_with_the_variables_given(variables: Any, expected: list[Any]) -> None:
    tried = try_rules(PROGRAM, event_input("e", {"n": 7}), {"site": 1}, variables)
    found = [(each.rule, each.message and each.message["name"]) for each in tried.derived]
    assert found == expected
    assert tried.errors == ()
    assert tried.cost > 0


def test_variables_that_are_not_the_templates_are_refused() -> None:
    with pytest.raises(Invalid) as caught:
        try_rules(PROGRAM, event_input("e", {"n": 7}), None, {"other": 1})
    assert [problem.code for problem in caught.value.problems] == ["missing_field", "unknown_variable"]
