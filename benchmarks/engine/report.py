"""Turn figures into tables and judge the targets; no measuring and no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.engine.growth import COMPILE, Series
from benchmarks.engine.guards import OURS
from benchmarks.engine.light import RECORDED, STEP
from benchmarks.engine.timing import Figure, ratios
from benchmarks.tables import Target, render_columns

STEP_US_MAX: Final = 15
RECORDED_US_MAX: Final = 60
GUARD_US_MAX: Final = 4
COMPILE_MS_MAX: Final = 300

ENGINES: Final = "engines"
GUARDS: Final = "guards"
LARGE_GUARDS: Final = "guards, 45 KB"
COMPILING: Final = "compile"
GROWTH: Final = "growth: "

#: By the name of what was measured, the figures in the order in which they are printed.
Figures = dict[str, dict[str, Figure]]

_TITLES: Final[Mapping[str, str]] = {
    ENGINES: "one event, three states, a guard, an assignment",
    GUARDS: "the guard, small event",
    LARGE_GUARDS: "the guard, event of 45 KB",
    COMPILING: "compile a template of 500 states, 1,000 different expressions",
}


@dataclass(slots=True)
class Outcome:
    """All of one run, as the JSON file holds it."""

    machine: dict[str, Any]
    figures: Figures = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)


def judge(figures: Figures, series: Sequence[Series]) -> tuple[Target, ...]:
    """Compare what was found with what the engine is held to."""

    def lowest(group: str, name: str) -> float | None:
        found = figures.get(group, {}).get(name)
        return None if found is None else found.lowest

    compiled = lowest(COMPILING, COMPILE)
    return (
        Target("step alone, us", STEP_US_MAX, False, lowest(ENGINES, STEP)),
        Target("step with entries and hashes, us", RECORDED_US_MAX, False, lowest(ENGINES, RECORDED)),
        Target("guard, us", GUARD_US_MAX, False, lowest(GUARDS, OURS)),
        Target("guard with an event of 45 KB, us", GUARD_US_MAX, False, lowest(LARGE_GUARDS, OURS)),
        Target(
            "compile 500 states, ms", COMPILE_MS_MAX, False, None if compiled is None else compiled / 1_000
        ),
        *(
            Target(f"growth, {each.name}", each.bound, False, _growth(figures.get(GROWTH + each.name)))
            for each in series
        ),
    )


def _growth(found: Mapping[str, Figure] | None) -> float | None:
    """How much more the dearest of the larger sizes costs than the smallest."""
    return None if not found else max(list(ratios(found).values())[1:])


def render_figures(figures: Figures) -> str:
    """Every group as a table; a series of sizes as one line each."""
    parts = [
        _render_group(_TITLES[group], found)
        for group, found in figures.items()
        if not group.startswith(GROWTH)
    ]
    series = {name.removeprefix(GROWTH): found for name, found in figures.items() if name.startswith(GROWTH)}
    if series:
        parts.append(_render_series(series))
    return "\n\n".join(parts)


def _render_group(title: str, found: Mapping[str, Figure]) -> str:
    multiples = ratios(found)
    lines = [(title, "us, lowest", "us, median", "times the first")]
    lines += [
        (name, _number(each.lowest), _number(each.median), f"{multiples[name]:.2f}")
        for name, each in found.items()
    ]
    return render_columns(lines)


def _render_series(series: Mapping[str, Mapping[str, Figure]]) -> str:
    lines = [("a step against the number of", "us of the smallest", "", "times the smallest")]
    for name, found in series.items():
        smallest = next(iter(found))
        told = [f"{size}: {ratio:.2f}" for size, ratio in list(ratios(found).items())[1:]]
        lines.append((name, _number(found[smallest].lowest), f"at {smallest}", ", ".join(told)))
    return render_columns(lines)


def _number(us: float) -> str:
    return f"{us:,.0f}" if us >= 1_000 else f"{us:.1f}" if us >= 10 else f"{us:.2f}"
