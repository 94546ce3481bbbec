"""Every error has a code of its own, tells its reader what to do, and is answered with a status that somebody chose."""

import ast

import pytest
from tests.tidy.sources import ROOT, allowed, python_files, syntax_of

from actum.entrypoints.catalogue import current_catalogue, error_classes
from actum.platform.problems import STATUSES, advice_of
from actum_core.errors import ActumError

_ERRORS = error_classes()
_each = pytest.mark.parametrize("error", _ERRORS, ids=[error.__qualname__ for error in _ERRORS])


def test_there_are_errors_to_look_at() -> None:
    assert len(_ERRORS) > 20


@_each
def test_an_error_has_a_code_of_its_own(error: type[ActumError]) -> None:
    assert "code" in vars(error)
    assert error.code.replace("_", "").isalnum()
    assert error.code == error.code.lower()
    assert [other for other in _ERRORS if other.code == error.code] == [error]


@_each
def test_an_error_tells_its_reader_what_to_do(error: type[ActumError]) -> None:
    """The first line of its docstring is the problem's title: one sentence, shown to people as it stands."""
    advice = advice_of(error)
    assert len(advice.split()) >= 3
    assert advice[0].isupper()
    assert (error.__doc__ or "").strip().splitlines()[0].endswith(".")
    assert error.__doc__ != ActumError.__doc__


def _excuses(error: type[ActumError]) -> list[str]:
    name = f"{error.__module__}.{error.__qualname__}"
    return [beginning for beginning in allowed()["never_answered"] if name.startswith(beginning)]


@_each
def test_a_status_was_chosen_or_the_error_is_never_answered(error: type[ActumError]) -> None:
    """Without a status an error that reaches a client is an `internal_error`, which tells it nothing."""
    assert (error.code in STATUSES) is not bool(_excuses(error))


def test_statuses_and_excuses_are_of_errors_that_exist() -> None:
    assert STATUSES.keys() - {error.code for error in _ERRORS} == set()
    needed = {excuse for error in _ERRORS for excuse in _excuses(error)}
    assert allowed()["never_answered"].keys() - needed == set()


def test_an_error_is_raised_somewhere() -> None:
    """Or it stands in a table of those that are; else it is a promise about nothing."""
    product = [path for path in python_files("core", "server") if "src" in path.parts]
    named = {
        node.id if isinstance(node, ast.Name) else node.attr
        for path in product
        for node in ast.walk(syntax_of(path))
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)) or isinstance(node, ast.Attribute)
    }
    assert [error.__qualname__ for error in _ERRORS if error.__name__ not in named] == []


def test_the_catalogue_of_errors_is_up_to_date() -> None:
    """`python -m actum.entrypoints.catalogue` writes it."""
    assert (ROOT / "spec" / "errors.json").read_bytes() == current_catalogue()
