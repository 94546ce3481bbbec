"""The short way through a machine whose states have no levels: same results as ``interpret``, less work.

With one active state there is nothing to preempt, a transition with a target leaves exactly that state and enters
exactly the target, and no event ``done.state`` is ever raised. That both ways agree is a property test.
"""

from typing import Any

from actum_core.engine.interpret import leave_machine
from actum_core.engine.machine import Transition
from actum_core.engine.run import Run


def process_message(run: Run, name: str) -> bool:
    """One external event, which ``run.activation`` has as its message: a whole macrostep.

    Answers whether the event itself enabled a transition.
    """
    run.failed_guards.clear()
    taken = _select_transition(run, name)
    if taken is not None:
        _microstep(run, name, taken)
    run_until_quiet(run)
    return taken is not None


def run_until_quiet(run: Run) -> None:
    """The rest of a macrostep: eventless transitions, and events from the internal queue."""
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
    run.draft_microstep(payload, (transition, before, run.active[1], event))
    if not run.is_running:
        run.complete()
