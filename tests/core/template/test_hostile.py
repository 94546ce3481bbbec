"""Whatever document comes, the answer is problems: no exception and no long wait."""

from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.template import (
    check_component,
    check_template,
    compile_component,
    compile_template,
    load_program,
)

from ..documents import load_yaml
from .networks import finder
from .test_normal_form import FULL, NETWORK, PART, find_template

FOLDER = Path(__file__).parents[3] / "server/src/actum/examples"
EXAMPLES = [load_yaml(FOLDER / f"{name}.yaml") for name in ("order-approval", "traffic-light")]
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1e308,
    "",
    "=",
    "==",
    "a b",
    "*",
    "\ud800",
    "x" * 500,
    [],
    {},
    [[]],
    [{}],
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a document with each of its keys or indexes."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [found for key in keys for found in places(value[key])]


def mutate(value: Any, random: Random) -> Any:
    """The document with a few of its members replaced by odd ones, by each other, removed or renamed."""
    changed = deepcopy(value)
    for _ in range(random.randint(1, 4)):
        container, key = random.choice(places(changed))
        other, other_key = random.choice(places(changed))
        match random.randint(0, 3):
            case 0:
                container[key] = deepcopy(random.choice(ODD))
            case 1:
                container[key] = deepcopy(other[other_key])
            case 2 if isinstance(container, dict):
                container[str(other_key)] = container.pop(key)
            case _ if isinstance(container, dict):
                del container[key]
            case _:
                container.append(deepcopy(other[other_key]))
    return changed


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_template_is_answered_with_problems(seed: int) -> None:
    random = Random(seed)
    for _ in range(40):
        value = mutate(random.choice(EXAMPLES), random)
        errors = [problem for problem in check_template(value) if problem.severity == "error"]
        if not errors:
            compile_template(value)
            continue
        with pytest.raises(Invalid) as caught:
            compile_template(value)
        assert [problem for problem in caught.value.problems if problem.severity == "error"] == errors


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_network_is_answered_with_problems(seed: int) -> None:
    random = Random(seed)
    for _ in range(40):
        value = mutate(random.choice((FULL, NETWORK)), random)
        library = finder({**(mutate(PART, random) if random.random() < 0.3 else PART), "name": "part"})
        problems = check_template(value, library, find_template)
        if any(problem.severity == "error" for problem in problems):
            with pytest.raises(Invalid):
                compile_template(value, library, find_template)
            continue
        program = compile_template(value, library, find_template)
        assert load_program(program.canonical).canonical == program.canonical


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_component_is_answered_with_problems(seed: int) -> None:
    random = Random(seed)
    for _ in range(40):
        value = mutate(PART, random)
        if any(problem.severity == "error" for problem in check_component(value)):
            with pytest.raises(Invalid):
                compile_component(value)
        else:
            assert len(compile_component(value).digest) == 64
