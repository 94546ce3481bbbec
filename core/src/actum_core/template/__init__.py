"""What an author writes (a template, a component) and what is made of it (a program)."""

from actum_core.template.check import check_component, check_template
from actum_core.template.compile import compile_component, compile_template
from actum_core.template.document import Component, Template
from actum_core.template.parse import parse_component, parse_design, parse_template
from actum_core.template.program import ComponentUse, ComponentVersion, Program, load_program

__all__ = [
    "Component",
    "ComponentUse",
    "ComponentVersion",
    "Program",
    "Template",
    "check_component",
    "check_template",
    "compile_component",
    "compile_template",
    "load_program",
    "parse_component",
    "parse_design",
    "parse_template",
]
