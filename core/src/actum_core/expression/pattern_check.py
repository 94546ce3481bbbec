"""Read the constant regular expressions of an expression before it runs."""

from actum_core.expression.regex import compile_regex
from actum_core.expression.regex_functions import PATTERN_ARGUMENTS
from actum_core.expression.regex_syntax import RegexError
from actum_core.expression.syntax import Call, Literal, Node
from actum_core.limits import EXPRESSION_REGEX_PROGRAMS_MAX


class PatternChecker:
    """Reads the patterns of one expression; together they are bounded, because each is compiled with it.

    ``instructions`` are those of all patterns so far.
    """

    __slots__ = ("instructions",)

    def __init__(self) -> None:
        self.instructions = 0

    def find_fault(self, function: str, call: Call) -> tuple[Node, str, str] | None:
        """The pattern of the call with a code and a sentence, when it is a constant that cannot be used."""
        pattern = _constant_pattern(function, call)
        if pattern is None or self.instructions > EXPRESSION_REGEX_PROGRAMS_MAX:
            return None
        try:
            regex = compile_regex(str(pattern.value))
        except RegexError as error:
            return pattern, "invalid_pattern", f"the pattern is not usable: {error}"
        self.instructions += regex.size
        if self.instructions > EXPRESSION_REGEX_PROGRAMS_MAX:
            detail = (
                f"the patterns compile to more than {EXPRESSION_REGEX_PROGRAMS_MAX} instructions together"
            )
            return pattern, "invalid_pattern", detail
        return None


def _constant_pattern(function: str, call: Call) -> Literal | None:
    if function not in PATTERN_ARGUMENTS:
        return None
    # As a member, ``text.matches(pattern)``, the text is not among the arguments.
    is_member = call.target is not None and "." not in function
    pattern = call.arguments[PATTERN_ARGUMENTS[function] - is_member]
    return pattern if isinstance(pattern, Literal) and isinstance(pattern.value, str) else None
