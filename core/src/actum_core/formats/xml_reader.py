"""Read XML into a small tree that knows its places, refusing whatever a text from outside could hurt with.

No document type, so no entities but the five of XML itself; nothing is fetched; size, depth and number are bounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from actum_core.errors import Invalid, Problem
from actum_core.limits import IMPORT_CHARACTERS_MAX, XML_DEPTH_MAX, XML_ELEMENTS_MAX

#: Between a namespace and a local name; no namespace name may hold one.
_SEPARATOR: Final = " "


@dataclass(slots=True, eq=False)
class Element:
    """One element. ``name`` is local; ``namespace`` is ``""`` when it has none.

    ``attributes`` are those without a namespace, ``foreign`` the others, by ``"namespace local"``. ``path`` is
    the way from the root, counted among brothers of the same name: ``/scxml/state[2]/transition[1]``.
    """

    name: str
    namespace: str
    line: int
    column: int
    path: str
    attributes: dict[str, str]
    foreign: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    #: Its own characters, in pieces: comments and children stand between them.
    pieces: list[str] = field(default_factory=list)
    _counted: dict[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def get(self, name: str) -> str | None:
        return self.attributes.get(name)

    def named(self, *names: str) -> Iterator["Element"]:
        """The children with one of these names, in document order."""
        return (child for child in self.children if child.name in names)

    def first(self, name: str) -> "Element | None":
        return next(self.named(name), None)

    def child_path(self, name: str) -> str:
        """The path of the next child with this name."""
        number = self._counted[name] = self._counted.get(name, 0) + 1
        return f"{self.path}/{name}[{number}]"


def parse_xml(text: str) -> Element:
    """The root element of a document. Raises Invalid when it is not well-formed, or more than is allowed."""
    if len(text) > IMPORT_CHARACTERS_MAX:
        detail = f"{len(text)} characters are more than {IMPORT_CHARACTERS_MAX}"
        raise Invalid([Problem("", "too_large", detail)])
    builder = _Builder()
    try:
        # An encoding that the text declares says how bytes were read; these are characters already.
        builder.parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        detail = f"line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}"
        raise Invalid([Problem("", "malformed_xml", detail)]) from None
    except UnicodeEncodeError:
        raise Invalid([Problem("", "malformed_xml", "a lone surrogate is not a character")]) from None
    assert builder.root is not None, "a well-formed document has a root"
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._elements = 0
        self.parser = expat.ParserCreate("utf-8", _SEPARATOR)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > XML_ELEMENTS_MAX:
            raise self._refused("too_many", f"a document has at most {XML_ELEMENTS_MAX} elements")
        if len(self._open) >= XML_DEPTH_MAX:
            raise self._refused("too_deep", f"elements may be nested {XML_DEPTH_MAX} deep")
        namespace, _, local = name.rpartition(_SEPARATOR)
        path = self._open[-1].child_path(local) if self._open else f"/{local}"
        element = Element(
            name=local,
            namespace=namespace,
            line=self.parser.CurrentLineNumber,
            column=self.parser.CurrentColumnNumber + 1,
            path=path,
            attributes={key: value for key, value in attributes.items() if _SEPARATOR not in key},
            foreign={key: value for key, value in attributes.items() if _SEPARATOR in key},
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _refuse_doctype(self, name: str, system: str | None, public: str | None, has_internal: bool) -> None:  # noqa: FBT001
        raise self._refused("doctype", "a document type (and the entities in it) is refused: leave it out")

    def _refused(self, code: str, detail: str) -> Invalid:
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        return Invalid([Problem("", code, f"line {line}, column {column}: {detail}")])
