"""What is installed is what was locked: exact versions, a digest for every file, and no address to fetch from."""

import json
import re
from pathlib import Path

import pytest
from tests.tidy.sources import ROOT, name_of, repository_files

_LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
_each = pytest.mark.parametrize("path", _LOCKS, ids=name_of)
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,_-]+\])?==[^\s;]+( ; [^\\]+)?")


def _requirements(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def test_there_are_locks() -> None:
    assert [path.name for path in _LOCKS] == ["bench-engine.lock", "bench.lock", "dev.lock", "server.lock"]


def test_packages_of_node_are_locked_without_an_address_too() -> None:
    found = [
        path for path in repository_files() if path.name == "package.json" and "vendor" not in path.parts
    ]
    for path in found:
        lock = json.loads((path.parent / "package-lock.json").read_text(encoding="utf-8"))
        packages = {name: each for name, each in lock["packages"].items() if name}
        assert packages, name_of(path)
        assert [
            name for name, each in packages.items() if "integrity" not in each or "resolved" in each
        ] == []


@_each
def test_a_lock_names_no_address(path: Path) -> None:
    """Where packages come from is a matter of the machine that installs them."""
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b", text, re.M) is None


@_each
def test_every_requirement_is_exact_and_has_a_digest(path: Path) -> None:
    faults = []
    for line in _requirements(path):
        requirement, *digests = (part.strip() for part in line.split("--hash="))
        are_digests = all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in digests)
        if not _REQUIREMENT.fullmatch(requirement) or not digests or not are_digests:
            faults.append(requirement)
    assert faults == []


def test_what_the_server_needs_is_the_same_in_every_lock() -> None:
    """What is tested and measured is what is shipped."""
    server, dev, bench = (
        dict(re.split("==|[ ;]+", line)[:2] for line in _requirements(ROOT / "requirements" / name))
        for name in ("server.lock", "dev.lock", "bench.lock")
    )
    assert server
    assert {name: version for name, version in server.items() if dev.get(name) != version} == {}
    assert {name: version for name, version in server.items() if bench.get(name) != version} == {}


def test_the_server_package_asks_for_what_is_locked() -> None:
    """Its metadata and requirements/server.in name the same packages with the same bounds."""
    wanted = {
        line.strip()
        for line in (ROOT / "requirements" / "server.in").read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    }
    metadata = (ROOT / "server" / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", metadata, re.M | re.S)
    assert listed is not None
    asked = {line.strip().rstrip(",").strip('"') for line in listed.group(1).splitlines() if line.strip()}
    assert {each for each in asked if not each.startswith("actum-core")} == wanted
