"""The core is what everybody who verifies a ledger runs: standard library only, and the same result everywhere.

Anything that differs between two machines or two moments (a clock, randomness, the environment, the network,
the order of a set) would let a replay differ from what was recorded.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.tidy.sources import CORE, allowed, name_of, python_files, syntax_of

#: Modules whose results depend on when, where or by whom they are asked, or that reach out of the process.
FORBIDDEN_MODULES = {
    "asyncio": "the core is synchronous",
    "concurrent": "the core is synchronous",
    "ctypes": "reaches out of the language",
    "getpass": "depends on who runs it",
    "http": "reaches out of the process",
    "io": "the core reads and writes nothing",
    "locale": "depends on where it runs",
    "logging": "the core tells by what it returns",
    "multiprocessing": "the core is synchronous",
    "os": "depends on where it runs",
    "pathlib": "the core reads and writes no files",
    "pickle": "runs what it reads",
    "platform": "depends on where it runs",
    "random": "not reproducible",
    "secrets": "not reproducible",
    "shutil": "the core reads and writes no files",
    "signal": "depends on where it runs",
    "socket": "reaches out of the process",
    "subprocess": "reaches out of the process",
    "tempfile": "the core reads and writes no files",
    "threading": "the core is synchronous",
    "time": "reads a clock",
    "urllib": "reaches out of the process",
    "zoneinfo": "depends on the time zones of the machine it runs on",
}

#: Names of modules that are allowed by themselves.
FORBIDDEN_NAMES = {
    ("uuid", "uuid1"): "reads a clock and the network card",
    ("uuid", "uuid4"): "not reproducible",
    ("uuid", "getnode"): "depends on where it runs",
    ("hashlib", "new"): "name the digest: what `new` knows depends on how Python was built",
    ("decimal", "getcontext"): "a setting of the thread",
}

#: Attributes that read a clock or a hidden state, whatever they are attributes of.
FORBIDDEN_ATTRIBUTES = frozenset(
    {"now", "utcnow", "today", "uuid1", "uuid4", "urandom", "environ", "getcontext"}
)

#: Built-in functions: `hash` and `id` differ between processes, the others read, write, run or ask.
FORBIDDEN_BUILTINS = frozenset(
    {"hash", "id", "open", "print", "input", "eval", "exec", "__import__", "breakpoint"}
)

_FILES = python_files("core")


def _imports(path: Path) -> Iterator[tuple[str, str, int]]:
    """(module, name imported from it or "", line)."""
    for node in ast.walk(syntax_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: imports are written in full"
            yield from ((node.module or "", alias.name, node.lineno) for alias in node.names)


def test_the_core_is_there() -> None:
    assert any(path.is_relative_to(CORE) for path in _FILES)


@pytest.mark.parametrize("path", _FILES, ids=name_of)
def test_the_core_imports_only_itself_and_the_standard_library(path: Path) -> None:
    known = sys.stdlib_module_names | {"actum_core"}
    assert [
        f"{line}: {module}" for module, _, line in _imports(path) if module.split(".")[0] not in known
    ] == []


@pytest.mark.parametrize("path", _FILES, ids=name_of)
def test_the_core_imports_nothing_that_differs_between_machines_or_moments(path: Path) -> None:
    found = _impurities(path)
    assert [said for place, said in found if place not in allowed()["impure"]] == []


def _impurities(path: Path) -> list[tuple[str, str]]:
    """Where it would be excused, and what to say of it."""
    found = []
    for module, name, line in _imports(path):
        top = module.split(".")[0]
        reason = FORBIDDEN_MODULES.get(top) or FORBIDDEN_NAMES.get((module, name))
        if reason is not None:
            found.append((f"{name_of(path)}::{top}", f"{line}: {module} {name}: {reason}"))
    return found


def test_an_excuse_for_an_import_goes_when_it_is_not_needed() -> None:
    needed = {place for path in _FILES for place, _ in _impurities(path)}
    assert allowed()["impure"].keys() - needed == set()


@pytest.mark.parametrize("path", _FILES, ids=name_of)
def test_the_core_calls_nothing_that_differs_between_machines_or_moments(path: Path) -> None:
    found = []
    hashing = {
        id(call)
        for node in ast.walk(syntax_of(path))
        if isinstance(node, ast.FunctionDef) and node.name == "__hash__"
        for call in ast.walk(node)
    }
    for node in ast.walk(syntax_of(path)):
        if not isinstance(node, ast.Call) or id(node) in hashing:
            continue
        called = node.func
        if (
            isinstance(called, ast.Name)
            and called.id in FORBIDDEN_BUILTINS
            and not _is_bound(path, called.id)
        ):
            found.append(f"{node.lineno}: {called.id}()")
        elif isinstance(called, ast.Attribute) and called.attr in FORBIDDEN_ATTRIBUTES:
            found.append(f"{node.lineno}: .{called.attr}()")
    assert found == []


def _is_bound(path: Path, name: str) -> bool:
    """True when the file gives the name to something of its own."""
    return any(
        (isinstance(node, ast.arg) and node.arg == name)
        or (isinstance(node, ast.FunctionDef) and node.name == name)
        or (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store))
        for node in ast.walk(syntax_of(path))
    )


@pytest.mark.parametrize("path", _FILES, ids=name_of)
def test_the_core_never_takes_the_order_of_a_set(path: Path) -> None:
    """Iterating over a set display or comprehension, or listing one, gives an order that no two processes share."""
    found = []
    for node in ast.walk(syntax_of(path)):
        over = None
        if isinstance(node, ast.For | ast.comprehension):
            over = node.iter
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"list", "tuple"}
        ):
            over = node.args[0] if node.args else None
        if _is_set(over):
            found.append(getattr(over, "lineno", 0))
    assert found == []


def _is_set(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"set", "frozenset"}
    )
