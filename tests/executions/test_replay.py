"""Snapshots and replay: from every snapshot, up to every entry, the same state and the same hashes as live."""

import json
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from actum.executions import replay

from ..serving import assert_problem
from .live import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def busy(live: Live) -> str:
    """An execution with everything in it, and a snapshot after every fifth input (as the fixture sets)."""
    execution = await live.start(input={"limit": 3})
    await live.add(execution, 1, 200, 3)
    for event in ("boom", "spin", "grow"):
        await live.ask(f"/v1/executions/{execution}/events", {"type": event})
    await live.command(execution, "pause")
    await live.add(execution, 4, 5)
    await live.ask(f"/v1/executions/{execution}/snapshots")
    await live.add(execution, 6)
    await live.command(execution, "resume")
    await live.add(execution, *range(7, 12))
    return execution


async def list_snapshots(live: Live, execution: str) -> list[dict[str, Any]]:
    return list((await live.get(f"/v1/executions/{execution}/snapshots?limit=100"))["data"])


async def test_snapshots_are_taken_as_often_as_is_set_and_on_demand(shared: Live) -> None:
    execution = await busy(shared)

    found = await list_snapshots(shared, execution)

    # A batch that passes several thresholds leaves one snapshot, at its end.
    assert [each["inputSeq"] for each in reversed(found)] == [5, 10, 17]
    assert [each["seq"] for each in found] == sorted((each["seq"] for each in found), reverse=True)
    assert all(each["size"] > 0 for each in found)


async def test_the_same_place_has_one_snapshot(shared: Live) -> None:
    execution = await shared.start()

    answers = [await shared.send(f"/v1/executions/{execution}/snapshots") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["seq"] == 3
    assert len(await list_snapshots(shared, execution)) == 1


async def test_a_replay_from_every_snapshot_to_every_entry_equals_the_record(shared: Live) -> None:
    execution = await busy(shared)
    entries = await shared.ledger(execution)
    hashes = {entry["seq"]: entry["entryHash"] for entry in entries}
    opening = {"created", "started", "event", "held", "paused", "resumed"}
    ends = [e["seq"] for e, after in pairwise(entries) if after["kind"] in opening] + [len(entries)]
    snapshots = [None, *await list_snapshots(shared, execution)]

    for snapshot in snapshots:
        start = 0 if snapshot is None else snapshot["seq"]
        for up_to in range(start, len(entries) + 1, 1 if snapshot is None else 3):
            wanted = {"upToSeq": up_to, "fromSnapshotId": snapshot and snapshot["id"]}
            told = await shared.ask(f"/v1/executions/{execution}/replay", wanted)
            reached = max((end for end in ends if end <= up_to), default=0)
            assert (told["equal"], told["difference"], told["fromSeq"]) == (True, None, start)
            assert (told["seq"], told["entries"]) == (reached, reached - start)
            assert told["headHash"] == told["recordedHeadHash"] == hashes.get(reached, "0" * 64)


async def test_a_replay_beyond_what_there_is_is_refused_whichever_way_it_is_told(shared: Live) -> None:
    execution = await busy(shared)
    snapshot = (await list_snapshots(shared, execution))[0]
    for wanted in ({"upToSeq": 10_000}, {"upToSeq": snapshot["seq"] - 1, "fromSnapshotId": snapshot["id"]}):
        for headers in ({}, {"accept": "text/event-stream"}):
            answer = await shared.send(f"/v1/executions/{execution}/replay", wanted, headers=headers)
            assert_problem(answer, 422, "replay_beyond_head")


async def test_a_snapshot_of_another_execution_is_not_found(shared: Live) -> None:
    execution, other = await shared.start(), await shared.start()
    snapshot = await shared.ask(f"/v1/executions/{other}/snapshots")

    for name in (snapshot["id"], "snp_00000000000000000000000000", "../../x", ""):
        answer = await shared.send(f"/v1/executions/{execution}/replay", {"fromSnapshotId": name})
        assert_problem(answer, 404, "not_found")


async def test_a_long_replay_tells_its_progress_and_then_what_it_found(
    shared: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "_PAGE", 7)
    execution = await busy(shared)
    plain = await shared.ask(f"/v1/executions/{execution}/replay")

    answer = await shared.send(f"/v1/executions/{execution}/replay", headers={"accept": "text/event-stream"})

    assert answer.headers["content-type"].startswith("text/event-stream")
    parts = [part.split("\n") for part in answer.text.strip().split("\n\n")]
    told = [(part[0].removeprefix("event: "), json.loads(part[1].removeprefix("data: "))) for part in parts]
    progress = [data for kind, data in told[:-1] if kind == "progress"]
    assert len(progress) == len(told) - 1
    assert [each["entries"] for each in progress] == [*range(7, plain["entries"], 7), plain["entries"]]
    assert {each["of"] for each in progress} == {plain["entries"]}
    assert told[-1] == ("replay", {**plain, "seconds": told[-1][1]["seconds"]})


async def test_a_replay_stores_nothing(shared: Live) -> None:
    execution = await busy(shared)
    before = (
        await shared.ledger(execution),
        await list_snapshots(shared, execution),
        await shared.state(execution),
    )

    await shared.ask(f"/v1/executions/{execution}/replay")

    assert before == (
        *(
            await shared.ledger(execution),
            await list_snapshots(shared, execution),
            await shared.state(execution),
        ),
    )


async def test_a_snapshot_that_was_changed_is_no_place_to_begin(shared: Live) -> None:
    """Even where nothing follows it whose commitment would show that."""
    execution = await shared.start()
    await shared.add(execution, 1)
    snapshot = await shared.ask(f"/v1/executions/{execution}/snapshots")
    superuser = await asyncpg.connect(shared.superuser_url)
    try:
        for state in (b"replace(state, '\"count\":1', '\"count\":2')", b"'{}'", b"'[1'"):
            await superuser.execute(
                "UPDATE snapshots SET state = convert_to("
                + state.decode().replace("(state,", "(convert_from(state, 'UTF8'),")
                + f", 'UTF8') WHERE sequence = {snapshot['seq']} AND execution_id ="
                " (SELECT execution_id FROM snapshots ORDER BY created_at DESC LIMIT 1)"
            )
            told = await shared.ask(f"/v1/executions/{execution}/replay", {"fromSnapshotId": snapshot["id"]})
            assert (told["equal"], told["difference"]["member"]) == (False, "snapshot")
            assert told["difference"]["seq"] == snapshot["seq"]
    finally:
        await superuser.close()
    assert (await shared.ask(f"/v1/executions/{execution}/replay"))["equal"]
