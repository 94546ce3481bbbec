"""Read template documents and JSON values from files: YAML 1.2 or JSON, with the line of every value.

YAML is read by the core schema of YAML 1.2: only `true` and `false` are truths, so `on` is a key like any other,
and a document means what the JSON it stands for means.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from actum.entrypoints.cli.limits import FILE_BYTES_MAX, FILE_VALUES_MAX
from actum.entrypoints.cli.refusals import FileUnreadable
from actum_core import canonical_json
from actum_core.errors import Invalid, Problem, pointer_of
from actum_core.limits import JSON_DEPTH_MAX

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG: Final = "tag:yaml.org,2002:"


class DocumentUnreadable(Invalid):
    """Correct the file where the problem points; it is neither YAML nor JSON as it stands."""

    code = "document_unreadable"


@dataclass(frozen=True, slots=True)
class Document:
    """A document from a file; `lines` holds the 1-based line of each value by its JSON pointer."""

    file: str
    value: Any
    lines: Mapping[str, int] = field(repr=False)

    def place_of(self, pointer: str) -> str:
        """`file:line` of what a pointer names, or of the nearest value around it."""
        while pointer not in self.lines and pointer:
            pointer = pointer.rpartition("/")[0]
        line = self.lines.get(pointer)
        return self.file if line is None else f"{self.file}:{line}"


def read_text(name: str, bytes_max: int = FILE_BYTES_MAX) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises FileUnreadable."""
    try:
        if name == "-":
            text = sys.stdin.buffer.read(bytes_max + 1)
        else:
            with Path(name).open("rb") as file:
                text = file.read(bytes_max + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileUnreadable(f"cannot read {name!r}: {reason}") from error
    if len(text) > bytes_max:
        raise FileUnreadable(f"{name!r} has more than {bytes_max} bytes")
    return text


def read_document(name: str) -> Document:
    """The document in a file. Raises FileUnreadable and DocumentUnreadable."""
    text = read_text(name)
    if name.endswith(".json") or text.lstrip()[:1] == b"{":
        try:
            value = canonical_json.parse(text)
        except Invalid as error:
            raise DocumentUnreadable(error.problems) from error
        return Document(name, value, _lines_of_json(text))
    return parse_yaml(name, text)


def parse_yaml(name: str, text: bytes) -> Document:
    """The one document in a YAML text. Raises DocumentUnreadable."""
    reader = _Reader()
    try:
        value = reader.read(yaml.compose(text.decode("utf-8-sig"), _Loader), ())
    except UnicodeDecodeError as error:
        raise _unreadable("", f"byte {error.start} is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _unreadable("", f"{where}{error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise _unreadable("", " ".join(str(error).split())) from error
    except RecursionError as error:
        raise _unreadable("", f"it is nested deeper than {JSON_DEPTH_MAX} levels") from error
    return Document(name, value, reader.lines)


def parse_value(option: str, text: str) -> Any:
    """The JSON value that an option gives: itself, or in the file after `@`. Raises DocumentUnreadable."""
    if text.startswith("@"):
        return read_document(text[1:]).value
    try:
        return canonical_json.parse(text.encode())
    except Invalid as error:
        told = error.problems[0]
        raise _unreadable(told.pointer, f"{option} is not JSON: {told.detail}") from error
    except UnicodeEncodeError as error:
        raise _unreadable("", f"{option} is not UTF-8") from error


class _Loader(_Base):  # type: ignore[misc]  # chosen at import, when libyaml is there or not
    """Finds out which type a plain scalar has by YAML 1.2.2, section 10.3.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _name, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    (
        "float",
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+0123456789."),
    ),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), _first)


class _Reader:
    """Turns YAML's nodes into JSON values and remembers their lines."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self._count = 0

    def read(self, node: Any, place: tuple[str | int, ...]) -> Any:
        if node is None:
            return None
        pointer = pointer_of(*place)
        self.lines[pointer] = node.start_mark.line + 1
        self._count += 1
        # An alias may stand for much more than is written; these bounds end the one inside itself as well.
        if self._count > FILE_VALUES_MAX or len(place) > JSON_DEPTH_MAX:
            raise self._refused(
                node, pointer, "the document is too large or too deep once its aliases are followed"
            )
        if isinstance(node, yaml.MappingNode):
            return dict(self._members(node, place))
        if isinstance(node, yaml.SequenceNode):
            return [self.read(child, (*place, index)) for index, child in enumerate(node.value)]
        return self._scalar(node, pointer)

    def _members(self, node: Any, place: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key, child in node.value:
            if key.tag != _TAG + "str":
                raise self._refused(
                    key, pointer_of(*place), f"a key is a text: quote {getattr(key, 'value', '')!r}"
                )
            if key.value in seen:
                raise self._refused(key, pointer_of(*place), f"the key {key.value!r} stands here twice")
            seen.add(key.value)
            value = self.read(child, (*place, key.value))
            self.lines[pointer_of(*place, key.value)] = key.start_mark.line + 1
            yield key.value, value

    def _scalar(self, node: Any, pointer: str) -> Any:
        kind, text = node.tag.removeprefix(_TAG), node.value
        if kind == "str":
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int":
            return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)) if len(text) < 100 else float(text)
        if kind == "float" and text.lower().lstrip("+-") not in (".inf", ".nan"):
            return float(text)
        raise self._refused(node, pointer, f"{text!r} has no form in JSON")

    def _refused(self, node: Any, pointer: str, detail: str) -> DocumentUnreadable:
        return _unreadable(pointer, f"line {node.start_mark.line + 1}: {detail}")


def _lines_of_json(text: bytes) -> Mapping[str, int]:
    """JSON is YAML but for odd corners; where it is not, lines are not known."""
    try:
        return parse_yaml("", text).lines
    except Invalid:
        return {}


def _unreadable(pointer: str, detail: str) -> DocumentUnreadable:
    return DocumentUnreadable([Problem(pointer, "unreadable", detail)])
