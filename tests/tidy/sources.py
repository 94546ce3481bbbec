"""What the tidy tests look at: the repository's own files, and the lists of what they excuse."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
CORE: Final = ROOT / "core" / "src" / "actum_core"
SERVER: Final = ROOT / "server" / "src" / "actum"

#: Never ours, where there is no git to ask.
_FOREIGN: Final = frozenset({".git", "node_modules", "dist", "build", "__pycache__"})


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that belongs to the repository: what git tracks or would track; all files in an export."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not _is_foreign(path)]
    return tuple(sorted({path for path in found if path.is_file()}))


def _is_foreign(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return not _FOREIGN.isdisjoint(parts) or any(
        part.endswith("_cache") or part.startswith(".venv") for part in parts
    )


def python_files(*roots: str) -> list[Path]:
    """Our Python files under the named top directories."""
    return [
        path for path in repository_files() if path.suffix == ".py" and name_of(path).split("/")[0] in roots
    ]


def name_of(path: Path) -> str:
    """A path as people and the allow-list write it: from the repository's root, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def syntax_of(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def read_text(path: Path) -> str | None:
    """A file's text, or None when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@cache
def allowed() -> dict[str, Any]:
    """The excuses: each says where it holds and why. They may only become fewer."""
    return tomllib.loads((Path(__file__).parent / "allowed.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name that our code gives to something, with its place."""

    name: str
    place: str
    line: int


def identifiers(path: Path) -> Iterator[Identifier]:
    """Every name that a Python file gives: to modules it renames, classes, functions, parameters, variables."""
    place = name_of(path)
    for node in ast.walk(syntax_of(path)):
        name = None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.alias):
            name = node.asname
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.attr
        if name is not None:
            yield Identifier(name, place, getattr(node, "lineno", 1))
