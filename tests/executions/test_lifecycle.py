"""The life of an execution: which command is taken where, and what pausing does to events."""

from typing import Any

import pytest

from actum_core import limits
from actum_core.engine import lifecycle

from ..serving import assert_problem
from .live import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALWAYS = {
    "format": "actum/1",
    "name": "stillborn",
    "machine": {"initial": "a", "states": {"a": {"always": "b"}, "b": {"always": "a"}}},
}


async def in_lifecycle(live: Live, wanted: str) -> str:
    """An execution that stands in a lifecycle."""
    if wanted == "created":
        return await live.start(start=False)
    if wanted == "failed":
        if (await live.api.send("GET", "/v1/templates/stillborn")).status_code == 404:
            await live.publish(ALWAYS)
        return str((await live.ask("/v1/executions", {"template": "stillborn"}))["id"])
    execution = await live.start()
    if wanted == "completed":
        await live.ask(f"/v1/executions/{execution}/events", {"type": "stop"})
    elif wanted != "running":
        await live.command(execution, {"paused": "pause", "cancelled": "cancel"}[wanted])
    return execution


#: Where an execution is after each command in each lifecycle; None: refused.
TABLE: dict[str, dict[str, str | None]] = {
    "created": {"start": "running", "pause": None, "resume": None, "cancel": "cancelled", "event": None},
    "running": {"start": None, "pause": "paused", "resume": None, "cancel": "cancelled", "event": "running"},
    "paused": {"start": None, "pause": None, "resume": "running", "cancel": "cancelled", "event": "paused"},
    "completed": {"start": None, "pause": None, "resume": None, "cancel": None, "event": None},
    "failed": {"start": None, "pause": None, "resume": None, "cancel": None, "event": None},
    "cancelled": {"start": None, "pause": None, "resume": None, "cancel": None, "event": None},
}


async def test_the_table_has_every_lifecycle() -> None:
    assert TABLE.keys() == {each.value for each in lifecycle.Lifecycle}


@pytest.mark.parametrize(
    ("stands", "command", "after"),
    [(stands, command, after) for stands, row in TABLE.items() for command, after in row.items()],
)
async def test_a_command_is_taken_or_refused(
    shared: Live, stands: str, command: str, after: str | None
) -> None:
    execution = await in_lifecycle(shared, stands)
    assert (await shared.execution(execution))["lifecycle"] == stands
    ledger = await shared.ledger(execution)

    if command == "event":
        answer = await shared.post(execution, {"type": "add", "data": {"amount": 1}})
    else:
        answer = await shared.send(f"/v1/executions/{execution}/{command}")

    if after is None:
        assert answer.status_code == 409, answer.text
        told = answer.json()
        assert (told["code"], told["found"]) == ("invalid_state", stands)
        assert await shared.ledger(execution) == ledger
    else:
        assert answer.status_code == 200, answer.text
        assert (await shared.execution(execution))["lifecycle"] == after
        listed = await shared.get(f"/v1/executions?lifecycle={after}&limit=100")
        assert execution in [each["id"] for each in listed["data"]]
        if command in ("pause", "resume", "cancel"):
            assert answer.json()["lifecycle"] == after
    await shared.assert_whole(execution)


def told_alike(entries: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """What an execution's machine did, without how and when it came to it."""
    return [
        (entry["kind"], entry["payload"])
        for entry in entries
        if entry["kind"] not in ("created", "event", "held", "released", "paused", "resumed")
    ]


EVENTS: list[dict[str, Any]] = [
    {"type": "add", "id": "1", "data": {"amount": 5}},
    {"type": "add", "id": "2", "data": {"amount": 500}},
    {"type": "boom", "id": "3"},
    {"type": "spin", "id": "4"},
    {"type": "add", "id": "5", "data": {"amount": 0.25}},
]


async def test_what_was_held_is_applied_in_order_as_if_it_had_never_been_held(shared: Live) -> None:
    straight, held = await shared.start(), await shared.start()
    for event in EVENTS:
        await shared.post(straight, event)

    await shared.command(held, "pause", body={"reason": "lunch"})
    answers = [(await shared.post(held, event)).json() for event in EVENTS]
    waiting = await shared.state(held)
    resumed = await shared.command(held, "resume")

    assert [answer["outcome"] for answer in answers] == ["held"] * len(EVENTS)
    assert {tuple(answer["configuration"]) for answer in answers} == {("idle",)}
    assert (waiting["lifecycle"], waiting["held"], waiting["vars"]["count"]) == ("paused", len(EVENTS), 0)
    one, other = await shared.state(straight), await shared.state(held)
    assert (other["vars"], other["configuration"], other["held"]) == (one["vars"], one["configuration"], 0)
    entries = await shared.ledger(held)
    assert told_alike(entries) == told_alike(await shared.ledger(straight))
    assert [entry["inputSeq"] for entry in entries if entry["kind"] == "released"] == [3, 4, 5, 6, 7]
    assert next(entry["payload"] for entry in entries if entry["kind"] == "released") == {"input": 3}
    assert (resumed["lifecycle"], resumed["seq"]) == ("running", len(entries))
    await shared.assert_whole(held)


async def test_pausing_twice_keeps_the_order(shared: Live) -> None:
    execution = await shared.start()
    for _ in range(3):
        await shared.command(execution, "pause")
        await shared.add(execution, 1, 2)
        await shared.command(execution, "resume")
        await shared.add(execution, 3)

    assert (await shared.state(execution))["vars"] == {"count": 9, "sum": 18, "text": "x"}
    await shared.assert_whole(execution)


async def test_resuming_may_complete_the_machine_on_the_way(shared: Live) -> None:
    execution = await shared.start()
    await shared.command(execution, "pause")
    await shared.add(execution, 1)
    await shared.post(execution, {"type": "stop", "id": "s"})
    await shared.add(execution, 2)

    resumed = await shared.command(execution, "resume", key="k")

    kinds = [entry["kind"] for entry in await shared.ledger(execution)]
    assert kinds[kinds.index("resumed") :] == [
        *("resumed", "released", "transition", "released", "transition", "completed", "released", "failed"),
    ]
    assert (await shared.ledger(execution))[-1]["payload"]["code"] == "invalid_state"
    assert resumed["lifecycle"] == (await shared.execution(execution))["lifecycle"] == "completed"
    assert await shared.command(execution, "resume", key="k") == {**resumed, "duplicate": True}
    await shared.assert_whole(execution)


async def test_cancelling_while_events_are_held_leaves_them_unapplied(shared: Live) -> None:
    execution = await shared.start()
    await shared.command(execution, "pause")
    await shared.add(execution, 1, 2)

    await shared.command(execution, "cancel", body={"reason": "enough"})

    state = await shared.state(execution)
    assert (state["lifecycle"], state["held"], state["vars"]["count"]) == ("cancelled", 0, 0)
    assert (await shared.ledger(execution))[-1]["payload"]["reason"] == "enough"
    await shared.assert_whole(execution)


async def test_a_paused_execution_holds_a_bounded_number(
    shared: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "HELD_EVENTS_MAX", 3)
    execution = await shared.start()
    await shared.command(execution, "pause")
    first = (await shared.post(execution, EVENTS[0])).json()
    await shared.add(execution, 1, 2)

    refused = await shared.post(execution, {"type": "add", "data": {"amount": 3}})
    batch = (await shared.post(execution, [EVENTS[0], {"type": "add", "data": {"amount": 3}}])).json()

    assert_problem(refused, 429, "held_events_full")
    assert refused.headers["retry-after"]
    assert [each.get("code") for each in batch["data"]] == [None, "held_events_full"]
    assert batch["data"][0] == {**first, "duplicate": True}
    await shared.command(execution, "resume")
    assert (await shared.state(execution))["vars"]["count"] == 3
    await shared.assert_whole(execution)


async def test_a_batch_may_stand_on_both_sides_of_completion(shared: Live) -> None:
    execution = await shared.start()

    told = (await shared.post(execution, [{"type": "stop"}, {"type": "stop"}])).json()

    assert [each.get("outcome", each.get("code")) for each in told["data"]] == ["applied", "invalid_state"]
    assert told["data"][1]["found"] == "completed"


async def test_a_created_execution_starts_with_the_input_it_was_created_with(shared: Live) -> None:
    execution = await shared.start(start=False, input={"limit": 7})
    assert [entry["kind"] for entry in await shared.ledger(execution)] == ["created"]

    first = await shared.send(f"/v1/executions/{execution}/start", key="go")
    again = await shared.send(f"/v1/executions/{execution}/start", key="go")

    assert first.json()["lifecycle"] == "running"
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert (await shared.ledger(execution))[1]["payload"] == {"input": {"limit": 7}}
    await shared.assert_whole(execution)


async def test_a_start_that_fails_later_leaves_the_execution_failed(shared: Live) -> None:
    await in_lifecycle(shared, "failed")
    execution = str((await shared.ask("/v1/executions", {"template": "stillborn", "start": False}))["id"])

    started = await shared.command(execution, "start")

    assert started["lifecycle"] == "failed"
    assert (await shared.execution(execution))["lifecycle"] == "failed"
    await shared.assert_whole(execution)


@pytest.mark.slow
async def test_as_many_as_may_be_held_are_released_in_one_go(shared: Live) -> None:
    execution = await shared.start()
    await shared.command(execution, "pause")
    for first in range(0, limits.HELD_EVENTS_MAX, 1_000):
        batch = [{"type": "add", "id": str(first + n), "data": {"amount": 1}} for n in range(1_000)]
        assert (await shared.post(execution, batch)).json()["accepted"] == 1_000
    more = {"type": "add", "data": {"amount": 1}}
    assert_problem(await shared.post(execution, more), 429, "held_events_full")

    resumed = await shared.command(execution, "resume")

    state = await shared.state(execution)
    assert (state["vars"]["count"], state["held"]) == (limits.HELD_EVENTS_MAX, 0)
    assert resumed["seq"] == 3 + 1 + limits.HELD_EVENTS_MAX + 1 + 2 * limits.HELD_EVENTS_MAX
    await shared.assert_whole(execution)
