"""Read a Mermaid state diagram to a tree of what it draws.

Mermaid's own grammar is the measure (``stateDiagram-v2``). What only says how a drawing looks is a warning; what
cannot be read is a problem at its line and column.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from actum_core.errors import Invalid
from actum_core.formats.findings import Findings
from actum_core.formats.mermaid.safe import unlabel
from actum_core.limits import STATE_NESTING_MAX, STATES_MAX

Place = tuple[int, int]

#: What both ends of a diagram are called.
EDGE: Final = "[*]"

_HEADER: Final = re.compile(r"stateDiagram(-v2)?\b")
_NAME: Final = r"\[\*\]|[^\s:{}<>\"\[\];-][^\s:{}<>\"\[\];]*?"
_ARROW: Final = re.compile(rf"({_NAME})(?::::\S+)?\s*-->\s*({_NAME})(?::::\S+)?\s*(?::\s*(.*))?$")
_STATE: Final = re.compile(
    rf"""state\s+(?:"([^"]*)"\s+as\s+)?({_NAME})(?::::\S+)?
         \s*(?:(?:<<|\[\[)(fork|join|choice)(?:>>|\]\]))?\s*(\{{)?\s*$""",
    re.VERBOSE,
)
_TITLED: Final = re.compile(r'state\s+"([^"]*)"\s*(\{)?\s*$')
_LINE_OF: Final = re.compile(rf"({_NAME})(?::::\S+)?\s*:\s*(.*)$")
_ALONE: Final = re.compile(rf"({_NAME})(?::::\S+)?\s*$")
_NOTE: Final = re.compile(rf"note\s+(?:left|right)\s+of\s+({_NAME})\s*(?::\s*(.*))?$", re.IGNORECASE)
_LOOKS: Final = re.compile(
    r"(?:direction|classDef|class|style|click|hide|scale|accTitle|accDescr|linkStyle)\b", re.IGNORECASE
)
#: Longer lines are not looked at: the patterns here are tried at every one.
_LINE_LENGTH_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Arrow:
    source: str
    target: str
    label: str
    place: Place


@dataclass(eq=False, slots=True)
class Region:
    """States and arrows that stand side by side."""

    states: list["Drawn"] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Drawn:
    """A state as it is drawn; ``kind`` is empty, or choice, fork or join."""

    name: str
    place: Place
    title: str = ""
    kind: str = ""
    lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)


def read_diagram(source: str, findings: Findings) -> tuple[Drawn, str]:
    """The whole diagram as a composite state without a name, and the title it has."""
    return _Reader(source, findings).read()


@dataclass(eq=False, slots=True)
class _Known:
    """Where a state stands: at first where it is mentioned, then for good where something is said of it."""

    drawn: Drawn
    region: Region
    is_said: bool = False


class _Reader:
    def __init__(self, source: str, findings: Findings) -> None:
        self._lines = source.splitlines()
        self._findings = findings
        self._at = 0
        self._top = Drawn("", (1, 1), regions=[Region()])
        self._open = [self._top]
        #: Every state by its name, those of which something was said in that order.
        self._known: dict[str, _Known] = {}

    def read(self) -> tuple[Drawn, str]:
        title = self._front_matter()
        has_header = False
        while self._at < len(self._lines):
            raw = self._lines[self._at]
            place = (self._at + 1, len(raw) - len(raw.lstrip()) + 1)
            self._at += 1
            line = raw.split("%%")[0].strip()
            if not line:
                continue
            if len(self._known) > STATES_MAX:
                break
            if len(line) > _LINE_LENGTH_MAX:
                self._findings.report_at(
                    place, "too_many", f"a line has at most {_LINE_LENGTH_MAX} characters"
                )
            elif not has_header and _HEADER.match(line):
                has_header = True
            else:
                self._statement(line, place)
        if not has_header:
            self._findings.report_at((1, 1), "syntax", "a state diagram begins with 'stateDiagram-v2'")
            raise Invalid(self._findings.problems)
        if len(self._open) > 1:
            self._findings.report_at(self._open[-1].place, "syntax", "this state is never closed")
        for known in self._known.values():
            known.region.states.append(known.drawn)
        return self._top, title

    def _front_matter(self) -> str:
        """Settings between two lines of dashes; the title is kept."""
        if not self._lines or self._lines[0].strip() != "---":
            return ""
        title = ""
        for index, line in enumerate(self._lines[1:], start=1):
            if line.strip() == "---":
                self._at = index + 1
                return title
            if line.startswith("title:"):
                title = line.removeprefix("title:").strip().strip("\"'")
        self._findings.report_at((1, 1), "syntax", "the settings before the diagram are never closed")
        return title

    def _statement(self, line: str, place: Place) -> None:
        if line == "}":
            self._close(place)
        elif line == "--":
            self._divide(place)
        elif match := _ARROW.match(line):
            for end in match.group(1, 2):
                if end != EDGE:
                    self._find(end, place)
            label = unlabel(match.group(3) or "")
            self._region().arrows.append(Arrow(match.group(1), match.group(2), label, place))
        elif match := _STATE.match(line):
            self._state(match.group(2), match, place)
        elif match := _TITLED.match(line):
            self._titled(match, place)
        elif match := _NOTE.match(line):
            self._note(match, place)
        elif _LOOKS.match(line):
            self._skip_looks(line, place)
        elif match := _LINE_OF.match(line):
            self._say(match.group(1), place).lines.append(unlabel(match.group(2)))
        elif match := _ALONE.match(line):
            if match.group(1) != EDGE:
                self._say(match.group(1), place)
        else:
            self._findings.report_at(place, "syntax", f"{line[:60]!r} cannot be read: it is left out")

    def _region(self) -> Region:
        return self._open[-1].regions[-1]

    def _find(self, name: str, place: Place) -> Drawn:
        """The state of a name; one that is new stands where it is met."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = _Known(Drawn(name, place), self._region())
            if len(self._known) == STATES_MAX + 1:
                self._findings.report_at(place, "too_many", f"a template has at most {STATES_MAX} states")
        return known.drawn

    def _say(self, name: str, place: Place) -> Drawn:
        """The state of a name, of which something is said; that places it only where it may already stand."""
        found = self._find(name, place)
        return self._declare(name, place) if self._known[name].region is self._region() else found

    def _declare(self, name: str, place: Place) -> Drawn:
        """The state of a name, which stands where it is declared whatever mentioned it before."""
        found = self._find(name, place)
        known = self._known[name]
        if not known.is_said:
            known.is_said = True
            if not any(each is found for each in self._open):
                known.region = self._region()
            # Those of which something was said come in that order.
            self._known[name] = self._known.pop(name)
        return found

    def _state(self, name: str, match: re.Match[str], place: Place) -> None:
        if name == EDGE:
            self._findings.report_at(place, "syntax", "[*] is no state")
            return
        found = self._declare(name, place)
        if match.group(1) is not None:
            found.title = unlabel(match.group(1))
        if match.group(3):
            found.kind = match.group(3)
        if match.group(4):
            self._enter(found, place)

    def _titled(self, match: re.Match[str], place: Place) -> None:
        """A state with nothing but a title, which is its name too."""
        found = self._declare(match.group(1), place)
        found.title = unlabel(match.group(1))
        if match.group(2):
            self._enter(found, place)

    def _enter(self, found: Drawn, place: Place) -> None:
        if len(self._open) > STATE_NESTING_MAX or any(each is found for each in self._open):
            self._findings.report_at(place, "too_deep", f"states may be nested {STATE_NESTING_MAX} deep")
            found = Drawn("", place)
        found.regions.append(Region())
        self._open.append(found)

    def _close(self, place: Place) -> None:
        if len(self._open) == 1:
            self._findings.report_at(place, "syntax", "there is no state to close here")
            return
        self._open.pop()

    def _divide(self, place: Place) -> None:
        if len(self._open) == 1:
            self._findings.report_at(place, "syntax", "only within a state can there be regions")
            return
        self._open[-1].regions.append(Region())

    def _note(self, match: re.Match[str], place: Place) -> None:
        found = self._find(match.group(1), place)
        if match.group(2) is not None:
            found.notes.append(unlabel(match.group(2)))
            return
        while self._at < len(self._lines):
            line = self._lines[self._at].strip()
            self._at += 1
            if line.lower().startswith("end note"):
                return
            found.notes.append(unlabel(line))
        self._findings.report_at(place, "syntax", "the note is never ended")

    def _skip_looks(self, line: str, place: Place) -> None:
        self._findings.report_at(place, "left_out", f"how it looks is left out: {line[:60]!r}", "warning")
        if re.match(r"accDescr\s*\{[^}]*$", line, re.IGNORECASE):
            while self._at < len(self._lines) and "}" not in self._lines[self._at]:
                self._at += 1
            self._at += 1
