"""The examples do what their files say: every example that ships is played through here, or by a scenario."""

from pathlib import Path
from typing import Any

import pytest

from actum_core.template import compile_template

from .documents import load_yaml
from .happenings import check_happenings

PLAYED = Path(__file__).parent / "examples"
EXAMPLES = Path(__file__).parents[2] / "server/src/actum/examples"


def _rows() -> list[Any]:
    return [
        pytest.param(path.stem, story["happens"], id=f"{path.stem}: {story['name']}")
        for path in sorted(PLAYED.glob("*.yaml"))
        for story in load_yaml(path)
    ]


@pytest.mark.parametrize(("name", "happens"), _rows())
def test_an_example_does_what_is_written(name: str, happens: list[dict[str, Any]]) -> None:
    check_happenings(compile_template(load_yaml(EXAMPLES / f"{name}.yaml")), happens)
