"""Networks: how components are written out to machines, scopes and routes, and what becomes of programs."""

import pytest

from actum_core.expression import EvaluationError, Meter
from actum_core.template import (
    check_template,
    compile_component,
    compile_template,
    load_program,
    parse_template,
)
from actum_core.template.arguments import Bound
from actum_core.template.canonical import canonical_document
from actum_core.template.expressions import Place
from actum_core.template.network import Network

from ..documents import document
from .networks import LIBRARY, component, finder, network


def laid_flat(value: object) -> Network:
    return compile_template(value, LIBRARY).network


def shown(found: Network) -> tuple[list[str], dict[str, list[str]]]:
    """The paths in order, and the routes by the names of their ends."""
    paths = [machine.path for machine in found.machines]
    routes = {
        f"{paths[index]}.{port}": [f"{paths[target]}.{end}" for target, end in targets]
        for (index, port), targets in found.routes.items()
    }
    return paths, routes


def test_components_are_written_out_in_document_order_and_edges_cross_their_borders() -> None:
    value = network(
        "{z: PASS, line: {use: line@1}, wire: {use: wire@1}, a: PASS}",
        "[{from: z.out, to: a.in}, {from: z.out, to: line.in},"
        " {from: line.out, to: wire.in}, {from: wire.out, to: a.in}]",
    )
    paths, routes = shown(laid_flat(value))
    assert paths == ["z", "line/first", "line/second", "wire/idle", "a"]
    assert routes == {
        "z.out": ["a.in", "line/first.in"],
        "line/first.out": ["line/second.in"],
        "line/second.out": ["a.in"],
    }


def test_scopes_say_what_the_machines_share() -> None:
    value = network(
        "{own: PASS, line: {use: line@1}, one: {use: params@1, with: {must: {a: [1]}, on: 'spike surge.*'}}}",
        vars={"total": {"type": "double"}},
    )
    found = laid_flat(value)
    assert [(scope.path, scope.outer, scope.use) for scope in found.scopes] == [
        ("", None, ""),
        ("line", 0, "line@1"),
        ("line/first", 1, "pass@1"),
        ("line/second", 1, "pass@1"),
        ("one", 0, "params@1"),
    ]
    assert [(machine.path, machine.scope, machine.hears) for machine in found.machines] == [
        ("own", 0, None),
        ("line/first", 2, ()),
        ("line/second", 3, ()),
        ("one", 4, ("spike", "surge")),
    ]
    assert found.scopes[4].constants == {"must": {"a": [1]}, "plain": 1, "on": "spike surge.*"}
    assert found.find(0, "line/first") is found.machines[1]
    assert found.find(1, "first") is found.machines[1]
    assert found.find(0, "line") is None
    assert not found.is_single


def test_the_messages_of_a_component_stand_in_the_place_of_its_parameter() -> None:
    value = network("{a: {use: params@1, with: {must: 1, on: spike}}, b: {use: params@1, with: {must: 1}}}")
    found = laid_flat(value)
    events = [
        [transition.events for state in machine.machine.descendants() for transition in state.transitions]
        for machine in found.machines
    ]
    assert events == [[("spike",), ("token",)], [("token",)]]


def test_an_expression_parameter_is_evaluated_where_it_was_written() -> None:
    value = network(
        "{a: {use: params@1, with: {must: 1, value: vars.total + 1}}, b: {use: params@1, with: {must: 1}}}",
        vars={"total": {"type": "int"}},
    )
    found = laid_flat(value)
    given, default = (scope.arguments["value"] for scope in found.scopes[1:])
    assert (given.data, given.scope, given.place) == ("=vars.total + 1", 0, Place.MACHINE)
    assert (default.data, default.scope, default.place) == ("=token.value", 2, Place.DEFAULT)
    expression = given.expressions.find("vars.total + 1", given.place)
    assert expression.evaluate({"vars": {"total": 41}}, Meter(100)) == 42


def test_parameters_pass_from_component_to_component() -> None:
    outer = component(
        "outer",
        params={"size": {"default": 5}, "value": {"expression": True}, "on": {"message": True}},
        nodes={
            "in": {
                "use": "params@1",
                "with": {"must": "=params.size + 1", "value": "=params.value", "on": "=params.on"},
            }
        },
    )
    library = finder(outer, LIBRARY("params", 1))
    found = compile_template(
        network("{a: {use: outer@1, with: {value: now, on: m}}, b: {use: outer@1}}"), library
    ).network
    scopes = {scope.path: scope for scope in found.scopes}
    assert scopes["a/in"].constants == {"must": 6, "plain": 1, "on": "m"}
    assert scopes["b/in"].constants == {"must": 6, "plain": 1}
    assert scopes["a/in"].arguments["value"].scope == 1
    assert [machine.hears for machine in found.machines] == [("m",), ()]


def test_what_waits_for_the_execution_is_no_constant() -> None:
    outer = component(
        "outer",
        params={"late": {"expression": True, "default": "now"}},
        nodes={"in": {"use": "params@1", "with": {"must": "=params.late"}}},
    )
    library = finder(outer, LIBRARY("params", 1))
    problems = check_template(network("{a: {use: outer@1}}"), library)
    assert [(problem.pointer, problem.code) for problem in problems] == [("/nodes/a", "not_constant")]


def test_a_program_of_a_network_returns_from_its_canonical_form_alone() -> None:
    program = compile_template(
        network("[{id: b, use: line@1}, {id: a, use: params@1, with: {must: 1}}]"), LIBRARY
    )
    loaded = load_program(program.canonical)
    assert (loaded.digest, loaded.canonical) == (program.digest, program.canonical)
    assert shown(loaded.network) == shown(program.network)
    assert loaded.components == program.components
    assert [(use.name, use.version) for use in program.components] == [
        ("line", 1),
        ("params", 1),
        ("pass", 1),
    ]


def test_a_component_has_the_digest_that_programs_name_it_by() -> None:
    program = compile_template(network("{b: {use: line@1}}"), LIBRARY)
    digests = {use.name: use.digest for use in program.components}
    assert digests["line"] == compile_component(LIBRARY("line", 1), LIBRARY).digest
    assert digests["pass"] == compile_component(LIBRARY("pass", 1)).digest


def test_another_component_under_the_same_name_makes_another_program() -> None:
    value = network("{a: {use: pass@1}}")
    other = finder(component("pass", vars={"n": {"type": "int"}}))
    assert compile_template(value, LIBRARY).digest != compile_template(value, other).digest


def test_the_normal_form_of_a_network_keeps_the_order_of_nodes() -> None:
    value = network("{b: PASS, a: {use: params@1, with: {must: 1}}}", "[{from: b.out, to: a.in}]")
    template = parse_template(value)
    normal = canonical_document(template)
    assert isinstance(normal, dict)
    assert [node["id"] for node in normal["nodes"]] == ["b", "a"]  # type: ignore[index,call-overload,union-attr]
    assert parse_template(normal) == template
    assert canonical_document(parse_template(normal)) == normal


def test_tokens_and_timers_are_never_posted() -> None:
    value = network("{a: {machine: {initial: s, states: {s: {on: {'*': s}, after: {1s: s}}}}}}")
    program = compile_template(value)
    names = ("anything", "token.in", "after.s.0", "done.state.s", "error.x")
    assert [program.knows_event(name) for name in names] == [True, False, False, False, False]
    single = compile_template(document("{initial: s, states: {s: {on: {'*': s}}}}"))
    assert [single.knows_event(name) for name in names] == [True, True, True, False, False]


def test_a_network_knows_the_messages_that_its_components_hear() -> None:
    program = compile_template(network("{a: {use: params@1, with: {must: 1, on: spike}}}"), LIBRARY)
    assert [program.knows_event(name) for name in ("spike", "spike.high", "other", "token")] == [
        True,
        True,
        False,
        False,
    ]


def test_reading_a_late_constant_is_an_error_of_its_own() -> None:
    values = Bound({"a": 1}, {}, {"b": "=now"}, {}).values()
    assert values["a"] == 1
    assert "b" in values
    with pytest.raises(EvaluationError):
        values["b"]


def test_a_long_chain_of_wires_is_followed() -> None:
    number = 300
    listed = ", ".join(f"w{i}: {{use: wire@1}}" for i in range(number))
    links = [{"from": "a.out", "to": "w0.in"}, {"from": f"w{number - 1}.out", "to": "b.in"}]
    links += [{"from": f"w{i}.out", "to": f"w{i + 1}.in"} for i in range(number - 1)]
    value = {**network(f"{{a: PASS, b: PASS, {listed}}}"), "edges": links}
    assert shown(laid_flat(value))[1] == {"a.out": ["b.in"]}
