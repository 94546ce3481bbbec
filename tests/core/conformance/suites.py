"""The published suites: as this repository has them, and whatever of them lies beside it."""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from .conf import CEL, to_scxml
from .conf_ecmascript import ECMASCRIPT

_VENDOR = Path(__file__).parents[2] / "vendor"
_BESIDE = Path(__file__).parents[4] / "shared" / "suites"


class ScionChart(NamedTuple):
    """A chart, and the configurations it is in after each event of its script."""

    name: str
    chart: str
    script: dict[str, Any]
    sources: dict[str, str]


class W3cTest(NamedTuple):
    """A test of the W3C in the form that leaves the data model open."""

    id: str
    section: str
    category: str
    text: str


@cache
def scion_charts() -> dict[str, ScionChart]:
    found = json.loads((_VENDOR / "scion" / "charts.json").read_text(encoding="utf-8"))
    return {
        name: ScionChart(name, each["chart"], each["script"], each.get("sources", {}))
        for name, each in found.items()
    }


@cache
def w3c_tests() -> dict[str, W3cTest]:
    """Those of the repository, and more where a copy of the suite lies beside it."""
    found = {
        key: W3cTest(key, each["section"], each["category"], each["text"])
        for key, each in _published()["tests"].items()
    }
    index = _BESIDE / "w3c" / "index.json"
    if index.is_file():
        for each in json.loads(index.read_text(encoding="utf-8")):
            if each["id"] not in found:
                text = _read(index.parent / each["txml"])
                found[each["id"]] = W3cTest(each["id"], each["spec"], each["category"], text)
    return found


@cache
def w3c_documents(is_ecmascript: bool = False) -> dict[str, str]:
    """The documents that tests refer to, by the URI that they use: charts as SCXML, the rest as it is."""
    meaning = ECMASCRIPT if is_ecmascript else CEL
    texts = dict(_published()["documents"])
    folder = _BESIDE / "w3c" / "txml"
    if folder.is_dir():
        texts |= {
            path.name: _read(path) for path in folder.iterdir() if "sub" in path.name or path.suffix == ".txt"
        }
    return {
        f"file:{name.removesuffix('.txml')}.scxml" if name.endswith(".txml") else f"file:{name}": (
            to_scxml(text, meaning) if name.endswith(".txml") else text
        )
        for name, text in texts.items()
    }


@cache
def w3c_charts() -> dict[str, str]:
    """The other tests of the W3C, as SCXML for ECMAScript, by number."""
    return dict(_for_ecmascript()["tests"])


@cache
def w3c_chart_documents() -> dict[str, str]:
    """The documents that these refer to, by the URI that they use."""
    return {f"file:{name}": text for name, text in _for_ecmascript()["documents"].items()}


@cache
def _for_ecmascript() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (_VENDOR / "w3c-scxml" / "ecmascript.json").read_text(encoding="utf-8")
    )
    return found


@cache
def _published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_VENDOR / "w3c-scxml" / "tests.json").read_text(encoding="utf-8"))
    return found


def _read(path: Path) -> str:
    """Some of the files are not in the encoding that they do not declare."""
    written = path.read_bytes()
    try:
        return written.decode()
    except UnicodeDecodeError:
        return written.decode("cp1252")
