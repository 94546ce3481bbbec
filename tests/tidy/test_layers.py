"""Who may import whom is written down in pyproject.toml, and holds."""

import os
import re
from pathlib import Path

import pytest
from importlinter import cli
from tests.tidy.sources import CORE, ROOT, SERVER


def test_every_contract_about_imports_holds(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path.cwd()
    os.chdir(ROOT)  # the linter finds its settings and the packages from where it runs
    try:
        status = cli.lint_imports(config_filename="pyproject.toml", no_cache=True)
    finally:
        os.chdir(before)
    assert status == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_every_package_stands_in_a_contract() -> None:
    """A slice that nobody placed in the order could import anything."""
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    #: Data only: migrations, examples and built-in components are read as resources, and import nothing.
    data = {"migrations", "examples", "components"}
    for root, package in ((SERVER, "actum"), (CORE, "actum_core")):
        slices = {path.name for path in root.iterdir() if (path / "__init__.py").is_file()} - data
        missing = {name for name in slices if not re.search(rf'[" ]{package}\.{name}[" ]', contracts)}
        assert missing == set()
