"""How a simulation is told on the command line: turn by turn as it happens, and where it stands at the end."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from actum.entrypoints.cli.entries import describe_entry, describe_states
from actum.entrypoints.cli.screen import Screen, make_facts, short_hash, short_json
from actum.entrypoints.cli.scripts import Script
from actum_core import canonical_json
from actum_core.engine.inputs import InputKind
from actum_core.engine.moments import read_moment
from actum_core.engine.trace import Look
from actum_core.simulation import Simulation, Turn, describe_simulation
from actum_core.simulation.coverage import Coverage, MachineCoverage, measure_coverage
from actum_core.simulation.report import describe_turn

_INDENT: Final = " " * 13


class Telling:
    """Who is told of which simulation, and how much."""

    def __init__(
        self,
        screen: Screen,
        simulation: Simulation,
        script: Script,
        *,
        is_stepwise: bool,
        is_covering: bool,
    ) -> None:
        self.screen = screen
        self.simulation = simulation
        self.script = script
        self.is_stepwise = is_stepwise
        self.is_covering = is_covering
        self.guards = {
            (machine.node, each.source, each.index): each.guard
            for machine in measure_coverage(simulation.program, ()).machines
            for each in machine.transitions
        }


def tell_turn(telling: Telling, turn: Turn) -> None:
    """One input, as soon as it has been taken in."""
    screen = telling.screen
    if screen.is_json:
        if telling.is_stepwise:
            screen.tell_line({"object": "turn", **describe_turn(turn)}, "")
        return
    screen.say(_headline(telling, turn))
    for problem in turn.problems:
        place = telling.script.place_of(problem.pointer)
        screen.say(f"{_INDENT}{place + ': ' if place else ''}{problem.detail} ({problem.code})")
    for selection in turn.selections or ():
        for line in _looks(telling, selection.looks):
            screen.say(_INDENT + line)
    for entry in turn.entries[1:]:
        payload = canonical_json.parse(entry.payload)
        said = describe_entry({"kind": entry.kind, "payload": payload})
        screen.say(f"{_INDENT}{entry.kind:<11}  {said}")
    if telling.is_stepwise:
        state = turn.execution.state.to_json()
        screen.say(f"{_INDENT}variables    {short_json(state.get('vars', {}))}")


def tell_end(telling: Telling) -> None:
    """Where the simulation stands when it is over."""
    screen, simulation = telling.screen, telling.simulation
    if screen.is_json:
        told = describe_simulation(simulation)
        if telling.is_stepwise:
            screen.tell_line(told, "")
        else:
            screen.tell(told, lambda _: None)
        return
    facts = _facts(simulation)
    coverage = measure_coverage(simulation.program, simulation.entries) if telling.is_covering else None

    def show(console: Any) -> None:
        console.print()
        console.print(make_facts(facts))
        if coverage is not None:
            console.print()
            _show_coverage(console, coverage)

    screen.tell({}, show)


def _headline(telling: Telling, turn: Turn) -> str:
    """`  +1h00m05s  event order.placed {…}  → settling`."""
    words = "created" if turn.kind is None else f"{turn.kind.value} {turn.name}"
    if turn.entries and turn.kind is not None:
        entry = turn.entries[0]
        kind = turn.kind.value if entry.kind == "held" else entry.kind
        said = describe_entry({"kind": kind, "payload": canonical_json.parse(entry.payload)})
        words = f"{words}  {said}" if turn.kind is InputKind.COMMAND else f"{turn.kind.value} {said}"
        words = words.rstrip()
    states = describe_states(list(turn.execution.state.configuration))
    end = "" if turn.reception.value == "applied" else f"  {turn.reception.value.upper()}"
    lifecycle = turn.execution.lifecycle.value
    standing = states if lifecycle in ("running", "completed") else lifecycle
    elapsed = _elapsed(telling.simulation, turn.at)
    return f"{elapsed:>11}  {words}{end}" + (f"  → {standing}" if turn.kind is not None else "")


def _elapsed(simulation: Simulation, at: str) -> str:
    """Since the start, as people say it: `+1d02h00m00s`, `+0.250s`."""
    microseconds = (read_moment(at) - read_moment(simulation.started_at)) // 1_000
    seconds, rest = divmod(microseconds, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    fraction = f".{rest:06d}".rstrip("0") if rest else ""
    if days:
        return f"+{days}d{hours:02d}h{minutes:02d}m{seconds:02d}{fraction}s"
    if hours:
        return f"+{hours}h{minutes:02d}m{seconds:02d}{fraction}s"
    return f"+{minutes}m{seconds:02d}{fraction}s" if minutes else f"+{seconds}{fraction}s"


def _looks(telling: Telling, looks: Sequence[Look]) -> Iterable[str]:
    for look in looks:
        event = look.event or "(no event)"
        node = f"{look.node}: " if look.node else ""
        guard = telling.guards.get((look.node.partition("#")[0], look.source, look.index))
        why = ""
        if look.failure is not None:
            why = f"  [{guard}] {look.failure.get('code')}: {look.failure.get('message')}"
        elif look.guard is not None:
            why = f"  [{guard}] is {'true' if look.guard else 'false'}"
        yield f"? {node}{event}  {look.source or '(machine)'}/{look.index} {look.verdict.value}{why}"


def _facts(simulation: Simulation) -> list[tuple[str, object]]:
    state = simulation.execution.state
    variables = state.to_json().get("vars", {})
    facts: list[tuple[str, object]] = [
        ("template", f"{simulation.program.name} ({short_hash(simulation.program.digest)})"),
        ("lifecycle", simulation.execution.lifecycle.value),
        ("state", describe_states(list(state.configuration))),
        ("clock", f"{simulation.moment} ({_elapsed(simulation, simulation.moment)})"),
        ("ended", _ENDINGS[simulation.ending.value] if simulation.ending else "stopped"),
        ("entries", f"{simulation.head.sequence} ({simulation.execution.input_sequence} inputs)"),
        ("head", simulation.head.entry_hash.hex()),
    ]
    if isinstance(variables, dict):
        facts.extend((f"  {name}", short_json(value)) for name, value in variables.items())
    if state.is_final:
        facts.append(("output", short_json(state.output)))
    for key in state.timer_order:
        timer = state.timers[key]
        facts.append((f"timer {key}", f"{timer.event} at {timer.due} ({_elapsed(simulation, timer.due)})"))
    for key, request in state.requests.items():
        facts.append(("waits for", f"{request.subject} ({key})"))
    return facts


_ENDINGS: Final = {
    "script": "all events have happened",
    "quiet": "no timer is left",
    "until": "the time is over",
    "inputs": "BOUND: as many inputs as may be",
    "bytes": "BOUND: as many bytes as may be",
}


def _show_coverage(console: Any, coverage: Coverage) -> None:
    told: dict[str, Any] = coverage.to_json()
    states, transitions = told["states"], told["transitions"]
    console.print(
        f"coverage: {states['visited']} of {states['total']} states, "
        f"{transitions['visited']} of {transitions['total']} transitions"
    )
    for machine in coverage.machines:
        if machine.component:
            continue
        prefix = f"{_name(machine)}: " if _name(machine) else ""
        for state, entered in machine.states:
            if not entered:
                console.print(f"  never entered  {prefix}{state}")
        for each in machine.transitions:
            if not each.taken:
                cause = ", ".join(each.events) or "(no event)"
                guard = f" [{each.guard}]" if each.guard else ""
                target = f" → {' + '.join(each.targets)}" if each.targets else ""
                console.print(
                    f"  never taken    {prefix}{each.source or '(machine)'}/{each.index} {cause}{guard}{target}"
                )


def _name(machine: MachineCoverage) -> str:
    return machine.node or (f"child {machine.name}" if machine.name else "")
