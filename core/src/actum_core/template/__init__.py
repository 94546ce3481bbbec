"""What an author writes (a template) and what is made of it (a program)."""

from actum_core.template.check import check_template
from actum_core.template.compile import compile_template
from actum_core.template.document import Template
from actum_core.template.parse import parse_template
from actum_core.template.program import Program, load_program

__all__ = ["Program", "Template", "check_template", "compile_template", "load_program", "parse_template"]
