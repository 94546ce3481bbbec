"""Documentation that nobody can reach, or that names what is not there, is worse than none."""

import importlib
import importlib.util
import re
from pathlib import Path

import pytest
from tests.tidy.sources import ROOT, name_of, repository_files

from actum.orgs.access import PERMISSIONS, Role

_DOCS = ROOT / "docs"
_PAGES = [
    path
    for path in repository_files()
    if path.suffix == ".md" and "vendor" not in path.parts and path.relative_to(ROOT).parts[0] != "tests"
]
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s#]*)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def _prose(path: Path) -> str:
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _prose(path), re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
    return {f"#{anchor}" for anchor in plain}


@pytest.mark.parametrize("page", _PAGES, ids=name_of)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    broken = []
    for target, anchor in _LINK.findall(_prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        found = (page.parent / target).resolve() if target else page
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in _anchors(found)):
            broken.append(target + anchor)
    assert broken == []


def test_every_page_of_the_documentation_can_be_reached() -> None:
    """From the README, link by link."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        waiting += [(page.parent / target).resolve() for target, _ in _LINK.findall(_prose(page)) if target]
    assert [name_of(page) for page in _DOCS.rglob("*.md") if page not in reached] == []


def test_every_decision_is_numbered_dated_and_linked() -> None:
    pages = sorted(path for path in (_DOCS / "decisions").glob("*.md") if path.name[0].isdigit())
    assert [int(path.name[:4]) for path in pages] == list(range(1, len(pages) + 1))
    index = (_DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in pages if f"({path.name})" not in index] == []
    parts = ("## What we decided", "## Why", "## What it costs", "## What holds us to it")
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert re.search(r"^Status: (accepted|replaced by \[)", text, re.M), path.name
        assert [part for part in parts if part not in text] == [], path.name


def test_every_package_that_the_server_stands_on_is_explained() -> None:
    """docs/ARCHITECTURE.md has a sentence for each."""
    architecture = (_DOCS / "ARCHITECTURE.md").read_text(encoding="utf-8")
    lines = (ROOT / "requirements" / "server.in").read_text(encoding="utf-8").splitlines()
    packages = [
        re.split(r"[><=;\[ ]", line)[0] for line in lines if line.strip() and not line.startswith("#")
    ]
    assert [package for package in packages if f"`{package}`" not in architecture] == []


def test_the_guide_to_the_api_shows_every_permission_and_who_has_it() -> None:
    guide = (_DOCS / "API.md").read_text(encoding="utf-8")
    rows = {
        permission: [permission in PERMISSIONS[role] for role in Role]
        for permission in sorted({each for permissions in PERMISSIONS.values() for each in permissions})
    }
    for permission, has in rows.items():
        cells = " | ".join("yes" if each else "–" for each in has)
        assert f"| `{permission.value}` | {cells} |" in guide


# --- The command line -----------------------------------------------------------------------------------


def _commands() -> list[str]:
    """Every command and subcommand, as the program itself knows them."""
    app = importlib.import_module("actum.entrypoints.cli.app").make_app()
    found = []
    for name in app:
        if not name.startswith("-"):
            subcommands = [each for each in app[name] if not each.startswith("-")]
            found += [f"actum {name} {each}" for each in subcommands] or [f"actum {name}"]
    return found


@pytest.mark.skipif(
    importlib.util.find_spec("actum.entrypoints.cli") is None, reason="there is no command line yet"
)
def test_every_command_is_in_the_documentation() -> None:
    commands = _commands()
    assert len(commands) > 10
    text = "\n".join(page.read_text(encoding="utf-8") for page in _PAGES)
    assert [command for command in commands if command not in text] == []


# --- Settings -------------------------------------------------------------------------------------------


@pytest.mark.skipif(
    importlib.util.find_spec("actum.platform.settings") is None, reason="there are no settings yet"
)
def test_every_setting_is_in_the_table_of_settings() -> None:
    """And the table names none that is not there."""
    settings = importlib.import_module("actum.platform.settings").Settings
    prefix = str(settings.model_config.get("env_prefix", "")).upper()
    names = {prefix + name.upper() for name in settings.model_fields}
    table = (_DOCS / "OPERATIONS.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(ACTUM_[A-Z_]+)` \|", table, re.M))
    assert told == names
