"""What becomes of an event: applied, held, or failed by a bound; what an expression does wrong is none of these."""

from typing import Any, NamedTuple

import pytest

from .live import Live
from .stress import STRESS

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: What a failing step leaves: the state as it was, the input in the ledger, and why.
FAILED = ["event", "failed"]


class Case(NamedTuple):
    """An event to the template `stress`, and what must come of it."""

    name: str
    event: str
    data: Any
    outcome: str
    failure: tuple[str, str] | None
    kinds: list[str]


CASES = [
    Case("a transition", "move", {}, "applied", None, ["event", "transition"]),
    Case("nothing listens", "idle", {}, "applied", None, ["event"]),
    Case("a rule derives a message", "tell", {"text": "a"}, "applied", None, ["event", "message"]),
    Case("an eventless loop", "spin", {}, "failed", ("too_many_microsteps", ""), FAILED),
    Case("a state too large", "swell", {"times": 200}, "failed", ("state_too_large", "/vars"), FAILED),
    Case("a payload too large", "shout", {"times": 200}, "failed", ("payload_too_large", "…"), FAILED),
    Case("a message nested too deep", "nest", {"deep": None}, "failed", ("payload_too_deep", ""), FAILED),
    Case("too many actions", "labour", {"times": 150}, "failed", ("too_many_actions", "…"), FAILED),
    Case("too many entries", "chatter", {"times": 2_001}, "failed", ("too_many_drafts", ""), FAILED),
    Case("too many raised events", "raise", {"times": 1_001}, "failed", ("too_many_events", "…"), FAILED),
    Case("too costly", "toil", {"times": 900}, "failed", ("cost_exceeded", ""), FAILED),
    Case("an action's expression fails", "divide", {}, "applied", None, ["event", "error", "transition"]),
    Case("a rule's condition fails", "doubt", {}, "applied", None, ["event", "rule_failed"]),
    Case("a guard fails", "guess", {}, "applied", None, ["event", "error"]),
]


def data_of(case: Case) -> Any:
    """The longer data are made here: a table that holds them could not be read."""
    if case.event == "nest":
        deep: Any = 1
        for _ in range(56):
            deep = [deep]
        return {"deep": deep}
    if isinstance(case.data.get("times"), int):
        return {"list": ["x" * 1_000 if case.event in ("swell", "shout") else 1] * case.data["times"]}
    return case.data


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_every_event_has_the_outcome_of_its_step(shared: Live, case: Case) -> None:
    if (await shared.api.send("GET", "/v1/templates/stress")).status_code == 404:
        await shared.publish(STRESS)
    execution = str((await shared.ask("/v1/executions", {"template": "stress"}))["id"])
    before = await shared.state(execution)

    answer = await shared.ask(
        f"/v1/executions/{execution}/events", {"type": case.event, "data": data_of(case)}
    )

    caused = (await shared.ledger(execution))[before["seq"] :]
    assert answer["outcome"] == case.outcome, answer["failure"]
    assert [entry["kind"] for entry in caused] == case.kinds
    assert (answer["firstSeq"], answer["seq"]) == (caused[0]["seq"], caused[-1]["seq"])
    assert caused[0]["payload"]["data"] == data_of(case)
    if case.failure is None:
        assert answer["failure"] is None
    else:
        code, place = case.failure
        assert answer["failure"] == caused[-1]["payload"]
        assert answer["failure"]["code"] == code
        assert (
            answer["failure"]["place"].startswith("/")
            if place == "…"
            else answer["failure"]["place"] == place
        )
        moved = {"seq": answer["seq"], "headHash": answer["entryHash"]}
        assert await shared.state(execution) == {**before, **moved}
    await shared.assert_whole(execution)


async def test_an_error_that_an_expression_causes_reaches_the_machine(shared: Live) -> None:
    """SCXML, 5.9: it is an event like any other, which a transition may take."""
    document = {
        "format": "actum/1",
        "name": "careful",
        "vars": {"count": {"type": "int", "initial": 0}},
        "machine": {
            "initial": "well",
            "states": {
                "well": {
                    "on": {
                        "divide": {"actions": [{"assign": {"count": "1 / vars.count"}}]},
                        "error.execution": "hurt",
                    }
                },
                "hurt": {},
            },
        },
    }
    await shared.publish(document)
    execution = str((await shared.ask("/v1/executions", {"template": "careful"}))["id"])

    answer = await shared.ask(f"/v1/executions/{execution}/events", {"type": "divide"})

    assert (answer["outcome"], answer["configuration"]) == ("applied", ["hurt"])
    await shared.assert_whole(execution)


async def test_an_event_that_ends_the_machine_completes_the_execution(shared: Live) -> None:
    execution = await shared.start()
    await shared.add(execution, 1)

    answer = await shared.ask(f"/v1/executions/{execution}/events", {"type": "stop"})

    assert (answer["outcome"], answer["configuration"]) == ("applied", ["done"])
    state = await shared.state(execution)
    assert (state["lifecycle"], state["output"]) == ("completed", {"count": 1})
    assert [entry["kind"] for entry in await shared.ledger(execution)][-3:] == [
        "event",
        "transition",
        "completed",
    ]
    await shared.assert_whole(execution)


async def test_a_start_that_exceeds_a_bound_fails_the_execution(shared: Live) -> None:
    document = {
        "format": "actum/1",
        "name": "stillborn",
        "machine": {"initial": "a", "states": {"a": {"always": "b"}, "b": {"always": "a"}}},
    }
    await shared.publish(document)

    made = await shared.ask("/v1/executions", {"template": "stillborn"})

    assert (made["lifecycle"], made["configuration"]) == ("failed", [])
    entries = await shared.ledger(made["id"])
    assert [entry["kind"] for entry in entries] == ["created", "started", "failed"]
    assert entries[-1]["payload"]["code"] == "too_many_microsteps"
    listed = await shared.get("/v1/executions?lifecycle=failed")
    assert made["id"] in [each["id"] for each in listed["data"]]
    await shared.assert_whole(made["id"])


async def test_a_long_state_is_kept_and_replayed(shared: Live) -> None:
    execution = await shared.start()

    answers = [await shared.ask(f"/v1/executions/{execution}/events", {"type": "grow"}) for _ in range(20)]

    # 2**18 characters are the last that the cost of making them and the bound on the state let through.
    outcomes = [answer["outcome"] for answer in answers]
    length = len((await shared.state(execution))["vars"]["text"])
    assert length == 2 ** outcomes.count("applied") >= 2**18
    assert outcomes == ["applied"] * outcomes.count("applied") + ["failed"] * outcomes.count("failed")
    assert {answer["failure"]["code"] for answer in answers if answer["failure"]} <= {"state_too_large"}
    await shared.assert_whole(execution)
