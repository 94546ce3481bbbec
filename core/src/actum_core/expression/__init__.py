"""Expressions: the Common Expression Language without protobuf, checked before it runs and metered while it does.

The language is that of google/cel-spec with its string, math, encoder, binding, optional and two-variable extensions.
Beyond it, an int beside a double becomes a double, and there are functions for decimal numbers, digests and what
only a step can answer. Standard library only; no clock, no randomness of its own.
"""

from actum_core.expression.errors import CostExceeded, EvaluationError, ExpressionInvalid, ExpressionProblem
from actum_core.expression.expression import (
    CostEstimate,
    Expression,
    compile_expression,
    compile_unchecked,
    type_of_source,
)
from actum_core.expression.meter import Meter, StepContext
from actum_core.expression.overloads import Overload
from actum_core.expression.schema_types import type_of_schema
from actum_core.expression.scope import Scope
from actum_core.expression.step_functions import IN_STATE_FUNCTIONS, RANDOM_FUNCTIONS, STEP_FUNCTIONS
from actum_core.expression.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    Kind,
    Type,
    abstract,
    is_assignable,
    list_of,
    map_of,
    object_of,
    open_object_of,
    optional_of,
    variable,
)
from actum_core.expression.values import ABSENT, Duration, OptionalValue, Timestamp, TypeValue, Uint

__all__ = [
    "ABSENT",
    "BOOL",
    "BYTES",
    "DOUBLE",
    "DURATION",
    "DYN",
    "INT",
    "IN_STATE_FUNCTIONS",
    "NULL",
    "RANDOM_FUNCTIONS",
    "STEP_FUNCTIONS",
    "STRING",
    "TIMESTAMP",
    "TYPE",
    "UINT",
    "CostEstimate",
    "CostExceeded",
    "Duration",
    "EvaluationError",
    "Expression",
    "ExpressionInvalid",
    "ExpressionProblem",
    "Kind",
    "Meter",
    "OptionalValue",
    "Overload",
    "Scope",
    "StepContext",
    "Timestamp",
    "Type",
    "TypeValue",
    "Uint",
    "abstract",
    "compile_expression",
    "compile_unchecked",
    "is_assignable",
    "list_of",
    "map_of",
    "object_of",
    "open_object_of",
    "optional_of",
    "type_of_schema",
    "type_of_source",
    "variable",
]
