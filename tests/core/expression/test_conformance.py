"""The cases of google/cel-spec that need no protobuf, and what cel-go says of syntax and types."""

import json
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.core.expression.conformance import Case, case_id, judge, judge_syntax, judge_type, load_cases

ROOT = Path(__file__).parents[3]
VENDORED = ROOT / "tests/vendor/cel-spec"
SUITE = ROOT.parent / "shared/suites/cel/conformance.json"

EXCEPTIONS: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "exceptions.toml").read_text(encoding="utf-8")
)

CASES = load_cases(VENDORED / "conformance.json")
SYNTAX: list[Case] = json.loads((VENDORED / "syntax.json").read_text(encoding="utf-8"))

#: Tells a line of the summary that the test run ends with.
Tell = Callable[[str, object], None]


def unexpected(cases: Iterable[Case], judged: Callable[[Case], Any], kind: str) -> list[str]:
    """What goes wrong, and exceptions that no longer do."""
    faults = []
    for case in cases:
        verdict = judged(case)
        if verdict.is_right is (case_id(case) in EXCEPTIONS[kind]):
            faults.append(f"{case_id(case)}: {case['expr']}: {verdict.detail}")
    return faults


@pytest.mark.parametrize("name", sorted({str(case["file"]) for case in CASES}))
def test_every_vendored_case_is_answered_as_the_specification_says(name: str) -> None:
    cases = [case for case in CASES if case["file"] == name]
    assert cases
    assert unexpected(cases, judge, "conformance") == []


def test_no_case_was_lost_and_the_run_tells_how_many_there_are(record_property: Tell) -> None:
    assert len(CASES) == 1_650
    exceptions = EXCEPTIONS["conformance"]
    record_property(
        "summary",
        f"CEL conformance: {len(CASES) - len(exceptions)} of {len(CASES)} cases that need no protobuf; "
        + ("no exceptions" if not exceptions else f"{len(exceptions)} exceptions in exceptions.toml"),
    )


def test_every_case_of_the_suite_that_needs_no_protobuf_is_answered_as_the_specification_says() -> None:
    if not SUITE.exists():
        pytest.skip("suite not present")
    cases = load_cases(SUITE)
    assert len(cases) > 900
    assert unexpected(cases, judge, "conformance") == []


def test_the_static_type_of_every_case_is_the_one_that_cel_go_finds(record_property: Tell) -> None:
    cases = [case for case in CASES if "type" in case] + [case for case in SYNTAX if case["parses"]]
    assert len(cases) > 1_600
    assert unexpected(cases, judge_type, "types") == []
    exceptions = len(EXCEPTIONS["types"])
    record_property(
        "summary", f"CEL static types: {len(cases)} compared with cel-go, {exceptions} exceptions"
    )


def test_what_cel_go_refuses_to_parse_is_refused_and_what_it_parses_is_parsed(record_property: Tell) -> None:
    faults = [case["expr"] for case in SYNTAX if not judge_syntax(case).is_right]
    assert faults == []
    record_property("summary", f"CEL syntax: {len(SYNTAX)} expressions of cel-go's tests, no exceptions")


def test_every_exception_is_about_a_case() -> None:
    known = {case_id(case) for case in (*CASES, *SYNTAX)}
    assert [name for kind in EXCEPTIONS.values() for name in kind if name not in known] == []
