"""The examples that ship with the server are right, without a warning, whatever reads their YAML keys."""

from pathlib import Path

import pytest

from actum_core.template import check_template, compile_template, load_program

from ..documents import load_yaml

FOLDER = Path(__file__).parents[3] / "server/src/actum/examples"
EXAMPLES = sorted(path for path in FOLDER.glob("*.yaml") if path.stem != "demo")


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_has_no_problem_at_all(path: Path) -> None:
    value = load_yaml(path)
    assert check_template(value) == ()
    assert value["name"] == path.stem
    assert load_program(compile_template(value).canonical).digest == compile_template(value).digest
