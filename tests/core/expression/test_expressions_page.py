"""docs/EXPRESSIONS.md: every example on it gives the result beside it, and nothing of the language is missing on it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.core.expression.conformance import same

from actum_core.expression import (
    DOUBLE,
    DYN,
    INT,
    STEP_FUNCTIONS,
    STRING,
    TIMESTAMP,
    EvaluationError,
    ExpressionInvalid,
    Meter,
    Scope,
    compile_expression,
    map_of,
    object_of,
)
from actum_core.expression.functions import STANDARD_FUNCTIONS
from actum_core.expression.macros import SHAPES
from actum_core.expression.operators import OPERATORS
from actum_core.expression.scope import NAMED_TYPES
from actum_core.expression.time_text import parse_timestamp

PAGE = (Path(__file__).parents[3] / "docs/EXPRESSIONS.md").read_text(encoding="utf-8")

SCOPE = Scope(
    {
        "event": object_of("event", {"name": STRING, "data": DYN}),
        "vars": object_of(
            "vars",
            {"count": INT, "total": DOUBLE, "status": STRING, "price": STRING, "limits": map_of(STRING, DYN)},
        ),
        "now": TIMESTAMP,
    },
    STEP_FUNCTIONS,
)


def values() -> dict[str, Any]:
    """What the page says that its examples know."""
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    said = json.loads(found[1])
    return {**said, "now": parse_timestamp(said["now"])}


class Context:
    def random(self) -> float:
        return 0.25

    def is_active(self, state: str, node: str | None) -> bool:
        return (state, node) in {("open", None), ("full", "tank")}


@dataclass(frozen=True, slots=True)
class Example:
    line: int
    source: str
    result: str


def cells(line: str) -> list[str]:
    """The cells of a row; a bar within one is written with a backslash."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def code(cell: str) -> str:
    assert cell.startswith("`")
    assert cell.endswith("`"), cell
    return cell.strip("`").strip().replace("\\|", "|")


def examples() -> list[Example]:
    """The rows of all tables with the columns ``example`` and ``result``."""
    found = []
    header: list[str] = []
    for number, line in enumerate(PAGE.splitlines(), start=1):
        if not line.startswith("|"):
            header = []
        elif not header:
            header = cells(line)
        elif "example" in header and not set(line) <= set("|- "):
            row = dict(zip(header, cells(line), strict=True))
            found.append(Example(number, code(row["example"]), code(row["result"])))
    return found


EXAMPLES = examples()


def outcome(source: str) -> Any:
    """The value, or the code of an error or fault as the page writes it."""
    try:
        expression = compile_expression(source, SCOPE)
    except ExpressionInvalid as invalid:
        return f"fault: {invalid.problems[0].code}"
    try:
        return expression.evaluate(values(), Meter(context=Context()))
    except EvaluationError as error:
        return f"error: {error.code}"


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) > 180


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.line}: {example.source}")
def test_an_example_gives_the_result_beside_it(example: Example) -> None:
    found = outcome(example.source)
    if example.result.startswith(("error: ", "fault: ")):
        assert found == example.result
        return
    expected = outcome(example.result)
    assert same(expected, found), f"gave {found!r}, not {expected!r}"


#: What stands as code on the page, outside of whole blocks.
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```|``[^\n]*?``", "", PAGE, flags=re.DOTALL))


def test_no_function_is_missing_on_the_page() -> None:
    spans = " ".join(SPANS)
    names = {*STANDARD_FUNCTIONS, *STEP_FUNCTIONS, *SHAPES, "has", "cel.bind", "optMap", "optFlatMap"}
    missing = {name for name in names if not re.search(rf"(?<![\w.]){re.escape(name)}\(|\.{name}\(", spans)}
    assert missing <= {"existsOne"}
    assert "existsOne" in spans


def test_no_type_and_no_operator_is_missing_on_the_page() -> None:
    types = set(NAMED_TYPES) - {"google.protobuf.Duration", "google.protobuf.Timestamp"}
    assert {name for name in types if not any(span.startswith(name) for span in SPANS)} == set()
    shown = {span.replace("\\|", "|") for span in SPANS}
    assert {operator for operator in OPERATORS if f"a {operator} b" not in shown} == set()


def test_every_error_code_is_on_the_page() -> None:
    """As the class itself lists them; one is left out, since checking finds it before."""
    said = re.findall(r"``([a-z_]+)``", EvaluationError.__doc__ or "")
    codes = {each for each in said if each not in ("code", "offset", "undeclared_variable")}
    assert {each for each in codes if f"`{each}`" not in PAGE} == set()
