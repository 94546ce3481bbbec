"""The report's figures are medians over rounds, its verdicts follow from the rows, and gaps are named as gaps."""

from dataclasses import replace

from benchmarks.accounting import Counters
from benchmarks.contenders import Measurement
from benchmarks.report import BATCHES, HOT, LONE, MANY, Row, combine, judge, render_rows
from benchmarks.tables import render_targets

MEASURED = Measurement(
    rate=100.0,
    p50_ms=1.0,
    p95_ms=2.0,
    p99_ms=3.0,
    server_cpu_us=50.0,
    postgres_cpu_us=20.0,
    generator_cpu_share=0.1,
    server_rss_mb=80.0,
    errors={},
    acknowledged_events=1_000,
)
COUNTED = Counters(transactions=40, wal_flushes=50, wal_bytes=9)


def row(contender: str, scenario: str, rate: float, **other: object) -> Row:
    made = combine(contender, scenario, [(replace(MEASURED, rate=rate), COUNTED)])
    return replace(made, **other)  # type: ignore[arg-type]


def all_rows() -> list[Row]:
    return [
        row("actum", LONE.name, 900.0, p50_ms=0.5, wal_flushes_per_event=1.0),
        row("actum", MANY.name, 15_000.0),
        row("actum", HOT.name, 12_000.0),
        row("actum", BATCHES.name, 30_000.0),
        row("handwritten", MANY.name, 1_000.0),
        row("pgbench", LONE.name, 4_000.0, p50_ms=0.25),
        row("pgbench", MANY.name, 20_000.0),
    ]


def test_rounds_become_medians_with_all_errors_and_the_largest_memory() -> None:
    rounds = [
        (replace(MEASURED, rate=rate, errors=errors, server_rss_mb=rss), COUNTED)
        for rate, errors, rss in (
            (10.0, {"503": 1}, 90.0),
            (30.0, {}, 70.0),
            (20.0, {"503": 2, "409": 1}, 80.0),
        )
    ]
    found = combine("actum", "x", rounds)
    assert (found.rate, found.errors, found.server_rss_mb) == (20.0, {"503": 3, "409": 1}, 90.0)
    assert (found.wal_flushes_per_event, found.transactions_per_event) == (0.05, 0.04)


def test_a_contender_without_a_server_has_no_server_figures() -> None:
    found = combine("pgbench", "x", [(replace(MEASURED, server_cpu_us=None, server_rss_mb=None), COUNTED)])
    assert (found.server_cpu_us, found.server_rss_mb) == (None, None)


def test_counters_are_divided_by_their_own_rounds_events() -> None:
    rounds = [(replace(MEASURED, acknowledged_events=events), COUNTED) for events in (100, 1_000)]
    assert combine("actum", "x", rounds).transactions_per_event == (0.4 + 0.04) / 2


def test_at_the_bounds_every_target_passes() -> None:
    targets = judge(all_rows(), replay_rate=20_000.0)
    assert [target.verdict for target in targets] == ["pass"] * len(targets)


def test_one_past_a_bound_is_a_miss_of_that_target_only() -> None:
    cases = {
        "64 clients: rate / handwritten": ("handwritten", MANY.name, {"rate": 1_001.0}),
        "64 clients: rate / pgbench": ("pgbench", MANY.name, {"rate": 25_001.0}),
        "64 clients: p99 ms": ("actum", MANY.name, {"p99_ms": 20.1}),
        "hot execution: rate / 64 clients": ("actum", HOT.name, {"rate": 10_499.0}),
        "lone client: p50 / pgbench": ("actum", LONE.name, {"p50_ms": 0.63}),
        "batches: events/s": ("actum", BATCHES.name, {"rate": 11_999.0}),
        "server memory MB": ("actum", BATCHES.name, {"server_rss_mb": 301.0}),
        "64 clients: WAL flushes/event": ("actum", MANY.name, {"wal_flushes_per_event": 0.06}),
        "errors in all loads": ("actum", HOT.name, {"errors": {"503": 1}}),
    }
    for name, (contender, scenario, change) in cases.items():
        rows = [
            replace(found, **change) if (found.contender, found.scenario) == (contender, scenario) else found  # type: ignore[arg-type]
            for found in all_rows()
        ]
        missed = [target.name for target in judge(rows, replay_rate=20_000.0) if target.verdict != "pass"]
        assert missed == [name]


def test_what_was_not_measured_is_neither_pass_nor_miss() -> None:
    targets = judge([found for found in all_rows() if found.contender != "actum"], replay_rate=None)
    assert {target.verdict for target in targets} == {"not measured"}


def test_the_tables_have_a_line_for_every_row_and_target() -> None:
    targets = judge(all_rows(), replay_rate=None)
    assert len(render_rows(all_rows()).splitlines()) == 1 + 7
    assert len(render_targets(targets).splitlines()) == 1 + len(targets)
    assert "not measured" in render_targets(targets)
