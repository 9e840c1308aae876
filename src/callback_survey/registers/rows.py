"""Rows of the registers with the line each stands on, and the periods in which they hold."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from callback_survey import register_layers

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
    """A row of a register, and where a person finds it. A cell that is missing reads as empty."""

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
    """The rows of `<name>.csv`, in order. Where an instance has rows of its own, each says which file it is from."""
    path = seeds / f"{name}.csv"
    found = register_layers.origins(seeds)
    places = found.rows.get(name) if found else None
    lying = path.stat()
    rows = _cells(path, lying.st_mtime_ns, lying.st_size, lying.st_ino)
    if found is None or places is None:
        return [Row(path.name, line, cells) for line, cells in rows]
    names = {True: f"{found.own.name}/{path.name}", False: f"{found.shipped.name}/{path.name}"}
    return [Row(names[is_own], line, cells) for (is_own, line), (_, cells) in zip(places, rows, strict=True)]


@lru_cache(maxsize=64)
def _cells(path: Path, *_lying: int) -> tuple[tuple[int, dict[str, str]], ...]:
    """Each row's line and cells, which nobody changes: a process that lands a province asks for them with every delivery.
    How the file lies there tells it from another one: by moment, size and inode."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return tuple(
            (reader.line_num, {column: cell for column, cell in row.items() if isinstance(cell, str)}) for row in reader
        )
