"""Give variables the values that they begin with."""

from collections.abc import Iterable, Mapping

from actum_core.engine.content import ContentCompiler
from actum_core.engine.run import ContentFailed, Run, failed_at
from actum_core.engine.tables import Initials
from actum_core.errors import pointer_of
from actum_core.expression import EvaluationError
from actum_core.template.document import Variable, VariableType
from actum_core.template.expressions import Expressions, Place
from actum_core.template.parse import ZERO_VALUES
from actum_core.template.variables import read_variable


def compile_initials(
    variables: Iterable[Variable], expressions: Expressions, kinds: Mapping[str, VariableType]
) -> Initials:
    """What makes the first value of each variable."""
    compiler = ContentCompiler(expressions, Place.INITIAL, kinds)
    return tuple(
        (each.name, compiler.value(each.initial, f"/vars/{each.name}/initial")) for each in variables
    )


def set_initials(run: Run, initials: Initials) -> None:
    """Set every variable of a run; one whose value fails is told of and holds what it would without one."""
    kinds = run.tables.kinds
    for name, make in initials:
        try:
            value = read_variable(kinds[name], make(run))
        except ContentFailed as failure:
            run.fail(failure)
            value = read_variable(kinds[name], ZERO_VALUES[kinds[name]])
        except EvaluationError as error:
            run.fail(failed_at(pointer_of("vars", name, "initial"), error))
            value = read_variable(kinds[name], ZERO_VALUES[kinds[name]])
        run.assign(name, value)
