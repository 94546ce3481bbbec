"""The expressions of a chart: what each data model calls an expression, told in the expression language.

Whatever cannot be told becomes an expression that compiles and always fails, with a problem: as SCXML has it
(5.9), an expression without a value is an error when it is evaluated, and a condition that fails is false.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final, Protocol

from actum_core.expression import ExpressionInvalid, Kind, Type
from actum_core.formats.cel_text import Level
from actum_core.formats.ecmascript.functions import Translator
from actum_core.formats.ecmascript.locations import Location, find_location
from actum_core.formats.ecmascript.names import Names
from actum_core.formats.ecmascript.parse import parse_expression
from actum_core.formats.ecmascript.syntax import CertainFailure, EcmascriptProblem
from actum_core.formats.formula import FALSE, Formula, Yields, failing
from actum_core.formats.scxml.places import Place, Reports
from actum_core.template.document import Variable, VariableType
from actum_core.template.expressions import Expressions
from actum_core.template.expressions import Place as Scope

_IN: Final = re.compile(r"""(!?)\s*In\(\s*(?:'([^']*)'|"([^"]*)")\s*\)""")

#: A length of time as CSS writes it (6.2.4), with the sign that it may not have.
_CSS_TIME: Final = re.compile(r"\+?((?:[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)(ms|s|m|h|d)")


class Language(Protocol):
    """How the expressions of one data model are read. Every method tells its problems itself."""

    def condition(self, source: str, place: Place) -> str:
        """An expression that is true or false."""

    def value(self, source: str, place: Place) -> str:
        """An expression for any value."""

    def delay(self, source: str, place: Place) -> str:
        """An expression for a length of time."""

    def stored(self, source: str, place: Place) -> str:
        """An expression for what is at a location."""

    def location(self, source: str, place: Place) -> Location | None:
        """What can be assigned to; None, and a warning, where nothing has this name."""

    def is_early(self, made: str) -> bool:
        """Whether a value that was made can be had before the machine runs."""


class Cel:
    """The expression language itself: its texts are taken as they are, once they compile."""

    def __init__(
        self, names: Names, variables: Iterable[Variable], reports: Reports, *, is_own: bool = False
    ) -> None:
        #: True for what we wrote ourselves, where a delay is what it is in a template.
        self.is_own = is_own
        self._names = names
        self._expressions = Expressions(variables)
        self._reports = reports
        self.local: tuple[str, ...] = ()

    def condition(self, source: str, place: Place) -> str:
        kind = self._type(source, place)
        if kind is None:
            return failing(source)
        if kind.kind in (Kind.BOOL, Kind.DYN):
            return source
        self._reports.warn(
            place, "fails_when_run", "a condition must be true or false, so this one never holds"
        )
        return f"dyn({source})"

    def value(self, source: str, place: Place) -> str:
        return failing(source) if self._type(source, place) is None else source

    def delay(self, source: str, place: Place) -> str:
        kind = self._type(source, place)
        if kind is None:
            return failing(source)
        if self.is_own:
            return source
        if kind.kind is Kind.STRING:
            return f"duration({source})"
        if kind.kind is Kind.DYN:
            return text_or_length(Formula(source, Level.CHOICE))
        return source

    def stored(self, source: str, place: Place) -> str:
        location = self.location(source, place)
        return failing(source) if location is None else location.value()

    def location(self, source: str, place: Place) -> Location | None:
        text = source.strip().removeprefix("vars.")
        return _location(text, place, Translator(self._names), self._reports)

    def is_early(self, made: str) -> bool:
        try:
            self._expressions.find(made, Scope.INITIAL)
        except ExpressionInvalid:
            return False
        return True

    def _type(self, source: str, place: Place) -> Type | None:
        try:
            return self._expressions.find(source, Scope.MACHINE, self.local).result_type
        except ExpressionInvalid as invalid:
            detail = f"{invalid.problems[0].detail}: evaluating this fails (error.execution)"
            self._reports.report(place, "fails_when_run", detail)
            return None


class Ecmascript:
    """The subset of ECMAScript that charts are written with."""

    def __init__(self, names: Names, reports: Reports) -> None:
        self.names = names
        self._reports = reports

    def condition(self, source: str, place: Place) -> str:
        return self._translated(source, place, is_condition=True).source

    def value(self, source: str, place: Place) -> str:
        return self._translated(source, place, is_condition=False).source

    def delay(self, source: str, place: Place) -> str:
        made = self._translated(source, place, is_condition=False)
        if made.yields is Yields.TEXT:
            return f"duration({made.source})"
        if made.yields is Yields.NUMBER:
            self._reports.warn(place, "note", "a delay that is a number is taken as milliseconds")
            return f"duration(string(int({made.source})) + 'ms')"
        return text_or_length(made)

    def stored(self, source: str, place: Place) -> str:
        return self.value(source, place)

    def location(self, source: str, place: Place) -> Location | None:
        return _location(source, place, Translator(self.names), self._reports)

    def is_early(self, made: str) -> bool:
        try:
            Expressions().find(made, Scope.INITIAL)
        except ExpressionInvalid:
            return False
        return True

    def _translated(self, source: str, place: Place, *, is_condition: bool) -> Formula:
        translator = Translator(self.names)
        try:
            node = parse_expression(source)
            made = translator.truth(node) if is_condition else translator.value(node)
        except EcmascriptProblem as problem:
            report_untranslated(problem, source, place, self._reports)
            return Formula(failing(source))
        for note in translator.notes:
            self._reports.warn(place, "note", note)
        return made


class Null:
    """The null data model (B.1): no data, and conditions that ask for one state."""

    def __init__(self, names: Names, reports: Reports) -> None:
        self._names = names
        self._reports = reports

    def condition(self, source: str, place: Place) -> str:
        match = _IN.fullmatch(source.strip())
        if match is None:
            return self.value(source, place)
        translator = Translator(self._names)
        made = translator.truth(parse_expression(source))
        return FALSE.source if made == FALSE else made.source

    def value(self, source: str, place: Place) -> str:
        self._reports.report(
            place, "unsupported", "the null data model has no such expression: it always fails"
        )
        return failing(source)

    def delay(self, source: str, place: Place) -> str:
        return self.value(source, place)

    def stored(self, source: str, place: Place) -> str:
        return self.value(source, place)

    def location(self, source: str, place: Place) -> Location | None:
        self._reports.report(place, "unsupported", "the null data model has no data to assign to")
        return None

    def is_early(self, made: str) -> bool:
        return True


def text_or_length(made: Formula) -> str:
    """A length of time that may be a text such as ``1.5s``, as SCXML has it."""
    return f"type({made.source}) == string ? duration({made.source}) : {made.within(Level.OR)}"


def read_delay(text: str) -> str | None:
    """A length of time as CSS writes it, as a template does; None when it is none."""
    match = _CSS_TIME.fullmatch(text.strip())
    if match is None:
        return None
    whole, _, fraction = match[1].partition(".")
    return f"{whole or '0'}{'.' + fraction if fraction else ''}{match[2]}"


def read_inline(text: str) -> Any:
    """What text stands for as the child of an element: JSON, else itself with its white space made single."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return " ".join(text.split())


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def report_untranslated(problem: EcmascriptProblem, source: str, place: Place, reports: Reports) -> None:
    """Tell why a source has become something that fails."""
    where = f"in {_shortened(source)!r} at {problem.offset + 1}: {problem.detail}"
    if isinstance(problem, CertainFailure):
        detail = f"{where}: as in the source, this fails when it is run (error.execution)"
        reports.warn(place, "fails_when_run", detail)
    else:
        reports.report(place, "not_translated", f"{where}: it is replaced by an error")


def _shortened(source: str) -> str:
    text = " ".join(source.split())
    return text if len(text) <= 60 else text[:60] + "…"


def _location(text: str, place: Place, translator: Translator, reports: Reports) -> Location | None:
    try:
        return find_location(parse_expression(text), translator)
    except EcmascriptProblem as problem:
        report_untranslated(problem, text, place, reports)
        return None


def make_variable(name: str, word: str) -> Variable:
    """A variable of the type that a word names, for checking expressions; of any type when there is none."""
    return Variable(name, VariableType(word) if word in set(VariableType) else VariableType.ANY, None)
