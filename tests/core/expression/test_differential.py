"""Generated expressions, answered by us and by the official C++ implementation: the same value, or an error from both.

The package is for development only. Without it these tests are skipped, and the summary says that they were.
"""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.core.expression.generated import SCOPE, VALUES, generate_many

from actum_core.expression import EvaluationError, ExpressionInvalid, Meter, Uint, compile_expression

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("cel_expr_python") is None,
    reason="cel-expr-python is not installed: NOT compared with the official C++ implementation",
)

ORACLE = Path(__file__).with_name("oracle.py")

SEEDS = range(4)
EXPRESSIONS_PER_SEED = 1_500

#: Where the two answer differently, what each says, and why we do.
DIFFERENCES = [
    # An int beside a double becomes a double: our addition, because JSON does not tell them apart.
    ("1 + 1.5", ["double", "0x1.4000000000000p+1"], "refused"),
    # cel-spec compares numbers of different types; the C++ checker wants dyn() around one of them.
    ("1 < 1.5", ["bool", True], "refused"),
    ("1u == 1", ["bool", True], "refused"),
    # The macros with two variables are not in the package.
    ("[5, 6].all(i, v, v > i)", ["bool", True], "refused"),
    # As many digits of a second as are needed, as cel-go; the C++ writes three, six or nine.
    ("string(timestamp('2024-01-01T00:00:00.5Z'))", ["string", "2024-01-01T00:00:00.5Z"], "string"),
    ("string(duration('1.5s'))", ["string", "1.5s"], "string"),
    # An empty string has no characters, as in cel-go; the C++ finds one empty string.
    ("''.split('')", ["list", []], "list"),
    # The end may be the size; the C++ refuses it.
    ("'abcd'.substring(2, 4)", ["string", "cd"], "error"),
    # Base64 has no spaces in it (RFC 4648); the C++ skips them.
    ("base64.decode(' YQ==')", ["error"], "bytes"),
]


def told(value: Any) -> list[Any]:
    """A value with its type, as the oracle tells it."""
    match value:
        case None:
            return ["null"]
        case bool():
            return ["bool", value]
        case Uint():
            return ["uint", str(int(value))]
        case int():
            return ["int", str(value)]
        case float():
            return ["double", value.hex() if value == value else "nan"]
        case str():
            return ["string", value]
        case bytes():
            return ["bytes", value.hex()]
        case list() | tuple():
            return ["list", [told(each) for each in value]]
        case dict():
            return ["map", sorted([str(key), told(each)] for key, each in value.items())]
        case _:
            raise AssertionError(f"{value!r} cannot be told")


def our_answer(source: str) -> list[Any]:
    try:
        return told(compile_expression(source, SCOPE).evaluate(VALUES, Meter(10**7)))
    except ExpressionInvalid:
        return ["refused"]
    except EvaluationError:
        return ["error"]


def their_answers(sources: list[str]) -> list[list[Any]]:
    done = subprocess.run(
        [sys.executable, str(ORACLE)], input=json.dumps(sources), capture_output=True, text=True, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    # Why it is refused, or fails, is told in each one's own words.
    return [answer[:1] if answer[0] in ("error", "refused") else answer for answer in answers]


def without_zeros(answer: list[Any], source: str) -> list[Any]:
    """A time as text, with only the digits that are needed."""
    if source.startswith("string(") and answer[0] == "string":
        return ["string", re.sub(r"(\.\d*?)0+(?=[sZ]$)", r"\1", answer[1])]
    return answer


@pytest.mark.parametrize("seed", SEEDS)
def test_generated_expressions_have_the_same_answer_as_the_official_implementation(seed: int) -> None:
    sources = generate_many(seed, EXPRESSIONS_PER_SEED)
    answers = their_answers(sources)
    assert len(answers) == len(sources)
    differing = [
        (source, ours, theirs)
        for source, theirs in zip(sources, answers, strict=True)
        if (ours := our_answer(source)) != without_zeros(theirs, source)
    ]
    assert differing == []
    assert sum(answer[0] not in ("error", "refused") for answer in answers) > EXPRESSIONS_PER_SEED / 2


def test_the_differences_are_those_that_are_intended() -> None:
    answers = their_answers([source for source, _, _ in DIFFERENCES])
    for (source, ours, theirs), answer in zip(DIFFERENCES, answers, strict=True):
        assert our_answer(source) == ours, source
        assert answer[0] == theirs, source
        assert answer != ours, source
