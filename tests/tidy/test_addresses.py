"""The repository is the same for everybody who has it: no path of somebody's machine, no registry's address."""

import re

from tests.tidy.sources import name_of, read_text, repository_files

#: Directories that exist on the machine of whoever wrote the line and on no other.
MACHINE = re.compile(r"""(?<![\w./~$}-])/(work|root|home|Users)/\w""")

#: Hosts that packages are fetched from. Which one to use is a setting of the machine, never of a project.
REGISTRY = re.compile(
    r"\b(pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|npmjs\.com|proxy\.golang\.org"
    r"|crates\.io|rubygems\.org|repo1?\.maven\.org|conda\.anaconda\.org|artifactory|nexus\.)",
    re.I,
)

#: Data that others published is kept as they published it.
_OTHERS = "vendor"


def _found(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in repository_files():
        text = (
            None
            if _OTHERS in path.parts or name_of(path) == "tests/tidy/test_addresses.py"
            else read_text(path)
        )
        if text is not None:
            found += [
                f"{name_of(path)}:{number}: {line.strip()[:100]}"
                for number, line in enumerate(text.splitlines(), 1)
                if pattern.search(line)
            ]
    return found


def test_no_path_of_a_machine_is_written_down() -> None:
    assert _found(MACHINE) == []


def test_no_address_of_a_registry_is_written_down() -> None:
    assert _found(REGISTRY) == []


def test_no_secret_of_ours_is_written_down() -> None:
    """An access token is its prefix and 36 characters; examples are shorter, or plainly made up of one character."""
    assert _found(re.compile(r"actum_pat_(?!(.)\1{35})[0-9A-Za-z]{36}")) == []
