"""Let a coverage-guided fuzzer look for input that the expression language does not answer with an error of its own.

Not part of `make test`. atheris (Apache-2.0) goes into an environment of its own; from the repository's root:

    python3.11 -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install atheris
    PYTHONPATH=core/src:. /tmp/fuzz/bin/python tests/fuzz/fuzz_expression.py -max_total_time=600 /tmp/corpus

It stops at the first input that raises anything but ExpressionInvalid, EvaluationError or CostExceeded, that is
answered differently the second time, or that takes longer than its budget may; the input is in the message.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["actum_core"]):
    from actum_core.expression import (
        BOOL,
        DYN,
        INT,
        STEP_FUNCTIONS,
        STRING,
        CostExceeded,
        EvaluationError,
        ExpressionInvalid,
        Meter,
        Scope,
        Timestamp,
        compile_expression,
        compile_unchecked,
        list_of,
        map_of,
    )

SCOPE = Scope(
    {
        "i": INT,
        "s": STRING,
        "t": BOOL,
        "l": list_of(INT),
        "m": map_of(STRING, INT),
        "x": DYN,
        "y": DYN,
        "z": DYN,
    },
    STEP_FUNCTIONS,
)

BUDGET = 20_000

#: Seconds for one input: instrumented code is some ten times slower.
SECONDS_MAX = 1.0

#: Bytes of an input that make the values; the rest is the source.
HEAD_BYTES = 48

CORPUS = Path(__file__).parents[1] / "vendor/cel-spec/conformance.json"


class Context:
    """Answers as a step would: the same numbers every time."""

    def __init__(self) -> None:
        self.drawn = 0

    def random(self) -> float:
        self.drawn += 1
        return self.drawn * 2**-53

    def is_active(self, state: str, node: str | None) -> bool:
        return state == "a" and node is None


def make_value(provider: atheris.FuzzedDataProvider, levels: int) -> Any:
    match provider.ConsumeIntInRange(0, 9 if levels else 7):
        case 0:
            return provider.ConsumeInt(9)
        case 1:
            return provider.ConsumeFloat()
        case 2:
            return provider.ConsumeUnicode(12)
        case 3:
            return provider.ConsumeBool()
        case 4:
            return None
        case 5:
            return provider.ConsumeBytes(8)
        case 6:
            return Timestamp(provider.ConsumeIntInRange(-(10**18), 10**18))
        case 7:
            return provider.ConsumeIntInRange(-3, 3)
        case 8:
            return [make_value(provider, levels - 1) for _ in range(provider.ConsumeIntInRange(0, 4))]
        case _:
            count = provider.ConsumeIntInRange(0, 4)
            return {
                provider.ConsumeUnicodeNoSurrogates(3): make_value(provider, levels - 1) for _ in range(count)
            }


def answer(source: str, values: dict[str, Any]) -> list[str]:
    """What becomes of the expression, checked and unchecked."""
    answers = []
    for compile_ in (compile_expression, compile_unchecked):
        meter = Meter(BUDGET, Context())
        try:
            answers.append(repr(compile_(source, SCOPE).evaluate(values, meter)) + f" for {meter.spent}")
        except (ExpressionInvalid, EvaluationError, CostExceeded) as error:
            answers.append(f"{error.code}: {error} for {meter.spent}")
    return answers


def test_one_input(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data[:HEAD_BYTES])
    names = ("x", "y", "z") if provider.ConsumeBool() else ("i", "s", "t", "l", "m", "x", "y", "z")
    values: dict[str, Any] = {"i": 7, "s": "héllo", "t": True, "l": [3, 1, 2], "m": {"a": 1}}
    values |= {name: make_value(provider, 2) for name in names if provider.ConsumeBool()}
    # What is no UTF-8 becomes half of a surrogate pair, which is worth trying too.
    source = data[HEAD_BYTES:].decode("utf-8", "surrogateescape")
    started = time.perf_counter()
    first = answer(source, values)
    seconds = time.perf_counter() - started
    assert first == answer(source, values), (source, values)
    assert seconds < SECONDS_MAX, (seconds, source, values)


def write_corpus(folder: Path) -> None:
    """The conformance cases as first inputs, with values of several kinds."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(json.loads(CORPUS.read_text(encoding="utf-8"))):
        head = bytes((number * 31 + place * 7) % 256 for place in range(HEAD_BYTES))
        (folder / f"case-{number}").write_bytes(head + case["expr"].encode())


if __name__ == "__main__":
    folders = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    if folders and not any(folders[0].glob("*")):
        write_corpus(folders[0])
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()
