"""Files and functions stay small enough to be read in one go."""

import ast
from collections.abc import Iterator

from tests.tidy.sources import allowed, name_of, python_files, syntax_of

#: A file of this length is read in one sitting, and has room for one subject only.
FILE_LINES_MAX = 400
#: A function of this length fits on one screen.
FUNCTION_LINES_MAX = 60

_LOOKED_AT = python_files("core", "server", "benchmarks", "tests")


def _long_files() -> dict[str, int]:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in _LOOKED_AT}
    return {name: length for name, length in lengths.items() if length > FILE_LINES_MAX}


def _functions(body: list[ast.stmt], outer: str) -> Iterator[tuple[str, int]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{outer}{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1
            # What a function holds counts as its own lines and is not counted again.
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{outer}{node.name}.")


def _long_functions() -> dict[str, int]:
    return {
        f"{name_of(path)}::{name}": length
        for path in _LOOKED_AT
        for name, length in _functions(syntax_of(path).body, "")
        if length > FUNCTION_LINES_MAX
    }


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    assert _long_files().keys() - allowed()["long_files"].keys() == set()


def test_no_function_is_longer_than_a_screen() -> None:
    assert _long_functions().keys() - allowed()["long_functions"].keys() == set()


def test_an_excuse_for_length_goes_when_it_is_not_needed() -> None:
    assert allowed()["long_files"].keys() - _long_files().keys() == set()
    assert allowed()["long_functions"].keys() - _long_functions().keys() == set()


def test_every_excuse_gives_its_reason() -> None:
    reasons = [*allowed()["long_files"].values(), *allowed()["long_functions"].values()]
    reasons += [excuse["reason"] for excuse in allowed()["vocabulary"]]
    reasons += [*allowed()["never_answered"].values(), *allowed()["impure"].values()]
    assert [reason for reason in reasons if len(reason.split()) < 4] == []
