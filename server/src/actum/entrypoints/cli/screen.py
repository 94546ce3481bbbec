"""How commands tell what they found: tables and sentences for people, or JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from actum.entrypoints.cli.limits import SHOWN_LENGTH_MAX

if TYPE_CHECKING:
    from rich.console import Console

#: Columns assumed everywhere: nothing is folded or cut, so that an id can always be copied. A terminal wraps by itself.
_WIDE: Final = 10_000


class Screen:
    """Standard output. In JSON mode only documents reach it; what is meant for people goes nowhere."""

    def __init__(self, is_json: bool) -> None:  # noqa: FBT001 - the flag of the command line itself
        self.is_json = is_json
        self._console: Console | None = None

    @property
    def console(self) -> "Console":
        """The console for people: without colour where it is no terminal, and without folding anywhere."""
        if self._console is None:
            from rich.console import Console

            self._console = Console(highlight=False, width=_WIDE, markup=False, emoji=False)
        return self._console

    def tell(self, document: Any, show: Callable[["Console"], None]) -> None:
        """One document: as JSON, or as `show` puts it for people."""
        if self.is_json:
            write_line(json.dumps(document, ensure_ascii=False, indent=2))
        else:
            with self.console.capture() as captured:
                show(self.console)
            # Tables fill their last column with spaces, for which nobody has a use.
            sys.stdout.writelines(line.rstrip() + "\n" for line in captured.get().splitlines())
            sys.stdout.flush()

    def tell_line(self, document: Any, text: str) -> None:
        """One of many: a line of JSON, or a line of text."""
        if self.is_json:
            write_line(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
        else:
            self.console.print(text.rstrip(), soft_wrap=True)
            self.console.file.flush()

    def say(self, text: str = "") -> None:
        """A sentence for people."""
        if not self.is_json:
            self.console.print(text, soft_wrap=True)
            self.console.file.flush()


def write_line(text: str) -> None:
    """Write a line at once, so that whoever reads a pipe sees it when it happens."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def make_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Any:
    """A table without lines, whose columns are never folded."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    return table


def make_facts(facts: Iterable[tuple[str, object]]) -> Any:
    """Names and values, one pair a line."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, "" if value is None else str(value))
    return table


def short_json(value: object, length_max: int = SHOWN_LENGTH_MAX) -> str:
    """A value on one line, cut where it is too long for people."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return text if len(text) <= length_max else text[: length_max - 1] + "…"


def short_time(text: str | None) -> str:
    """A time as RFC 3339 writes it, to the second."""
    return "" if text is None else text[:19].replace("T", " ")


def short_hash(text: str | None) -> str:
    """As much of a hash as people compare."""
    return "" if text is None else text[:12]
