"""Closures that choose: ``&&`` and ``||`` with error absorption, and ``?:``."""

from collections.abc import Mapping, Sequence
from typing import Any

from actum_core.expression.code import FAILURE_COST, Code, Run, pay
from actum_core.expression.errors import CostExceeded, EvaluationError
from actum_core.expression.overloads import kind_of, no_overload


def not_bool(operator: str, value: object, offset: int) -> EvaluationError:
    """The error of a value that should have been true or false."""
    error = no_overload(operator, (kind_of(value),))
    error.offset = offset
    return error


def all_of(terms: Sequence[Code], offset: int) -> Run:
    """``&&``: false when any term is false, whatever fails in the others (cel-spec, "Logical Operators")."""
    return _decided(terms, deciding=False, operator="&&", offset=offset)


def any_of(terms: Sequence[Code], offset: int) -> Run:
    """``||``: true when any term is true, whatever fails in the others."""
    return _decided(terms, deciding=True, operator="||", offset=offset)


def _decided(terms: Sequence[Code], *, deciding: bool, operator: str, offset: int) -> Run:
    neutral = not deciding
    # The first term's lump is paid by whoever runs this closure.
    parts = tuple((term.run, term.lump if place else 0) for place, term in enumerate(terms))

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        failure: EvaluationError | None = None
        meter = state[0]
        for term, lump in parts:
            meter.left -= lump
            if meter.left < 0:
                raise CostExceeded(meter.budget)
            try:
                value = term(activation, state)
            except EvaluationError as error:
                failure = failure or error
                pay(state, FAILURE_COST)
                continue
            if value is deciding:
                return deciding
            if value is not neutral:
                failure = failure or not_bool(operator, value, offset)
        if failure is not None:
            raise failure
        return neutral

    return run


def choose(cases: Sequence[tuple[Code, Code]], otherwise: Code, offset: int) -> Run:
    """``?:``, a chain of them as one loop; only the chosen result is evaluated."""
    parts = tuple(
        (case.run, case.lump if place else 0, result.run, result.lump)
        for place, (case, result) in enumerate(cases)
    )
    last, last_lump = otherwise.run, otherwise.lump

    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        meter = state[0]
        for case, case_lump, result, result_lump in parts:
            meter.left -= case_lump
            if meter.left < 0:
                raise CostExceeded(meter.budget)
            value = case(activation, state)
            if value is True:
                meter.left -= result_lump
                if meter.left < 0:
                    raise CostExceeded(meter.budget)
                return result(activation, state)
            if value is not False:
                raise not_bool("?:", value, offset)
        meter.left -= last_lump
        if meter.left < 0:
            raise CostExceeded(meter.budget)
        return last(activation, state)

    return run
