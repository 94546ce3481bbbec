"""Every SQL statement says what it guarantees, is used, and begins from the org."""

import re
from pathlib import Path

import pytest
from tests.tidy.sources import ROOT, name_of, python_files, repository_files

from actum.platform import sql

#: Files of named statements. Migrations and the schema they add up to are something else.
_FILES = [
    path
    for path in repository_files()
    if path.suffix == ".sql"
    and "src" in path.parts
    and "migrations" not in path.parts
    and path.stem != "schema"
]

#: The statements that do not speak of an org, and why they cannot.
WITHOUT_ORG = {
    "find_work_wait": "the function tells one number, the same for every org",
    "forget_idempotency_keys": "the function takes away what nobody may ask for any more, whoever it belongs to",
    "find_now": "asks the database for the time only",
    "owns_orgs": "asks who owns the table, on the command line",
}


def _package(path: Path) -> str:
    return ".".join(path.relative_to(ROOT / "server" / "src").parent.parts)


def _statements() -> list[tuple[Path, sql.Query]]:
    found = []
    for path in _FILES:
        queries = sql.load(_package(path), path.name)
        found += [(path, queries[name]) for name in queries.names]
    return found


_STATEMENTS = _statements()
_each = pytest.mark.parametrize(
    ("path", "query"), _STATEMENTS, ids=[f"{name_of(path)}::{query.name}" for path, query in _STATEMENTS]
)


def test_there_are_statements_to_look_at() -> None:
    assert len(_STATEMENTS) > 20


@_each
def test_a_statement_says_what_it_guarantees(path: Path, query: sql.Query) -> None:
    assert query.sentence[0].isupper(), "a sentence begins with a capital letter"
    assert query.sentence.endswith((".", "?"))


@_each
def test_a_statement_is_used(path: Path, query: sql.Query) -> None:
    beside = [each for each in python_files("server") if each.parent == path.parent]
    used = [name_of(each) for each in beside if f'"{query.name}"' in each.read_text(encoding="utf-8")]
    assert used, f"nothing in {path.parent.name} names {query.name}"


@_each
def test_a_statement_begins_from_the_org(path: Path, query: sql.Query) -> None:
    """Row-level security is the second wall, never the only one; and every index begins with the org."""
    begins = re.search(r"\borg_id\b", query.text) is not None
    assert begins is not (query.name in WITHOUT_ORG)


def test_an_excuse_for_a_statement_goes_with_it() -> None:
    assert WITHOUT_ORG.keys() - {query.name for _, query in _STATEMENTS} == set()


def test_python_holds_no_statements_on_tables_of_orgs() -> None:
    """SQL in a string escapes every test above."""
    statement = re.compile(
        r"""["'](?:\s*)(SELECT\b.*\bFROM|INSERT INTO|UPDATE\b.*\bSET|DELETE FROM)\s""", re.S
    )
    # The platform's own statements are about roles, locks and migrations, which belong to no org.
    slices = [path for path in python_files("server") if "platform" not in path.parts]
    assert [name_of(path) for path in slices if statement.search(path.read_text(encoding="utf-8"))] == []
