"""How values of ECMAScript are written in the expression language: literals, truth, text, a choice of two."""

from typing import Final

from actum_core.formats.cel_text import Level
from actum_core.formats.ecmascript.syntax import Literal, NotUnderstood, Undefined
from actum_core.formats.formula import FALSE, NULL, TRUE, Formula, Yields, number_formula, text_formula

_FALSE_VALUES: Final = "[null, false, 0, '']"


def check_drawn_once(made: Formula, offset: int) -> None:
    """See that a value may be written more than once. Raises NotUnderstood for one that is drawn anew each time."""
    if "random()" in made.source:
        raise NotUnderstood("a random value that has a name cannot be translated", offset)


def literal(node: Literal) -> Formula:
    value = node.value
    if isinstance(value, Undefined) or value is None:
        return NULL
    if isinstance(value, bool):
        return TRUE if value else FALSE
    return text_formula(value) if isinstance(value, str) else number_formula(value)


def loose(made: Formula) -> str:
    """What a member is taken of, where the member may be absent: the type of a literal would say it is there."""
    is_literal = made.yields in (Yields.LIST, Yields.MAP)
    return f"dyn({made.source})" if is_literal else made.within(Level.MEMBER)


def infix(left: Formula, operator: str, right: Formula, level: Level, yields: Yields) -> Formula:
    """Operators of one level group from the left, so what stands right of one must bind more tightly."""
    above = Level(level + 1)
    first = left.within(above if level is Level.RELATION else level)
    return Formula(f"{first} {operator} {right.within(above)}", level, yields)


def as_double(made: Formula) -> Formula:
    return Formula(f"{made.source}.0" if made.source.isdigit() else f"double({made.source})")


def truth_of(made: Formula) -> Formula:
    match made.yields:
        case Yields.BOOL:
            return made
        case Yields.NULL:
            return FALSE
        case Yields.LIST | Yields.MAP:
            return TRUE
        case Yields.NUMBER:
            return Formula(f"{made.within(Level.SUM)} != 0", Level.RELATION, Yields.BOOL)
        case Yields.TEXT:
            return Formula(f"{made.within(Level.SUM)} != ''", Level.RELATION, Yields.BOOL)
    return Formula(f"!({made.within(Level.SUM)} in {_FALSE_VALUES})", Level.UNARY, Yields.BOOL)


def negate(made: Formula) -> Formula:
    if made in (TRUE, FALSE):
        return FALSE if made == TRUE else TRUE
    if made.source.startswith("!(") and made.source.endswith(f" in {_FALSE_VALUES})"):
        return Formula(made.source[2:-1], Level.RELATION, Yields.BOOL)
    return Formula(f"!{made.within(Level.MEMBER)}", Level.UNARY, Yields.BOOL)


def choose(condition: Formula, then: Formula, otherwise: Formula) -> Formula:
    yields = then.yields if then.yields is otherwise.yields else Yields.UNKNOWN
    if yields is Yields.UNKNOWN and Yields.UNKNOWN not in (then.yields, otherwise.yields):
        then = Formula(f"dyn({then.source})")
    source = f"{condition.within(Level.OR)} ? {then.within(Level.OR)} : {otherwise.within(Level.OR)}"
    return Formula(source, Level.CHOICE, yields)


def as_text(made: Formula) -> Formula:
    """A value as ECMAScript joins it to a string."""
    return (
        made if made.yields is Yields.TEXT else Formula(f"'%s'.format([{made.source}])", yields=Yields.TEXT)
    )
