"""Run generated charts here and through SCION, and tell every difference."""

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from actum_core.engine import Input, InputKind, State, step
from actum_core.engine.outputs import StepFailed
from actum_core.formats.scxml import export_scxml
from actum_core.template import Program, compile_template

from .charts import ChartMaker

HERE = Path(__file__).parent
RECORDED = HERE / "recorded.json"

#: Charts that one process of Node is given, and how long it may take: a chart that never ends costs its batch.
_BATCH = 100
_SECONDS = 20.0


class Chart(NamedTuple):
    seed: int
    document: dict[str, Any]
    events: list[str]


def make_chart(seed: int) -> Chart:
    maker = ChartMaker(seed)
    return Chart(seed, maker.document(), maker.events())


def run_here(chart: Chart) -> list[list[str]] | None:
    """The active states at the start and after each event; None for a chart that runs in circles."""
    program: Program = compile_template(chart.document)
    state = State.initial(program)
    found = []
    given = [(InputKind.START, ""), *((InputKind.EVENT, name) for name in chart.events)]
    for sequence, (kind, name) in enumerate(given, 1):
        at = f"2026-01-01T00:00:{sequence:02d}.000000Z"
        try:
            state = step(program, state, Input(kind, name, None, at, sequence, "exe_differential")).state
        except StepFailed:
            return None
        found.append(sorted(state.configuration))
    return found


def to_ecmascript(chart: Chart) -> str:
    """The chart as SCION reads it: what the exporter wrote, with ``In`` for ``in_state``."""
    text = export_scxml(chart.document).text.replace('datamodel="cel"', 'datamodel="ecmascript"')
    return re.sub(r"\bin_state\(", "In(", text)


def run_scion(charts: list[Chart], folder: Path, *arguments: str) -> list[Any]:
    """What SCION says of each chart; None for one that it does not finish."""
    if not charts:
        return []
    lines = [json.dumps({"scxml": to_ecmascript(chart), "events": chart.events}) for chart in charts]
    command = ["node", str(HERE / "scion.js"), str(folder), *arguments]
    try:
        done = subprocess.run(
            command, input="\n".join(lines), capture_output=True, text=True, timeout=_SECONDS, check=True
        )
        return [json.loads(line) for line in done.stdout.splitlines()]
    except subprocess.TimeoutExpired as expired:
        # It says what it knows chart by chart, so the next one is the one that it does not finish.
        said = [json.loads(line) for line in (expired.stdout or b"").splitlines()]
        return [*said, None, *run_scion(charts[len(said) + 1 :], folder, *arguments)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scion", type=Path, required=True, help="the folder that SCION is installed in")
    parser.add_argument("--charts", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first chart")
    parser.add_argument("--record", type=int, default=0, help="keep what SCION says of so many charts")
    parser.add_argument("--as-published", action="store_true", help="leave SCION's own least common ancestor")
    options = parser.parse_args()
    mode = ("--as-published",) if options.as_published else ()
    counts: Counter[str] = Counter()
    recorded: list[dict[str, Any]] = []
    for first in range(options.first, options.first + options.charts, _BATCH):
        last = min(first + _BATCH, options.first + options.charts)
        made = [make_chart(seed) for seed in range(first, last)]
        ours = [(chart, found) for chart in made if (found := run_here(chart)) is not None]
        counts["circular, left out"] += len(made) - len(ours)
        theirs = run_scion([chart for chart, _ in ours], options.scion, *mode)
        for (chart, found), said in zip(ours, theirs, strict=True):
            if found == said:
                counts["equal"] += 1
                recorded.append({"seed": chart.seed, "configurations": said})
            else:
                counts["different"] += 1
                print(json.dumps({"seed": chart.seed, "events": chart.events, "ours": found, "theirs": said}))
        print(f"{last - options.first}: {dict(counts)}", file=sys.stderr)
    if options.record:
        lines = ",\n".join(json.dumps(each) for each in recorded[: options.record])
        RECORDED.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
