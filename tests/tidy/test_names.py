"""Names of files say what is in them, and migrations are numbered so that none can be forgotten."""

import re

from tests.tidy.sources import SERVER, name_of, repository_files

#: A file of such a name has no subject, so everything ends up in it.
BAGS = re.compile(
    r"(^|[_.-])(services?|managers?|utils?|utilities|helpers?|misc|common|base|handlers?)([_.-]|$)"
)


def test_no_file_is_named_like_a_bag() -> None:
    ours = [
        path
        for path in repository_files()
        if path.suffix in {".py", ".sql", ".md"} and "vendor" not in path.parts
    ]
    # `benchmarks/peers` shows how others do it, names included.
    found = [name_of(path) for path in ours if BAGS.search(path.stem) and "peers" not in path.parts]
    assert found == []


def test_file_names_of_the_packages_are_lower_case_words() -> None:
    packages = [path for path in repository_files() if path.suffix == ".py" and "src" in path.parts]
    assert [
        name_of(path) for path in packages if not re.fullmatch(r"[a-z][a-z0-9_]*|__[a-z]+__", path.stem)
    ] == []


def test_migrations_are_numbered_from_one_without_a_gap() -> None:
    names = sorted(path.name for path in (SERVER / "migrations").glob("*.sql"))
    assert names
    assert [re.fullmatch(r"(\d{4})_[a-z][a-z0-9_]*\.sql", name) is not None for name in names] == [
        True
    ] * len(names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
