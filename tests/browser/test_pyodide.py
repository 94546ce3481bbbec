"""The core in the browser's Python gives what it gives here: the same programs, entries, hashes and reports.

Pyodide is CPython for WebAssembly; it runs under Node here, as it does in the Studio. Without Node, or without the
npm package (`npm ci` in this folder gets it), there is nothing to run it with.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.core.documents import load_yaml

import actum_core

from .digests import make_digests

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "server" / "src" / "actum" / "examples"
STORIES = HERE.parent / "core" / "examples"
CORE = Path(actum_core.__file__).parents[1]

#: Random runs; each is a script of up to a dozen lines through one of the documents.
RUNS = 1_000
#: Seconds that the whole of it may take in WebAssembly, on a machine that is busy with other tests.
SECONDS_MAX = 300

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed: Pyodide needs it here"),
    pytest.mark.skipif(
        not (HERE / "node_modules" / "pyodide").is_dir(),
        reason="the npm package pyodide is not installed: `npm ci` in tests/browser gets it",
    ),
]

#: What an example is started with where it has no story of its own.
INPUTS = {"traffic-light": {"junction": "north", "green_ticks": 2}, "order-approval": {"order": "4711"}}


def _documents() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted(EXAMPLES.glob("*.yaml")):
        document = load_yaml(path)
        if document.get("format") == "actum/1":
            found[document["name"]] = {"document": document, "stories": _stories(path.stem)}
    for document in load_yaml(HERE / "documents.yaml"):
        found[document["name"]] = {"document": document, "stories": []}
    return found


def _stories(name: str) -> list[dict[str, Any]]:
    """What tests/core/examples says is to happen to an example, without what must come of it."""
    path = STORIES / f"{name}.yaml"
    if not path.is_file():
        return [{"input": INPUTS[name], "script": []}]
    stories = []
    for story in load_yaml(path):
        lines = [{key: value for key, value in line.items() if key != "then"} for line in story["happens"]]
        start = lines.pop(0)["start"] if "start" in lines[0] else {}
        stories.append({"input": start, "script": lines})
    return stories


@pytest.fixture(scope="module")
def asked() -> dict[str, Any]:
    return {"documents": _documents(), "runs": RUNS}


@pytest.fixture(scope="module")
def told(asked: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """What this Python makes of it, and what Pyodide does: side by side, in one process for everything."""
    file = tmp_path_factory.mktemp("pyodide") / "asked.json"
    file.write_text(json.dumps(asked), encoding="utf-8")
    command = ["node", str(HERE / "digests.mjs"), str(CORE), str(file)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=HERE
    ) as other:
        try:
            here = make_digests(asked)
            answer, said = other.communicate(timeout=SECONDS_MAX)
        finally:
            other.kill()
    assert other.returncode == 0, said[-4_000:]
    return here, json.loads(answer)


@pytest.fixture(scope="module")
def here(told: tuple[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = told[0]
    return found


@pytest.fixture(scope="module")
def there(told: tuple[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = told[1]
    return found


def test_it_is_another_python(there: dict[str, Any]) -> None:
    assert there["python"].endswith(" emscripten")
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]["pyodide"]
    assert there["pyodide"] == wanted


def test_programs_are_the_same(here: dict[str, Any], there: dict[str, Any]) -> None:
    assert len(here["programs"]) >= 7
    assert there["programs"] == here["programs"]


def test_stories_of_the_examples_are_the_same_byte_for_byte(
    here: dict[str, Any], there: dict[str, Any]
) -> None:
    assert len(here["stories"]) >= 4
    assert there["stories"] == here["stories"]


def test_a_thousand_random_runs_are_the_same_byte_for_byte(
    here: dict[str, Any], there: dict[str, Any]
) -> None:
    assert len(here["runs"]) == len(there["runs"]) == RUNS
    assert [number for number in range(RUNS) if here["runs"][number] != there["runs"][number]] == []
    assert len(set(here["runs"])) > 0.9 * RUNS


def test_the_runs_came_by_every_kind_of_entry(here: dict[str, Any], there: dict[str, Any]) -> None:
    assert there["kinds"] == here["kinds"]
    missing = KINDS - here["kinds"].keys()
    assert missing == set()


#: All but those that only a fault or a full queue brings about.
KINDS = {
    *(
        "completed",
        "created",
        "dropped",
        "ended",
        "error",
        "event",
        "failed",
        "held",
        "invoked",
        "log",
        "message",
    ),
    *(
        "outcome",
        "paused",
        "postponed",
        "released",
        "requested",
        "resumed",
        "rule_failed",
        "scheduled",
        "started",
    ),
    *("stopped", "timer", "token", "transition", "unscheduled"),
}


def test_the_lock_file_names_no_registry_and_every_package_by_its_content() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert "node_modules/pyodide" in packages
    assert [name for name, each in packages.items() if "resolved" in each] == []
    assert [name for name, each in packages.items() if not each["integrity"].startswith("sha512-")] == []
