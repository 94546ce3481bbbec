"""Check what a template means: everything that can be known before it runs, as problems with pointers."""

import re
from collections.abc import Iterator
from typing import Final

from actum_core.errors import Problem
from actum_core.template import names
from actum_core.template.check_expressions import ExpressionChecker
from actum_core.template.check_machine import check_machine
from actum_core.template.document import Action, Block, ForEach, If, Raise, State, Template
from actum_core.template.expressions import Expressions
from actum_core.template.parse import read_template
from actum_core.template.reader import Reader

_VARIABLE_READ: Final = re.compile(
    r"\bvars\s*\??\.\s*([A-Za-z_][A-Za-z0-9_]*)|\bvars\s*\[\s*(?:'([^']*)'|\"([^\"]*)\")\s*\]"
)
_VARIABLES_ALL: Final = re.compile(r"\bvars\b(?!\s*\??\.)(?!\s*\[\s*['\"])")


def check_template(document: object) -> tuple[Problem, ...]:
    """Every error and warning of a template document; never raises for a bad one.

    Errors of form hide those of meaning: names and expressions are looked at once the form is right.
    """
    reader = Reader()
    template = read_template(document, reader)
    if not reader.has_errors:
        check_read(template, Expressions(template), reader)
    return tuple(reader.problems)


def check_read(template: Template, expressions: Expressions, reader: Reader) -> None:
    """Check a template that has been read without errors; its expressions stay compiled in ``expressions``."""
    check_machine(template.machine, reader)
    checker = ExpressionChecker(template, expressions, reader)
    checker.check()
    if not reader.has_errors:
        _check_unused(template, checker, reader)
        _check_unheard(template, reader)


def _check_unused(template: Template, checker: ExpressionChecker, reader: Reader) -> None:
    used = set(checker.assigned)
    for source in checker.sources:
        if _VARIABLES_ALL.search(source):
            return
        for match in _VARIABLE_READ.finditer(source):
            used.update(name for name in match.groups() if name)
    for variable in template.variables:
        if variable.name not in used:
            reader.warn(
                variable.pointer,
                "unused_variable",
                f"the variable {variable.name!r} is never read or assigned",
            )


def _check_unheard(template: Template, reader: Reader) -> None:
    """Descriptors that no event, message or raised event can ever match, where all of these are known."""
    if template.events is None:
        return
    declared = [event.name for event in template.events]
    for rule in template.rules:
        for descriptor in rule.on:
            if not any(names.is_match(descriptor, name) for name in declared):
                detail = f"no declared event matches {descriptor!r}: the rule never applies"
                reader.warn(rule.pointer + "/on", "unheard", detail)
    known = set(declared)
    for name in _yielded(template):
        if name.startswith("="):
            return
        known.add(name)
    for state in template.machine.descendants():
        for transition in state.transitions:
            for descriptor in transition.events:
                if not _is_heard(descriptor, known):
                    detail = f"nothing declared, emitted or raised matches {descriptor!r}"
                    reader.warn(transition.pointer, "unheard", detail)


def _is_heard(descriptor: str, known: set[str]) -> bool:
    return names.is_reserved_event(descriptor) or any(names.is_match(descriptor, name) for name in known)


def _yielded(template: Template) -> Iterator[str]:
    """The names that rules emit and content raises."""
    for rule in template.rules:
        for emission in rule.emissions:
            yield emission.message
    for state in template.machine.descendants():
        for block in blocks_of(state):
            for action in actions_of(block):
                if isinstance(action, Raise):
                    yield action.event


def blocks_of(state: State) -> Iterator[Block]:
    """Every block of content of one state, those of its transitions too."""
    yield from state.entry
    yield from state.exit
    if state.initial is not None:
        yield state.initial.actions
    yield from (transition.actions for transition in state.transitions)


def actions_of(block: Block) -> Iterator[Action]:
    """Every action of a block and of what is nested in it."""
    for action in block:
        yield action
        if isinstance(action, If):
            yield from actions_of(action.then)
            yield from actions_of(action.otherwise)
        elif isinstance(action, ForEach):
            yield from actions_of(action.body)
