"""Closures that call functions: choose the form by the values, pay, call."""

from collections.abc import Mapping, Sequence
from typing import Any

from actum_core.expression.code import Code, Run, add_most, at_offset, pay
from actum_core.expression.errors import CostExceeded, EvaluationError
from actum_core.expression.overloads import Chosen, Dispatcher, kind_of, no_overload
from actum_core.expression.types import Kind
from actum_core.expression.values import ABSENT, OptionalValue


def call_form(dispatcher: Dispatcher, arguments: Sequence[Code], offset: int) -> Code:
    """The code of a call with these arguments."""
    runs = tuple(argument.run for argument in arguments)
    return Code(
        _call_one(dispatcher, runs[0], offset) if len(runs) == 1 else _call_many(dispatcher, runs, offset),
        lump=dispatcher.lump + sum(argument.lump for argument in arguments),
        extra_least=sum(argument.extra_least for argument in arguments),
        extra_most=add_most(dispatcher.extra_most, *(argument.extra_most for argument in arguments)),
    )


def _call_one(dispatcher: Dispatcher, argument: Run, offset: int) -> Run:
    choose = dispatcher.choose
    known: dict[type, Chosen] = {}

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = argument(activation, state)
        try:
            chosen = known.get(type(value))
            if chosen is None:
                chosen = known[type(value)] = choose((type(value),))
            implementation, cost, is_metered = chosen
            if cost is not None:
                meter = state[0]
                meter.left -= cost(value)
                if meter.left < 0:
                    raise CostExceeded(meter.budget)
            return implementation(value, state[0]) if is_metered else implementation(value)
        except EvaluationError as error:
            raise at_offset(error, offset) from None

    return run


def _call_many(dispatcher: Dispatcher, arguments: tuple[Run, ...], offset: int) -> Run:
    choose = dispatcher.choose

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        values = [argument(activation, state) for argument in arguments]
        try:
            implementation, cost, is_metered = choose(tuple(map(type, values)))
            if cost is not None:
                meter = state[0]
                meter.left -= cost(*values)
                if meter.left < 0:
                    raise CostExceeded(meter.budget)
            return implementation(*values, state[0]) if is_metered else implementation(*values)
        except EvaluationError as error:
            raise at_offset(error, offset) from None

    return run


def call_or(dispatcher: Dispatcher, target: Code, other: Code, offset: int) -> Code:
    """``optional.or(other)`` and ``optional.orValue(other)``: other is evaluated only when needed."""
    is_value = dispatcher.name == "orValue"
    run_target, run_other, lump = target.run, other.run, other.lump

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        value = run_target(activation, state)
        if type(value) is not OptionalValue:
            raise at_offset(no_overload(dispatcher.name, (kind_of(value),)), offset)
        if value is not ABSENT:
            return value.value if is_value else value
        pay(state, lump)
        result = run_other(activation, state)
        if is_value or type(result) is OptionalValue:
            return result
        raise at_offset(no_overload(dispatcher.name, (Kind.OPTIONAL, kind_of(result))), offset)

    return Code(
        run,
        lump=1 + target.lump,
        extra_least=target.extra_least,
        extra_most=add_most(target.extra_most, other.most),
    )
