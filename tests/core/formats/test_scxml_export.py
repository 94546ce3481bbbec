"""What SCXML can say of a template comes back as it was; what it cannot is told."""

from typing import Any

import pytest
from tests.core.conformance.conf import to_scxml
from tests.core.conformance.exceptions import CATEGORIES
from tests.core.conformance.suites import scion_charts, w3c_documents, w3c_tests
from tests.core.documents import document, parse_yaml

from actum_core.errors import Invalid
from actum_core.formats.scxml import export_scxml, import_scxml
from actum_core.template.canonical import canonical_document
from actum_core.template.parse import parse_template


def normal(found: Any) -> Any:
    return canonical_document(parse_template(found))


def returned(found: dict[str, Any]) -> Any:
    return normal(import_scxml(export_scxml(found).text).document)


EVERYTHING = parse_yaml("""
format: actum/1
name: everything
vars:
  n: {type: int}
  d: {type: double, initial: 1.5}
  t: {type: timestamp, initial: "=now"}
  text: {type: string, initial: "==literal"}
  any: {initial: {a: ["=input.x", 1, null], b: "it's <&> \\"quoted\\""}}
machines:
  child:
    vars: {x: {initial: "=has(input.x) ? input.x : 1"}}
    machine: {initial: c, states: {c: {on: {go: end}}, end: {type: final, output: {x: "=vars.x"}}}}
machine:
  initial: [left, right]
  states:
    p:
      type: parallel
      entry: [[{log: first}], [{log: {label: second, value: "=vars.n"}}]]
      states:
        one:
          initial: {target: left, actions: [{raise: {event: began, data: {k: "=vars.n"}}}]}
          states:
            h: {type: history, history: deep, target: left, actions: [{assign: {n: "vars.n + 1"}}]}
            left:
              on:
                - {event: a b.c, guard: "vars.n < 3 && message.data.k > 1", target: one, internal: true}
                - {event: "*", actions: [{raise: ping}, {raise: "='p' + 'q'"}]}
              after: {"2s": h, "=duration('1s') * 2": {guard: "vars.d > 1.0", target: left}}
            middle: {}
        two:
          initial: right
          states:
            right:
              exit:
                - if: "vars.n > 1"
                  then: [{assign: {n: "1", d: "2.0"}}]
                  else: [{if: "vars.n > 2", then: [], else: [{cancel: t}]}]
                - for_each: {in: "vars.any.a", as: item, index: i, do: [{assign: {any: "item"}}]}
                - send: {event: later, delay: 90s, id: t, data: "=[vars.n]"}
                - send: {event: "=vars.text", at: "2030-01-01T00:00:00Z", id_to: text}
                - send: {event: up, to: "#_parent", data: 7}
                - send: {event: inner, to: "#_internal"}
                - cancel: "=vars.text"
              invoke:
                - {use: child, id: kid, with: {x: "=vars.n"}, autoforward: true, finalize: [{assign: {n: "2"}}]}
                - {template: "other@3", id_to: text}
      on: {stop: done}
    done: {type: final, output: "=vars.n"}
""")


def test_everything_that_scxml_can_say_comes_back_as_it_was() -> None:
    exported = export_scxml(EVERYTHING)
    assert [problem for problem in exported.problems if problem.severity == "error"] == []
    again = import_scxml(exported.text)
    assert again.problems == ()
    assert normal(again.document) == normal(EVERYTHING)


_IMPORTED = {
    **{f"scion {name}": (chart.chart, chart.sources) for name, chart in scion_charts().items()},
    **{
        f"w3c {key}": (to_scxml(test.text), w3c_documents())
        for key, test in w3c_tests().items()
        if test.category not in CATEGORIES
    },
}


def test_every_chart_of_the_suites_comes_back_as_it_was_imported() -> None:
    different = []
    for name, (text, sources) in _IMPORTED.items():
        found = import_scxml(text, sources=sources).document
        if returned(found) != normal(found):
            different.append(name)
    assert different == []


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"rules": [{"id": "r", "on": "e", "emit": "f"}]}, "/rules"),
        ({"events": {"e": {}}}, "/events"),
        ({"input": {"type": "object"}}, "/input"),
        ({"actions": {"a": {"kind": "log"}}}, "/actions"),
        ({"timers": {"on_resume": "remaining"}}, "/timers"),
        ({"machines": {"m": {"machine": {"initial": "a", "states": {"a": {}}}}}}, "/machines/m"),
        (
            {"machine": {"initial": "a", "entry": [{"log": 1}], "states": {"a": {}}}},
            "/machine/entry",
        ),
        (
            {"machine": {"initial": "a", "states": {"a": {"entry": [{"do": "x"}]}}}},
            "/machine/states/0/entry/0/0",
        ),
        (
            {"machine": {"initial": "a", "states": {"a": {"entry": [{"log": {"label": "\u0001"}}]}}}},
            "/machine/states/0/entry/0/0/log",
        ),
    ],
)
def test_what_scxml_cannot_say_is_told(members: dict[str, Any], pointer: str) -> None:
    found = [
        problem.pointer
        for problem in export_scxml(document(**members)).problems
        if problem.severity == "error"
    ]
    assert found == [pointer]


def test_a_network_is_not_one_chart() -> None:
    machine = {"initial": "a", "states": {"a": {}}}
    with pytest.raises(Invalid):
        export_scxml({"format": "actum/1", "name": "net", "nodes": {"n": {"machine": machine}}})


def test_an_export_is_the_same_every_time() -> None:
    assert export_scxml(EVERYTHING).text == export_scxml(normal(EVERYTHING)).text
