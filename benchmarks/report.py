"""Turn measurements into one table and judge the targets; no measuring and no I/O."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.accounting import Counters
from benchmarks.contenders import Measurement, Scenario
from benchmarks.tables import Target, render_columns

LONE: Final = Scenario("1 client", clients=1)
MANY: Final = Scenario("64 clients, 1,000 executions", clients=64)
HOT: Final = Scenario("64 clients, one execution", clients=64, executions=1)
BATCHES: Final = Scenario("4 clients, batches of 100", clients=4, batch=100)


@dataclass(frozen=True, slots=True)
class Row:
    """One contender in one scenario: the median over the rounds of every figure, all errors, the largest RSS."""

    contender: str
    scenario: str
    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    server_cpu_us: float | None
    postgres_cpu_us: float
    generator_cpu_share: float
    server_rss_mb: float | None
    wal_flushes_per_event: float
    transactions_per_event: float
    errors: Mapping[str, int]


def combine(contender: str, scenario: str, rounds: Sequence[tuple[Measurement, Counters]]) -> Row:
    """Make one row of the rounds of one contender in one scenario; each counter is divided by its own round."""
    measured = [measurement for measurement, _ in rounds]
    errors: Counter[str] = Counter()
    for measurement in measured:
        errors.update(measurement.errors)
    return Row(
        contender=contender,
        scenario=scenario,
        rate=statistics.median(m.rate for m in measured),
        p50_ms=statistics.median(m.p50_ms for m in measured),
        p95_ms=statistics.median(m.p95_ms for m in measured),
        p99_ms=statistics.median(m.p99_ms for m in measured),
        server_cpu_us=_median_known([m.server_cpu_us for m in measured]),
        postgres_cpu_us=statistics.median(m.postgres_cpu_us for m in measured),
        generator_cpu_share=statistics.median(m.generator_cpu_share for m in measured),
        server_rss_mb=max((m.server_rss_mb for m in measured if m.server_rss_mb is not None), default=None),
        wal_flushes_per_event=_per_event([(c.wal_flushes, m) for m, c in rounds]),
        transactions_per_event=_per_event([(c.transactions, m) for m, c in rounds]),
        errors=dict(errors),
    )


def _median_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _per_event(counted: Sequence[tuple[int, Measurement]]) -> float:
    return statistics.median(count / max(m.acknowledged_events, 1) for count, m in counted)


def judge(rows: Sequence[Row], replay_rate: float | None) -> tuple[Target, ...]:
    """Compare Actum's rows with its peers' of the same run, target by target."""
    at = {(row.contender, row.scenario): row for row in rows}

    def found(contender: str, scenario: Scenario, figure: str) -> float | None:
        row = at.get((contender, scenario.name))
        return None if row is None else getattr(row, figure)

    rate = found("actum", MANY, "rate")
    lone_p50 = _ratio(found("actum", LONE, "p50_ms"), found("pgbench", LONE, "p50_ms"))
    own = [row for row in rows if row.contender == "actum"]
    rss = max((row.server_rss_mb for row in own if row.server_rss_mb is not None), default=None)
    errors = sum(sum(row.errors.values()) for row in own) if own else None
    return (
        Target("64 clients: rate / handwritten", 15, True, _ratio(rate, found("handwritten", MANY, "rate"))),
        Target("64 clients: rate / pgbench", 0.6, True, _ratio(rate, found("pgbench", MANY, "rate"))),
        Target("64 clients: p99 ms", 20, False, found("actum", MANY, "p99_ms")),
        Target("hot execution: rate / 64 clients", 0.7, True, _ratio(found("actum", HOT, "rate"), rate)),
        Target("lone client: p50 / pgbench", 2.5, False, lone_p50),
        Target("batches: events/s", 12_000, True, found("actum", BATCHES, "rate")),
        Target("replay: inputs/s", 20_000, True, replay_rate),
        Target("server memory MB", 300, False, rss),
        Target("lone client: WAL flushes/event", 1.05, False, found("actum", LONE, "wal_flushes_per_event")),
        Target("64 clients: WAL flushes/event", 0.05, False, found("actum", MANY, "wal_flushes_per_event")),
        Target("64 clients: transactions/event", 0.05, False, found("actum", MANY, "transactions_per_event")),
        Target("64 clients: server CPU us/event", 100, False, found("actum", MANY, "server_cpu_us")),
        Target("64 clients: PG CPU us/event", 40, False, found("actum", MANY, "postgres_cpu_us")),
        Target("errors in all loads", 0, False, errors),
    )


def _ratio(numerator: float | None, denominator: float | None) -> float | None:
    return numerator / denominator if numerator is not None and denominator else None


_HEADINGS: Final = (
    *("contender", "scenario", "events/s", "p50 ms", "p95 ms", "p99 ms", "server us", "PG us", "gen CPU"),
    *("RSS MB", "flush/ev", "tx/ev", "errors"),
)


def render_rows(rows: Sequence[Row]) -> str:
    """The table, one line a row, columns aligned."""
    return render_columns([_HEADINGS, *(_cells(row) for row in rows)])


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.contender,
        row.scenario,
        f"{row.rate:,.0f}",
        *(f"{value:.2f}" for value in (row.p50_ms, row.p95_ms, row.p99_ms)),
        _optional(row.server_cpu_us),
        f"{row.postgres_cpu_us:.0f}",
        f"{row.generator_cpu_share:.0%}",
        _optional(row.server_rss_mb),
        f"{row.wal_flushes_per_event:.3f}",
        f"{row.transactions_per_event:.3f}",
        ", ".join(f"{kind} {count}" for kind, count in row.errors.items()) or "0",
    )


def _optional(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
