"""A bound that nobody checks is a promise that nobody keeps; one without a reason cannot be reviewed."""

import ast
import re
from pathlib import Path

import pytest
from tests.tidy.sources import CORE, SERVER, name_of, python_files, syntax_of

_FILES = [path for path in python_files("core", "server") if path.name == "limits.py"]


def _bounds(path: Path) -> list[tuple[str, int]]:
    found = []
    for node in syntax_of(path).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            assert isinstance(target, ast.Name)
            found.append((target.id, node.lineno))
    return found


_BOUNDS = [(path, name, line) for path in _FILES for name, line in _bounds(path)]
_each = pytest.mark.parametrize(
    ("path", "name", "line"), _BOUNDS, ids=[f"{name_of(path)}::{name}" for path, name, _ in _BOUNDS]
)


def _names_used(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(syntax_of(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
    return names


_USED = {name for path in python_files("core", "server") for name in _names_used(path) if "src" in path.parts}


@_each
def test_a_bound_has_its_reason_above_it(path: Path, name: str, line: int) -> None:
    """`#:` comments above it, or above the group of lines it stands in: a default beside its maximum."""
    lines = path.read_text(encoding="utf-8").splitlines()
    at = line - 2
    while re.match(r"[A-Z][A-Z0-9_]*\b", lines[at]):
        at -= 1
    reason = []
    while lines[at].startswith("#"):
        reason.append(lines[at])
        at -= 1
    assert reason
    assert reason[-1].startswith("#:")
    assert len(" ".join(reason).split()) >= 5


@_each
def test_a_bound_is_checked_somewhere(path: Path, name: str, line: int) -> None:
    assert name in _USED


def test_the_core_and_the_platform_share_no_name_of_a_bound() -> None:
    """Both are imported side by side; the command line is another program and has bounds of its own."""
    core, server = (
        {name for name, _ in _bounds(path)}
        for path in (CORE / "limits.py", SERVER / "platform" / "limits.py")
    )
    assert core & server == set()
