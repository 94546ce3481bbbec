"""Every list is whole and in order, whatever the size of its pages, and its filters leave out what they say."""

from typing import Any

import pytest

from ..serving import assert_problem
from .live import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def read_pages(live: Live, path: str, limit: int) -> list[dict[str, Any]]:
    """All members of a list, read in pages, each of which must be as it promises."""
    found: list[dict[str, Any]] = []
    rest = ""
    mark = "&" if "?" in path else "?"
    while True:
        page = await live.get(f"{path}{mark}limit={limit}{rest}")
        found += page["data"]
        if not page["hasMore"]:
            assert page.get("nextCursor") is None
            assert page.get("nextAfterSeq") is None
            assert len(page["data"]) <= limit
            return found
        assert len(page["data"]) == limit
        rest = (
            f"&cursor={page['nextCursor']}" if "nextCursor" in page else f"&afterSeq={page['nextAfterSeq']}"
        )


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return {}


async def execution_in(live: Live, made: dict[str, str]) -> str:
    """One execution with seven events, six messages and some snapshots, made once for this module."""
    if not made:
        made["it"] = await live.start(externalId="lists")
        await live.add(made["it"], 500, 2, 600, 4, 700)
        await live.ask(f"/v1/executions/{made['it']}/snapshots")
        await live.command(made["it"], "pause")
        await live.add(made["it"], 8)
        await live.command(made["it"], "resume")
        await live.add(made["it"], 1)
    return made["it"]


#: A list of an execution, and how many members it has.
LISTS = [("events", 7), ("messages", 6), ("ledger", 26), ("snapshots", 2)]


@pytest.mark.parametrize(("name", "count"), LISTS)
@pytest.mark.parametrize("limit", [1, 2, 7, 100])
async def test_a_list_is_the_same_in_pages_of_any_size(
    shared: Live, made: dict[str, str], name: str, count: int, limit: int
) -> None:
    path = f"/v1/executions/{await execution_in(shared, made)}/{name}"

    found = await read_pages(shared, path, limit)

    assert found == (await shared.get(f"{path}?limit=100"))["data"]
    assert len(found) == count
    place = "inputSeq" if name == "events" else "seq"
    sequences = [each[place] for each in found]
    assert sequences == sorted(set(sequences), reverse=name == "snapshots")


async def test_the_list_of_events_tells_what_their_answers_told(shared: Live) -> None:
    execution = await shared.start()
    event = {
        "type": "add",
        "id": "a",
        "source": "meter",
        "data": {"amount": 1},
        "occurredAt": "2026-03-01T12:00:00Z",
    }
    answers = [await shared.ask(f"/v1/executions/{execution}/events", e) for e in (event, {"type": "spin"})]

    listed = (await shared.get(f"/v1/executions/{execution}/events"))["data"]

    for answer, told in zip(answers, listed, strict=True):
        for name in ("source", "id", "inputSeq", "firstSeq", "seq", "entryHash", "outcome", "configuration"):
            assert told[name] == answer[name]
    assert (listed[0]["type"], listed[0]["data"]) == ("add", {"amount": 1})
    assert listed[0]["occurredAt"] == "2026-03-01T12:00:00.000000Z"


async def test_the_list_of_messages_tells_what_rules_derived(shared: Live, made: dict[str, str]) -> None:
    messages = (await shared.get(f"/v1/executions/{await execution_in(shared, made)}/messages"))["data"]

    assert [(each["rule"], each["message"], each["data"]) for each in messages] == [
        each
        for amount in (500, 600, 700)
        for each in (("large", "add", {"amount": amount}), ("large", "spike", None))
    ]


async def test_executions_are_listed_latest_first_and_filtered(shared: Live) -> None:
    other = await shared.publish(
        {"format": "actum/1", "name": "listed", "machine": {"initial": "a", "states": {"a": {}}}}
    )
    mine = [str((await shared.ask("/v1/executions", {"template": "listed"}))["id"]) for _ in range(5)]
    await shared.command(mine[1], "pause")
    await shared.command(mine[3], "cancel")
    template = (await shared.execution(mine[0]))["template"]["id"]
    path = f"/v1/executions?template={template}"

    assert other["object"]
    assert [each["id"] for each in await read_pages(shared, path, 2)] == mine[::-1]
    for lifecycle, expected in (("paused", [mine[1]]), ("cancelled", [mine[3]]), ("failed", [])):
        found = await read_pages(shared, f"{path}&lifecycle={lifecycle}", 2)
        assert [each["id"] for each in found] == expected
    everything = [each["id"] for each in await read_pages(shared, "/v1/executions", 3)]
    assert everything == sorted(everything, reverse=True)
    assert set(mine) < set(everything)


async def test_a_cursor_counts_for_its_own_list_only(shared: Live, made: dict[str, str]) -> None:
    execution = await execution_in(shared, made)
    await shared.start()
    cursor = (await shared.get("/v1/executions?limit=1"))["nextCursor"]

    for path, wrong in (
        (f"/v1/executions/{execution}/snapshots", cursor),
        ("/v1/executions", cursor[:-2]),
        ("/v1/executions", "x"),
        ("/v1/executions", ""),
    ):
        answer = await shared.api.send("GET", f"{path}?cursor={wrong}")
        assert_problem(answer, 400, "invalid_cursor")


#: A query that no list takes, and the code told.
WRONG = [
    "limit=0",
    "limit=101",
    "limit=x",
    "limit=-1",
    "limit=1.5",
    "lifecycle=nope",
    "template=counter",
    "template=%00",
]


@pytest.mark.parametrize("query", WRONG)
async def test_a_wrong_parameter_is_named(shared: Live, query: str) -> None:
    answer = await shared.api.send("GET", f"/v1/executions?{query}")

    told = assert_problem(answer, 400, "invalid_parameter")
    assert [each["pointer"] for each in told["errors"]] == [f"/query/{query.partition('=')[0]}"]


@pytest.mark.parametrize("query", ["afterSeq=-1", "afterSeq=x", "afterSeq=9007199254740992", "limit=1001"])
@pytest.mark.parametrize("name", ["events", "messages", "ledger"])
async def test_a_wrong_parameter_of_a_list_in_ledger_order_is_named(
    shared: Live, made: dict[str, str], name: str, query: str
) -> None:
    answer = await shared.api.send("GET", f"/v1/executions/{await execution_in(shared, made)}/{name}?{query}")

    told = assert_problem(answer, 400, "invalid_parameter")
    assert [each["pointer"] for each in told["errors"]] == [f"/query/{query.partition('=')[0]}"]
