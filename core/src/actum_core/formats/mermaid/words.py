"""Say what a machine does in the words that stand at an arrow or in a state: ``event [guard] / action; action``."""

from typing import Final

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.formats.formula import is_expression
from actum_core.formats.mermaid.labels import NOTHING
from actum_core.template.states import (
    Action,
    Assign,
    Block,
    Cancel,
    Do,
    Drop,
    Emit,
    ForEach,
    If,
    Invoke,
    Log,
    Raise,
    Send,
    State,
    Transition,
)

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def transition_words(transition: Transition, state: State) -> str:
    """What takes a transition, what must hold, and what is done."""
    delays = {after.event: delay_words(after.delay) for after in state.after}
    events = [delays.get(event, event) for event in transition.events]
    parts = [", ".join(events)] if events else []
    if transition.guard is not None:
        parts.append(f"[{_line(transition.guard)}]")
    done = content_words(transition.actions)
    if done:
        parts.append(f"/ {done}")
    return " ".join(parts)


def delay_words(delay: str) -> str:
    """``after 3d``, or ``after (expression)``."""
    if delay.startswith("="):
        return f"after ({_line(delay[1:])})"
    return f"after {duration_words(delay)}"


def duration_words(delay: str) -> str:
    """A length of time in seconds (``259200s``) as people write it (``3d``)."""
    digits = delay.removesuffix("s")
    if not digits.isdigit() or digits == "0" or len(digits) > 15:
        return delay
    left, words = int(digits), ""
    for length, unit in _UNITS:
        count, left = divmod(left, length)
        words += f"{count}{unit}" if count else ""
    return words


def state_lines(state: State) -> list[str]:
    """What a state does by itself: on entry, on exit, and at transitions that leave nothing."""
    lines = [f"entry / {content_words(content)}" for content in state.entry]
    lines += [f"exit / {content_words(content)}" for content in state.exit]
    lines += [_invoke_words(invoke) for invoke in state.invokes]
    for transition in state.transitions:
        if not transition.targets:
            words = transition_words(transition, state) or "always"
            lines.append(words if transition.actions else f"{words} / {NOTHING}")
    if state.output is not None:
        lines.append(f"output {data_words(state.output)}")
    return lines


def content_words(content: Block) -> str:
    return "; ".join(_action_words(action) for action in content)


def data_words(data: JsonValue) -> str:
    """Data in one line: an expression as itself, everything else as JSON."""
    if is_expression(data):
        return _line(data[1:])
    return canonical_json.encode(data).decode()


def _text_words(text: str) -> str:
    return f"({_line(text[1:])})" if is_expression(text) else text


def _with(data: JsonValue) -> str:
    return "" if data is None else f" {data_words(data)}"


def _action_words(action: Action) -> str:
    match action:
        case Assign():
            return ", ".join(f"{name} = {_line(source)}" for name, source in action.values)
        case Raise():
            return f"raise {_text_words(action.event)}{_with(action.data)}"
        case Send():
            return _send_words(action)
        case Cancel():
            return f"cancel {_text_words(action.id)}"
        case Emit():
            port = "" if action.port == "out" else f" at {_text_words(action.port)}"
            return f"emit{port} {data_words(action.value)}"
        case Drop():
            return f"drop {_line(action.token)} for {_text_words(action.reason)}"
        case Do():
            return f"do {_text_words(action.action)}{_with(action.data)}"
        case If():
            otherwise = f" else {{ {content_words(action.otherwise)} }}" if action.otherwise else ""
            return f"if {_line(action.condition)} {{ {content_words(action.then)} }}{otherwise}"
        case ForEach():
            return f"for each {action.name} in {_line(action.members)} {{ {content_words(action.body)} }}"
        case Log():
            label = "" if action.label is None else f" {action.label}"
            return f"log{label}{_with(action.value)}"


def _send_words(action: Send) -> str:
    words = f"send {_text_words(action.event)}{_with(action.data)}"
    if action.to is not None:
        words += f" to {_text_words(action.to)}"
    if action.delay is not None:
        words += f" {delay_words(action.delay)}"
    if action.at is not None:
        words += f" at {_text_words(action.at)}"
    return words


def _invoke_words(invoke: Invoke) -> str:
    named = "" if invoke.id is None else f" as {_text_words(invoke.id)}"
    return f"invoke {_text_words(invoke.use)}{named}{_with(invoke.data)}"


def _line(text: str) -> str:
    """Source text in one line; line breaks mean nothing in expressions, except within strings, where none stand."""
    return " ".join(text.split("\n")).strip()
