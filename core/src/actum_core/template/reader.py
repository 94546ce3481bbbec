"""Read members of untrusted JSON, collecting every problem instead of stopping at the first."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.errors import Problem, Severity, pointer_of
from actum_core.expression.regex import Regex, compile_regex
from actum_core.expression.regex_syntax import RegexError
from actum_core.limits import JSON_DEPTH_MAX, JSON_INTEGER_MAX, PATTERNS_SIZE_MAX, PROBLEMS_MAX

_KINDS: Final = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    type(None): "null",
}

#: Words among which a close one is looked for: each comparison takes some microseconds, and there may be many.
_SUGGESTED_FROM_MAX: Final = 100


def kind_of(value: object) -> str:
    """What ``value`` is in the words of JSON, with its article."""
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def suggestion(word: str, known: Collection[str]) -> str:
    """`` (did you mean …?)`` when something known is close to ``word``, else nothing."""
    if word == "true" and "on" in known:
        return " (YAML 1.1 reads a bare on as true: quote it)"
    if len(word) > 128 or len(known) > _SUGGESTED_FROM_MAX:
        return ""
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


class Reader:
    """Collects problems while a document is read; every method answers None for what is not as it must be."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._instructions = 0

    @property
    def is_full(self) -> bool:
        """True when so many problems are known that the rest need not be looked for."""
        return len(self.problems) >= PROBLEMS_MAX

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)

    def report(self, pointer: str, code: str, detail: str, severity: Severity = "error") -> None:
        """Keep one problem, up to the number that is worth telling."""
        if not self.is_full:
            self.problems.append(Problem(pointer, code, detail, severity))

    def warn(self, pointer: str, code: str, detail: str) -> None:
        self.report(pointer, code, detail, "warning")

    def wrong_type(self, pointer: str, expected: str, found: object) -> None:
        self.report(pointer, "wrong_type", f"{expected} was expected, {kind_of(found)} was found")

    def members(
        self,
        value: object,
        pointer: str,
        known: Collection[str],
        unsupported: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """The members of an object; unknown ones are problems, with the known name they resemble."""
        found = self.mapping(value, pointer)
        if found is None:
            return None
        for name in found:
            if name in known or self.is_full:
                continue
            if unsupported is not None and name in unsupported:
                self.report(pointer + pointer_of(name), "unsupported", unsupported[name])
            else:
                detail = f"there is no field {name[:64]!r} here{suggestion(name, known)}"
                self.report(pointer + pointer_of(name), "unknown_field", detail)
        return found

    def mapping(self, value: object, pointer: str) -> dict[str, Any] | None:
        """The members of an object whose keys the author chooses."""
        if isinstance(value, dict):
            return value
        self.wrong_type(pointer, "an object", value)
        return None

    def array(self, value: object, pointer: str) -> list[Any] | None:
        if isinstance(value, list):
            return value
        self.wrong_type(pointer, "an array", value)
        return None

    def text(self, value: object, pointer: str) -> str | None:
        if isinstance(value, str):
            return value
        self.wrong_type(pointer, "a string", value)
        return None

    def expression(self, value: object, pointer: str) -> str | None:
        """The source of an expression in a place that always is one."""
        if isinstance(value, bool):
            # `guard: true` is what people write and what they mean.
            return "true" if value else "false"
        if isinstance(value, int | float):
            return repr(value)
        if isinstance(value, str):
            if value.strip():
                return value
            self.report(pointer, "bad_value", "an expression was expected, the string is empty")
            return None
        self.wrong_type(pointer, "an expression (a string)", value)
        return None

    def pattern(self, source: str, pointer: str) -> Regex | None:
        """A regular expression, compiled. All of one document are bounded together."""
        if self._instructions > PATTERNS_SIZE_MAX:
            return None
        try:
            found = compile_regex(source)
        except RegexError as error:
            self.report(pointer, "bad_value", f"the pattern is not usable: {error}")
            return None
        self._instructions += found.size
        if self._instructions > PATTERNS_SIZE_MAX:
            detail = f"all patterns together compile to more than {PATTERNS_SIZE_MAX} instructions"
            self.report(pointer, "too_large", detail)
            return None
        return found

    def truth(self, value: object, pointer: str) -> bool:
        if isinstance(value, bool):
            return value
        self.wrong_type(pointer, "true or false", value)
        return False

    def is_within(self, found: int, bound: int, pointer: str, what: str) -> bool:
        """Report more than ``bound`` of ``what``."""
        if found > bound:
            self.report(pointer, "too_many", f"{found} {what} are more than {bound}")
        return found <= bound


class Within(Reader):
    """Reports what is wrong inside a component at the place where it is used; warnings are its author's alone."""

    def __init__(self, outer: Reader, pointer: str, use: str) -> None:
        super().__init__()
        self._outer = outer
        self._pointer = pointer
        self._use = use

    @property
    def is_full(self) -> bool:
        return self._outer.is_full

    def report(self, pointer: str, code: str, detail: str, severity: Severity = "error") -> None:
        if severity == "error":
            self._outer.report(self._pointer, code, f"in {self._use} at {pointer or '(whole)'}: {detail}")


def normal_json(value: object, reader: Reader, pointer: str = "", depth: int = 0) -> JsonValue:
    """``value`` as its own canonical form parses back: plain JSON types, integral doubles as integers.

    The order of keys is kept, because the order of states and transitions has a meaning. What is not JSON is
    a problem and reads as null.
    """
    kind = type(value)
    if kind is str:
        assert isinstance(value, str)
        return _text(value, reader, pointer)
    if value is None or kind is bool:
        return value  # type: ignore[return-value]
    if kind is int or kind is float:
        return _number(value, reader, pointer)  # type: ignore[arg-type]
    if depth >= JSON_DEPTH_MAX:
        reader.report(pointer, "too_deep", f"nested deeper than {JSON_DEPTH_MAX}")
        return None
    if isinstance(value, Mapping):
        members: dict[str, JsonValue] = {}
        for key, member in value.items():
            if not isinstance(key, str):
                hint = (
                    " (YAML 1.1 reads on, off, yes and no as truths: quote the key)"
                    if key in (True, False)
                    else ""
                )
                reader.report(pointer, "not_json", f"the key {key!r} is not a string{hint}")
                continue
            place = pointer + pointer_of(key)
            members[_text(key, reader, place)] = normal_json(member, reader, place, depth + 1)
        return members
    if isinstance(value, list | tuple):
        return [normal_json(member, reader, f"{pointer}/{i}", depth + 1) for i, member in enumerate(value)]
    reader.report(pointer, "not_json", f"{kind_of(value)} has no JSON form")
    return None


def _text(value: str, reader: Reader, pointer: str) -> str:
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        reader.report(pointer, "lone_surrogate", "a lone surrogate is not a Unicode character")
        return ""
    return value


def _number(value: int | float, reader: Reader, pointer: str) -> int | float | None:
    if value != value or value in (float("inf"), float("-inf")):
        reader.report(pointer, "not_finite", "NaN and infinities have no JSON form")
        return None
    if value == int(value):
        whole = int(value)
        if -JSON_INTEGER_MAX <= whole <= JSON_INTEGER_MAX:
            return whole
        if isinstance(value, int) or abs(value) < 1e21:
            reader.report(
                pointer, "integer_out_of_range", "integers beyond 2^53-1 are not exact: use a string"
            )
            return None
    return value
