"""docs/LEDGER.md explains every kind of entry that there is, and none that there is not."""

import ast
import re
from collections.abc import Iterator

from tests.tidy.sources import CORE, ROOT, syntax_of

from actum_core.engine.replay import OPENING_KINDS


def _kinds_said() -> Iterator[str]:
    """The kinds that the engine writes: the first arguments of what makes drafts and lines."""
    for path in sorted((CORE / "engine").glob("*.py")):
        for node in ast.walk(syntax_of(path)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if path.name == "fold.py" and called == "append" and isinstance(first, ast.Tuple):
                first, called = first.elts[0], "draft"
            if called in ("draft", "Draft", "Line") and isinstance(first, ast.Constant):
                yield str(first.value)


def test_the_table_of_kinds_is_that_of_the_engine() -> None:
    page = (ROOT / "docs/LEDGER.md").read_text(encoding="utf-8")
    section = page.partition("### Kinds\n")[2].partition("\n## ")[0]
    told = [
        word for row in re.findall(r"^\| (`.*?) \|", section, re.M) for word in re.findall(r"`(\w+)`", row)
    ]
    assert len(told) == len(set(told))
    assert set(told) == {*_kinds_said(), *OPENING_KINDS}
