"""Readers are woken when a place moves, never miss the last move, and hear from other processes too."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable

import asyncpg
import pytest

from actum.platform import limits
from actum.platform.database import Database
from actum.platform.notifier import Notifier, decode_moves, encode_moves
from actum.platform.signals import Place, Signals

ORG, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
EXECUTION = Place(ORG, uuid.UUID(int=7))


async def soon(awaitable: Awaitable[int]) -> int:
    async with asyncio.timeout(10):
        return await awaitable


async def test_a_reader_hears_the_farthest_of_many_moves_once() -> None:
    signals = Signals()
    with signals.subscribe(EXECUTION) as subscription:
        for sequence in (3, 5, 4):
            signals.publish_execution(ORG, uuid.UUID(int=7), sequence)
        assert await soon(subscription.wait_beyond(0)) == 5
        waiting = asyncio.ensure_future(subscription.wait_beyond(5))
        await asyncio.sleep(0)
        assert not waiting.done()
        signals.publish_execution(ORG, uuid.UUID(int=7), 6)
        assert await soon(waiting) == 6


async def test_a_move_told_before_the_wait_is_not_missed() -> None:
    signals = Signals()
    with signals.subscribe(Place(ORG)) as subscription:
        signals.publish_org(ORG, 9)
        assert await soon(subscription.wait_beyond(8)) == 9


@pytest.mark.parametrize(
    "place", [Place(ORG), Place(OTHER, EXECUTION.execution_id), Place(ORG, uuid.UUID(int=8))]
)
async def test_a_reader_hears_nothing_of_other_places(place: Place) -> None:
    signals = Signals()
    with signals.subscribe(EXECUTION) as subscription:
        signals.publish({place: 100})
        waiting = asyncio.ensure_future(subscription.wait_beyond(0))
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()


async def test_a_missed_move_wakes_readers_to_look_for_themselves() -> None:
    signals = Signals()
    with signals.subscribe(EXECUTION) as mine, signals.subscribe(Place(OTHER)) as other:
        signals.wake([ORG])
        assert await soon(mine.wait_beyond(5)) == -1
        waiting = [asyncio.ensure_future(each.wait_beyond(5)) for each in (mine, other)]
        await asyncio.sleep(0)
        assert not any(each.done() for each in waiting)
        signals.wake()
        assert [await soon(each) for each in waiting] == [-1, -1]


async def test_readers_that_have_gone_leave_nothing_behind() -> None:
    signals = Signals()
    with signals.subscribe(EXECUTION), signals.subscribe(EXECUTION):
        assert signals.places == {EXECUTION: 2}
    assert signals.places == {}
    signals.publish({EXECUTION: 1})
    assert signals.places == {}


MANY_ORGS = {Place(uuid.UUID(int=number)): 1 for number in range(1_000)}


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ({}, ({}, frozenset())),
        ({Place(ORG): 0, EXECUTION: 2**53}, ({Place(ORG): 0, EXECUTION: 2**53}, frozenset())),
        (
            {Place(org, uuid.UUID(int=number)): number for org in (ORG, OTHER) for number in range(400)},
            ({}, frozenset({ORG, OTHER})),
        ),
        (MANY_ORGS, ({}, None)),
    ],
)
def test_moves_become_one_notification_and_back(moves: dict[Place, int], expected: object) -> None:
    payload = encode_moves(moves)
    assert len(payload.encode()) <= limits.NOTIFICATION_BYTES_MAX
    assert decode_moves(payload) == expected


@pytest.mark.parametrize(
    "payload", ["x", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA:x", ":1", "short*", "!:1"]
)
def test_a_notification_of_somebody_else_is_not_believed(payload: str) -> None:
    with pytest.raises(ValueError):
        decode_moves(payload)


@pytest.fixture
async def two_processes(database: Database) -> AsyncIterator[tuple[Signals, Signals]]:
    """The signals of two servers on one database."""
    signals = Signals(), Signals()
    notifiers = [Notifier(database, each) for each in signals]
    for notifier in notifiers:
        await notifier.start()
    async with asyncio.timeout(10):
        for notifier in notifiers:
            await notifier.wait_until_listening()
    yield signals
    for notifier in notifiers:
        await notifier.stop()


async def test_another_process_hears_of_a_move(two_processes: tuple[Signals, Signals]) -> None:
    here, there = two_processes
    with there.subscribe(EXECUTION) as subscription, there.subscribe(Place(ORG)) as org:
        here.publish({EXECUTION: 3, Place(ORG): 8})
        assert await soon(subscription.wait_beyond(0)) == 3
        assert await soon(org.wait_beyond(0)) == 8


async def test_many_moves_become_few_notifications(
    two_processes: tuple[Signals, Signals], superuser: asyncpg.Connection
) -> None:
    here, there = two_processes
    heard: list[object] = []
    await superuser.add_listener("actum_moved", lambda *heard_now: heard.append(heard_now[3]))
    with there.subscribe(EXECUTION) as subscription:
        for sequence in range(2_000):
            here.publish_execution(ORG, uuid.UUID(int=7), sequence)
        assert await soon(subscription.wait_beyond(1_998)) == 1_999
    await superuser.execute("SELECT 1")
    assert len(heard) <= 2


async def test_after_a_lost_connection_readers_look_for_themselves_and_hear_again(
    two_processes: tuple[Signals, Signals], superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "NOTIFIER_RETRY_SECONDS_MIN", 0.01)
    here, there = two_processes
    with there.subscribe(EXECUTION) as subscription:
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query ~* 'listen|notify'"
            " AND pid <> pg_backend_pid()"
        )
        assert await soon(subscription.wait_beyond(5)) == -1
        position = -1
        while position < 6:
            # Until both have their connection again a move may be lost, and is then told by a wake-up.
            here.publish_execution(ORG, uuid.UUID(int=7), 6)
            position = await soon(subscription.wait_beyond(5))
        assert position == 6
