"""Run every contender in turn on this machine and print one table and the targets: `python -m benchmarks.run`."""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import accounting, cluster, contenders
from benchmarks.accounting import COUNTERS_SETTLE_SECONDS, Counters
from benchmarks.contenders import Actum, Contender, Duration, Handwritten, Measurement, Pgbench, Scenario
from benchmarks.load import Load, load_to_json
from benchmarks.report import (
    BATCHES,
    HOT,
    LONE,
    MANY,
    Row,
    combine,
    judge,
    render_rows,
)
from benchmarks.tables import Target, render_targets

#: Contenders take turns, so that a slow minute of the machine falls on all of them, and so that each one's
#: PostgreSQL has been idle long enough before its counters are read.
SCHEDULE: Final[tuple[tuple[str, Scenario], ...]] = (
    ("actum", LONE),
    ("handwritten", LONE),
    ("pgbench", LONE),
    ("actum", MANY),
    ("handwritten", MANY),
    ("pgbench", MANY),
    ("actum", HOT),
    ("actum", BATCHES),
)
CONTENDERS: Final[Mapping[str, Callable[[], Contender]]] = {
    "actum": Actum,
    "handwritten": Handwritten,
    "pgbench": Pgbench,
}
REPLAY_EVENTS: Final = 100_000
REPLAY_EVENTS_QUICK: Final = 10_000


@dataclass(slots=True)
class Turn:
    """A contender that is up: its measurements, each between two readings of its counters."""

    contender: Contender
    readings: list[Counters] = field(default_factory=list)
    measured: list[tuple[Scenario, Measurement]] = field(default_factory=list)
    idle_since: float = field(default_factory=time.monotonic)

    def read_counters(self) -> None:
        """Read once idle backends have reported: what the last load wrote is then in, and nothing of the next."""
        time.sleep(max(self.idle_since + COUNTERS_SETTLE_SECONDS - time.monotonic(), 0))
        self.readings.append(self.contender.counters())

    def take(self, scenario: Scenario, duration: Duration) -> None:
        self.read_counters()
        self.measured.append((scenario, self.contender.run(scenario, duration)))
        self.idle_since = time.monotonic()

    def rows(self) -> list[Row]:
        rounds: dict[str, list[tuple[Measurement, Counters]]] = {}
        for at, (scenario, measurement) in enumerate(self.measured):
            counted = self.readings[at + 1].since(self.readings[at])
            rounds.setdefault(scenario.name, []).append((measurement, counted))
        return [combine(self.contender.name, name, measured) for name, measured in rounds.items()]


@dataclass(slots=True)
class Outcome:
    """All of one run, as the JSON file holds it."""

    machine: dict[str, Any]
    generator: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    replay_rate: float | None = None
    targets: tuple[Target, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)


def describe_machine(command: Sequence[str]) -> dict[str, Any]:
    return {
        "command": " ".join(command),
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cores": os.cpu_count(),
        "cpu": accounting.cpu_model(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgres": cluster.binary_version(),
        "settings": dict(cluster.SETTINGS),
        "flush_ms": cluster.flush_milliseconds(),
        "load_average": os.getloadavg()[0],
    }


def calibrate() -> dict[str, Any]:
    """Measure the generator against a server that does nothing: above this rate a figure would be its own."""
    port = contenders.free_port()
    root = Path(__file__).parent.parent
    responder = subprocess.Popen([sys.executable, "-m", "benchmarks.responder", str(port)], cwd=root)
    try:
        time.sleep(0.7)
        load = Load(port=port, paths=("/",), run="calibrate", clients=64, seconds=2.0, warmup_seconds=0.5)
        command = [sys.executable, "-m", "benchmarks.load", load_to_json(load)]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    finally:
        responder.terminate()
        responder.wait()
    return dict(json.loads(done.stdout.splitlines()[-1]))


def start_all(names: Sequence[str], turns: dict[str, Turn], outcome: Outcome) -> None:
    """Start what can be started; what cannot is a failure with its reason, never a silent gap."""
    for name in names:
        contender: Contender = CONTENDERS[name]()
        _progress(f"starting {name}")
        try:
            contender.start()
        except Exception as failure:  # a contender's own trouble must not cost the others their run
            contender.stop()
            outcome.failures[name] = f"{type(failure).__name__}: {failure}"
        except BaseException:
            contender.stop()
            raise
        else:
            turns[name] = Turn(contender)


def run_schedule(turns: dict[str, Turn], outcome: Outcome, plan: "Plan") -> None:
    for number in range(plan.rounds):
        for name, scenario in SCHEDULE:
            if name in turns and name not in outcome.failures:
                _progress(f"round {number + 1}: {name}, {scenario.name}")
                try:
                    turns[name].take(scenario, plan.duration)
                except Exception as failure:
                    outcome.failures[name] = f"{scenario.name}: {type(failure).__name__}: {failure}"
    for name, turn in turns.items():
        if turn.measured and name not in outcome.failures:
            turn.read_counters()
            outcome.rows += turn.rows()


def run_replay(turns: dict[str, Turn], outcome: Outcome, plan: "Plan") -> None:
    actum = turns["actum"].contender if "actum" in turns else None
    if isinstance(actum, Actum) and "actum" not in outcome.failures:
        _progress(f"actum, replay of {plan.replay_events:,} events")
        try:
            outcome.replay_rate = actum.replay(plan.replay_events)
        except Exception as failure:
            outcome.failures["actum replay"] = f"{type(failure).__name__}: {failure}"


@dataclass(frozen=True, slots=True)
class Plan:
    duration: Duration
    rounds: int
    replay_events: int


def print_outcome(outcome: Outcome) -> None:
    machine, generator = outcome.machine, outcome.generator
    print(f"\n{machine['command']}")
    print(
        f"{machine['cores']} cores, {machine['cpu']}; {machine['system']}; Python {machine['python']};"
        f" {machine['postgres']}; one 8 KiB fdatasync {machine['flush_ms']:.2f} ms;"
        f" load average before {machine['load_average']:.2f}"
    )
    print(
        f"load generator: asyncio on {generator['loop']}, raw HTTP/1.1, a process of its own; alone it reaches"
        f" {generator['rate']:,.0f} requests/s at {generator['cpu_us_per_request']:.1f} us CPU each\n"
    )
    print(render_rows(outcome.rows) if outcome.rows else "nothing was measured")
    if outcome.replay_rate is not None:
        print(f"\nactum replay over HTTP: {outcome.replay_rate:,.0f} inputs/s")
    print(f"\n{render_targets(outcome.targets)}")
    for name, reason in outcome.failures.items():
        print(f"\nnot measured: {name}: {reason}")


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="seconds per measurement, after the warm-up")
    parser.add_argument(
        "--rounds", type=int, default=1, help="times the schedule is run; figures are medians"
    )
    parser.add_argument(
        "--quick", action="store_true", help="3 seconds each and a short replay: a smoke test"
    )
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 when a contender could not be measured, or with --strict when a target is missed."""
    options = parse_arguments(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    plan = Plan(
        duration=Duration(warmup_seconds=1, seconds=3) if options.quick else Duration(2, options.seconds),
        rounds=options.rounds,
        replay_events=REPLAY_EVENTS_QUICK if options.quick else REPLAY_EVENTS,
    )
    machine = describe_machine(["python", "-m", "benchmarks.run", *arguments])
    outcome = Outcome(machine=machine, generator=calibrate())
    turns: dict[str, Turn] = {}
    try:
        start_all(options.only, turns, outcome)
        run_schedule(turns, outcome, plan)
        run_replay(turns, outcome, plan)
    finally:
        for turn in turns.values():
            turn.contender.stop()
    outcome.targets = judge(outcome.rows, outcome.replay_rate)
    print_outcome(outcome)
    if options.json:
        options.json.write_text(json.dumps(asdict(outcome), indent=1) + "\n")
    missed = any(target.verdict != "pass" for target in outcome.targets)
    return 1 if outcome.failures or (options.strict and missed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
