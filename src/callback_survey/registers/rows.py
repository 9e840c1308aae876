"""Rows of the registers with the line each stands on, and the periods in which they hold."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

# Quarters are written 2018Q1 and compare as text; these come before and after all of them.
EVER, ALWAYS = "0000Q1", "9999Q4"


@dataclass(frozen=True)
class Period:
    """From the first to the last quarter, both inclusive."""

    first: str = EVER
    last: str = ALWAYS

    def holds_in(self, quarter: str) -> bool:
        return self.first <= quarter <= self.last

    def common(self, other: Period) -> Period | None:
        """The quarters in both, or None where there is none."""
        both = Period(max(self.first, other.first), min(self.last, other.last))
        return both if both.first <= both.last else None

    @property
    def shown_first(self) -> str:
        """The first quarter as a person may be told it."""
        return "the beginning" if self.first == EVER else self.first


@dataclass(frozen=True)
class Row:
    """A row of a register. A cell that is missing reads as empty."""

    file: str
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column) or ""

    @property
    def period(self) -> Period:
        """Open where `valid_from` or `valid_to` is empty."""
        return Period(self["valid_from"] or EVER, self["valid_to"] or ALWAYS)

    @property
    def place(self) -> str:
        return f"{self.file} line {self.line}"


def read(seeds: Path, name: str) -> list[Row]:
    """The rows of `<name>.csv`, in order."""
    path = seeds / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return [
            Row(path.name, reader.line_num, {column: cell for column, cell in row.items() if isinstance(cell, str)})
            for row in reader
        ]
