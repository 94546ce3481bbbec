"""The conformance cases of google/cel-spec: those that ship with the repository, and the wider suite beside it."""

from pathlib import Path

import pytest
from tests.core.expression.conformance import Case, case_id, judge, load_cases

ROOT = Path(__file__).parents[3]
VENDORED = ROOT / "tests/vendor/cel-spec/conformance.json"
SUITE = ROOT.parent / "shared/suites/cel/conformance.json"

#: Cases that the evaluator is known to answer differently, each with the reason. May only become shorter.
EXCEPTIONS: dict[str, str] = {}


def unexpected(cases: list[Case]) -> list[str]:
    """What goes wrong, and exceptions that no longer do."""
    faults = []
    for case in cases:
        verdict = judge(case)
        if verdict.is_right is (case_id(case) in EXCEPTIONS):
            faults.append(f"{case_id(case)}: {case['expr']}: {verdict.detail}")
    return faults


@pytest.mark.parametrize("name", sorted({str(case["file"]) for case in load_cases(VENDORED)}))
def test_every_vendored_case_is_answered_as_the_specification_says(name: str) -> None:
    cases = [case for case in load_cases(VENDORED) if case["file"] == name]
    assert cases
    assert unexpected(cases) == []


def test_every_case_of_the_suite_that_needs_no_protobuf_is_answered_as_the_specification_says() -> None:
    if not SUITE.exists():
        pytest.skip("suite not present")
    cases = load_cases(SUITE)
    assert len(cases) > 900
    assert unexpected(cases) == []
