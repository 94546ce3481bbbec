"""The short way through a machine whose states have no levels: same results as ``interpret``, less work.

With one active state there is nothing to preempt, a transition with a target leaves exactly that state and enters
exactly the target, and no event ``done.state`` is ever raised. That both ways agree is a property test.
"""

from typing import Any, Final

from actum_core import canonical_json
from actum_core.engine.interpret import leave_machine
from actum_core.engine.machine import Transition
from actum_core.engine.run import Run

#: Microsteps of one program whose drafts are kept: few, unless events of very many names are listened to.
MICROSTEPS_KEPT_MAX: Final = 1_024

#: What a microstep without levels follows from: its transition, the states before and after, and the event.
FlatMicrostep = tuple[Transition, int, int, str | None]


def process_message(run: Run, name: str) -> None:
    """One external event, which ``run.activation`` has as its message: a whole macrostep."""
    run.failed_guards.clear()
    transition = _select_transition(run, name)
    if transition is not None:
        _microstep(run, name, transition)
    while run.is_running:
        transition = _select_transition(run, None)
        if transition is not None:
            _microstep(run, None, transition)
        elif run.queue:
            run.spend_microstep()
            message = run.queue.popleft()
            run.activation["message"] = message
            transition = _select_transition(run, message["name"])
            if transition is not None:
                _microstep(run, message["name"], transition)
        else:
            return


def _select_transition(run: Run, event: str | None) -> Transition | None:
    for transition in run.tables.machine.candidates(run.active[1], event):
        if transition.guard is None or transition.guard(run):
            return transition
    return None


def _microstep(run: Run, event: str | None, transition: Transition) -> None:
    run.spend_microstep()
    payload: dict[str, Any] = {"event": event, "transitions": [transition.draft]}
    before = run.active[1]
    if transition.targets:
        target = transition.targets[0]
        source = run.tables.machine.nodes[before]
        for content in source.exit:
            content(run)
        run.members = {0}
        if transition.content is not None:
            transition.content(run)
        run.active = target.alone
        run.members.add(target.index)
        for content in target.entry:
            content(run)
        payload["exited"] = [source.id]
        payload["entered"] = payload["configuration"] = [target.id]
        if target.is_final:
            run.is_running = False
            leave_machine(run)
    else:
        if transition.content is not None:
            transition.content(run)
        payload["configuration"] = [run.tables.machine.nodes[before].id]
    _draft(run, payload, (transition, before, run.active[1], event))
    if not run.is_running:
        run.draft("completed", {"output": run.output})


def _draft(run: Run, payload: dict[str, Any], key: FlatMicrostep) -> None:
    """Draft a microstep. All that is said of it but the variables follows from its key, and is written once.

    ``vars`` comes last in canonical order, so it can be put behind what was written before.
    """
    written = run.tables.microsteps
    frame = written.get(key)
    if frame is None:
        if len(written) >= MICROSTEPS_KEPT_MAX:
            written.clear()
        frame = written[key] = canonical_json.encode(payload)[:-1]
    if run.changed:
        payload["vars"] = changes = run.take_changes()
        frame += b',"vars":' + canonical_json.encode(changes)
    run.draft("transition", payload, frame + b"}")
