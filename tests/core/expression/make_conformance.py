"""Write the vendored conformance cases anew from npm's ``@bufbuild/cel-spec``.

Install the package somewhere (``npm install @bufbuild/cel-spec@0.6.1``), then, with Node on the path:
``python -m tests.core.expression.make_conformance FOLDER/node_modules/@bufbuild/cel-spec``. The result is byte for
byte the same for the same package.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.core.expression.conformance import needs_protobuf

TARGET = Path(__file__).parents[2] / "vendor/cel-spec"

#: What the runners read of a case; descriptions and syntax trees stay where they are.
KEPT = ("expr", "container", "disableCheck", "checkOnly", "typeEnv", "bindings", "value", "evalError")


def read(package: Path, name: str) -> Any:
    """One of the package's modules of data, as JSON."""
    module = (package / f"dist/esm/testdata/{name}.js").resolve().as_uri()
    script = f"import {{tests}} from {json.dumps(module)}; process.stdout.write(JSON.stringify(tests));"
    command = ["node", "--input-type=module", "-e", script]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def conformance_cases(package: Path) -> Iterator[dict[str, Any]]:
    """Each case of cel-spec with the file and section it comes from, and the type that cel-go finds."""
    for file in read(package, "conformance")["suites"]:
        for section in file.get("suites", []):
            for test in section.get("tests", []):
                original = test["original"]
                case = {"file": file["name"], "section": section["name"], "name": original["name"]}
                case |= {key: original[key] for key in (*KEPT, "typedResult") if key in original}
                if "evalError" in case:
                    case["evalError"] = True
                if test.get("type"):
                    case["type"] = test["type"]
                if not needs_protobuf(case):
                    yield case


#: What cel-go's tests refuse because a setting says so, not the language.
SETTINGS = ("unsupported syntax", "recursion", "lookahead limit")


def syntax_cases(package: Path) -> Iterator[dict[str, Any]]:
    """Expressions of cel-go's own tests: whether they parse, and when they check without fault, their type."""
    for name in ("parsing", "checking"):
        for test in read(package, name)["tests"]:
            if "ast" not in test and any(setting in test["error"] for setting in SETTINGS):
                continue
            case = {"file": name, **{key: test["original"][key] for key in KEPT if key in test["original"]}}
            case["parses"] = "ast" in test
            if test.get("type"):
                case["type"] = test["type"]
            if not needs_protobuf(case) and "wrapper" not in json.dumps(case.get("typeEnv")):
                yield case


def write(path: Path, cases: Iterator[dict[str, Any]]) -> None:
    lines = [json.dumps(case, separators=(",", ":"), ensure_ascii=False) for case in cases]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{path.name}: {len(lines)} cases")


if __name__ == "__main__":
    write(TARGET / "conformance.json", conformance_cases(Path(sys.argv[1])))
    write(TARGET / "syntax.json", syntax_cases(Path(sys.argv[1])))
