"""What size costs, and how large a value may become."""

from typing import Final

from actum_core.expression.errors import CostExceeded, EvaluationError
from actum_core.expression.meter import Meter
from actum_core.limits import EXPRESSION_LIST_MAX, EXPRESSION_STRING_MAX

#: Characters or bytes looked at or copied for one unit of cost.
TRAVERSED_PER_UNIT: Final = 10

#: Units for comparing or showing one element of a list or map.
ELEMENT_COST: Final = 3

#: Units for beginning to compare or show a list or map, before its first element.
CONTAINER_COST: Final = 6


def charge_size(meter: Meter, size: int) -> None:
    """Pay for looking at so many characters or bytes."""
    if size >= TRAVERSED_PER_UNIT:
        meter.left -= size // TRAVERSED_PER_UNIT
        if meter.left < 0:
            raise CostExceeded(meter.budget)


def check_string_size(size: int) -> None:
    """Refuse a string or byte string before it is built."""
    if size > EXPRESSION_STRING_MAX:
        raise EvaluationError("too_large", f"a string may have at most {EXPRESSION_STRING_MAX} characters")


def check_list_size(size: int) -> None:
    """Refuse a list or map before it is built."""
    if size > EXPRESSION_LIST_MAX:
        raise EvaluationError("too_large", f"a list or map may have at most {EXPRESSION_LIST_MAX} elements")
