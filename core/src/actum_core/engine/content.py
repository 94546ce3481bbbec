"""Compile data, guards and executable content to closures over the working memory of a step."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine import sending
from actum_core.engine.machine import Content, Guard, Value
from actum_core.engine.run import ContentFailed, Run, failed_at, price_of
from actum_core.errors import pointer_of
from actum_core.expression import EvaluationError, Expression
from actum_core.template.document import (
    Action,
    Assign,
    Block,
    Cancel,
    Data,
    Do,
    Drop,
    Emit,
    ForEach,
    If,
    Log,
    Raise,
    Send,
    VariableType,
)
from actum_core.template.expressions import Expressions, Place
from actum_core.template.names import is_event_name
from actum_core.template.variables import HOLD, measure, plain_json

Local = tuple[str, ...]

_MISSING: Final = object()

#: Units up to which constant data costs nothing beside the action that it belongs to.
_FREE_COST: Final = 50

#: Units for looking at a guard, beside what its expression costs.
_GUARD_COST: Final = 5


class ContentCompiler:
    """Makes closures for one kind of place; each knows where it stands and says so when it fails."""

    def __init__(self, expressions: Expressions, place: Place, variables: Mapping[str, VariableType]) -> None:
        self._expressions = expressions
        self._place = place
        self._variables = variables
        #: Whether anything was met that reaches beyond one machine and one step.
        self.is_extended = False

    def guard(self, source: str, place: str) -> Guard:
        """A condition that is false when it fails, and says so (SCXML, 5.9.1)."""
        evaluate = self._find(source, ()).evaluate

        def holds(run: Run) -> bool:
            meter = run.meter
            # Looking takes time even where the expression is a constant; evaluating tells when none is left.
            meter.left -= _GUARD_COST
            try:
                result = evaluate(run.activation, meter)
            except EvaluationError as error:
                run.fail_guard(failed_at(place, error))
                return False
            if result is True or result is False:
                return result
            run.fail_guard(ContentFailed("wrong_type", "a condition must be true or false", place))
            return False

        return holds

    def condition(self, source: str, place: str, local: Local = ()) -> Guard:
        """A condition whose closure raises ContentFailed when it is neither true nor false."""
        evaluated = self._evaluated(source, place, local)

        def holds(run: Run) -> bool:
            result = evaluated(run)
            if result is True or result is False:
                return result
            raise ContentFailed("wrong_type", "a condition must be true or false", place)

        return holds

    def block(self, block: Block, place: str) -> Content | None:
        """One block: the first failure ends it and raises ``error.execution`` (SCXML, 4.9)."""
        if not block:
            return None
        sequence = self._sequence(block, place, ())

        def run_block(run: Run) -> None:
            try:
                sequence(run)
            except ContentFailed as failure:
                run.fail(failure)

        return run_block

    def value(self, data: Data, place: str, local: Local = ()) -> Value:
        """Data as plain JSON. The closure raises ContentFailed; what is constant is made once."""
        is_constant, made = self._data(data, place, local)
        if is_constant and price_of(made, measure(made)) <= _FREE_COST:
            return lambda run: made

        def value(run: Run) -> JsonValue:
            # Making a constant costs nothing; what is written of a large one in every entry does.
            result: JsonValue = made if is_constant else made(run)
            run.check_payload(result, place)
            return result

        return value

    def name(self, data: str, place: str, local: Local = ()) -> Callable[[Run], str]:
        """The name of an event or a message. The closure raises ContentFailed when it is none."""
        is_constant, made = self._data(data, place, local)
        if is_constant:
            return lambda run: str(made)

        def name(run: Run) -> str:
            result = made(run)
            if not isinstance(result, str) or not is_event_name(result):
                raise ContentFailed("wrong_type", "the expression must give the name of an event", place)
            return result

        return name

    def text(self, data: str, place: str, local: Local = ()) -> Callable[[Run], str]:
        """An id, an address or another text. The closure raises ContentFailed when it is none."""
        is_constant, made = self._data(data, place, local)
        if is_constant:
            return lambda run: str(made)

        def text(run: Run) -> str:
            result = made(run)
            if not isinstance(result, str):
                raise ContentFailed("wrong_type", "the expression must give a text", place)
            return result

        return text

    def shown(self, source: str, place: str, local: Local = ()) -> Callable[[Run], str]:
        """An expression as people read it: a text as it is, anything else as JSON."""
        plain = self._plain(source, place, local)

        def shown(run: Run) -> str:
            result = plain(run)
            return result if isinstance(result, str) else canonical_json.encode(result).decode()

        return shown

    def evaluated(self, source: str, place: str, local: Local = ()) -> Callable[[Run], Any]:
        """The value of an expression as it is. The closure raises ContentFailed."""
        return self._evaluated(source, place, local)

    def hold(self, name: str, place: str) -> Callable[[Run, str], None]:
        """Sets a variable to a text that was made. The closure raises ContentFailed when it does not fit."""
        hold = HOLD[self._variables[name]]

        def keep(run: Run, text: str) -> None:
            try:
                held = hold(text)
            except EvaluationError as error:
                raise failed_at(place, error) from None
            run.assign(name, held)

        return keep

    def _find(self, source: str, local: Local) -> Expression:
        return self._expressions.find(source, self._place, local)

    def _evaluated(self, source: str, place: str, local: Local) -> Callable[[Run], Any]:
        evaluate = self._find(source, local).evaluate

        def evaluated(run: Run) -> Any:
            try:
                return evaluate(run.activation, run.meter)
            except EvaluationError as error:
                raise failed_at(place, error) from None

        return evaluated

    def _data(self, data: Data, place: str, local: Local) -> tuple[bool, Any]:
        """Whether data is constant, and the constant or the closure that makes it."""
        if isinstance(data, str) and data.startswith("="):
            if data.startswith("=="):
                return True, data[1:]
            return False, self._plain(data[1:], place, local)
        if isinstance(data, dict):
            parts = {key: self._data(value, place + pointer_of(key), local) for key, value in data.items()}
            if all(is_constant for is_constant, _ in parts.values()):
                return True, {key: made for key, (_, made) in parts.items()}
            makers = [(key, _maker(part)) for key, part in parts.items()]
            return False, lambda run: {key: make(run) for key, make in makers}
        if isinstance(data, list):
            listed = [self._data(value, f"{place}/{index}", local) for index, value in enumerate(data)]
            if all(is_constant for is_constant, _ in listed):
                return True, [made for _, made in listed]
            each = [_maker(part) for part in listed]
            return False, lambda run: [make(run) for make in each]
        return True, data

    def _plain(self, source: str, place: str, local: Local) -> Callable[[Run], JsonValue]:
        evaluate = self._find(source, local).evaluate

        def plain(run: Run) -> JsonValue:
            try:
                return plain_json(evaluate(run.activation, run.meter))
            except EvaluationError as error:
                raise failed_at(place, error) from None

        return plain

    def _sequence(self, block: Block, place: str, local: Local) -> Content:
        actions = tuple(self._action(action, f"{place}/{index}", local) for index, action in enumerate(block))
        number = len(actions)
        if number == 1:
            only = actions[0]

            def run_one(run: Run) -> None:
                run.spend_actions(1, place)
                only(run)

            return run_one

        def run_all(run: Run) -> None:
            run.spend_actions(number, place)
            for action in actions:
                action(run)

        return run_all

    def _action(self, action: Action, place: str, local: Local) -> Content:
        match action:
            case Assign():
                return self._assign(action, place + "/assign", local)
            case Raise():
                return self._raise(action, place + "/raise", local)
            case If():
                return self._if(action, place, local)
            case ForEach():
                return self._for_each(action, place + "/for_each", local)
            case Log():
                return self._log(action, place + "/log", local)
            case Send() | Cancel() | Emit() | Drop() | Do():
                self.is_extended = True
                return sending.compile_action(self, action, place, local)

    def _assign(self, action: Assign, place: str, local: Local) -> Content:
        parts = [
            (name, self._held(name, source, place + pointer_of(name), local))
            for name, source in action.values
        ]
        if len(parts) == 1:
            only, make_only = parts[0]
            return lambda run: run.assign(only, make_only(run))

        def assign(run: Run) -> None:
            # All are evaluated before any is set: the members of an object have no order.
            for name, value in [(name, make(run)) for name, make in parts]:
                run.assign(name, value)

        return assign

    def _held(self, name: str, source: str, place: str, local: Local) -> Callable[[Run], Any]:
        evaluate = self._find(source, local).evaluate
        hold = HOLD[self._variables[name]]

        def held(run: Run) -> Any:
            try:
                return hold(evaluate(run.activation, run.meter))
            except EvaluationError as error:
                raise failed_at(place, error) from None

        return held

    def _raise(self, action: Raise, place: str, local: Local) -> Content:
        name = self.name(action.event, place + "/event", local)
        data = self.value(action.data, place + "/data", local)
        return lambda run: run.raise_event(name(run), data(run), place)

    def _if(self, action: If, place: str, local: Local) -> Content:
        condition = self.condition(action.condition, place + "/if", local)
        then = self._sequence(action.then, place + "/then", local)
        otherwise = self._sequence(action.otherwise, place + "/else", local)

        def choose(run: Run) -> None:
            try:
                is_chosen = condition(run)
            except ContentFailed as failure:
                # A condition that fails is false, and content goes on (SCXML, 5.9.1).
                run.fail(failure)
                is_chosen = False
            if is_chosen:
                then(run)
            else:
                otherwise(run)

        return choose

    def _for_each(self, action: ForEach, place: str, local: Local) -> Content:
        members = self._evaluated(action.members, place + "/in", local)
        bound = (action.name,) if action.index is None else (action.name, action.index)
        inner = tuple(dict.fromkeys((*local, *bound)))
        body = self._sequence(action.body, place + "/do", inner)
        name, index_name = action.name, action.index

        def for_each(run: Run) -> None:
            listed = members(run)
            if not isinstance(listed, list | tuple):
                raise ContentFailed("wrong_type", "for_each runs through a list", place + "/in")
            run.spend_actions(len(listed), place)
            activation = run.activation
            outer = [(key, activation.get(key, _MISSING)) for key in bound]
            try:
                for index, member in enumerate(listed):
                    activation[name] = member
                    if index_name is not None:
                        activation[index_name] = index
                    body(run)
            finally:
                for key, value in outer:
                    if value is _MISSING:
                        activation.pop(key, None)
                    else:
                        activation[key] = value

        return for_each

    def _log(self, action: Log, place: str, local: Local) -> Content:
        value = self.value(action.value, place, local)
        label = action.label

        def log(run: Run) -> None:
            payload = {"value": value(run)}
            run.draft("log", payload if label is None else {"label": label, **payload})

        return log


def _maker(part: tuple[bool, Any]) -> Callable[[Run], Any]:
    is_constant, made = part
    return (lambda run: made) if is_constant else made
