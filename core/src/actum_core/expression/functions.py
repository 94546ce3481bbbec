"""The one table of standard functions: every name with its forms."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from actum_core.expression.conversions import CONVERSIONS
from actum_core.expression.decimal_functions import DECIMAL_FUNCTIONS
from actum_core.expression.digest_functions import DIGEST_FUNCTIONS
from actum_core.expression.math_functions import MATH_FUNCTIONS
from actum_core.expression.optional_functions import OPTIONAL_FUNCTIONS
from actum_core.expression.overloads import Overload
from actum_core.expression.regex_functions import REGEX_FUNCTIONS
from actum_core.expression.string_functions import STRING_FUNCTIONS
from actum_core.expression.time_functions import TIME_FUNCTIONS


def _merge() -> dict[str, tuple[Overload, ...]]:
    merged: dict[str, tuple[Overload, ...]] = {}
    tables = (
        CONVERSIONS,
        STRING_FUNCTIONS,
        MATH_FUNCTIONS,
        TIME_FUNCTIONS,
        OPTIONAL_FUNCTIONS,
        REGEX_FUNCTIONS,
        DECIMAL_FUNCTIONS,
        DIGEST_FUNCTIONS,
    )
    for table in tables:
        for name, forms in table.items():
            merged[name] = (*merged.get(name, ()), *forms)
    return merged


STANDARD_FUNCTIONS: Final[Mapping[str, tuple[Overload, ...]]] = MappingProxyType(_merge())
