"""How scenarios of the browser editor are read: modules, groups, connections, and what is not carried over."""

import json
from pathlib import Path
from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.formats import detect_text
from actum_core.formats.editor import import_editor
from actum_core.template import check_template

from .running import Running
from .scenarios import BASE, changed, computing, consumed, node, out, run, scenario, sink, source, values

SUITE = Path(__file__).parents[4] / "shared/suites/editor"


# --- Modules, groups and connections --------------------------------------------------------------------------


def test_a_module_is_opened_into_the_network() -> None:
    doubling = node("ProcessNode", "P", out("o", "", **computing("input * 2")))
    module = node("Module", "Mod", out("output", "Sink"), subGraph={"nodes": [doubling], "version": "3.0"})
    running = run(source("A", "Mod"), module, sink())
    assert consumed(running) == (4, 8)
    assert "Mod_P" in running.nodes


def test_modules_stand_in_modules_and_say_what_is_behind_their_ends() -> None:
    inner = node("ProcessNode", "P", out("x", ""), out("y", "", **computing("input + 100")))
    module = node(
        "Module",
        "M1",
        out("output", "", internalNodeId="P", internalOutputName="y"),
        subGraph={"nodes": [inner]},
    )
    outer = node("Module", "M2", out("output", "Sink"), subGraph={"nodes": [module]})
    outer["inputs"][0] |= {"internalNodeId": "M1", "internalInputName": "input"}
    assert consumed(run(source("A", "M2"), outer, sink())) == (4, 104)


def test_a_group_is_only_looks_and_connections_to_it_mean_a_node_in_it() -> None:
    group = {
        "nodeId": "group_1",
        "type": "Group",
        "displayName": "G",
        "groupName": "Both",
        "containedNodes": ["Sink"],
    }
    feeding = {**source("A", ""), "outputs": [out("output", "group_1")]}
    feeding["outputs"][0]["destinationInputName"] = "input-The Sink.input"
    found = import_editor(scenario(feeding, sink(), group))
    assert found.problems == ()
    assert found.document["layout"]["groups"] == [{"name": "Both", "nodes": ["Sink"]}]
    assert found.document["edges"] == [{"from": "A.out", "to": "Sink.in"}]


def test_connections_are_found_from_either_side_and_from_the_list_of_edges() -> None:
    told = sink()
    told["inputs"][0] |= {"nodeId": "A", "sourceOutputName": "output"}
    expected = [{"from": "A.out", "to": "Sink.in"}]
    by_input = {**source("A", ""), "outputs": [out("output")]}
    assert import_editor(scenario(by_input, told)).document["edges"] == expected
    edges = [{"id": "e", "source": "A", "target": "Sink"}]
    assert import_editor(scenario(by_input, sink(), edges=edges)).document["edges"] == expected
    assert import_editor(scenario(source("A", "Sink"), told, edges=edges)).document["edges"] == expected


def test_a_template_around_a_scenario_gives_its_name() -> None:
    document = {
        "id": "t",
        "name": "Supply Chain",
        "description": "d",
        "scenario": scenario(source("A", "Sink"), sink()),
    }
    found = import_editor(document).document
    assert (found["name"], found["title"], found["description"]) == ("supply-chain", "Supply Chain", "d")
    assert found["layout"]["positions"]["A"] == {"x": 1, "y": 2}


# --- Problems -------------------------------------------------------------------------------------------------

PROBLEMS: list[tuple[str, Any, tuple[str, str, str]]] = [
    ("/version", "2.0", ("/version", "version", "error")),
    ("/surprise", 1, ("/surprise", "unknown_field", "error")),
    ("/nodes/0/surprise", 1, ("/nodes/0/surprise", "unknown_field", "error")),
    ("/nodes/0/type", "Teleporter", ("/nodes/0/type", "unknown_node", "error")),
    ("/nodes/0/nodeId", "", ("/nodes/0", "missing_field", "error")),
    ("/nodes/4/nodeId", "Q", ("/nodes/4/nodeId", "duplicate", "error")),
    ("/nodes/0/interval", 0, ("/nodes/0/interval", "bad_value", "error")),
    ("/nodes/0/generation/type", "sine", ("/nodes/0/generation", "generation", "error")),
    ("/nodes/0/generation/colour", 1, ("/nodes/0/generation/colour", "unknown_field", "error")),
    (
        "/nodes/0/generation",
        {"type": "random", "valueMin": 0.5, "valueMax": 2},
        ("/nodes/0/generation", "generation", "warning"),
    ),
    ("/nodes/0/outputs/0/destinationNodeId", "Nobody", ("/nodes/0/outputs/0", "unknown_node", "error")),
    ("/nodes/1/aggregation/method", "median", ("/nodes/1/aggregation/method", "method", "error")),
    (
        "/nodes/1/aggregation/formula",
        "avg(input.data.value)",
        ("/nodes/1/aggregation/formula", "formula", "error"),
    ),
    (
        "/nodes/1/aggregation/formula",
        "sum(input.data.weight)",
        ("/nodes/1/aggregation/formula", "formula", "error"),
    ),
    ("/nodes/1/aggregation/formula", "sum(", ("/nodes/1/aggregation/formula", "formula", "error")),
    ("/nodes/1/aggregation/trigger/type", "moon", ("/nodes/1/aggregation/trigger", "trigger", "error")),
    ("/nodes/1/capacity", "many", ("/nodes/1/capacity", "bad_value", "error")),
    (
        "/nodes/2/outputs/0/transformation/formula",
        "input *",
        ("/nodes/2/outputs/0/transformation/formula", "formula", "error"),
    ),
    (
        "/nodes/2/outputs/0/transformation/formula",
        "other * 2",
        ("/nodes/2/outputs/0/transformation/formula", "formula", "error"),
    ),
    (
        "/nodes/2/outputs/0/transformation/formula",
        "input.data.weight",
        ("/nodes/2/outputs/0/transformation/formula", "formula", "error"),
    ),
    ("/nodes/2/processing", {"logic": "return 1"}, ("/nodes/2/outputs/0", "unknown_port", "error")),
    ("/nodes/3/fsm/initialState", "nowhere", ("/nodes/3/fsm", "unknown_state", "error")),
    ("/nodes/3/fsm/transitions/0/to", "nowhere", ("/nodes/3/fsm/transitions/0/to", "unknown_state", "error")),
    ("/nodes/3/fsm/transitions/0/trigger", "timer", ("/nodes/3/fsm/transitions/0", "timer", "error")),
    ("/nodes/3/fsm/transitions/0/trigger", "manual", ("/nodes/3/fsm/transitions/0", "manual", "warning")),
    (
        "/nodes/3/fsm/stateActions",
        {"idle": {"onEntry": {"nowhere": "1"}}},
        ("/nodes/3/fsm/stateActions/idle/onEntry/nowhere", "unknown_port", "error"),
    ),
    ("/nodes/3/fsl", "state idle {}", ("/nodes/3/fsl", "left_out", "warning")),
    ("/nodes/3/fsm", 7, ("/nodes/3/fsm", "wrong_type", "error")),
]


@pytest.mark.parametrize(
    ("pointer", "value", "expected"),
    [row for row in PROBLEMS if row[2][1] != "unknown_port" or "fsm" in row[0]],
)
def test_what_is_not_carried_over_is_a_problem_at_its_place(pointer: str, value: Any, expected: Any) -> None:
    found = import_editor(changed(BASE, pointer, value))
    assert expected in [(problem.pointer, problem.code, problem.severity) for problem in found.problems]
    assert [problem for problem in check_template(found.document) if problem.severity == "error"] == []


@pytest.mark.parametrize(
    "document", [None, [], {}, {"nodes": []}, {"nodes": [{"nodeId": "a", "type": "Teleporter"}]}]
)
def test_what_is_no_scenario_is_refused(document: object) -> None:
    with pytest.raises(Invalid):
        import_editor(document)


# --- The shared suite -----------------------------------------------------------------------------------------

suite = pytest.mark.skipif(not SUITE.is_dir(), reason="the shared suites are not beside this checkout")


def shared(name: str) -> Running:
    text = (SUITE / f"{name}.json").read_text()
    assert detect_text(text) == "editor"
    found = import_editor(json.loads(text))
    assert found.is_complete
    return Running(found.document).pass_time(60)


@suite
def test_the_shared_flow_runs_sources_queues_processors_and_sinks() -> None:
    running = shared("example-scenario-v3")
    assert [at for at, _ in running.tokens("DataSource_A")] == [3.0 * count for count in range(1, 21)]
    assert [at for at, _ in running.tokens("DataSource_X")] == [5.0 * count for count in range(1, 13)]
    assert all(1 <= value <= 10 for value in values(running, "DataSource_A"))
    assert all(100 <= value <= 200 for value in values(running, "DataSource_X"))
    sums = running.tokens("Queue_B")
    assert [at for at, _ in sums] == [10.0 * count for count in range(1, 7)]
    assert values(running, "Process_C") == [made for _, total in sums for made in (total + 10, total * 0.5)]
    assert consumed(running, "Sink_E") == (6, sums[-1][1] * 0.5)
    assert values(running, "Queue_D") == [total + 10 for _, total in sums]
    assert consumed(running, "Sink_F")[0] == 6
    parents = {each["id"]: each.get("parents", []) for each in running.told("token")}
    assert all(len(parents[each["id"]]) >= 3 for each in running.told("token") if each["node"] == "Queue_B")


@suite
def test_the_shared_machine_sends_each_value_to_its_sink() -> None:
    running = shared("fsm-test-scenario")
    made = values(running, "DataSource_A")
    assert values(running, "FSM_Processor") == [value * 2 if value > 50 else value * 0.5 for value in made]
    high = [value for value in made if value > 50]
    assert consumed(running, "Sink_High") == (len(high), high[-1] * 2)
    assert consumed(running, "Sink_Low")[0] == len(made) - len(high)
