"""Read a template that is to be written in another format: every state it names must be there."""

from actum_core.errors import Invalid
from actum_core.template.check_machine import check_machine
from actum_core.template.document import Template
from actum_core.template.parse import parse_template
from actum_core.template.reader import Reader


def parse_sound(document: object) -> Template:
    """The template whose machines lead nowhere but to their own states. Raises Invalid with every problem."""
    template = parse_template(document)
    reader = Reader()
    machines = [template.machine, *(child.machine for child in template.machines)]
    for machine in machines:
        if machine is not None:
            check_machine(machine, reader)
    if reader.has_errors:
        raise Invalid(reader.problems)
    return template
