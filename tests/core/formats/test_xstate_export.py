"""Templates become XState machines, and what XState has no words for is told."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.core.documents import document, parse_yaml
from tests.differential.charts import ChartMaker

from actum_core.errors import Invalid
from actum_core.formats.scxml import export_scxml
from actum_core.formats.xstate import XStateVersion, export_xstate

EXPORTED = parse_yaml("""
format: actum/1
name: door
vars: {n: {type: int}, when: {type: timestamp}}
events: {open: {}, close: {schema: {type: object}}}
machine:
  initial: shut
  states:
    shut:
      entry: [{assign: {n: "vars.n + 1"}}]
      on: {open: {guard: "vars.n < 3 && message.data.by != ''", target: ajar}, close: {target: shut}}
      after: {"1.5s": ajar}
    ajar:
      initial: a
      states: {a: {}, b: {type: history, history: deep, target: a}}
      on:
        close:
          - {guard: "!in_state('a')", target: b, internal: true}
          - {target: shut, actions: [{raise: {event: told, data: {n: "=vars.n"}}}]}
""")


@pytest.mark.parametrize("export", [export_xstate, export_scxml])
@pytest.mark.parametrize(
    "machine",
    [
        {"initial": "b", "states": {"a": {}}},
        {"initial": "a", "states": {"a": {"on": {"e": "nowhere"}}}},
        {"initial": "a", "states": {"a": {"type": "parallel"}}},
        {"initial": [], "states": {"a": {}}},
        {"states": {"a": {}}},
    ],
)
def test_a_machine_that_leads_nowhere_is_not_exported(export: Any, machine: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        export(document(machine))
    with pytest.raises(Invalid):
        export(document(machines={"kid": {"machine": machine}}))


def test_a_template_becomes_machine_json() -> None:
    exported = export_xstate(EXPORTED)
    assert exported.problems == ()
    assert json.loads(exported.text) == {
        "@exprLang": "cel",
        "id": "door",
        "context": {"n": 0, "when": "1970-01-01T00:00:00Z"},
        "schemas": {
            "context": {
                "type": "object",
                "properties": {
                    "n": {"type": "integer"},
                    "when": {"type": "string", "x-actum-type": "timestamp"},
                },
            },
            "events": {"close": {"type": "object"}, "open": {}},
        },
        "initial": "shut",
        "states": {
            "shut": {
                "id": "shut",
                "entry": [{"type": "@xstate.assign", "context": {"n": {"@expr": "context.n + 1"}}}],
                "on": {
                    "open": {"target": "#ajar", "guard": {"@expr": "context.n < 3 && event.by != ''"}},
                    "close": {"target": "#shut", "reenter": True},
                },
                "after": {"1500": {"target": "#ajar"}},
            },
            "ajar": {
                "id": "ajar",
                "initial": "a",
                "on": {
                    "close": [
                        {
                            "target": "#b",
                            "guard": {
                                "type": "xstate.not",
                                "params": {"guard": {"type": "xstate.stateIn", "params": {"stateId": "#a"}}},
                            },
                        },
                        {
                            "target": "#shut",
                            "actions": [
                                {
                                    "type": "@xstate.raise",
                                    "event": {"type": "told", "n": {"@expr": "context.n"}},
                                }
                            ],
                        },
                    ]
                },
                "states": {
                    "a": {"id": "a"},
                    "b": {"id": "b", "type": "history", "history": "deep", "target": "#a"},
                },
            },
        },
    }


def test_version_5_has_names_with_their_expressions_as_parameters() -> None:
    exported = export_xstate(EXPORTED, XStateVersion.V5)
    shut = json.loads(exported.text)["states"]["shut"]
    assert shut["entry"] == [{"type": "cel.assign", "params": {"context": {"n": {"@expr": "context.n + 1"}}}}]
    assert shut["on"]["open"]["guard"] == {
        "type": "cel",
        "params": {"expr": "context.n < 3 && event.by != ''"},
    }
    assert {problem.code for problem in exported.problems} == {"needs_code", "left_out"}
    assert exported.is_complete


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"rules": [{"id": "r", "on": "e", "emit": "f"}]}, "/rules"),
        ({"actions": {"a": {"kind": "log"}}}, "/actions"),
        (
            {"machine": {"initial": "a", "states": {"a": {"entry": [{"do": "x"}]}}}},
            "/machine/states/0/entry/0/0",
        ),
        (
            {"machine": {"initial": "a", "states": {"a": {"entry": [{"send": "x"}]}}}},
            "/machine/states/0/entry/0/0/send",
        ),
        (
            {
                "machine": {
                    "initial": "a",
                    "states": {"a": {"on": {"e": {"guard": "now > now", "target": "a"}}}},
                }
            },
            "/machine/states/0/on/0/guard",
        ),
        (
            {"machine": {"initial": "a", "states": {"a": {"on": {"error.execution": "a"}}}}},
            "/machine/states/0/on",
        ),
        (
            {"machine": {"initial": "b", "states": {"a": {"initial": "b", "states": {"b": {}}}}}},
            "/machine/initial",
        ),
    ],
)
def test_what_xstate_cannot_say_is_told(members: dict[str, Any], pointer: str) -> None:
    problems = export_xstate(document(**members)).problems
    assert [problem.pointer for problem in problems if problem.severity == "error"] == [pointer]


_SCHEMA = Path(__file__).parents[4] / "shared" / "suites" / "xstate" / "machine.schema.v6-alpha.json"


@pytest.mark.skipif(not _SCHEMA.is_file(), reason="suite not present")
def test_machine_json_is_what_the_schema_of_xstate_says() -> None:
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    # A history may have several targets since 6.0.0-alpha.52; this schema is older.
    schema["$defs"]["stateNode"]["properties"]["target"] = {}
    validator = jsonschema.Draft7Validator(schema)
    for made in (EXPORTED, *(ChartMaker(seed).document() for seed in range(40))):
        validator.validate(json.loads(export_xstate(made).text))
