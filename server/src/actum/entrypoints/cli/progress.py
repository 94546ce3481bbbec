"""Progress on standard error, for people who watch a terminal; nothing anywhere else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Progress:
    """How far a command has come; without a terminal it says nothing."""

    def __init__(self, bar: Any = None, task: Any = None) -> None:
        self._bar = bar
        self._task = task

    def advance(self, amount: float, text: str) -> None:
        """So much more of it is done."""
        if self._bar is not None:
            self._bar.update(self._task, advance=amount, told=text)

    def reach(self, amount: float, total: float, text: str) -> None:
        """So much of it is done, of so much."""
        if self._bar is not None:
            self._bar.update(self._task, completed=amount, total=total, told=text)


@contextmanager
def show_progress(what: str, total: float | None) -> Iterator[Progress]:
    """A bar that goes away when it is done; `total` is None when the end is not known."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Progress(bar, bar.add_task(what, total=total, told=""))
