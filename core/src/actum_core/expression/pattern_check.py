"""Read the constant regular expressions of an expression before it runs."""

from actum_core.expression.regex import compile_regex
from actum_core.expression.regex_functions import PATTERN_ARGUMENTS
from actum_core.expression.regex_syntax import RegexError
from actum_core.expression.syntax import Call, Literal, Node


def find_pattern_fault(function: str, call: Call) -> tuple[Node, str, str] | None:
    """The pattern of the call with a code and a sentence, when it is a constant that cannot be used."""
    if function not in PATTERN_ARGUMENTS:
        return None
    # As a member, ``text.matches(pattern)``, the text is not among the arguments.
    is_member = call.target is not None and "." not in function
    pattern = call.arguments[PATTERN_ARGUMENTS[function] - is_member]
    if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
        return None
    try:
        compile_regex(pattern.value)
    except RegexError as error:
        return pattern, "invalid_pattern", f"the pattern is not usable: {error}"
    return None
