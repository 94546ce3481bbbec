"""Laws of the whole server, through its API: what it stores folds to what it answered, however it was asked."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from actum.platform.database import Database
from actum_core.engine.lifecycle import Command

from ..executions.live import Live, running_beside, running_live
from .memory import Move
from .moves import Subject, charts, cut, examples, moves_of, one_by_one

#: Batches of submissions of moves.
Groups = list[list[list[Move]]]

EXAMPLES = 6


async def publish(live: Live, subject: Subject, name: str) -> None:
    await live.publish({**subject.document, "name": name})


async def play(lives: list[Live], name: str, subject: Subject, groups: Groups) -> str:
    """Start an execution and make the moves, each submission at the next server; events of one go as a batch."""
    wanted = {"template": name, "input": subject.start_input}
    execution = str((await lives[0].ask("/v1/executions", wanted))["id"])
    turn = 0
    for group in groups:
        for moves in group:
            for body in bodies_of(moves):
                turn += 1
                await send(lives[turn % len(lives)], execution, body)
    return execution


def bodies_of(moves: list[Move]) -> list[Any]:
    """Commands alone, events that follow each other together."""
    found: list[Any] = []
    for move in moves:
        if isinstance(move[0], Command):
            found.append((move[0].value, move[1]))
            continue
        kind, key, data = move
        event = {"type": kind, "id": key, "source": "law", "data": data}
        if found and isinstance(found[-1], list):
            found[-1].append(event)
        else:
            found.append([event])
    return found


async def send(live: Live, execution: str, body: Any) -> None:
    if isinstance(body, list):
        answer = await live.post(execution, body if len(body) > 1 else body[0])
    else:
        answer = await live.send(f"/v1/executions/{execution}/{body[0]}", key=body[1])
    assert answer.status_code in (200, 409, 422), answer.text


async def lines_of(live: Live, execution: str) -> list[tuple[Any, ...]]:
    """What the ledger says, without who, when and hashes."""
    entries = await live.ledger(execution)
    return [(e["seq"], e["inputSeq"], e["kind"], e["payload"], e["stateCommitment"] is None) for e in entries]


async def standing_of(live: Live, execution: str) -> dict[str, Any]:
    state = await live.state(execution)
    return {name: state[name] for name in ("lifecycle", "configuration", "vars", "output", "held", "seq")}


Drawn = TypeVar("Drawn")


def drawn(number: int, draw: Callable[[st.DataObject], Drawn]) -> list[Drawn]:
    """Examples, the same every time. They are drawn before they are tried, because trying needs the event loop."""
    found: list[Drawn] = []

    @settings(
        max_examples=number * 5,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        found.append(draw(data))

    collect()
    return found[-number:]  # the first ones are the simplest


def draw_moves(data: st.DataObject, subject: Subject) -> tuple[list[Move], Groups]:
    moves = data.draw(moves_of(subject))
    return moves, data.draw(cut(moves))


def draw_chart(data: st.DataObject) -> tuple[Subject, Groups]:
    subject = data.draw(charts())
    return subject, draw_moves(data, subject)[1]


@pytest.mark.parametrize("number", range(3), ids=["counter", "traffic light", "order approval"])
async def test_however_it_is_posted_and_to_whichever_server_the_lines_are_the_same(
    database: Database, number: int
) -> None:
    subject = examples()[number]
    name = f"law-{number}"
    async with running_live(database, snapshot_every_inputs=3) as live, running_beside(live) as other:
        await publish(live, subject, name)
        for moves, groups in drawn(EXAMPLES, lambda data: draw_moves(data, subject)):
            single = await play([live], name, subject, one_by_one(moves))
            lines, standing = await lines_of(live, single), await standing_of(live, single)
            for execution in (
                await play([other], name, subject, groups),
                await play([live, other], name, subject, one_by_one(moves)),
            ):
                assert await lines_of(live, execution) == lines
                assert await standing_of(live, execution) == standing
                await live.assert_whole(execution)


async def test_every_stored_snapshot_and_the_rest_give_the_recorded_chain(database: Database) -> None:
    async with running_live(database, snapshot_every_inputs=2) as live:
        for number, (subject, groups) in enumerate(drawn(EXAMPLES * 3, draw_chart)):
            await publish(live, subject, f"chart-{number}")
            execution = await play([live], f"chart-{number}", subject, groups)
            await live.assert_whole(execution)
            for snapshot in (await live.get(f"/v1/executions/{execution}/snapshots?limit=100"))["data"]:
                told = await live.ask(
                    f"/v1/executions/{execution}/replay", {"fromSnapshotId": snapshot["id"]}
                )
                assert told["equal"], told["difference"]
                assert {**told["state"], "headHash": told["headHash"]} == await live.state(execution)
