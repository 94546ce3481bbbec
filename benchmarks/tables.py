"""Targets and their verdicts, and plain tables of them: what every benchmark here prints."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A bound the product is held to; `found` is None when what it needs was not measured."""

    name: str
    bound: float
    is_minimum: bool
    found: float | None

    @property
    def verdict(self) -> str:
        if self.found is None:
            return "not measured"
        met = self.found >= self.bound if self.is_minimum else self.found <= self.bound
        return "pass" if met else "MISS"


def render_targets(targets: Sequence[Target]) -> str:
    """One line a target: its bound, what was found, whether it is met."""
    lines = [("target", "bound", "found", "")]
    for target in targets:
        sign = ">=" if target.is_minimum else "<="
        found = (
            "-"
            if target.found is None
            else f"{target.found:,.3g}"
            if target.found < 1_000
            else f"{target.found:,.0f}"
        )
        lines.append((target.name, f"{sign} {target.bound:,g}", found, target.verdict))
    return render_columns(lines)


def render_columns(lines: Sequence[Sequence[str]]) -> str:
    """Columns padded to their widest cell; those whose last cell is a number stand to the right."""
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    right = [_is_number(lines[-1][at]) for at in range(len(widths))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def _is_number(cell: str) -> bool:
    return cell == "-" or (cell[:1].isdigit() and not any(letter.isalpha() for letter in cell))
