"""A repeat gets its first answer and changes nothing, whatever happened in between; other content is refused."""

import asyncio
from typing import Any

import pytest

from ..serving import assert_problem
from .live import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD = {"type": "add", "id": "a", "source": "meter", "data": {"amount": 1}}


async def nothing(live: Live, execution: str) -> None:
    """Between the first time and the repeat."""


async def another(live: Live, execution: str) -> None:
    await live.add(execution, 7)


async def complete(live: Live, execution: str) -> None:
    await live.ask(f"/v1/executions/{execution}/events", {"type": "stop"})


async def cancel(live: Live, execution: str) -> None:
    await live.command(execution, "cancel")


async def pause(live: Live, execution: str) -> None:
    await live.command(execution, "pause")


async def resume(live: Live, execution: str) -> None:
    await live.command(execution, "resume")


#: What precedes the first sending, what it is, its outcome, and what happens before the repeat.
TABLE = [
    ("at once", nothing, ADD, "applied", nothing),
    ("after another event", nothing, ADD, "applied", another),
    ("after completion", nothing, ADD, "applied", complete),
    ("after cancellation", nothing, ADD, "applied", cancel),
    ("while paused", nothing, ADD, "applied", pause),
    ("of a held one, still held", pause, ADD, "held", nothing),
    ("of a held one, released", pause, ADD, "held", resume),
    ("of a held one, cancelled", pause, ADD, "held", cancel),
    ("of a failed one", nothing, {"type": "spin", "id": "s"}, "failed", nothing),
    ("of a failed one, later", nothing, {"type": "spin", "id": "s"}, "failed", another),
]


@pytest.mark.parametrize(
    ("before", "event", "outcome", "between"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
async def test_a_repeat_gets_its_first_answer(
    shared: Live, before: Any, event: dict[str, Any], outcome: str, between: Any
) -> None:
    execution = await shared.start()
    await before(shared, execution)
    first = await shared.post(execution, event)
    assert first.json()["outcome"] == outcome
    await between(shared, execution)
    ledger = await shared.ledger(execution)

    # Members in another order are the same content, and what was expected is no part of it.
    again = await shared.post(execution, {"expectedSeq": 1, **dict(reversed(event.items()))})

    assert again.status_code == 200, again.text
    assert again.json() == {**first.json(), "duplicate": True}
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert (first.json()["failure"] is None) == (outcome != "failed")
    assert await shared.ledger(execution) == ledger
    await shared.assert_whole(execution)


@pytest.mark.parametrize(
    "change",
    [{"data": {"amount": 2}}, {"type": "stop"}, {"data": {}}, {"occurredAt": "2026-03-01T12:00:00Z"}],
    ids=["data", "type", "no data", "time"],
)
async def test_the_same_key_with_other_content_is_refused(shared: Live, change: dict[str, Any]) -> None:
    execution = await shared.start()
    await shared.post(execution, ADD)
    ledger = await shared.ledger(execution)

    assert_problem(await shared.post(execution, {**ADD, **change}), 422, "idempotency_key_reused")

    assert await shared.ledger(execution) == ledger


async def test_the_same_id_of_another_source_is_another_event(shared: Live) -> None:
    execution = await shared.start()

    answers = [await shared.ask(f"/v1/executions/{execution}/events", {**ADD, "source": s}) for s in "ab"]

    assert [answer["duplicate"] for answer in answers] == [False, False]


async def test_the_same_key_in_another_execution_is_another_event(shared: Live) -> None:
    answers = [(await shared.post(await shared.start(), ADD)).json() for _ in range(2)]

    assert [answer["duplicate"] for answer in answers] == [False, False]


async def test_what_the_server_names_itself_is_not_taken_for_an_event(shared: Live) -> None:
    """Starts and commands have names of their own, and a command's key counts for its own route."""
    execution = await shared.start()
    paused = await shared.command(execution, "pause", key="k")
    resumed = await shared.command(execution, "resume", key="k")
    for source, key in (("start", "start"), ("command", "k"), ("", "k")):
        answer = await shared.ask(
            f"/v1/executions/{execution}/events",
            {**ADD, "source": source, "id": key}
            if source
            else {k: v for k, v in {**ADD, "id": key}.items() if k != "source"},
        )
        assert answer["duplicate"] is False

    again = await shared.send(f"/v1/executions/{execution}/pause", key="k")

    assert (paused["lifecycle"], resumed["lifecycle"]) == ("paused", "running")
    assert again.json() == {**paused, "duplicate": True}
    assert again.headers["idempotent-replayed"] == "true"
    assert (await shared.execution(execution))["lifecycle"] == "running"
    other = await shared.send(f"/v1/executions/{execution}/pause", {"reason": "another"}, key="k")
    assert_problem(other, 422, "idempotency_key_reused")


async def test_of_many_at_once_under_one_key_one_is_taken(shared: Live) -> None:
    execution = await shared.start()

    answers = [
        each.json() for each in await asyncio.gather(*(shared.post(execution, ADD) for _ in range(20)))
    ]

    assert sorted(answer["duplicate"] for answer in answers) == [False] + [True] * 19
    assert len({answer["entryHash"] for answer in answers}) == 1
    assert (await shared.state(execution))["vars"]["count"] == 1


async def test_of_many_at_once_with_other_content_one_is_taken(shared: Live) -> None:
    execution = await shared.start()

    events = [{**ADD, "data": {"amount": amount}} for amount in range(10)]
    answers = await asyncio.gather(*(shared.post(execution, event) for event in events))

    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 9
    assert (await shared.state(execution))["vars"]["count"] == 1


async def test_an_event_without_a_name_is_new_every_time(shared: Live) -> None:
    execution = await shared.start()

    ids = {(await shared.add(execution, 1))["id"] for _ in range(3)}

    assert len(ids) == 3


async def test_an_idempotency_key_names_what_its_sender_did_not(shared: Live) -> None:
    execution = await shared.start()
    plain = {"type": "add", "data": {"amount": 1}}
    single = await shared.post(execution, plain, key="one")
    batch = await shared.post(execution, [plain, {**plain, "id": "own"}, plain], key="many")

    again = await shared.post(execution, [plain, {**plain, "id": "own"}, plain], key="many")

    assert single.json()["id"] == "one"
    assert [each["id"] for each in batch.json()["data"]] == ["many", "own", "many#2"]
    assert [each["duplicate"] for each in again.json()["data"]] == [True, True, True]
    assert again.headers["idempotent-replayed"] == "true"
    assert (await shared.post(execution, plain, key="one")).json()["duplicate"] is True
    assert_problem(await shared.post(execution, {"type": "stop"}, key="one"), 422, "idempotency_key_reused")


async def test_a_batch_that_repeats_some_is_not_marked_as_a_repeat(shared: Live) -> None:
    execution = await shared.start()
    await shared.post(execution, ADD)

    answer = await shared.post(execution, [ADD, {**ADD, "id": "b"}, {**ADD, "id": "b"}])

    assert [each["duplicate"] for each in answer.json()["data"]] == [True, False, True]
    assert "idempotent-replayed" not in answer.headers


async def test_an_expected_sequence_that_is_right_lets_the_event_in(shared: Live) -> None:
    execution = await shared.start()
    seq = (await shared.execution(execution))["seq"]

    answer = await shared.post(execution, {**ADD, "expectedSeq": seq})

    assert answer.json()["firstSeq"] == seq + 1


async def test_a_stale_expectation_is_told_what_was_found(shared: Live) -> None:
    execution = await shared.start()
    await shared.add(execution, 1)
    ledger = await shared.ledger(execution)

    refused = await shared.post(execution, {**ADD, "expectedSeq": 3})
    batch = await shared.post(execution, [{**ADD, "expectedSeq": 3}])

    assert refused.status_code == 409
    told = refused.json()
    assert (told["code"], told["expected"], told["found"]) == ("sequence_conflict", 3, len(ledger))
    [each] = batch.json()["data"]
    assert (each["code"], each["status"], each["expected"], each["found"]) == (
        *("sequence_conflict", 409, 3, len(ledger)),
    )
    assert await shared.ledger(execution) == ledger


async def test_a_stale_repeat_gets_its_first_answer_and_no_conflict(shared: Live) -> None:
    execution = await shared.start()
    first = await shared.post(execution, {**ADD, "expectedSeq": 3})
    await shared.add(execution, 1)

    again = await shared.post(execution, {**ADD, "expectedSeq": 3})

    assert again.json() == {**first.json(), "duplicate": True}


async def test_expectations_in_a_batch_follow_each_other(shared: Live) -> None:
    execution = await shared.start()

    answer = await shared.post(execution, [{**ADD, "id": str(n), "expectedSeq": 3 + 2 * n} for n in range(3)])

    assert answer.json()["accepted"] == 3
