"""Run the published suites that lie in tests/vendor, and count what passes: the tables of docs/CONFORMANCE.md."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

from tests.core.conformance.exceptions import CATEGORIES, CHARTS, CHARTS_FAILED, SCION_SEMANTICS
from tests.core.conformance.suites import scion_charts, w3c_charts
from tests.core.conformance.test_scion import configurations
from tests.core.conformance.test_w3c import end_of, end_of_chart
from tests.core.expression.conformance import Case, case_id, judge, judge_syntax, judge_type
from tests.core.expression.test_conformance import CASES, EXCEPTIONS, SYNTAX
from tests.tidy.sources import ROOT

from actum_core import canonical_json

_VENDOR: Final = ROOT / "tests" / "vendor"


def _table(heading: str, rows: Iterable[Iterable[object]]) -> str:
    lines = [heading, "|" + "---|" * (heading.count("|") - 1)]
    lines += ["| " + " | ".join(_cell(each) for each in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")


# --- Expressions ----------------------------------------------------------------------------------------


def _typed() -> list[Case]:
    return [case for case in CASES if "type" in case] + [case for case in SYNTAX if case["parses"]]


def _expressions() -> str:
    judged: list[tuple[str, list[Any], Callable[[Any], Any], str]] = [
        ("values and errors", CASES, judge, "conformance"),
        ("static types, as cel-go finds them", _typed(), judge_type, "types"),
        ("syntax, as cel-go parses it", SYNTAX, judge_syntax, ""),
    ]
    rows = []
    for name, cases, verdict, kind in judged:
        right = sum(verdict(case).is_right for case in cases)
        rows.append(
            (name, len(cases), right, sum(case_id(case) in EXCEPTIONS.get(kind, {}) for case in cases))
        )
    return _table("| what | cases | as published | exceptions |", rows)


def _type_exceptions() -> str:
    reasons: dict[str, str] = {}
    said = ""
    for name, reason in EXCEPTIONS["types"].items():
        said = said if reason == "as above" else reason
        reasons[name] = said
    counted = Counter(reasons[case_id(case)] for case in _typed() if case_id(case) in reasons)
    return _table("| reason | cases |", counted.items())


# --- Statecharts ----------------------------------------------------------------------------------------


@cache
def _w3c() -> dict[str, Any]:
    """Those that lie here: where more lie beside the repository, its own tests run these too."""
    found: dict[str, Any] = json.loads((_VENDOR / "w3c-scxml/tests.json").read_text(encoding="utf-8"))
    return dict(found["tests"])


def _is_followed(name: str) -> bool:
    found, expected = configurations(scion_charts()[name])
    return found == expected


def _statecharts() -> str:
    reachable = [number for number, test in _w3c().items() if test["category"] not in CATEGORIES]
    passed = sum(end_of(number) == ["pass"] for number in reachable)
    charts = w3c_charts()
    charts_passed = sum(end_of_chart(number) == ["pass"] for number in charts if number not in CHARTS)
    followed = sum(_is_followed(name) for name in scion_charts())
    rows = [
        ("SCION 2.0.16", len(scion_charts()), len(scion_charts()), followed),
        ("W3C SCXML 1.0, data model left open", len(_w3c()), len(reachable), passed),
        ("W3C SCXML 1.0, others for ECMAScript", len(charts), len(charts) - len(CHARTS), charts_passed),
    ]
    return _table("| suite | tests | within reach | passed |", rows)


def _statechart_exceptions() -> str:
    beyond = Counter(test["category"] for test in _w3c().values() if test["category"] in CATEGORIES)
    rows: list[tuple[str, object, str]] = [
        (f"SCION `{name}`: its other script is followed", 1, reason)
        for name, reason in SCION_SEMANTICS.items()
    ]
    rows += [
        (f"W3C, {category}: not run", count, CATEGORIES[category])
        for category, count in sorted(beyond.items())
    ]
    reasons: dict[str, list[str]] = {}
    for number, reason in (CHARTS | CHARTS_FAILED).items():
        reasons.setdefault(reason, []).append(number)
    rows += [(f"W3C {', '.join(numbers)}", len(numbers), reason) for reason, numbers in reasons.items()]
    return _table("| what | tests | why |", rows)


def _differential() -> str:
    path = ROOT / "tests/differential/recorded.json"
    if not path.is_file():
        return "None of them is among the tests yet.\n"
    recorded = json.loads(path.read_text(encoding="utf-8"))
    return f"{len(recorded):,} of these charts, with what the other interpreter said, are among the tests.\n"


# --- Canonical JSON -------------------------------------------------------------------------------------


def _canonical_json() -> str:
    folder = _VENDOR / "jcs"
    texts = sorted((folder / "input").iterdir())
    right = sum(
        canonical_json.encode(canonical_json.parse(path.read_bytes()))
        == bytes.fromhex((folder / "outhex" / f"{path.stem}.txt").read_text())
        for path in texts
    )
    return _table(
        "| suite | texts | byte for byte |",
        [("RFC 8785, cyberphone/json-canonicalization", len(texts), right)],
    )


PARTS: Final = {
    "expressions": _expressions,
    "type exceptions": _type_exceptions,
    "statecharts": _statecharts,
    "statechart exceptions": _statechart_exceptions,
    "differential": _differential,
    "canonical json": _canonical_json,
}
