"""The product's main job through its API: publish, start, post, read back, verify, replay."""

from .live import Live


async def test_an_event_moves_its_execution_and_stands_in_the_ledger(live: Live) -> None:
    execution = await live.start(input={"limit": 3}, metadata={"site": "north"})

    answer = await live.add(execution, 2.5)

    assert answer["outcome"] == "applied"
    assert answer["configuration"] == ["busy"]
    assert answer["duplicate"] is False
    state = await live.get(f"/v1/executions/{execution}/state")
    assert state["vars"] == {"count": 1, "sum": 2.5, "text": "x"}
    entries = await live.ledger(execution)
    assert [entry["kind"] for entry in entries] == ["created", "started", "transition", "event", "transition"]
    assert [entry["seq"] for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[3]["payload"]["data"] == {"amount": 2.5}
    assert entries[4]["entryHash"] == answer["entryHash"] == state["headHash"]
    await live.assert_whole(execution)


async def test_a_repeated_event_gets_its_first_answer_and_changes_nothing(live: Live) -> None:
    execution = await live.start()
    first = await live.add(execution, 1, id="a", source="meter")
    await live.add(execution, 2, id="b", source="meter")
    before = await live.ledger(execution)

    again = await live.add(execution, 1, id="a", source="meter")

    assert again == {**first, "duplicate": True}
    assert await live.ledger(execution) == before
