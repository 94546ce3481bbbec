"""Simulations over HTTP: what is taken, what is told, what is refused, and that nothing of it is kept."""

import asyncio
import copy
import time
from typing import Any

import msgspec
import pytest

from actum.orgs.access import Permission, Role
from actum.platform import limits
from actum.templates.simulate_wire import SimulationTold
from actum_core.simulation import Setting, Simulation, describe_simulation, parse_script
from actum_core.template import compile_template

from ..serving import Api, assert_problem

pytestmark = pytest.mark.slow

SIMULATE = "/v1/simulate"

DOCUMENT: dict[str, Any] = {
    "format": "actum/1",
    "name": "desk",
    "input": {"type": "object", "properties": {"site": {"type": "string"}}},
    "events": {
        "ask": {"schema": {"type": "object", "required": ["by"], "properties": {"by": {"type": "string"}}}}
    },
    "actions": {"ring": {"kind": "log"}},
    "machine": {
        "initial": "free",
        "states": {
            "free": {
                "on": {
                    "ask": {
                        "target": "busy",
                        "guard": "message.data.by != ''",
                        "actions": [{"do": {"action": "ring"}}],
                    }
                }
            },
            "busy": {"after": {"10m": "free"}},
            "never": {},
        },
    },
}
EVENTS: list[Any] = [
    {"type": "ask", "data": {"by": "ann"}},
    {"outcome": {"ok": True, "output": "rang"}, "of": "ring"},
    {"type": "ask", "data": {"by": ""}, "at": "+1h"},
]


async def ask(api: Api, **members: Any) -> Any:
    response = await api.send("POST", SIMULATE, {"document": DOCUMENT, "events": EVENTS, **members})
    assert response.status_code == 200, response.text
    return response.json()


async def test_it_tells_what_a_simulation_here_comes_to(api: Api) -> None:
    told = await ask(api, until="quiet", trace=True, input={"site": "north"})
    program = compile_template(DOCUMENT)
    simulation = Simulation(program, {"site": "north"}, Setting(is_to_quiet=True, is_traced=True))
    for _ in simulation.play(parse_script(EVENTS)):
        pass
    assert told == describe_simulation(simulation)
    assert [turn["kind"] for turn in told["turns"]] == [
        "created",
        "start",
        "event",
        "outcome",
        "timer",
        "event",
    ]
    assert [each["code"] for each in told["warnings"]] == ["unreachable_state"]


async def test_the_answer_is_what_the_document_says(api: Api) -> None:
    told = await ask(api, until="1h", trace=True)
    read = msgspec.convert(told, SimulationTold, strict=True)
    assert msgspec.to_builtins(read) == told


async def test_everything_that_may_be_set_is_heeded(api: Api) -> None:
    told = await ask(
        api,
        start="2026-03-01T12:00:00+01:00",
        until="5m",
        outcomes={"ring": "failed"},
        events=EVENTS[:1],
        seed="other",
    )
    assert (told["startedAt"], told["now"], told["ended"]) == (
        "2026-03-01T11:00:00.000000Z",
        "2026-03-01T11:05:00.000000Z",
        "until",
    )
    assert [turn["kind"] for turn in told["turns"]] == ["created", "start", "event", "outcome"]
    assert all("trace" not in turn for turn in told["turns"])
    plain = await ask(api)
    assert plain["executionId"] != told["executionId"]
    assert (await ask(api, inputsMax=2))["ended"] == "inputs"


async def test_a_published_version_is_simulated_by_its_name(api: Api) -> None:
    other = copy.deepcopy(DOCUMENT)
    del other["machine"]["states"]["never"]
    for document in (DOCUMENT, other):
        path = "/v1/templates" if document is DOCUMENT else "/v1/templates/desk/versions"
        assert (await api.send("POST", path, {"document": document})).status_code == 201
        if document is DOCUMENT:
            assert_problem(await api.send("POST", SIMULATE, {"template": "desk"}), 404, "not_found")
            assert (await api.send("POST", "/v1/templates/desk/versions", {})).status_code == 201
    first = (await api.send("POST", SIMULATE, {"template": "desk", "version": 1, "events": EVENTS})).json()
    latest = (await api.send("POST", SIMULATE, {"template": "desk", "events": EVENTS})).json()
    assert first["programDigest"] == compile_template(DOCUMENT).digest
    assert latest["programDigest"] == compile_template(other).digest
    assert_problem(await api.send("POST", SIMULATE, {"template": "desk", "version": 3}), 404, "not_found")
    assert_problem(await api.send("POST", SIMULATE, {"template": "shelf"}), 404, "not_found")
    others = api.other_org.admin_token.text
    assert_problem(await api.send("POST", SIMULATE, {"template": "desk"}, token=others), 404, "not_found")


async def test_nothing_is_kept_of_it(api: Api) -> None:
    await ask(api)
    assert (await api.send("GET", "/v1/templates")).json()["data"] == []


async def test_what_an_execution_would_refuse_is_told_and_the_rest_goes_on(api: Api) -> None:
    told = await ask(api, events=[{"type": "nope"}, {"type": "ask"}, *EVENTS[:1]])
    assert [turn["outcome"] for turn in told["turns"][2:]] == ["refused", "refused", "applied"]
    assert [turn["problems"][0]["pointer"] for turn in told["turns"][2:4]] == ["/0/type", "/1/data/by"]


LOST = {"initial": "gone", "states": {"here": {}}}
BACKWARDS = [{"type": "ask", "at": "2026-01-02T00:00:00Z"}, {"type": "ask", "at": "2026-01-01T00:00:00Z"}]

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"document": None}, "invalid_request", ""),
    ({"template": "desk"}, "invalid_request", ""),
    ({"document": {**DOCUMENT, "kind": "component"}}, "invalid_request", "/document/kind"),
    (
        {"document": {**DOCUMENT, "machine": {"initial": "gone", "states": {"here": {}}}}},
        "template_invalid",
        "/machine/initial",
    ),
    ({"events": [{"type": "ask"}, {"advance": "soon"}]}, "script_invalid", "/events/1/advance"),
    (
        {
            "events": [
                {"type": "ask", "at": "2026-01-02T00:00:00Z"},
                {"type": "ask", "at": "2026-01-01T00:00:00Z"},
            ]
        },
        "script_invalid",
        "/events/1/at",
    ),
    ({"events": [{"type": "ask"}] * (limits.SIMULATED_EVENTS_MAX + 1)}, "invalid_request", "/events"),
    ({"outcomes": {"ring": 1}}, "script_invalid", "/outcomes/ring"),
    ({"input": {"site": 1}}, "start_invalid", "/input/site"),
    ({"until": "soon"}, "invalid_request", "/until"),
    ({"start": "2026-01-01T00:00:00"}, "invalid_request", "/start"),
    ({"start": "0001-01-01T00:00:00+14:00"}, "invalid_request", "/start"),
    ({"version": 1}, "invalid_request", "/version"),
    ({"inputsMax": 0}, "invalid_request", "/inputsMax"),
    ({"inputsMax": limits.SIMULATED_INPUTS_MAX + 1}, "invalid_request", "/inputsMax"),
    ({"seed": "x" * (limits.LABEL_LENGTH_MAX + 1)}, "invalid_request", "/seed"),
    ({"document": None, "template": "desk", "version": 2**31}, "invalid_request", "/version"),
    ({"speed": 1}, "invalid_request", "/speed"),
]


@pytest.mark.parametrize(
    ("members", "code", "pointer"), REFUSED, ids=[pointer or code for _, code, pointer in REFUSED]
)
async def test_what_cannot_be_simulated_is_refused_with_its_place(
    api: Api, members: dict[str, Any], code: str, pointer: str
) -> None:
    response = await api.send("POST", SIMULATE, {"document": DOCUMENT, "events": EVENTS, **members})
    told = assert_problem(response, 422, code)
    assert pointer in [each["pointer"] for each in told["errors"]]


async def test_everybody_who_may_read_templates_may_simulate_one(api: Api) -> None:
    for role in Role:
        token = (await api.token_of(role)).text
        answer = await api.send("POST", SIMULATE, {"document": DOCUMENT}, token=token)
        assert answer.status_code == 200
    token = (await api.token_of(Role.ADMIN, frozenset({Permission.EXECUTIONS_READ}))).text
    answer = await api.send("POST", SIMULATE, {"document": DOCUMENT}, token=token)
    assert_problem(answer, 403, "permission_denied")


# --- Bounds ---------------------------------------------------------------------------------------------

BUSY: dict[str, Any] = {
    "format": "actum/1",
    "name": "busy",
    "vars": {"text": {"type": "string", "initial": "x"}},
    "machine": {
        "initial": "on",
        "states": {
            "on": {
                "after": {
                    "1s": {
                        "target": "on",
                        "actions": [
                            {
                                "for_each": {
                                    "in": "[1, 2, 3]",
                                    "as": "n",
                                    "do": [{"log": {"value": "=vars.text"}}],
                                }
                            }
                        ],
                    }
                }
            }
        },
    },
}


async def test_a_simulation_that_never_rests_ends_by_its_bounds(api: Api) -> None:
    told = (await api.send("POST", SIMULATE, {"document": BUSY, "until": "quiet"})).json()
    assert told["ended"] in ("inputs", "bytes", "seconds")
    assert 100 < len(told["turns"]) <= limits.SIMULATED_INPUTS_MAX + 1


async def test_it_ends_by_itself_when_its_time_is_over(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIMULATE_SECONDS_MAX", 0.0)
    told = (await api.send("POST", SIMULATE, {"document": BUSY, "until": "quiet"})).json()
    assert told["ended"] == "seconds"
    assert len(told["turns"]) == 1


async def test_a_process_that_does_not_answer_is_killed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIMULATE_KILL_SECONDS", 0.01)
    response = await api.send("POST", SIMULATE, {"document": DOCUMENT})
    assert_problem(response, 422, "simulation_too_large")


async def test_an_answer_that_is_too_large_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIMULATION_ANSWER_BYTES_MAX", 1_000)
    response = await api.send("POST", SIMULATE, {"document": DOCUMENT})
    told = assert_problem(response, 422, "simulation_too_large")
    assert "more than 1000" in told["detail"]


async def test_only_so_many_wait_for_their_turn(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIMULATIONS_WAITING_MAX", 1)
    asking = [api.send("POST", SIMULATE, {"document": DOCUMENT}) for _ in range(6)]
    statuses = sorted(response.status_code for response in await asyncio.gather(*asking))
    assert set(statuses) == {200, 503}


async def test_others_are_answered_while_one_is_simulated(api: Api) -> None:
    simulating = asyncio.create_task(
        api.send("POST", SIMULATE, {"document": BUSY, "until": "quiet", "inputsMax": 1_500})
    )
    answered: list[tuple[float, float]] = []
    started = time.perf_counter()
    while not simulating.done():
        began, worked = time.perf_counter(), time.thread_time()
        assert (await api.send("GET", "/v1/templates")).status_code == 200
        answered.append((time.perf_counter() - began, time.thread_time() - worked))
    whole = time.perf_counter() - started
    assert (await simulating).status_code == 200
    assert len(answered) > 10
    # A machine that is busy with others makes answers late, and the simulation as well: what the server's own thread
    # works between two answers stays small, and no answer takes as long as the simulation.
    assert max(waited for waited, _ in answered) < whole / 2
    assert max(worked for _, worked in answered) < 0.5
