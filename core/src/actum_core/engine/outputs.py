"""What leaves a step: the state after it, drafts for the ledger, and requests; or why there was none."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from actum_core.errors import ActumError

if TYPE_CHECKING:
    from actum_core.engine.state import State


class Draft(NamedTuple):
    """An entry before it has a place in the ledger.

    ``payload`` is plain JSON and MUST NOT be changed: drafts share what they have in common.

    | kind | payload (members that are empty are left out) |
    |---|---|
    | message | rule, message, data, nondeterministic: what a rule derived from the event or from an outcome |
    | rule_failed | rule, code, message, place, offset: why a rule yielded nothing |
    | transition | event, transitions, exited, entered, configuration, vars, node: one microstep |
    | assigned | vars, node: what the variables begin with that a network's machines share |
    | error | name, code, message, place, offset, id, node: an error event was raised |
    | log | label, value, node: what the template wrote with ``log`` |
    | scheduled | timer, due, event, data, id, to, node: a timer was set |
    | unscheduled | timer, reason, node: a timer was taken back (left, cancelled, ended) |
    | requested | id, kind, name, action, with, rule, model, prompt, schema, node: work was asked for |
    | token | id, type, value, port, parents, to, node: a token left a node |
    | dropped | token, port, reason, node: a token arrived where nothing took it |
    | invoked | use, id, input, node: a child machine began |
    | stopped | node: a child machine was cancelled |
    | ended | output, node: the machine of a node or a child reached a final state |
    | completed | output: the execution is at its end |

    ``event`` is null when eventless. ``transitions`` are ``{from, to, index}``, where ``index`` is the 0-based place
    among those of its state in document order and ``from`` is ``""`` for the machine itself. What content causes
    (errors, logs, timers) precedes the draft of its microstep. ``node`` says whose draft it is, unless it is the sole
    machine's: the path of a node, then ``#`` and the id for every child on the way.
    """

    kind: str
    payload: dict[str, Any]
    #: The canonical form of ``payload``, where whoever drafted it had it at hand.
    canonical: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Work the engine asks for and never does; its outcome returns as an input of kind outcome, named ``id``.

    ``kind`` is ``action`` (a ``do``) or ``infer`` (an ai rule); ``payload`` is what its ``requested`` entry says.
    """

    id: str
    kind: str
    payload: dict[str, Any]


class Step(NamedTuple):
    """Everything that follows from one input."""

    state: "State"
    drafts: tuple[Draft, ...]
    requests: tuple[Request, ...] = ()


class StepFailed(ActumError):
    """Nothing of this input was applied: it went beyond a bound, named by its code and place.

    Codes: ``too_many_microsteps``, ``too_many_actions``, ``too_many_drafts``, ``too_many_events``,
    ``too_many_messages``, ``too_many_tokens``, ``too_many_timers``, ``too_many_children``, ``too_many_requests``,
    ``children_too_deep``, ``state_too_large``, ``payload_too_large``, ``payload_too_deep``, ``cost_exceeded``; and
    ``unexpected_input`` for one that the execution cannot take now.
    """

    code: str  # type: ignore[misc]  # says which bound

    def __init__(self, code: str, message: str, place: str = "") -> None:
        self.code = code
        self.message = message
        self.place = place
        super().__init__(message)
