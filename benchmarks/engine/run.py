"""Measure the engine and its peers on this machine and print tables and targets: `python -m benchmarks.engine.run`."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from actum_core.engine.fold import ENGINE_VERSION
from actum_core.errors import ActumError
from actum_core.template import compile_template, load_program
from benchmarks.accounting import cpu_model
from benchmarks.engine.growth import (
    COMPILE,
    COMPILED_STATES,
    LOAD,
    SERIES,
    Compiling,
    Series,
    large_document,
)
from benchmarks.engine.guards import start_guards
from benchmarks.engine.light import LightRecorded, LightStep
from benchmarks.engine.peers import start_peers
from benchmarks.engine.report import (
    COMPILING,
    ENGINES,
    GROWTH,
    GUARDS,
    LARGE_GUARDS,
    Outcome,
    judge,
    render_figures,
)
from benchmarks.engine.timing import Body, Turns, measure
from benchmarks.tables import render_targets

#: Turns of a few milliseconds: short enough that some of them are not interrupted on a busy machine.
TURNS: Final = Turns(rounds=200, seconds=0.005)
TURNS_QUICK: Final = Turns(rounds=5, seconds=0.001)
#: Compiling takes a tenth of a second each time.
COMPILE_TURNS: Final = Turns(rounds=10, seconds=0.01)
COMPILE_TURNS_QUICK: Final = Turns(rounds=1, seconds=0.001)

PARTS: Final = ("engines", "guards", "compile", "growth")


class Bench:
    """One run: what it measures goes into its outcome, and so does what it cannot."""

    def __init__(self, options: argparse.Namespace, outcome: Outcome) -> None:
        self.is_quick = bool(options.quick)
        self.has_peers = not options.no_peers
        self.outcome = outcome
        self._turns = TURNS_QUICK if self.is_quick else TURNS

    def run(self, parts: Sequence[str]) -> None:
        """Measure these parts, in the order in which they are printed."""
        if "engines" in parts:
            self._engines()
        if "guards" in parts:
            for group, is_large in ((GUARDS, False), (LARGE_GUARDS, True)):
                self._keep(group, self._with_peers(start_guards(is_large)))
        if "compile" in parts:
            self._compile()
        if "growth" in parts:
            for series in SERIES:
                self._series(series)

    def _engines(self) -> None:
        peers: list[Body] = []
        if self.has_peers:
            peers, missing = start_peers()
            self.outcome.missing |= missing
        self._keep(ENGINES, [LightStep(), LightRecorded(), *peers])

    def _with_peers(self, started: tuple[list[Body], dict[str, str]]) -> list[Body]:
        bodies, missing = started
        if not self.has_peers:
            return bodies[:1]
        self.outcome.missing |= missing
        return bodies

    def _compile(self) -> None:
        document = large_document(COMPILED_STATES)
        canonical = compile_template(document).canonical
        bodies: list[Body] = [
            Compiling(COMPILE, lambda: compile_template(document)),
            Compiling(LOAD, lambda: load_program(canonical)),
        ]
        _progress(COMPILING)
        turns = COMPILE_TURNS_QUICK if self.is_quick else COMPILE_TURNS
        self.outcome.figures[COMPILING] = measure(bodies, turns)

    def _series(self, series: Series) -> None:
        group = GROWTH + series.name
        try:
            bodies = series.bodies(self.is_quick)
        except ActumError as reason:  # a template that this version does not take
            self.outcome.missing[group] = str(reason)
        else:
            self._keep(group, bodies)

    def _keep(self, group: str, bodies: Sequence[Body]) -> None:
        _progress(group)
        self.outcome.figures[group] = measure(bodies, self._turns)


def describe_machine(command: Sequence[str]) -> dict[str, Any]:
    return {
        "command": " ".join(command),
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cores": os.cpu_count(),
        "cpu": cpu_model(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "engine": ENGINE_VERSION,
        "load_average": os.getloadavg()[0],
    }


def print_outcome(outcome: Outcome) -> None:
    machine = outcome.machine
    print(f"\n{machine['command']}")
    print(
        f"{machine['cores']} cores, {machine['cpu']}; {machine['system']}; Python {machine['python']};"
        f" engine {machine['engine']}; load average before {machine['load_average']:.2f}\n"
    )
    print(render_figures(outcome.figures))
    print(f"\n{render_targets(outcome.targets)}")
    for name, reason in outcome.missing.items():
        print(f"\nnot measured: {name}: {reason}")


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, short turns: a smoke test")
    parser.add_argument("--no-peers", action="store_true", help="only Actum's own rows")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 with --strict when a target is missed or was not measured."""
    options = parse_arguments(arguments)
    machine = describe_machine(["python", "-m", "benchmarks.engine.run", *arguments])
    outcome = Outcome(machine=machine)
    Bench(options, outcome).run(options.only)
    # The sizes of a quick run are too near each other to say anything of growth.
    outcome.targets = judge(outcome.figures, () if options.quick else SERIES)
    print_outcome(outcome)
    if options.json:
        options.json.write_text(json.dumps(asdict(outcome), indent=1) + "\n")
    missed = any(target.verdict != "pass" for target in outcome.targets)
    return 1 if options.strict and missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
