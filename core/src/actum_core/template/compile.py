"""From a document to what is published of it: parse, check, freeze."""

from actum_core.errors import Invalid, MalformedJson, Problem
from actum_core.template.check import check_read
from actum_core.template.library import Find, Sources, find_nothing
from actum_core.template.parse import read_component, read_template
from actum_core.template.program import ComponentVersion, Program, make_component, make_program
from actum_core.template.reader import Reader


def compile_template(
    document: object, find_component: Find = find_nothing, find_template: Find = find_nothing
) -> Program:
    """The program of a template document; its warnings go with it.

    What it uses is looked for with the two functions, by name and version; those that are built in are always
    found. Raises Invalid with every problem that can be found, errors and warnings.
    """
    reader = Reader()
    template = read_template(document, reader)
    _refuse_errors(reader)
    library, network = check_read(template, Sources(find_component, find_template), reader)
    _refuse_errors(reader)
    try:
        return make_program(template, library, network, reader.problems)
    except MalformedJson as error:
        raise _unwritable(error) from None


def compile_component(
    document: object, find_component: Find = find_nothing, find_template: Find = find_nothing
) -> ComponentVersion:
    """What is published of a component document; as ``compile_template``."""
    reader = Reader()
    component = read_component(document, reader)
    _refuse_errors(reader)
    library, _ = check_read(component, Sources(find_component, find_template), reader)
    _refuse_errors(reader)
    try:
        return make_component(component, library, reader.problems)
    except MalformedJson as error:
        raise _unwritable(error) from None


def _refuse_errors(reader: Reader) -> None:
    if reader.has_errors:
        raise Invalid(reader.problems)


def _unwritable(error: MalformedJson) -> Invalid:
    problem = error.problems[0]
    return Invalid([Problem("", problem.code, f"the normal form cannot be written: {problem.detail}")])
