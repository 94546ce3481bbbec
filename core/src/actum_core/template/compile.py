"""From a template document to the program that executions run: parse, check, freeze."""

from actum_core.errors import Invalid, MalformedJson, Problem
from actum_core.template.check import check_read
from actum_core.template.expressions import Expressions
from actum_core.template.parse import read_template
from actum_core.template.program import Program, make_program
from actum_core.template.reader import Reader


def compile_template(document: object) -> Program:
    """The program of a template document; its warnings go with it.

    Raises Invalid with every problem that can be found, errors and warnings.
    """
    reader = Reader()
    template = read_template(document, reader)
    if reader.has_errors:
        raise Invalid(reader.problems)
    expressions = Expressions(template)
    check_read(template, expressions, reader)
    if reader.has_errors:
        raise Invalid(reader.problems)
    try:
        return make_program(template, expressions, reader.problems)
    except MalformedJson as error:
        detail = f"the program's normal form cannot be written: {error}"
        raise Invalid([Problem("", error.problems[0].code, detail)]) from None
