"""One word for each thing: the words that docs/GLOSSARY.md sets in code on its right are not parts of our names."""

import re
from collections.abc import Iterator
from functools import cache

import msgspec
import pytest
from tests.tidy.sources import ROOT, Identifier, allowed, identifiers, name_of, python_files, repository_files

from actum.entrypoints.openapi import current_document

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
#: Comments, strings, and PostgreSQL's own names.
_SQL_NOISE = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\b(?:clock|statement)_timestamp\b|\btimestamp with")


@cache
def _refused() -> dict[str, str]:
    """Each refused word with the one to use instead, from the glossary's table."""
    found = {}
    for line in (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3:
            found.update(dict.fromkeys(re.findall(r"`([a-z]+)`", cells[2]), cells[0]))
    return found


def _words(name: str) -> set[str]:
    words = {word.lower() for word in _WORD.findall(name)}
    return words | {word.removesuffix("s") for word in words}


def _names() -> Iterator[Identifier]:
    """Every name the product gives: in Python, in SQL, in paths of the API, and to files.

    Tests and benchmarks speak of other people's things too, and are left out.
    """
    for path in python_files("core", "server"):
        yield from identifiers(path)
        yield Identifier(path.stem, name_of(path), 0)
    for path in repository_files():
        if path.suffix == ".sql" and "src" in path.parts:
            text = _SQL_NOISE.sub("", path.read_text(encoding="utf-8"))
            yield from (Identifier(name, name_of(path), 0) for name in set(re.findall(r"[a-z_]+", text)))
    for route in msgspec.json.decode(current_document())["paths"]:
        yield Identifier(route, "the API", 0)


@cache
def _found() -> tuple[tuple[str, Identifier], ...]:
    refused = _refused()
    return tuple(
        (word, identifier)
        for identifier in _names()
        for word in sorted(_words(identifier.name) & refused.keys())
    )


def _is_excused(word: str, place: str) -> bool:
    return any(
        word == excuse["word"] and any(place.startswith(under) for under in excuse["under"])
        for excuse in allowed()["vocabulary"]
    )


def test_the_glossary_refuses_words() -> None:
    assert {"tenant", "workflow", "instance", "wallet"} <= _refused().keys()


def test_no_name_has_a_part_that_the_glossary_refuses() -> None:
    wrong = {
        f"{identifier.place}:{identifier.line}: {identifier.name}: say {_refused()[word]}, not {word}"
        for word, identifier in _found()
        if not _is_excused(word, identifier.place)
    }
    assert sorted(wrong) == []


@pytest.mark.parametrize("excuse", allowed()["vocabulary"], ids=lambda excuse: str(excuse["word"]))
def test_an_excuse_for_a_word_goes_when_it_is_not_needed(excuse: dict[str, object]) -> None:
    places = {identifier.place for word, identifier in _found() if word == excuse["word"]}
    under = excuse["under"]
    assert isinstance(under, list)
    assert [each for each in under if not any(place.startswith(each) for place in places)] == []


def test_no_hash_goes_without_saying_of_what() -> None:
    """`entry_hash`, `previous_hash`, `root_hash`; content has a digest."""
    bare = [
        f"{identifier.place}:{identifier.line}"
        for identifier in _names()
        if identifier.name.strip("_") in {"hash", "hashes"} and identifier.name != "__hash__"
    ]
    assert bare == []
