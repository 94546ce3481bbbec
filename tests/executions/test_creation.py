"""Creating executions: external ids, metadata, versions, and repeats of the request."""

import asyncio
import copy
from typing import Any

import pytest

from actum_core.limits import METADATA_MEMBERS_MAX, METADATA_VALUE_LENGTH_MAX

from ..serving import assert_problem
from .documents import COUNTER
from .live import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXECUTIONS = "/v1/executions"


async def test_a_component_is_not_executed_even_where_a_template_has_its_name(shared: Live) -> None:
    machine = {"initial": "idle", "states": {"idle": {}}}
    part = {"format": "actum/1", "kind": "component", "name": "both", "machine": machine}
    made = await shared.ask("/v1/components", {"document": part})
    await shared.ask(f"/v1/components/{made['id']}/versions")
    for name in ("both", made["id"]):
        assert_problem(await shared.send(EXECUTIONS, {"template": name}), 404, "not_found")

    await shared.publish({"format": "actum/1", "name": "both", "events": {}, "machine": machine})
    assert (await shared.ask(EXECUTIONS, {"template": "both"}))["template"]["name"] == "both"


async def test_an_external_id_names_its_execution_everywhere(shared: Live) -> None:
    execution = await shared.start(externalId="../orders/ 7?#%")
    name = "..%2Forders%2F%207%3F%23%25"

    # A slash cannot stand in a path's segment, whatever its escaping: such an id is for comparing only.
    assert (await shared.api.send("GET", f"{EXECUTIONS}/{name}")).status_code == 404
    other = await shared.start(externalId="order 7")
    assert (await shared.get(f"{EXECUTIONS}/order%207"))["id"] == other
    answer = await shared.ask(f"{EXECUTIONS}/order%207/events", {"type": "add", "data": {"amount": 1}})
    assert answer["executionId"] == other
    assert (await shared.command("order%207", "pause"))["executionId"] == other
    assert (await shared.check("order%207"))["whole"]
    assert execution != other


async def test_the_same_external_id_with_the_same_content_is_the_same_execution(shared: Live) -> None:
    wanted = {"template": "counter", "externalId": "same", "input": {"limit": 1}, "metadata": {"a": "b"}}
    first = await shared.send(EXECUTIONS, wanted)
    await shared.add("same", 1)

    again = await shared.send(EXECUTIONS, dict(reversed(wanted.items())))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["location"] == first.headers["location"] == f"{EXECUTIONS}/{first.json()['id']}"
    assert again.json()["seq"] > first.json()["seq"]


@pytest.mark.parametrize(
    "change", [{"input": {"limit": 2}}, {"metadata": {}}, {"template": "counter-two"}, {"version": 2}]
)
async def test_the_same_external_id_with_other_content_is_refused(
    shared: Live, change: dict[str, Any]
) -> None:
    name = "other" + "".join(change)
    await publish_more(shared)
    wanted = {
        "template": "counter",
        "version": 1,
        "externalId": name,
        "input": {"limit": 1},
        "metadata": {"a": "b"},
    }
    await shared.ask(EXECUTIONS, wanted)
    count = len((await shared.get(f"{EXECUTIONS}?limit=100"))["data"])

    assert_problem(await shared.send(EXECUTIONS, {**wanted, **change}), 409, "external_id_taken")

    assert len((await shared.get(f"{EXECUTIONS}?limit=100"))["data"]) == count


async def publish_more(live: Live) -> None:
    """A second version of the counter, and another template."""
    if (await live.api.send("GET", "/v1/templates/counter-two")).status_code == 200:
        return
    await live.publish({**COUNTER, "name": "counter-two"})
    document = copy.deepcopy(COUNTER)
    document["machine"]["states"]["done"]["output"] = {"version": 2}
    found = await live.api.send("GET", "/v1/templates/counter")
    body = {"document": document}
    saved = await live.api.send(
        "PUT", "/v1/templates/counter", body, headers={"if-match": found.headers["etag"]}
    )
    assert saved.status_code == 200, saved.text
    await live.ask("/v1/templates/counter/versions", {})


async def test_a_repeat_that_names_no_version_is_the_same_after_another_was_published(shared: Live) -> None:
    await publish_more(shared)
    old = {"template": "counter", "version": 1, "externalId": "versions"}
    first = await shared.ask(EXECUTIONS, old)

    again = await shared.send(EXECUTIONS, {"template": "counter", "externalId": "versions"})

    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert (await shared.execution(await shared.start()))["template"]["version"] == 2


async def test_of_many_creations_at_once_under_one_external_id_one_is_made(shared: Live) -> None:
    wanted = {"template": "counter", "externalId": "crowd"}

    answers = await asyncio.gather(*(shared.send(EXECUTIONS, wanted) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    await shared.assert_whole("crowd")


async def test_a_creation_is_repeated_under_its_key(shared: Live) -> None:
    wanted = {"template": "counter", "metadata": {"n": "1"}}
    first = await shared.send(EXECUTIONS, wanted, key="create")

    again = await shared.send(EXECUTIONS, wanted, key="create")
    other = await shared.send(EXECUTIONS, {**wanted, "metadata": {}}, key="create")

    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert_problem(other, 422, "idempotency_key_reused")


#: Metadata, and the pointers and codes of what is wrong with it.
METADATA: list[tuple[Any, list[tuple[str, str]]]] = [
    ({f"k{n}": "v" for n in range(METADATA_MEMBERS_MAX)}, []),
    ({f"k{n}": "v" for n in range(METADATA_MEMBERS_MAX + 1)}, [("/metadata", "too_many")]),
    ({"k": "v" * METADATA_VALUE_LENGTH_MAX}, []),
    ({"k": "v" * (METADATA_VALUE_LENGTH_MAX + 1)}, [("/metadata/k", "too_large")]),
    ({"k" * METADATA_VALUE_LENGTH_MAX: "v"}, []),
    ({"/": 1, "~": None}, [("/metadata/~1", "wrong_type"), ("/metadata/~0", "wrong_type")]),
    ({"": "", "é\0": "\n\0\U0001f600"}, []),
]


@pytest.mark.parametrize(("metadata", "problems"), METADATA, ids=range(len(METADATA)))
async def test_metadata_is_bounded(shared: Live, metadata: Any, problems: list[tuple[str, str]]) -> None:
    answer = await shared.send(EXECUTIONS, {"template": "counter", "metadata": metadata})

    if problems:
        assert_problem(answer, 422, "invalid_request", problems)
    else:
        assert answer.status_code == 201, answer.text
        assert (await shared.execution(answer.json()["id"]))["metadata"] == metadata
        await shared.assert_whole(answer.json()["id"])


async def test_an_input_that_the_template_does_not_take_is_refused_with_its_place(shared: Live) -> None:
    answer = await shared.send(EXECUTIONS, {"template": "counter", "input": {"limit": "three"}})

    assert [each["pointer"] for each in answer.json()["errors"]] == ["/input/limit"]
    assert answer.status_code == 422


async def test_an_input_leaves_room_for_the_state_that_keeps_it(shared: Live) -> None:
    """What cannot be read back must not be stored."""
    deep: Any = 1
    for _ in range(61):
        deep = [deep]
    taken = await shared.send(EXECUTIONS, {"template": "counter", "input": {"deep": deep}})
    refused = await shared.send(
        EXECUTIONS, {"template": "counter", "input": {"deep": [deep]}, "start": False}
    )

    assert taken.status_code == 201
    assert_problem(refused, 422, "invalid_request", [("/input", "too_deep")])
    await shared.assert_whole(taken.json()["id"])
