"""Read what is to happen in a simulation from a file, with the line of everything."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from actum.entrypoints.cli.documents import Document, DocumentUnreadable, parse_yaml, read_document, read_text
from actum_core import canonical_json
from actum_core.errors import Invalid, Problem
from actum_core.simulation.script import Happening, ScriptInvalid, parse_script
from actum_core.simulation.turn import Turn


@dataclass(frozen=True, slots=True)
class Script:
    """What is to happen, and the file that says so."""

    happenings: tuple[Happening, ...]
    document: Document

    def place_of(self, pointer: str) -> str:
        """`file:line` of what a pointer names."""
        return self.document.place_of(pointer)

    def refuse_with_places(self, turns: Iterator[Turn]) -> Iterator[Turn]:
        """The same turns; what is found wrong with the script before the first is told with its line."""
        try:
            yield from turns
        except ScriptInvalid as error:
            raise _placed(error, self.document) from None


NO_SCRIPT: Final = Script((), Document("", [], {}))


def read_script(name: str) -> Script:
    """JSON lines, or one array in JSON or YAML. Raises FileUnreadable, DocumentUnreadable and ScriptInvalid."""
    text = read_text(name)
    if text.lstrip()[:1] == b"{" and not name.endswith((".yaml", ".yml")):
        document = _read_lines(name, text)
    else:
        document = _read_array(name, text)
    try:
        return Script(parse_script(document.value), document)
    except ScriptInvalid as error:
        raise _placed(error, document) from None


def _read_array(name: str, text: bytes) -> Document:
    if name.endswith(".json"):
        return read_document(name)
    return parse_yaml(name, text)


def _read_lines(name: str, text: bytes) -> Document:
    values: list[object] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            values.append(canonical_json.parse(line.strip()))
        except Invalid as error:
            told = error.problems[0]
            detail = f"{name}:{number}: {told.detail}"
            raise DocumentUnreadable([Problem(told.pointer, told.code, detail)]) from None
        lines[f"/{len(values) - 1}"] = number
    return Document(name, values, lines)


def _placed(error: ScriptInvalid, document: Document) -> ScriptInvalid:
    return ScriptInvalid(
        replace(each, detail=f"{document.place_of(each.pointer)}: {each.detail}") for each in error.problems
    )
