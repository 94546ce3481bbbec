"""``in_state('id')``: whether a state is active where an expression is evaluated (SCXML, 5.9.2: ``In``).

What a function of the expression language computes depends on its arguments only, and this one depends on
the step as well; so the engine says here, for the thread that takes the step, whom to ask.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from actum_core.expression import BOOL, STRING, EvaluationError, Overload

NAME: Final = "in_state"


class _Asked(threading.local):
    is_active: Callable[[str], bool] | None = None


_asked: Final = _Asked()


@contextmanager
def asking(is_active: Callable[[str], bool]) -> Iterator[None]:
    """Let ``in_state`` ask this function until the end of the block."""
    before = _asked.is_active
    _asked.is_active = is_active
    try:
        yield
    finally:
        _asked.is_active = before


def _in_state(state: str) -> bool:
    if _asked.is_active is None:
        raise EvaluationError("invalid_argument", "in_state has an answer only while a step is taken")
    return _asked.is_active(state)


IN_STATE: Final = {NAME: Overload((STRING,), BOOL, _in_state)}
