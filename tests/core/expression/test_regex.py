"""Regular expressions: Python's answers where both have one, and time that grows only with the text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actum_core.expression import Meter
from actum_core.expression.regex import Regex
from actum_core.expression.regex_syntax import RegexError

ATOMS = st.sampled_from(
    ["a", "b", "c", ".", "[ab]", "[^a]", "\\d", "\\w", "\\b", "\\B", "^", "$", "x", "\\n", "(?:)"]
)


def combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeats = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{1,}"])
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, repeats).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        inner.map(lambda part: f"({part})"),
    )


PATTERNS = st.recursive(ATOMS, combine, max_leaves=8)
TEXTS = st.text(alphabet="abcx1 \n_", max_size=12)


def python_form(pattern: str) -> str:
    """Where Python differs by intention: ``$`` is only the end of the text, classes are ASCII."""
    return re.sub(r"(?<!\\)\$", r"\\Z", pattern)


@settings(deadline=None)
@given(PATTERNS, TEXTS)
def test_a_match_is_found_exactly_when_python_finds_one(pattern: str, text: str) -> None:
    if not text and "\\B" in pattern:
        return  # Python, unlike RE2, finds no place between words in an empty text
    expected = re.search(python_form(pattern), text, re.ASCII)
    regex = Regex(pattern)
    assert regex.is_found(text, Meter()) is (expected is not None)
    found = regex.search(text, 0, Meter())
    assert (found is None) is (expected is None)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["a", "b", "a+", "a*?", "(a|ab)", "(b)?", "[ab]{1,2}", "c|a", "(a*)(b)"]), max_size=5
    ).map("".join),
    TEXTS,
)
def test_the_place_of_a_match_and_its_groups_is_that_of_python(pattern: str, text: str) -> None:
    expected = re.search(pattern, text)
    found = Regex(pattern).search(text, 0, Meter())
    if expected is None:
        assert found is None
        return
    spans = [expected.span(place) for place in range(expected.re.groups + 1)]
    assert found == tuple(end for span in spans[:10] for end in span)


FOUND = [
    ("(?i)aBc", "xABCx", True),
    ("(?i:a)b", "AB", False),
    ("(?s)a.b", "a\nb", True),
    ("a.b", "a\nb", False),
    ("(?m)^b$", "a\nb\nc", True),
    ("^b$", "a\nb", False),
    ("[[:alpha:]]+[[:^digit:]]", "ab", True),
    ("[^[:space:]]", " \t", False),
    (r"\x41\x{42}\103", "ABC", True),
    (r"\Qa.b\E+", "a.bbb", True),
    (r"[\d-]+$", "1-2", True),
    ("[]a]", "]", True),
    ("a{,2}", "a{,2}", True),
    ("(?P<name>a)(?<other>b)", "ab", True),
    (r"\pL", "a", None),
    (r"(a)\1", "aa", None),
    ("(?=a)", "a", None),
    ("(?<=a)b", "ab", None),
    ("a**", "a", None),
    ("[b-a]", "a", None),
    ("(", "", None),
    (")", "", None),
    ("[a", "", None),
    ("+", "", None),
    ("\\", "", None),
    ("(?z)a", "a", None),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), FOUND)
def test_the_dialect_is_that_of_re2_and_the_rest_is_refused(
    pattern: str, text: str, expected: bool | None
) -> None:
    if expected is None:
        with pytest.raises(RegexError):
            Regex(pattern)
    else:
        assert Regex(pattern).is_found(text, Meter()) is expected


BOMBS = ["(a+)+$", "(a|aa)+b", "(a|a?)+b", "(.*a){20}b", "((a*)*)*b", "(a?){30}a{30}b", "(x+x+)+y"]


@pytest.mark.parametrize("pattern", BOMBS)
def test_twice_the_text_costs_about_twice(pattern: str) -> None:
    spent = []
    for size in (2_000, 4_000):
        meter = Meter(10**9)
        regex = Regex(pattern)
        regex.is_found("a" * size + "!", meter)
        regex.search("a" * size + "!", 0, meter)
        spent.append(meter.spent)
    assert spent[1] < 2.5 * spent[0]


def test_what_a_search_costs_does_not_depend_on_earlier_searches() -> None:
    regex = Regex("[a-z]*(?:x|y)+[0-9]{1,30}$")
    texts = ["".join(chr(97 + (7 * n * n + k) % 26) for n in range(400)) for k in range(20)]
    costs = []
    for _ in range(2):
        for text in texts:
            meter = Meter(10**9)
            regex.is_found(text, meter)
            costs.append(meter.spent)
    assert costs[:20] == costs[20:]
