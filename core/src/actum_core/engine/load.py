"""The tables of a program, made at its first step."""

import re
from typing import Final

from actum_core.engine.build import build_machine
from actum_core.engine.content import ContentCompiler
from actum_core.engine.initials import compile_initials
from actum_core.engine.network import NetworkTables
from actum_core.engine.rules import Rules
from actum_core.engine.tables import NO_MACHINE, ProgramTables
from actum_core.template.expressions import Place
from actum_core.template.program import Program

#: An expression that reads of a message more than its name and data. Where none does, messages have only these two,
#: as they had before there was more to tell: whoever hands a message on as a whole gets what he always got.
_reads_details: Final = re.compile(
    r"(?<![\w.])message\s*(?:\.\s*\??\s*|\[\s*\??\s*[\"'])(?:kind|id|invoke|origin|due)\b"
).search

#: Names that only the long way gives a value to. That a loop may have bound one of them costs time and nothing else.
_reads_more: Final = re.compile(r"(?<![\w.])(?:self|token)\b").search


def load_tables(program: Program) -> ProgramTables:
    """The tables of a program."""
    tables = program.derived.tables
    if tables is None:
        # Two threads may both come here; what they make is the same, so it does not matter whose stays.
        tables = program.derived.tables = _make_tables(program)
    assert isinstance(tables, ProgramTables)
    return tables


def load_network(program: Program) -> NetworkTables:
    """The tables for the long way, which every program can go."""
    tables = load_tables(program)
    return tables.network or NetworkTables(program, tables, has_details=False)


def _make_tables(program: Program) -> ProgramTables:
    template, expressions = program.template, program.expressions
    kinds = {each.name: each.type for each in template.variables}
    compiler = ContentCompiler(expressions, Place.MACHINE, kinds)
    machine = NO_MACHINE if template.machine is None else build_machine(template.machine, compiler)
    rules = Rules(template.rules, ContentCompiler(expressions, Place.RULE, kinds))
    tables = ProgramTables(machine, program, rules)
    tables.initials = compile_initials(template.variables, expressions, kinds)
    tables.has_event = expressions.mentions("event")
    tables.has_now = expressions.mentions("now")
    tables.needs_context = any(map(expressions.mentions, ("in_state", "random", "random_int")))
    sources = list(expressions.sources())
    has_details = template.machine is None or compiler.is_extended or any(map(_reads_details, sources))
    if has_details or rules.are_asking or any(map(_reads_more, sources)):
        tables.network = NetworkTables(program, tables, has_details=has_details)
    return tables
