"""`actum simulate`: what would happen to a template, here and without a server."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from cyclopts import App, Parameter, validators

from actum.entrypoints.cli.app import example
from actum.entrypoints.cli.documents import Document, parse_value, read_document
from actum.entrypoints.cli.options import DEFAULT_OUTPUT, FileName, OutputOptions
from actum.entrypoints.cli.refusals import Exit, UsageError
from actum.entrypoints.cli.screen import Screen
from actum.entrypoints.cli.scripts import NO_SCRIPT, read_script
from actum.entrypoints.cli.turns import Telling, tell_end, tell_turn
from actum_core.errors import Invalid, Problem
from actum_core.simulation import Ending, Reception, Setting, Simulation, StartInvalid
from actum_core.simulation.setting import ANY_ACTION
from actum_core.template import Program, compile_template

app = App(
    name="simulate",
    help_format="plaintext",
    help_epilogue=example(
        """actum simulate light.yaml --input '{"junction": "north"}' --events events.jsonl""",
        "actum simulate order.yaml --events story.yaml --until 2h --outcomes ok --coverage",
        "actum simulate order.yaml --events story.yaml --step --trace",
    ),
)

_QUIET: Final = "quiet"
_BOUNDS: Final = (Ending.INPUTS, Ending.BYTES)


class TemplateUnusable(Invalid):
    """Correct the template where the problems point; `actum template check` tells warnings as well."""

    code: ClassVar[str] = "template_unusable"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be simulated, and how long.

    Parameters
    ----------
    events
        What is to happen: JSON lines, or one array in JSON or YAML. `-` is standard input. See
        docs/guides/simulating.md.
    start_input
        What the execution is started with: a JSON object, or @FILE.
    until
        Go on firing timers until so long after the start, such as 90s, 2h or 3d; or `quiet`: until none is left.
        [default: stop when all events have happened]
    start
        When it starts, as RFC 3339 writes it.  [default: when the first event has a time, else the first of January
        2026]
    outcomes
        What every action comes to that the events do not answer.  [default: none; it stays asked for]
    seed
        Another text gives other random numbers and ids.
    component
        A file of an own component, or of a template for `invoke`, that FILE uses; it stands for every version of its
        name. May be repeated.
    inputs_max
        Stop after so many inputs, timers and outcomes included.
    """

    events: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    start_input: Annotated[str, Parameter(name="--input")] = "{}"
    until: str | None = None
    start: str | None = None
    outcomes: Literal["ok", "failed"] | None = None
    seed: str = ""
    component: Annotated[tuple[str, ...], Parameter(negative="")] = ()
    inputs_max: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1_000_000))] = 10_000


_DEFAULT: Final = Wanted()
Flag = Annotated[bool, Parameter(negative="")]


@app.default
def simulate(
    file: FileName,
    /,
    *,
    wanted: Wanted = _DEFAULT,
    step: Flag = False,
    trace: Flag = False,
    coverage: Flag = False,
    output: OutputOptions = DEFAULT_OUTPUT,
) -> Exit:
    """Let events happen to a template that need not be saved, under a clock of its
    own, and show what follows: states, entries with their hashes, messages,
    tokens, timers.

    It is the engine of the server; nothing is stored and no action is carried out.
    Exits with 3 when an event was refused, a step failed or a bound was met.

    Parameters
    ----------
    file
        A template in YAML or JSON; `-` is standard input.
    step
        Show the state after every input, and on a terminal wait for Enter before the next.
    trace
        Show for every transition that was looked at why it was taken or not.
    coverage
        Show which states and transitions nothing has come through.
    """
    screen = Screen(output.is_json)
    program = _compile(read_document(file), wanted.component)
    script = NO_SCRIPT if wanted.events is None else read_script(wanted.events)
    simulation = _prepare(program, wanted, is_traced=trace)
    telling = Telling(screen, simulation, script, is_stepwise=step, is_covering=coverage)
    turns = script.refuse_with_places(simulation.play(script.happenings))
    for turn in turns:
        tell_turn(telling, turn)
        if step:
            _wait(turns)
    tell_end(telling)
    is_smooth = simulation.ending not in _BOUNDS and all(
        turn.reception in (Reception.APPLIED, Reception.HELD, Reception.REPEATED) for turn in simulation.turns
    )
    return Exit.OK if is_smooth else Exit.DIFFERENT


def _prepare(program: Program, wanted: Wanted, *, is_traced: bool) -> Simulation:
    """Raises UsageError and StartInvalid."""
    from actum_core.simulation.script import parse_duration, parse_moment

    until = None
    if wanted.until not in (None, _QUIET):
        until = _convert("--until", parse_duration, wanted.until)
    setting = Setting(
        start=None if wanted.start is None else _convert("--start", parse_moment, wanted.start),
        until=until,
        is_to_quiet=wanted.until == _QUIET,
        outcomes={} if wanted.outcomes is None else {ANY_ACTION: {"ok": wanted.outcomes == "ok"}},
        is_traced=is_traced,
        seed=wanted.seed,
        inputs_max=wanted.inputs_max,
    )
    try:
        return Simulation(program, parse_value("--input", wanted.start_input), setting)
    except StartInvalid as error:
        placed = (Problem("/input" + each.pointer, each.code, each.detail) for each in error.problems)
        raise StartInvalid(placed) from None


def _convert(option: str, parse: Any, text: str | None) -> Any:
    try:
        return parse(text)
    except Invalid as error:
        raise UsageError(f"{option}: {error.problems[0].detail}") from None


def _compile(document: Document, used: Sequence[str]) -> Program:
    """Raises TemplateUnusable with the line of every problem."""
    known: dict[str, object] = {}
    for name in used:
        value = read_document(name).value
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            known[value["name"]] = value

    def find(name: str, _version: int) -> object:
        return known.get(name)

    try:
        return compile_template(document.value, find, find)
    except Invalid as error:
        raise TemplateUnusable(
            Problem(each.pointer, each.code, f"{document.place_of(each.pointer)}: {each.detail}")
            for each in error.problems
            if each.severity == "error"
        ) from None


def _wait(turns: Iterator[object]) -> None:
    """Let whoever looks on decide when to go on; `q` ends it here."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    print("Enter: the next input   q: stop", end=" ", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() == "q" and hasattr(turns, "close"):
        turns.close()
