"""A fault in one part of a batch stays there, and who was told nothing certain finds out by asking again."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from actum.executions import store
from actum.platform.database import DatabaseUnavailable
from actum_core.engine import fold

from ..executions.live import Live
from ..serving import assert_problem

#: The two ways in which a batch is stored.
WAYS = ("write_batch", "write_batch_at_once")


def add(key: str, amount: float = 1) -> dict[str, Any]:
    return {"type": "add", "id": key, "data": {"amount": amount}}


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Make the step of events with this amount crash, as only a fault of ours could."""
    real = fold.step

    def apply(amount: float) -> None:
        def step(program: Any, state: Any, given: Any, *rest: Any) -> Any:
            if isinstance(given.data, dict) and given.data.get("amount") == amount:
                raise ZeroDivisionError("poisoned")
            return real(program, state, given, *rest)

        monkeypatch.setattr(fold, "step", step)

    return apply


async def test_a_step_that_crashes_takes_no_other_event_with_it(
    live: Live, poison: Callable[[float], None]
) -> None:
    execution = await live.start()
    other = await live.start()
    poison(13)

    batch, single, beside = await asyncio.gather(
        live.post(execution, [add("a", 1), add("b", 13), add("c", 2)]),
        live.post(other, add("d", 13)),
        live.post(other, add("e", 5)),
    )

    told = batch.json()["data"]
    assert [each.get("outcome", each.get("code")) for each in told] == ["applied", "ingest_failed", "applied"]
    assert told[1]["status"] == 500
    assert_problem(single, 500, "ingest_failed")
    assert beside.json()["outcome"] == "applied"
    poison(-1)
    again = await live.post(execution, [add("a", 1), add("b", 13), add("c", 2)])
    assert [each["duplicate"] for each in again.json()["data"]] == [True, False, True]
    assert (await live.state(execution))["vars"]["sum"] == 16
    for each in (execution, other):
        await live.assert_whole(each)


async def test_an_atomic_batch_with_a_crashing_step_leaves_nothing(
    live: Live, poison: Callable[[float], None]
) -> None:
    execution = await live.start()
    before = await live.ledger(execution)
    poison(13)

    answer = await live.send(f"/v1/executions/{execution}/events?atomic=true", [add("a"), add("b", 13)])

    assert [each["code"] for each in answer.json()["data"]] == ["not_recorded", "ingest_failed"]
    assert await live.ledger(execution) == before


async def test_a_resumption_that_crashes_leaves_the_execution_paused(
    live: Live, poison: Callable[[float], None]
) -> None:
    execution = await live.start()
    await live.command(execution, "pause")
    await live.post(execution, [add("a"), add("b", 13)])
    poison(13)

    assert_problem(await live.send(f"/v1/executions/{execution}/resume", key="r"), 500, "ingest_failed")

    assert (await live.state(execution))["held"] == 2
    poison(-1)
    assert (await live.command(execution, "resume", key="r"))["duplicate"] is False
    assert (await live.state(execution))["vars"]["sum"] == 14
    await live.assert_whole(execution)


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make the database refuse what holds an input of this key."""

    def apply(key: str) -> None:
        for way in WAYS:
            real = getattr(store, way)

            async def write(where: Any, written: Any, *rest: Any, real: Any = real) -> Any:
                if any(received.key == key for _, received, _ in written.inputs):
                    raise asyncpg.DataError("refused by a test")
                return await real(where, written, *rest)

            monkeypatch.setattr(store, way, write)

    return apply


async def test_what_the_database_refuses_is_found_and_the_others_commit(
    live: Live, refuse: Callable[[str], None]
) -> None:
    executions = [await live.start() for _ in range(4)]
    refuse("bad")

    answers = await asyncio.gather(
        *(
            live.post(execution, add("bad" if (number, turn) == (2, 1) else f"{number}-{turn}"))
            for number, execution in enumerate(executions)
            for turn in range(3)
        )
    )

    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) == 1
    assert_problem(refused[0], 500, "ingest_failed")
    for number, execution in enumerate(executions):
        assert (await live.state(execution))["vars"]["count"] == (2 if number == 2 else 3)
        await live.assert_whole(execution)


@pytest.mark.parametrize("was_kept", [True, False])
async def test_who_was_told_nothing_certain_finds_out_by_sending_it_again(
    live: Live, monkeypatch: pytest.MonkeyPatch, was_kept: bool
) -> None:
    """The connection breaks as the commit is answered: it may have happened or not."""
    execution = await live.start()
    await live.post(execution, add("first"))
    with monkeypatch.context() as patched:
        for way in WAYS:
            real = getattr(store, way)

            async def write(where: Any, *rest: Any, real: Any = real, way: str = way) -> Any:
                if was_kept:
                    # Kept whichever way it went: a transaction that is open is ended here, as COMMIT would.
                    await real(where, *rest)
                    if way == "write_batch":
                        await where.connection.execute("COMMIT")
                raise DatabaseUnavailable("lost", is_outcome_unknown=True)

            patched.setattr(store, way, write)
        answer = await live.post(execution, add("a"))
        paused = await live.send(f"/v1/executions/{execution}/pause", key="p")

    for each in (answer, paused):
        assert_problem(each, 503, "database_unavailable")
        assert each.headers["retry-after"]
    again = await live.post(execution, add("a"))
    paused = await live.send(f"/v1/executions/{execution}/pause", key="p")
    assert [each.json()["duplicate"] for each in (again, paused)] == [was_kept] * 2
    assert again.json()["outcome"] == "applied"
    assert (await live.state(execution))["vars"]["count"] == 2
    kept = await live.ask(f"/v1/executions/{execution}/replay")
    assert kept["equal"]


async def test_a_client_that_goes_away_does_not_take_its_event_back(live: Live) -> None:
    execution = await live.start()
    asking = asyncio.ensure_future(live.post(execution, add("a")))
    await asyncio.sleep(0)
    asking.cancel()

    others = await asyncio.gather(*(live.post(execution, add(str(number))) for number in range(5)))

    assert [answer.status_code for answer in others] == [200] * 5
    again = await live.post(execution, add("a"))
    assert again.status_code == 200
    assert (await live.state(execution))["vars"]["count"] == 6
    await live.assert_whole(execution)


async def test_more_than_can_wait_is_refused_and_told_when_to_come_back(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actum.platform.limits.PENDING_EVENTS_MAX", 10)
    execution = await live.start()

    answers = await asyncio.gather(
        *(live.post(execution, [add(f"{n}-{m}") for m in range(8)]) for n in range(6))
    )

    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert len(refused) < len(answers)
    for answer in refused:
        assert_problem(answer, 503, "overloaded")
        assert answer.headers["retry-after"]
    count = 8 * (len(answers) - len(refused))
    assert (await live.state(execution))["vars"]["count"] == count
