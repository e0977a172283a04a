from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure, and the bound that it has to keep, if any."""

    what: str
    value: float
    unit: str
    #: The figure that this one is compared with, measured in the same run.
    ratio: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def measured(self) -> float:
        return self.value if self.ratio is None else self.ratio

    @property
    def holds(self) -> bool:
        above = self.at_most is not None and self.measured > self.at_most
        below = self.at_least is not None and self.measured < self.at_least
        return not (above or below)

    @property
    def bound(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What could not be measured here, and why."""

    what: str
    reason: str
    holds: bool = True


Entry: TypeAlias = Row | Skipped


def printed(title: str, rows: Sequence[Entry]) -> str:
    lines = [
        f"## {title}",
        "",
        "| what | figure | ratio | bound | |",
        "|---|--:|--:|--:|---|",
    ]
    return "\n".join([*lines, *map(_line, rows)])


def _line(row: Entry) -> str:
    if isinstance(row, Skipped):
        return f"| {row.what} | – | | | not measured: {row.reason} |"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    verdict = ("holds" if row.holds else "MISSED") if row.bound else ""
    figure = f"{row.value:,.1f} {row.unit}".strip()
    return f"| {row.what} | {figure} | {ratio} | {row.bound} | {verdict} |"
